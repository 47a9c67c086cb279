/** Which sessions a query asks for, the newest (or oddest) first, page by page. */
import { HomeostatError } from '../../core/errors.ts';
import type { LogSessionsQuery } from '../../core/log-live.ts';
import type { SessionIndex } from './session-index.ts';
import { reasonsOf, type Texts } from './session-view.ts';

/** Sessions that one search finds at most: the newest. */
const FOUND = 10_000;

/** Ids of the sessions whose identifier or reasons hold what is searched for. */
export async function searched(index: SessionIndex, { search = '', anomalous }: LogSessionsQuery, texts: Texts): Promise<ReadonlySet<string>> {
  const wanted = search.toLowerCase();
  const found = new Set<string>();
  for await (const page of index.all(anomalous === true)) {
    for (const stored of page) {
      const subject = stored.batch.texts?.subject[stored.row] ?? '';
      const isFound = subject.toLowerCase().includes(wanted) || reasonsOf(stored, texts).some(({ text }) => text.toLowerCase().includes(wanted));
      if (!isFound) continue;
      found.add(stored.id);
      if (found.size > FOUND) found.delete(found.values().next().value!);
    }
  }
  return found;
}

/** Rows in force that fit, `limit` of them behind the cursor. */
export function matching(index: SessionIndex, query: LogSessionsQuery, found: ReadonlySet<string> | undefined): { rows: number[]; next: string | null } {
  const rows = query.sort === 'score' ? byScore(index, query, found) : byTime(index, query, found);
  const page: number[] = [];
  for (const row of rows) {
    if (page.length === query.limit) {
      const last = page.at(-1)!;
      const value = query.sort === 'score' ? index.rows.score[last] : index.rows.time[last];
      return { rows: page, next: `${value}_${index.rows.time[last]}_${index.idOf(last)}` };
    }
    page.push(row);
  }
  return { rows: page, next: null };
}

function* byTime(index: SessionIndex, query: LogSessionsQuery, found: ReadonlySet<string> | undefined): Generator<number> {
  const cursor = query.cursor === undefined ? undefined : cursorOf(query.cursor);
  const first = index.from(query.from);
  let row = after(index, query.to) - 1;
  if (cursor !== undefined) {
    const known = index.find(cursor.time, cursor.id);
    row = Math.min(row, (known >= 0 ? known : index.from(cursor.time)) - 1);
  }
  for (; row >= first; row--) if (fits(index, row, query, found)) yield row;
}

/** First row behind an event time. */
function after(index: SessionIndex, time: number): number {
  let row = index.from(time);
  while (row < index.length && index.rows.time[row] === time) row++;
  return row;
}

function byScore(index: SessionIndex, query: LogSessionsQuery, found: ReadonlySet<string> | undefined): number[] {
  const { score, time } = index.rows;
  const rows: number[] = [];
  for (let row = index.from(query.from); row < index.length && time[row] <= query.to; row++) if (fits(index, row, query, found)) rows.push(row);
  const value = (row: number): number => (Number.isNaN(score[row]) ? -Infinity : score[row]);
  rows.sort((a, b) => value(b) - value(a) || time[b] - time[a] || b - a);
  if (query.cursor === undefined) return rows;
  const cursor = cursorOf(query.cursor);
  const at = rows.indexOf(index.find(cursor.time, cursor.id));
  if (at >= 0) return rows.slice(at + 1);
  const low = Number.isNaN(cursor.value) ? -Infinity : cursor.value;
  return rows.filter((row) => value(row) < low || (value(row) === low && time[row] < cursor.time));
}

function fits(index: SessionIndex, row: number, { anomalous, pattern }: LogSessionsQuery, found: ReadonlySet<string> | undefined): boolean {
  const { rows } = index;
  if (rows.inForce[row] === 0) return false;
  if (anomalous !== undefined && (rows.anomalous[row] === 1) !== anomalous) return false;
  if (pattern !== undefined && index.patternOf(row) !== pattern) return false;
  return found === undefined || found.has(index.idOf(row));
}

function cursorOf(text: string): { value: number; time: number; id: string } {
  const match = /^([^_]+)_(-?[\d.e+]+)_([0-9a-f]{16})$/.exec(text);
  if (match === null) throw new HomeostatError('REQUEST_INVALID', { detail: `cursor "${text.slice(0, 100)}" is not one that was given out` });
  return { value: Number(match[1]), time: Number(match[2]), id: match[3] };
}
