/** Looking into a data folder and mending it, with no process running on it: ledger, history and journals. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { HomeostatError } from '../core/errors.ts';
import { lockFolder } from '../stores/sqlite/lock.ts';
import { checkJournal, repairJournal, type JournalReport } from '../runtime/journal/check.ts';
import { checkLedger, repairLedger, type LedgerReport } from '../stores/sqlite/check.ts';

export { reachOf as reachHistory } from '../stores/index.ts';
export { openReader } from '../stores/sqlite/reader.ts';
export type { FileReport, LedgerReport } from '../stores/sqlite/check.ts';

export interface FolderReport extends LedgerReport {
  journals: (JournalReport & { pipeline: string })[];
}

/** Verifies every page and every frame; changes nothing. Throws NOT_FOUND where there is no data folder. */
export function checkFolder(data: string): FolderReport {
  if (!existsSync(data)) throw new HomeostatError('NOT_FOUND', { what: 'data folder', name: data });
  return whole(
    checkLedger(data),
    journalFolders(data).map(([pipeline, folder]) => ({ pipeline, ...checkJournal(folder) })),
  );
}

/** Mends what is damaged; damaged files are kept under another name. Throws LEDGER_BUSY while a process has the folder. */
export function repairFolder(data: string): FolderReport {
  if (!existsSync(data)) throw new HomeostatError('NOT_FOUND', { what: 'data folder', name: data });
  const ledger = repairLedger(data);
  const lock = lockFolder(data);
  try {
    return whole(
      ledger,
      journalFolders(data).map(([pipeline, folder]) => ({ pipeline, ...repairJournal(folder) })),
    );
  } finally {
    lock.release();
  }
}

function whole(ledger: LedgerReport, journals: FolderReport['journals']): FolderReport {
  return { ...ledger, ok: ledger.ok && journals.every(({ ok }) => ok), journals };
}

function journalFolders(data: string): [pipeline: string, folder: string][] {
  const folder = join(data, 'journal');
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return entries.map(({ name }): [string, string] => [name, join(folder, name)]).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
