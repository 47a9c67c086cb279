import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { emptyVerdicts } from '../../core/verdicts.ts';
import { memoryStates } from '../../testing/memory-states.ts';
import { operatorChecks } from '../../testing/operator-suite.ts';
import { Aggregate, type AggregateOptions } from './aggregate.ts';
import { TIMER_PARTITION } from './timer.ts';

const KEYS = ['a', 'b', 'c'];

function dictionaryOf(keys = KEYS): SeriesDictionary {
  const dictionary = new SeriesDictionary();
  for (const key of keys) dictionary.intern(key, { name: key, kind: key === 'c' ? 'other' : 'letter' }, 'ms');
  return dictionary;
}

type Event = readonly [series: number, time: number, ...values: number[]];

function batchOf(events: readonly Event[], dictionary = dictionaryOf()): EventBuilder {
  const width = Math.max(1, (events[0]?.length ?? 3) - 2);
  const batch = new EventBuilder(dictionary, width);
  events.forEach(([series, time, ...values], i) => {
    const row = batch.row(series, time, 0, i, 0);
    batch.values.set(values, row * width);
  });
  return batch;
}

/** What comes out of these events and a watermark: [series, time, values]. */
function run(options: Partial<AggregateOptions>, events: readonly Event[], watermark = Infinity): Event[] {
  const dictionary = dictionaryOf();
  const operator = new Aggregate({ every: 1000, function: 'mean', filter: {}, ...options }, dictionary);
  const states = memoryStates(operator);
  const batch = batchOf(events, dictionary);
  const out = { events: new EventBuilder(dictionary, batch.width), verdicts: emptyVerdicts(1, 0), rollups: [] };
  operator.process(batch, states, out);
  operator.advance(watermark, states, out);
  const { width } = batch;
  return Array.from({ length: out.events.length }, (_, i): Event => {
    expect([out.events.partition[i], out.events.offset[i], out.events.place[i]]).toEqual([TIMER_PARTITION, out.events.time[i], 0]);
    return [out.events.series[i], out.events.time[i], ...out.events.values.subarray(i * width, (i + 1) * width)];
  });
}

describe('aggregate', () => {
  it('gives the value of an interval at its end, once the watermark has passed it', () => {
    const events: Event[] = [
      [0, 0, 1],
      [0, 999, 3],
      [0, 1000, 10],
    ];
    expect(run({}, events, 1999)).toEqual([[0, 1000, 2]]);
    expect(run({}, events, 2000)).toEqual([
      [0, 1000, 2],
      [0, 2000, 10],
    ]);
  });

  it('gives nothing for an interval without a value, and leaves missing values out', () => {
    const events: Event[] = [
      [0, 0, 4],
      [0, 500, NaN],
      [0, 1500, NaN],
      [0, 2500, 6],
      [0, 2600, Infinity],
    ];
    expect(run({}, events)).toEqual([
      [0, 1000, 4],
      [0, 3000, 6],
    ]);
    expect(run({ function: 'count' }, events)).toEqual([
      [0, 1000, 1],
      [0, 3000, 1],
    ]);
  });

  it('puts out in order of time, then series', () => {
    const events: Event[] = [
      [2, 100, 1],
      [1, 200, 2],
      [0, 1300, 3],
      [2, 1400, 4],
    ];
    expect(run({}, events).map(([series, time]) => [series, time])).toEqual([
      [1, 1000],
      [2, 1000],
      [0, 2000],
      [2, 2000],
    ]);
  });

  it('computes each function', () => {
    const values = [5, 1, 4, 2, 3];
    const events = values.map((x, i): Event => [0, i * 10, x]);
    const of = (chosen: AggregateOptions['function']) => run({ function: chosen }, events)[0][2];
    expect([of('mean'), of('sum'), of('min'), of('max'), of('count'), of('p50')]).toEqual([3, 15, 1, 5, 5, 3]);
    expect(of('p95')).toBeCloseTo(4.8, 12);
    expect(of('p99')).toBeCloseTo(4.96, 12);
  });

  it('makes a rate per second of a counter, over a reset and over intervals', () => {
    const events: Event[] = [
      [0, 0, 100],
      [0, 500, 150],
      [0, 1500, 170],
      [0, 2500, 5],
      [0, 2750, 10],
    ];
    expect(run({ function: 'rate' }, events)).toEqual([
      [0, 1000, 100],
      [0, 2000, 20],
      [0, 3000, 8],
    ]);
    expect(run({ function: 'rate' }, [[0, 0, 100]])).toEqual([]);
  });

  it('takes only series with the labels of the filter, and names their unit before the first event, so that every thread does', () => {
    const events: Event[] = [
      [0, 0, 1],
      [2, 0, 1],
    ];
    expect(run({ filter: { kind: 'letter' } }, events)).toEqual([[0, 1000, 1]]);
    const dictionary = dictionaryOf();
    const operator = new Aggregate({ every: 1000, function: 'rate', filter: { kind: 'letter' }, unit: 'requests/s' }, dictionary);
    operator.process(batchOf([], dictionary), memoryStates(operator), { events: new EventBuilder(dictionary), verdicts: emptyVerdicts(1, 0), rollups: [] });
    expect(dictionary.all.map(({ unit }) => unit)).toEqual(['requests/s', 'requests/s', 'ms']);
  });

  it('keeps the columns of wider rows apart', () => {
    expect(
      run({ function: 'max' }, [
        [0, 0, 1, 20, NaN],
        [0, 1, 3, 10, NaN],
      ]),
    ).toEqual([[0, 1000, 3, 20, NaN]]);
  });

  it('samples an interval of more values than it may hold, fairly and the same each time', () => {
    const events = Array.from({ length: 20_000 }, (_, i): Event => [0, i / 100, i]);
    const [first, second] = [run({ function: 'p50', maxValues: 1000 }, events), run({ function: 'p50', maxValues: 1000 }, events)];
    expect(second).toEqual(first);
    expect(Math.abs(first[0][2] - 10_000)).toBeLessThan(1000);
    expect(run({ function: 'p50', maxValues: 20_000 }, events)[0][2]).toBe(9999.5);
  });

  it('equals a plain computation per interval', () => {
    const event = fc.tuple(fc.nat(2), fc.nat(20_000), fc.double({ min: -1000, max: 1000, noNaN: true }));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 100 }), (unordered) => {
        const events = unordered.toSorted((x, y) => x[1] - y[1]);
        const most = new Map<number, Event>();
        for (const [series, time, x] of events) {
          const end = Math.floor(time / 1000) * 1000 + 1000;
          const before = most.get(end + series)?.[2] ?? -Infinity;
          most.set(end + series, [series, end, Math.max(before, x)]);
        }
        const want = [...most].toSorted(([x], [y]) => x - y).map(([, event]) => event);
        expect(run({ function: 'max' }, events)).toEqual(want);
      }),
    );
  });
});

describe('aggregate, as every operator', () => {
  const events = Array.from({ length: 150 }, (_, i): Event => [(i * i) % 3, Math.floor(i / 2) * 130, (i * 37) % 101]);
  for (const chosen of ['mean', 'p95', 'rate'] as const) {
    const checks = operatorChecks({
      name: `aggregate ${chosen}`,
      make: (dictionary) => new Aggregate({ every: 1000, function: chosen, filter: {}, maxValues: 3 }, dictionary),
      dictionary: dictionaryOf,
      input: batchOf(events),
      width: 1,
    });
    for (const check of checks) it(check.name, check.run);
  }
});
