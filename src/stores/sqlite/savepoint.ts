/** Whole copies of the ledger: `savepoints/<UTC time>.db`, newest last by name; two are kept. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from './database.ts';

const KEPT = 2;

/** Makes a file's or folder's latest content durable. Never for `ledger.db` or `ledger.lock` themselves: closing would drop SQLite's locks. */
export function fsyncPath(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Copies the ledger as it is committed now; written beside and moved into place. Answers the path. */
export function writeSavepoint(db: Database, folder: string, now: number): string {
  const savepoints = join(folder, 'savepoints');
  mkdirSync(savepoints, { recursive: true });
  // What a crash left half-written has no other name than this.
  for (const name of readdirSync(savepoints)) if (name.endsWith('.new')) rmSync(join(savepoints, name), { force: true });
  const path = freeName(savepoints, now);
  const beside = `${path}.new`;
  db.prepare('vacuum into ?').run(beside);
  fsyncPath(beside);
  renameSync(beside, path);
  fsyncPath(savepoints);
  for (const old of listSavepoints(folder).slice(KEPT)) rmSync(old, { force: true });
  return path;
}

/** Paths, newest first. */
export function listSavepoints(folder: string): string[] {
  const savepoints = join(folder, 'savepoints');
  if (!existsSync(savepoints)) return [];
  return readdirSync(savepoints)
    .filter((name) => name.endsWith('.db'))
    .toSorted()
    .toReversed()
    .map((name) => join(savepoints, name));
}

/** Names sort by time; a second savepoint in the same millisecond gets the next one. */
function freeName(savepoints: string, now: number): string {
  for (let at = now; ; at++) {
    const path = join(savepoints, `${new Date(at).toISOString().replaceAll(':', '-')}.db`);
    if (!existsSync(path)) return path;
  }
}
