/** What every history promises. */
import type { History, Range, Rollup } from '../core/contracts.ts';
import { ANOMALOUS, LATE, emptyVerdicts, type VerdictBatch } from '../core/verdicts.ts';
import { expectSame, expectThat, type Check } from './check.ts';

/** One place that a history can be closed and opened at again. */
export interface HistoryHome {
  open(): History;
}

/** What a row of a sample batch is made of; the rest follows from it. */
export interface SampleRow {
  series?: number;
  time: number;
  value?: number;
  flags?: number;
  /** Ids are made of time and this. */
  id?: number;
}

const P = 'machines';
const HOUR = 3_600_000;
const BEGIN = Date.UTC(2024, 9, 3);

export function sampleVerdicts(rows: readonly SampleRow[], width = 1): VerdictBatch {
  const batch = emptyVerdicts(width, rows.length);
  batch.stage = 'detect';
  batch.detector = 'ema';
  batch.config = '0123abcd';
  rows.forEach(({ series = 0, time, value = 0, flags = 0, id = 0 }, i) => {
    batch.series[i] = series;
    batch.time[i] = time;
    for (let k = 0; k < width; k++) batch.values[i * width + k] = value + k;
    batch.idHigh[i] = Math.floor(time / 1000) >>> 0;
    batch.idLow[i] = (time + id * 7919) >>> 0;
    batch.flags[i] = flags;
    batch.score[i] = (flags & LATE) !== 0 ? NaN : value / 3;
    batch.limit[i] = 3;
    batch.expected[i] = value - 0.25;
    batch.lower[i] = value - 1;
    batch.upper[i] = value + 1;
    batch.onset[i] = 0;
    batch.partition[i] = 1;
    batch.offset[i] = i;
    batch.place[i] = 2;
  });
  batch.length = rows.length;
  return batch;
}

/** One row a minute. */
function minutes(count: number, from = 0): SampleRow[] {
  return Array.from({ length: count }, (_, i) => ({ time: BEGIN + (from + i) * 60_000, value: Math.sin(from + i) * 10, id: from + i }));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, x) => total + x, 0);
}

type Promises = Record<string, (home: HistoryHome) => Promise<void>>;

/** `fresh` answers a home that nothing was ever written to. */
export function historyChecks(fresh: () => HistoryHome): (Omit<Check, 'run'> & { run(): Promise<void> })[] {
  return Object.entries({ ...rows, ...charts }).map(([name, promise]) => ({ name, run: () => promise(fresh()) }));
}

const all = (history: History, series = 0, points = 10_000): Promise<Range> | Range => history.range(P, series, -Infinity, Infinity, points);

const rows: Promises = {
  'gives back every row in the order of time': async (home) => {
    const history = home.open();
    const some = minutes(50);
    await history.append(P, [sampleVerdicts(some.toReversed())], []);
    const range = await all(history);
    expectThat(range.resolution === 0, 'rows that fit are not put into buckets');
    expectSame(
      range.time,
      some.map(({ time }) => time),
      'times',
    );
    expectSame(
      range.mean as number[],
      some.map(({ value }) => value!),
      'values',
    );
    expectSame(
      range.score as number[],
      some.map(({ value }) => value! / 3),
      'scores',
    );
    expectSame(
      range.lower as number[],
      some.map(({ value }) => value! - 1),
      'lower ends',
    );
    history.close();
  },
  'keeps what was appended after it was closed': async (home) => {
    const first = home.open();
    await first.append(P, [sampleVerdicts(minutes(10))], []);
    first.close();
    const second = home.open();
    await second.append(P, [sampleVerdicts(minutes(10, 10))], []);
    expectThat((await all(second)).time.length === 20, 'both appends are there');
    second.close();
  },
  'keeps a row once, however often and however cut it is appended': async (home) => {
    const history = home.open();
    const some = minutes(60);
    for (const size of [60, 60, 7, 25]) {
      for (let at = 0; at < some.length; at += size) await history.append(P, [sampleVerdicts(some.slice(at, at + size))], []);
    }
    const range = await all(history);
    expectSame(
      range.time,
      some.map(({ time }) => time),
      'times',
    );
    history.close();
  },
  'keeps rows of the same time with different ids apart': async (home) => {
    const history = home.open();
    await history.append(P, [sampleVerdicts([{ time: BEGIN, id: 1 }])], []);
    await history.append(P, [sampleVerdicts([{ time: BEGIN, id: 2 }])], []);
    expectThat((await all(history)).time.length === 2, 'two events of one moment are two rows');
    // Ids whose halves say together what those of another say.
    for (const [high, low] of [
      [6, 0],
      [6, 1],
      [7, 0],
      [0, 7],
    ]) {
      const batch = sampleVerdicts([{ time: BEGIN + 1 }]);
      [batch.idHigh[0], batch.idLow[0]] = [high, low];
      await history.append(P, [batch], []);
    }
    expectThat((await all(history)).time.length === 6, 'four more are four more rows');
    history.close();
  },
  'keeps pipelines and series apart': async (home) => {
    const history = home.open();
    await history.append(P, [sampleVerdicts([...minutes(3), { series: 70_000, time: BEGIN, value: 7 }])], []);
    await history.append('other', [sampleVerdicts(minutes(5))], []);
    expectThat((await all(history)).time.length === 3, 'the first series');
    expectSame((await all(history, 70_000)).mean as number[], [7], 'another series');
    expectThat((await all(history, 1)).time.length === 0, 'a series that has no rows');
    history.close();
  },
  'shows only what lies between the two times, both included': async (home) => {
    const history = home.open();
    await history.append(P, [sampleVerdicts(minutes(100))], []);
    const range = await history.range(P, 0, BEGIN + 10 * 60_000, BEGIN + 20 * 60_000, 100);
    expectThat(range.time.length === 11 && range.time[0] === BEGIN + 10 * 60_000, `eleven rows, not ${range.time.length}`);
    history.close();
  },
  'takes rows of any event time, however far apart': async (home) => {
    const history = home.open();
    const times = [Date.UTC(1969, 0, 1), 0, BEGIN, BEGIN + 400 * 24 * HOUR];
    await history.append(P, [sampleVerdicts(times.map((time, id) => ({ time, id })))], []);
    expectSame((await all(history)).time, times, 'times');
    history.close();
  },
  'marks anomalous and late rows': async (home) => {
    const history = home.open();
    await history.append(
      P,
      [sampleVerdicts([{ time: BEGIN, flags: ANOMALOUS, value: 9 }, { time: BEGIN + 1, flags: LATE, value: 1 }, { time: BEGIN + 2 }])],
      [],
    );
    const range = await all(history);
    expectSame(range.anomalous, [1, 0, 0], 'anomalous rows');
    expectSame(range.late, [0, 1, 0], 'late rows');
    expectThat(range.score[1] === null, 'a late row has no score');
    history.close();
  },
  'shows the first of several values': async (home) => {
    const history = home.open();
    await history.append(P, [sampleVerdicts(minutes(3), 3)], []);
    expectSame(
      (await all(history)).mean as number[],
      minutes(3).map(({ value }) => value!),
      'values',
    );
    history.close();
  },
};

const charts: Promises = {
  'puts what does not fit into buckets of the same sums': async (home) => {
    const history = home.open();
    const some = minutes(1000).map((row, i) => (i % 100 === 50 ? { ...row, flags: ANOMALOUS } : row));
    await history.append(P, [sampleVerdicts(some)], []);
    const range = await all(history, 0, 100);
    const values = some.map(({ value }) => value!);
    expectThat(range.resolution > 0 && range.time.length <= 100 && range.time.length > 50, `${range.time.length} buckets of at most 100`);
    expectThat(Math.min(...(range.min as number[])) === Math.min(...values), 'the lowest value is shown');
    expectThat(Math.max(...(range.max as number[])) === Math.max(...values), 'the highest value is shown');
    expectThat(sum(range.anomalous) === 10, 'no anomaly is hidden');
    range.time.forEach((time, i) => expectThat(i === 0 || time - range.time[i - 1] >= range.resolution, 'buckets follow one another'));
    history.close();
  },
  'shows rollups where only anomalies are stored, and anomalies in them': async (home) => {
    const history = home.open();
    const rollups: Rollup[] = Array.from({ length: 300 }, (_, i) => ({
      series: 0,
      time: BEGIN + i * 60_000,
      count: 60,
      sum: 60 * i,
      min: i - 1,
      max: i + 1,
      anomalies: i === 77 ? 1 : 0,
      maxScore: 2,
    }));
    await history.append(P, [sampleVerdicts([{ time: BEGIN + 77 * 60_000 + 5, value: 500, flags: ANOMALOUS }])], rollups);
    const range = await all(history, 0, 50);
    expectThat(range.time.length <= 50 && range.time.length > 25, `${range.time.length} buckets of at most 50`);
    expectThat(range.min[0] === -1 && range.max.at(-1) === 300, 'the extremes of the rollups are shown');
    expectThat(sum(range.anomalous) === 1, 'the anomaly is counted once');
    history.close();
  },
  'takes the last rollup of a bucket for the whole of it': async (home) => {
    const history = home.open();
    const rollup = (time: number, count: number): Rollup => ({ series: 0, time, count, sum: count, min: 1, max: 1, anomalies: 0, maxScore: 0 });
    await history.append(P, [], [rollup(BEGIN, 10), rollup(BEGIN + 60_000, 4)]);
    await history.append(P, [], [rollup(BEGIN, 10), rollup(BEGIN + 60_000, 20)]);
    const range = await all(history, 0, 10);
    expectSame(range.mean as number[], [1, 1], 'means');
    history.close();
  },
  'answers an empty chart where nothing is stored': async (home) => {
    const history = home.open();
    const range = await history.range('nobody', 3, 0, 1, 10);
    expectThat(range.time.length === 0 && range.anomalous.length === 0, 'nothing is shown');
    history.close();
  },
};
