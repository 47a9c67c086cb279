import { expect, it } from 'vitest';
import type { Connection } from './connection.ts';
import { RowReader } from './row-reader.ts';

const NOON = 43_200_000;
const STEP = 100;

/** A node with a day of one pipeline, in which a series has a row every 100 ms from its beginning on; counts the rows it gives. */
class Node {
  given = 0;
  readonly #begins: ReadonlyMap<string, number>;

  constructor(begins: ReadonlyMap<string, number>) {
    this.#begins = begins;
  }

  get connection(): Connection {
    const client = { execute: (query: string, params: unknown[]) => Promise.resolve({ rows: this.#rows(query, params) }) };
    const connection = { options: { keyspace: 'k' }, use: (work: (one: unknown) => unknown) => work(client), send: (request: () => unknown) => request() };
    return connection as unknown as Connection;
  }

  #rows(query: string, params: unknown[]): Record<string, unknown>[] {
    if (query.includes('.days')) return [{ day: 0 }];
    if (query.includes('.makers')) return [{ maker: 1n, stage: 'detect', detector: 'ema', config: '', width: 1, members: [] }];
    const [, series, , from, , to, limit = 1] = params as [string, string[], number, number, Buffer, number, number?];
    const rows = series.flatMap((key) => {
      const first = Math.max(this.#begins.get(key)!, Math.ceil(from / STEP) * STEP);
      const count = Math.max(0, Math.min(limit, Math.floor((Math.min(to, 86_399_999) - first) / STEP) + 1));
      return Array.from({ length: count }, (_, i) => rowOf(key, first + i * STEP));
    });
    this.given += rows.length;
    return rows;
  }
}

function rowOf(series: string, time: number): Record<string, unknown> {
  const id = Buffer.alloc(8);
  id.writeUInt32BE(time, 0);
  id.writeUInt32BE(Number(series.slice(1)), 4);
  return { series, time, id, kind: 0, values: [1], maker: 1n, cause_partition: 0, cause_offset: time, cause_place: 0 };
}

it('reads hardly more rows of all series than it is asked for, also where one of them begins late', async () => {
  const node = new Node(new Map(Array.from({ length: 200 }, (_, i) => [`s${i}`, i === 0 ? NOON : 0])));
  const keys = Array.from({ length: 200 }, (_, i) => `s${i}`);
  const rows = await new RowReader(node.connection).ofAll(keys, { pipeline: 'p', from: 0, to: 86_400_000, anomalousOnly: false, limit: 1_000 });
  expect(rows.length).toBe(1_000);
  // 199 series at 0, 100, 200, 300 and 400 ms, and five more.
  expect(rows.map(({ time }) => time)).toEqual(Array.from({ length: 1_000 }, (_, i) => Math.floor(i / 199) * STEP));
  expect(node.given).toBeLessThan(5_000);
});

it('finds what is far behind the first rows of a day', async () => {
  const node = new Node(
    new Map([
      ['s0', 86_399_900],
      ['s1', 86_399_700],
    ]),
  );
  const rows = await new RowReader(node.connection).ofAll(['s0', 's1'], { pipeline: 'p', from: 0, to: 86_400_000, anomalousOnly: false, limit: 10 });
  expect(rows.map(({ time, key }) => `${time} ${key}`)).toEqual(['86399700 s1', '86399800 s1', '86399900 s0', '86399900 s1']);
});
