/** Opening SQLite files the way both stores need it, and SQLite's result codes as errors of the closed list. */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import { HomeostatError, messageOf } from '../../core/errors.ts';

export type Database = DatabaseSyncInstance;
export type Statement = StatementSyncInstance;

/** `full`: a commit is on the disk when it returns. `normal`: a power cut may take the last commits, never the order of them. */
export type Synchronous = 'full' | 'normal';

/** KiB of pages that are kept of the ledger, whose states are read back, and of a file of the history, which is appended to. */
const LEDGER_CACHE = 4096;
export const HISTORY_CACHE = 2048;

const GENERIC = 1;
const NO_PERMISSION = 3;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IO = 10;
export const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;
const ENOSPC = 28;
const EDQUOT = 122;

/** Opens for writing, creating the file; write-ahead log, foreign keys off, pages of at most `cache` KiB kept. Throws what `storeError` makes of a failure. */
export function openWritable(path: string, synchronous: Synchronous, cache = LEDGER_CACHE): Database {
  let db: Database | undefined;
  try {
    db = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: false });
    const mode = db.prepare('pragma journal_mode = wal').get() as { journal_mode: string };
    if (mode.journal_mode !== 'wal') throw new HomeostatError('LEDGER_IO', { path, detail: 'its file system does not allow a write-ahead log' });
    db.exec(`pragma synchronous = ${synchronous}; pragma journal_size_limit = 67108864; pragma wal_autocheckpoint = 4000; pragma cache_size = -${cache}`);
    return db;
  } catch (thrown) {
    closeQuietly(db);
    throw storeError(thrown, path);
  }
}

/** Opens an existing file for reading beside its writer. */
export function openReadOnly(path: string): Database {
  try {
    return new DatabaseSync(path, { readOnly: true, timeout: 1000, enableForeignKeyConstraints: false });
  } catch (thrown) {
    throw storeError(thrown, path);
  }
}

/**
 * Moves the log into the file and closes. The library ends a connection only when its statements have been collected as garbage,
 * so until then the file stays open and its log, though empty, stays beside it.
 */
export function closeWritable(db: Database): void {
  try {
    if (db.isOpen) db.exec('pragma wal_checkpoint(truncate)');
  } catch {
    // What is in the log is as durable as what is in the file; the next opening reads it there.
  }
  closeQuietly(db);
}

export function closeQuietly(db: Database | undefined): void {
  try {
    if (db?.isOpen) db.close();
  } catch {
    // What was being closed had already failed; that failure is the one worth telling.
  }
}

/** SQLite's own texts (sqlite3_errstr): the library gives a failed statement's error no code, only this message. */
const CODE_OF_TEXT: readonly (readonly [string, number])[] = [
  ['database disk image is malformed', CORRUPT],
  ['database or disk is full', FULL],
  ['disk I/O error', IO],
  ['file is not a database', NOT_A_DATABASE],
  ['attempt to write a readonly database', READONLY],
  ['unable to open database file', CANNOT_OPEN],
  ['database is locked', BUSY],
  ['database table is locked', LOCKED],
  ['no such table', GENERIC],
];

/** SQLite's primary result code of anything thrown, or -1. */
export function resultCode(thrown: unknown): number {
  const code = (thrown as { errcode?: unknown } | null)?.errcode;
  if (typeof code === 'number') return code & 0xff;
  const { code: kind, message } = (thrown ?? {}) as { code?: unknown; message?: unknown };
  if (kind !== 'ERR_SQLITE_ERROR' || typeof message !== 'string') return -1;
  return CODE_OF_TEXT.find(([text]) => message.includes(text))?.[1] ?? -1;
}

/** True of a file whose tables are still being made. */
export function isWithoutTable(thrown: unknown): boolean {
  return resultCode(thrown) === GENERIC && messageOf(thrown).includes('no such table');
}

/** True when the file that could not be written may hold something other than what was acknowledged. */
export function isInputOutputError(thrown: unknown): boolean {
  return resultCode(thrown) === IO && !isOutOfRoom(thrown);
}

function isOutOfRoom(thrown: unknown): boolean {
  const errno = (thrown as { systemErrno?: unknown } | null)?.systemErrno;
  return resultCode(thrown) === FULL || (resultCode(thrown) === IO && (errno === ENOSPC || errno === EDQUOT));
}

/** What SQLite threw, as an error of the closed list; errors of the list and programming errors pass unchanged. */
export function storeError(thrown: unknown, path: string): unknown {
  if (thrown instanceof HomeostatError) return thrown;
  const detail = messageOf(thrown);
  if (isOutOfRoom(thrown)) return new HomeostatError('DISK_FULL', { path, detail: detail + freeRoom(path) }, thrown);
  switch (resultCode(thrown)) {
    case BUSY:
    case LOCKED:
      return new HomeostatError('LEDGER_BUSY', { path }, thrown);
    case CORRUPT:
    case NOT_A_DATABASE:
      return new HomeostatError('LEDGER_DAMAGED', { path, detail }, thrown);
    case IO:
    case READONLY:
    case CANNOT_OPEN:
    case NO_PERMISSION:
      return new HomeostatError('LEDGER_IO', { path, detail }, thrown);
    default:
      return thrown;
  }
}

/** How much room there is, for the person who makes some. */
function freeRoom(path: string): string {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return `, ${bavail * bsize} bytes are free`;
  } catch {
    return '';
  }
}

/** Runs `work` in one write transaction; rolled back when it throws. */
export function transaction<T>(db: Database, work: () => T): T {
  db.exec('begin immediate');
  try {
    const result = work();
    db.exec('commit');
    return result;
  } catch (thrown) {
    // SQLite rolls back by itself on some errors; then there is nothing left to roll back.
    if (db.isOpen && db.isTransaction) db.exec('rollback');
    throw thrown;
  }
}
