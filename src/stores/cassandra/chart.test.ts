import { expect, it } from 'vitest';
import { readRange } from './chart.ts';
import type { Connection } from './connection.ts';
import { RowReader } from './row-reader.ts';

const ROWS = 300_000;
const STEP = 288;
const PAGE = 5_000;

/** A node with one day of one series, and as many rollups of it. */
function connection(rollups: number): Connection {
  const id = Buffer.alloc(8);
  const rowOf = (i: number) => ({ series: 's', time: i * STEP, id, kind: 0, values: [i], maker: 1n, cause_partition: 0, cause_offset: i, cause_place: 0 });
  const execute = (query: string, params: unknown[], { pageState }: { pageState?: string }): unknown => {
    if (query.includes('.days')) return { rows: [{ day: 0 }] };
    if (query.includes('.makers')) return { rows: [{ maker: 1n, stage: 'judge', detector: 'count', config: '', width: 1, members: [] }] };
    if (query.includes('SELECT time')) return { rows: [{ time: query.includes('DESC') ? (ROWS - 1) * STEP : 0 }] };
    if (query.includes('.rollups')) return { rows: Array.from({ length: rollups }, (_, i) => rollupOf((i * 86_400_000) / rollups, i)) };
    const most = query.includes('LIMIT') ? Math.min(ROWS, params.at(-1) as number) : ROWS;
    const from = Number(pageState ?? 0);
    const rows = Array.from({ length: Math.min(PAGE, most - from) }, (_, i) => rowOf(from + i));
    return { rows, ...(from + rows.length < most ? { pageState: String(from + rows.length) } : {}) };
  };
  const client = { execute: (...args: Parameters<typeof execute>) => Promise.resolve(execute(...args)) };
  const made = { options: { keyspace: 'k' }, use: (work: (one: unknown) => unknown) => work(client), send: (request: () => unknown) => request() };
  return made as unknown as Connection;
}

const rollupOf = (time: number, i: number) => ({ time, count: 1, sum: i, min: i, max: i, anomalies: 0, max_score: 0 });

it('a chart of a series without rollups is made of all of its rows', async () => {
  const range = await readRange(new RowReader(connection(0)), 'p', 's', 0, 86_400_000, 100);
  expect(range.time.at(-1)!).toBeGreaterThan(0.98 * ROWS * STEP);
  expect([range.min[0], range.max.at(-1)]).toEqual([0, ROWS - 1]);
  expect(range.time.length).toBeLessThanOrEqual(100);
});

it('a chart of a series with very many rollups is made of all of them', async () => {
  const range = await readRange(new RowReader(connection(200_000)), 'p', 's', 0, 86_400_000, 100);
  expect([range.min[0], range.max.at(-1)]).toEqual([0, 199_999]);
});
