/**
 * The files of a history: `history/<start>+<period in ms>.db`, each the verdicts of one period of event time. A file that is made
 * again after it was deleted gets another name (`~2`, `~3` …): SQLite deletes a log by its name when the last connection to a
 * deleted file ends, and must not meet the log of another file there.
 */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Chunks never reach over a slot, a 240th of a period (42 minutes of a week): so a reader knows how far back one can begin. */
export const SLOTS = 240;

export interface HistoryFileName {
  path: string;
  /** First event time of the file and length of its period, ms. */
  start: number;
  period: number;
}

export function historyFolder(folder: string): string {
  return join(folder, 'history');
}

/** Whole slots fit into a period. */
export function roundedPeriod(period: number): number {
  return Math.max(1, Math.ceil(period / SLOTS)) * SLOTS;
}

/** Paths deleted by this process. */
const deleted = new Set<string>();

/** The file of a period: the one there is, or a name for a new one. */
export function historyFile(folder: string, start: number, period: number): HistoryFileName {
  const known = listHistory(folder).find((file) => file.start === start && file.period === period);
  if (known !== undefined) return known;
  for (let generation = 1; ; generation++) {
    const name = `${new Date(start).toISOString().replaceAll(':', '-')}+${period}${generation === 1 ? '' : `~${generation}`}.db`;
    const path = join(historyFolder(folder), name);
    if (!deleted.has(path)) return { path, start, period };
  }
}

/** Every file there is, oldest event time first. */
export function listHistory(folder: string): HistoryFileName[] {
  const parent = historyFolder(folder);
  if (!existsSync(parent)) return [];
  const files: HistoryFileName[] = [];
  for (const name of readdirSync(parent)) {
    const match = /^(.+)T(\d\d)-(\d\d)-(.+Z)\+(\d+)(?:~\d+)?\.db$/.exec(name);
    if (match === null) continue;
    const start = Date.parse(`${match[1]}T${match[2]}:${match[3]}:${match[4]}`);
    if (!Number.isNaN(start)) files.push({ path: join(parent, name), start, period: Number(match[5]) });
  }
  return files.toSorted((a, b) => a.start - b.start || a.period - b.period);
}

const BESIDE = ['', '-wal', '-shm'];

/** Bytes of a SQLite file with its log. */
export function bytesOnDisk(path: string): number {
  let bytes = 0;
  for (const suffix of BESIDE) bytes += statSync(path + suffix, { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

/** Wall clock of the last write to a SQLite file or its log, ms. */
export function lastWritten(path: string): number {
  let at = 0;
  for (const suffix of ['', '-wal']) at = Math.max(at, statSync(path + suffix, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return at;
}

/** The database goes first: a log without its database is nothing, a database without its log would be older than what was acknowledged. */
export function removeDatabase(path: string): void {
  deleted.add(path);
  for (const suffix of BESIDE) rmSync(path + suffix, { force: true });
}
