/** Copies what can still be read of a damaged SQLite file, table by table, into a whole one of the same schema. */
import { CORRUPT, resultCode, transaction } from './database.ts';
import type { Database, Statement } from './database.ts';

interface Table {
  name: string;
  hasRowid: boolean;
}

const LAST_ROWID = 2 ** 53 - 1;

/** Answers what could not be read, in words; nothing when all was. Throws when not even the list of tables can be read. */
export function salvage(from: Database, to: Database): string[] {
  const lost: string[] = [];
  for (const table of tablesOf(to)) {
    const columns = (to.prepare(`pragma table_info(${table.name})`).all() as { name: string }[]).map(({ name }) => `"${name}"`);
    const insert = to.prepare(`insert or ignore into ${table.name} (${columns.join()}) values (${columns.map(() => '?').join()})`);
    const complaints = transaction(to, () =>
      table.hasRowid ? copyByRowid(from, table.name, columns, insert) : copyFromBothEnds(from, table.name, columns, insert),
    );
    if (complaints > 0) lost.push(`rows of the table ${table.name} that could not be read`);
  }
  return lost;
}

function tablesOf(db: Database): Table[] {
  const rows = db.prepare("select name, sql from sqlite_master where type = 'table' and name not like 'sqlite_%' order by rowid").all() as {
    name: string;
    sql: string;
  }[];
  return rows.map(({ name, sql }) => ({ name, hasRowid: !/without rowid\s*$/i.test(sql) }));
}

/** Answers how many stretches of rows could not be read. */
function copyByRowid(from: Database, table: string, columns: readonly string[], insert: Statement): number {
  const select = from.prepare(`select rowid as at, ${columns.join()} from ${table} not indexed where rowid >= ? order by rowid`);
  const probe = from.prepare(`select rowid as at from ${table} not indexed where rowid >= ? order by rowid limit 1`);
  let complaints = 0;
  for (let next: number | undefined = 0; next !== undefined;) {
    let last = next - 1;
    try {
      for (const { at, ...row } of select.iterate(next) as Iterable<{ at: number } & Record<string, never>>) {
        insert.run(...Object.values<never>(row));
        last = at;
      }
      return complaints;
    } catch (thrown) {
      if (resultCode(thrown) !== CORRUPT) throw thrown;
    }
    complaints++;
    next = behindDamage(probe, Math.max(last, next) + 1);
  }
  return complaints;
}

/** Lowest number at or behind `from` at which rows can be found again, or undefined; looks in growing steps, then halves the last one. */
function behindDamage(probe: Statement, from: number): number | undefined {
  let bad = from - 1;
  let good = from;
  for (let step = 1; !isReadable(probe, good); step *= 2) {
    bad = good;
    good += step;
    if (good > LAST_ROWID) return undefined;
  }
  while (good - bad > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isReadable(probe, middle)) good = middle;
    else bad = middle;
  }
  return good;
}

function isReadable(probe: Statement, at: number): boolean {
  try {
    probe.get(at);
    return true;
  } catch (thrown) {
    if (resultCode(thrown) !== CORRUPT) throw thrown;
    return false;
  }
}

/** Reads forwards up to the damage, then backwards up to it. */
function copyFromBothEnds(from: Database, table: string, columns: readonly string[], insert: Statement): number {
  const key = (from.prepare(`pragma table_info(${table})`).all() as { name: string; pk: number }[]).filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
  let complaints = 0;
  for (const direction of ['asc', 'desc']) {
    const order = key.map(({ name }) => `"${name}" ${direction}`).join();
    try {
      for (const row of from.prepare(`select ${columns.join()} from ${table} order by ${order}`).iterate() as Iterable<Record<string, never>>) {
        insert.run(...Object.values<never>(row));
      }
      return complaints;
    } catch (thrown) {
      if (resultCode(thrown) !== CORRUPT) throw thrown;
      complaints++;
    }
  }
  return complaints;
}
