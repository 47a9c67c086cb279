/** Tells at open whether a ledger can be started on, in a time that does not grow with its states. */
import { HomeostatError } from '../../core/errors.ts';
import type { Database } from './database.ts';

/** Up to this size every page is checked (about .1 s); beyond it all tables but the ones that hold most of the bytes. */
const WHOLE_CHECK_BYTES = 64 * 2 ** 20;
const LARGE_TABLES = new Set(['states', 'state_pieces', 'series', 'dead_letters']);

/** Throws LEDGER_DAMAGED. Damage in a large table of a large ledger is found when its page is read, or by `homeostat ledger check`. */
export function quickCheck(db: Database, path: string, bytes: number): void {
  const tables = (db.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[]).map((row) => row.name);
  if (bytes <= WHOLE_CHECK_BYTES) return refuseDamage(firstDamage(db, 'pragma quick_check(1)'), path);
  for (const table of tables) {
    if (!LARGE_TABLES.has(table) && /^\w+$/.test(table)) refuseDamage(firstDamage(db, `pragma quick_check(${table})`), path);
  }
}

/** Every complaint, read to the end; empty when the file is whole. */
export function fullCheck(db: Database): string[] {
  const rows = db.prepare('pragma integrity_check(20)').all() as { integrity_check: string }[];
  return rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
}

function firstDamage(db: Database, sql: string): string {
  return Object.values(db.prepare(sql).get() as Record<string, string>)[0];
}

function refuseDamage(said: string, path: string): void {
  if (said !== 'ok') throw new HomeostatError('LEDGER_DAMAGED', { path, detail: said });
}
