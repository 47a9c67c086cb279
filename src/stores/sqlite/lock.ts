/**
 * One writer for one data folder: a SQLite file of its own held in an exclusive transaction for the life of the process.
 * The lock is the kernel's (fcntl), so `kill -9` and a power cut release it; no other code may open the file, since closing
 * any descriptor of it in this process would release the lock too.
 */
import { DatabaseSync } from '@photostructure/sqlite';
import { join } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';
import { closeQuietly, resultCode, storeError } from './database.ts';

export interface FolderLock {
  release(): void;
}

/** Throws LEDGER_BUSY when another writer holds the folder, LEDGER_IO when the lock file cannot be made. */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, 'ledger.lock');
  let db: InstanceType<typeof DatabaseSync> | undefined;
  try {
    db = new DatabaseSync(path, { timeout: 0 });
    db.exec('begin exclusive');
  } catch (thrown) {
    closeQuietly(db);
    if (resultCode(thrown) === 5) throw new HomeostatError('LEDGER_BUSY', { path: folder }, thrown);
    throw storeError(thrown, path);
  }
  return { release: () => closeQuietly(db) };
}
