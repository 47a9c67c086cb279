/** The history in Cassandra, against a real node. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rollup, SeriesNames } from '../../src/core/contracts.ts';
import { ANOMALOUS, F64_COLUMNS, LATE, U8_COLUMNS, verdictTexts, type VerdictBatch } from '../../src/core/verdicts.ts';
import { Connection } from '../../src/stores/cassandra/connection.ts';
import { checkSchema } from '../../src/stores/cassandra/ensure.ts';
import { openCassandraHistory } from '../../src/stores/cassandra/history.ts';
import type { CassandraOptions } from '../../src/stores/cassandra/options.ts';
import { RowReader, type KeyedRow, type RowsQuery } from '../../src/stores/cassandra/row-reader.ts';
import { TIERS } from '../../src/stores/cassandra/tiers.ts';
import { historyChecks, sampleVerdicts } from '../../src/testing/history-suite.ts';
import { cassandraOptionsFor, freshPlace } from '../support/cassandra.ts';
import { startService, type Service } from '../support/services/index.ts';

const DAY = 86_400_000;
const BEGIN = Date.UTC(2024, 9, 3);
const P = 'machines';
const names: SeriesNames = { get: (index) => ({ key: `s${index}` }) };
const everything: RowsQuery = { pipeline: P, from: -Infinity, to: Infinity, anomalousOnly: false, limit: 100_000 };

let node: Service;
beforeAll(async () => void (node = await startService('cassandra')));
afterAll(() => node?.stop());

async function written(batches: readonly VerdictBatch[], rollups: readonly Rollup[] = [], options = cassandraOptionsFor(node)): Promise<CassandraOptions> {
  const history = openCassandraHistory(options, freshPlace());
  await history.append(P, batches, rollups, names);
  expect(history.trouble?.()).toBe('');
  history.close();
  return options;
}

async function read<T>(options: CassandraOptions, work: (reader: RowReader) => Promise<T>): Promise<T> {
  const connection = new Connection(options, checkSchema);
  try {
    return await work(new RowReader(connection));
  } finally {
    connection.close();
  }
}

/** Page after page, as a cursor does. */
async function paged(limit: number, page: (query: RowsQuery) => Promise<KeyedRow[]>, more: Partial<RowsQuery> = {}): Promise<string[]> {
  const found: string[] = [];
  for (let after: RowsQuery['after']; ;) {
    const rows = await page({ ...everything, ...more, limit, after });
    found.push(...rows.map(({ key, time, id }) => `${time} ${id} ${key}`));
    if (rows.length < limit) return found;
    after = rows.at(-1);
  }
}

describe('the Cassandra history', () => {
  const fresh = () => {
    const [options, place] = [cassandraOptionsFor(node), freshPlace()];
    return { open: () => openCassandraHistory(options, place) };
  };
  for (const check of historyChecks(fresh)) it(check.name, check.run, 60_000);
});

describe('a verdict', () => {
  it('comes back with every bit of it', async () => {
    const batch = sampleVerdicts(
      [
        { time: BEGIN + 0.25, value: -0 },
        { time: BEGIN + 1, flags: ANOMALOUS },
        { time: BEGIN + 2, flags: LATE },
      ],
      3,
    );
    Object.assign(batch, { members: ['level', 'shape'], texts: verdictTexts(3) });
    batch.values.set([NaN, -0, 1e308], 3);
    batch.limit[1] = Infinity;
    batch.expected[2] = NaN;
    batch.onset.set([-0, 0.75, 1]);
    batch.member[0] = 1;
    batch.kind[2] = 2;
    batch.shares.set([1, 0, 254], 6);
    batch.partition[0] = batch.place[0] = 0xffffffff;
    batch.offset[1] = 2 ** 53 - 1;
    batch.texts!.subject[1] = 'blk_1';
    batch.texts!.detail[1] = '{"a":"…"}';
    batch.texts!.revises[1] = '0123456789abcdef';
    const options = await written([batch]);
    const rows = await read(options, (reader) => reader.ofSeries('s0', everything));
    expect(rows.length).toBe(3);
    rows.forEach(({ batch: got, row }, i) => {
      for (const column of [...F64_COLUMNS, ...U8_COLUMNS, 'idHigh', 'idLow', 'partition', 'place'] as const)
        expect(got[column][row], column).toBe(batch[column][i]);
      for (const column of ['values', 'shares'] as const) expect(got[column].slice(row * 3, row * 3 + 3)).toEqual(batch[column].slice(i * 3, i * 3 + 3));
      for (const text of ['subject', 'detail', 'revises'] as const) expect(got.texts![text][row]).toBe(batch.texts![text][i]);
      for (const shared of ['stage', 'detector', 'config', 'members', 'width'] as const) expect(got[shared]).toEqual(batch[shared]);
    });
  });
});

describe('reading', () => {
  const rows = Array.from({ length: 600 }, (_, i) => ({
    series: i % 3,
    time: BEGIN + Math.floor(i / 6) * 0.05 * DAY,
    id: i,
    flags: i % 10 === 0 ? ANOMALOUS : 0,
  }));
  let options: CassandraOptions;
  beforeAll(async () => void (options = await written([sampleVerdicts(rows)])));
  const textOf = (some: typeof rows): string[] => {
    const batch = sampleVerdicts(some);
    const ids = some.map((row, i) => ({ ...row, id: batch.idHigh[i].toString(16).padStart(8, '0') + batch.idLow[i].toString(16).padStart(8, '0') }));
    return ids.toSorted((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1)).map(({ time, id, series }) => `${time} ${id} s${series}`);
  };

  it.each([7, 100, 1000])('goes on from page to page of %i across days, for one series', async (limit) => {
    const got = await read(options, (reader) => paged(limit, (query) => reader.ofSeries('s1', query)));
    expect(got).toEqual(textOf(rows.filter(({ series }) => series === 1)));
  });

  it.each([7, 100, 1000])('goes on from page to page of %i across days, for all series', async (limit) => {
    const got = await read(options, (reader) => paged(limit, (query) => reader.ofAll(['s0', 's1', 's2', 'nobody'], query)));
    expect(got).toEqual(textOf(rows));
  });

  it('finds anomalies alone, of all series and of one', async () => {
    const anomalous = rows.filter(({ flags }) => flags === ANOMALOUS);
    const more = { anomalousOnly: true };
    expect(await read(options, (reader) => paged(7, (query) => reader.ofAll([], query), more))).toEqual(textOf(anomalous));
    const one = await read(options, (reader) => paged(7, (query) => reader.ofSeries('s2', query), more));
    expect(one).toEqual(textOf(anomalous.filter(({ series }) => series === 2)));
  });

  it('finds the newest', async () => {
    const got = await read(options, (reader) => reader.newest(P, 's0', BEGIN, BEGIN + 3 * DAY, 50));
    const want = rows.filter(({ series, time }) => series === 0 && time <= BEGIN + 3 * DAY).slice(-50);
    expect(got.map(({ time }) => time)).toEqual(want.map(({ time }) => time));
  });
});

describe('10,000 series', () => {
  it('are written in one append, twice, and read in the order of time', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => ({ series: i % 10_000, time: BEGIN + i, id: i }));
    const options = await written([sampleVerdicts(rows)]);
    await written([sampleVerdicts(rows)], [], options);
    const keys = Array.from({ length: 10_000 }, (_, i) => `s${i}`);
    const first = await read(options, (reader) => reader.ofAll(keys, { ...everything, limit: 500 }));
    expect(first.map(({ time }) => time)).toEqual(rows.slice(0, 500).map(({ time }) => time));
    const all = await read(options, (reader) => paged(15_000, (query) => reader.ofAll(keys, query)));
    expect(all.length).toBe(20_000);
  }, 180_000);
});

describe('rollups', () => {
  const minute = (i: number, count = 10): Rollup => ({
    series: 0,
    time: BEGIN + i * 60_000,
    count,
    sum: count * 2,
    min: i,
    max: i + 1,
    anomalies: 1,
    maxScore: i,
  });

  it('become hours and days, the same when written again in another cut and by another process', async () => {
    const options = cassandraOptionsFor(node);
    const all = Array.from({ length: 150 }, (_, i) => minute(i));
    await written([], all.slice(0, 70), options);
    await written([], all.slice(50, 100), options);
    await written([], [...all.slice(100), minute(149, 4), minute(149, 20)], options);
    const [hours, days] = await read(options, (reader) => Promise.all([1, 2].map((tier) => reader.rollups(P, 's0', TIERS[tier], BEGIN, BEGIN + DAY))));
    expect(hours.map(({ count, min, max, anomalies, maxScore }) => [count, min, max, anomalies, maxScore])).toEqual([
      [600, 0, 60, 60, 59],
      [600, 60, 120, 60, 119],
      [310, 120, 150, 30, 149],
    ]);
    expect(days.map(({ time, count, sum }) => [time, count, sum])).toEqual([[BEGIN, 1510, 3020]]);
  });

  it('make the chart of a long time', async () => {
    const options = cassandraOptionsFor(node);
    const place = freshPlace();
    const history = openCassandraHistory(options, place);
    const some = Array.from({ length: 400 }, (_, i) => minute(i * 97));
    await history.append(P, [], some, names);
    const range = await history.range(P, 0, -Infinity, Infinity, 20);
    expect(range.time.length).toBeLessThanOrEqual(20);
    expect(range.anomalous.reduce((a, b) => a + b, 0)).toBe(400);
    expect([range.min[0], range.max.at(-1)]).toEqual([0, 399 * 97 + 1]);
    history.close();
  });
});
