/** Looks through a data folder's ledger and history page by page, and on request brings them back to something whole. */
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { Position } from '../../core/contracts.ts';
import { closeQuietly, openReadOnly, openWritable, storeError } from './database.ts';
import { listHistory } from './history-folder.ts';
import { ledgerPath } from './ledger.ts';
import { lockFolder } from './lock.ts';
import { HISTORY_MIGRATIONS, LEDGER_MIGRATIONS } from './migrations/index.ts';
import { migrate, refuseNewer } from './migrate.ts';
import type { Migration } from './migrate.ts';
import { fullCheck } from './quick-check.ts';
import { salvage } from './salvage.ts';
import { fsyncPath, listSavepoints } from './savepoint.ts';

export type FileCondition = 'ok' | 'damaged' | 'newer' | 'missing' | 'unreadable';

export interface FileReport {
  path: string;
  condition: FileCondition;
  /** What SQLite says of the damage; empty when whole. */
  details: string[];
}

export interface PipelineReport {
  name: string;
  checkpoint: number;
  /** Where its source reads on. */
  position: Position | null;
  /** Wall clock of the last commit, ms. */
  committedAt: number;
}

export interface LedgerReport {
  /** True when a pipeline can be started on what is there now. */
  ok: boolean;
  ledger: FileReport;
  pipelines: PipelineReport[];
  history: FileReport[];
  /** Newest first. */
  savepoints: FileReport[];
  /** What a repair did, what is read again, and what is lost, in words. */
  done: string[];
  readAgain: string[];
  lost: string[];
}

/** Reads every page; works beside a running process. */
export function checkLedger(folder: string): LedgerReport {
  const ledger = inspect(ledgerPath(folder), LEDGER_MIGRATIONS);
  const history = listHistory(folder).map(({ path }) => inspect(path, HISTORY_MIGRATIONS));
  const savepoints = listSavepoints(folder).map((path) => inspect(path, LEDGER_MIGRATIONS));
  const ok = [ledger, ...history].every(({ condition }) => condition === 'ok' || condition === 'missing');
  const pipelines = ledger.condition === 'ok' ? pipelinesOf(ledger.path) : [];
  return { ok, ledger, pipelines, history, savepoints, done: [], readAgain: [], lost: [] };
}

/**
 * Puts a damaged ledger back to its newest whole savepoint, or where there is none to what can still be read of it; the same for
 * damaged files of the history. Damaged files are renamed, never deleted; what is whole or newer is not touched.
 * Throws LEDGER_BUSY while a process has the folder.
 */
export function repairLedger(folder: string, now = Date.now()): LedgerReport {
  const lock = lockFolder(folder);
  try {
    const found = checkLedger(folder);
    const told: Told = { done: [], readAgain: [], lost: [] };
    if (found.ledger.condition === 'damaged') mendLedger(folder, found, now, told);
    for (const file of found.history) if (file.condition === 'damaged') mendHistory(file.path, now, told);
    return { ...checkLedger(folder), ...told };
  } finally {
    lock.release();
  }
}

type Told = Pick<LedgerReport, 'done' | 'readAgain' | 'lost'>;

function mendLedger(folder: string, found: LedgerReport, now: number, told: Told): void {
  const path = ledgerPath(folder);
  const aside = setAside(path, now, told);
  const whole = found.savepoints.find(({ condition }) => condition === 'ok');
  if (whole !== undefined) {
    restore(whole.path, path);
    told.done.push(`put ${whole.path} in its place`);
    told.lost.push(
      'acknowledgements, silences, answers, dead letters and the audit since that savepoint; notices sent since may be sent again, with the same keys',
    );
  } else {
    for (const said of rescue(aside, path, LEDGER_MIGRATIONS)) told.lost.push(said);
    told.done.push(`there is no whole savepoint: copied what can be read of ${aside}`);
    told.lost.push('states that could not be read warm up again');
  }
  const pipelines = pipelinesOf(path);
  for (const { name, checkpoint, position, committedAt } of pipelines) {
    const from = position === null ? 'the beginning' : JSON.stringify(position);
    told.readAgain.push(`${name}: from ${from} (checkpoint ${checkpoint}, ${new Date(committedAt).toISOString()})`);
  }
  if (pipelines.length === 0) told.readAgain.push('every pipeline: from the beginning');
}

function mendHistory(path: string, now: number, told: Told): void {
  const aside = setAside(path, now, told);
  for (const said of rescue(aside, path, HISTORY_MIGRATIONS)) told.lost.push(`${path}: ${said}`);
  told.done.push(`copied what can be read of ${aside}`);
}

/** Renames a database with its log; answers its new path. */
function setAside(path: string, now: number, told: Told): string {
  const aside = `${path}.damaged-${now}`;
  for (const suffix of ['-wal', '-shm', '']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  told.done.push(`kept the damaged file as ${aside}`);
  return aside;
}

function restore(savepoint: string, path: string): void {
  const beside = `${path}.new`;
  copyFileSync(savepoint, beside);
  fsyncPath(beside);
  renameSync(beside, path);
  fsyncPath(join(path, '..'));
}

/** A new file with everything that can be read of a damaged one; answers what could not, in words. */
function rescue(damaged: string, path: string, migrations: readonly Migration[]): string[] {
  const beside = `${path}.new`;
  for (const suffix of ['', '-wal', '-shm']) rmSync(beside + suffix, { force: true });
  const to = openWritable(beside, 'full');
  let from;
  const said: string[] = [];
  try {
    migrate(to, migrations, beside);
    from = openReadOnly(damaged);
    said.push(...salvage(from, to));
  } catch (thrown) {
    const error = storeError(thrown, damaged);
    if (!(error instanceof HomeostatError) || error.code !== 'LEDGER_DAMAGED') throw error;
    said.push(`all of it: ${messageOf(thrown)}`);
  } finally {
    closeQuietly(from);
    // Without a log of its own the file can take its new name alone.
    to.exec('pragma journal_mode = delete');
    closeQuietly(to);
  }
  fsyncPath(beside);
  renameSync(beside, path);
  fsyncPath(join(path, '..'));
  return said;
}

function inspect(path: string, migrations: readonly Migration[]): FileReport {
  if (!existsSync(path)) return { path, condition: 'missing', details: [] };
  let db;
  try {
    db = openReadOnly(path);
    refuseNewer(db, migrations, path);
    const details = fullCheck(db);
    return { path, condition: details.length === 0 ? 'ok' : 'damaged', details };
  } catch (thrown) {
    const error = storeError(thrown, path);
    const code = error instanceof HomeostatError ? error.code : undefined;
    const condition = code === 'LEDGER_NEWER' ? 'newer' : code === 'LEDGER_DAMAGED' ? 'damaged' : 'unreadable';
    return { path, condition, details: [messageOf(thrown)] };
  } finally {
    closeQuietly(db);
  }
}

function pipelinesOf(path: string): PipelineReport[] {
  const db = openReadOnly(path);
  try {
    const rows = db.prepare('select name, checkpoint, position, committed_at as committedAt from pipelines order by name').all() as unknown as (Omit<
      PipelineReport,
      'position'
    > & { position: string | null })[];
    return rows.map((row) => ({ ...row, position: row.position === null ? null : (JSON.parse(row.position) as Position) }));
  } finally {
    closeQuietly(db);
  }
}
