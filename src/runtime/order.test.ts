import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import { Order, type OrderOptions } from './order.ts';

interface Event {
  time: number;
  partition: number;
}

const options = (more: Partial<OrderOptions> = {}): OrderOptions => ({ allowedLateness: 0, maxFuture: Infinity, maxBuffer: 1_000, ...more });

/** Feeds events in batches that end at `cuts`, restoring from a snapshot after each batch; answers what came out. */
function feed(events: readonly Event[], cuts: readonly number[], limits: OrderOptions, partitions: number) {
  const dictionary = new SeriesDictionary();
  const series = dictionary.intern('s');
  let order = new Order(limits, partitions, dictionary, 1);
  const ready: number[] = [];
  const late: number[] = [];
  const take = (): void => {
    for (let i = 0; i < order.ready.length; i++) ready.push(order.ready.offset[i]);
    for (let i = 0; i < order.late.length; i++) late.push(order.late.offset[i]);
  };
  const ends = [...new Set([...cuts.map((cut) => cut % (events.length + 1)), events.length])].sort((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    const builder = new EventBuilder(dictionary);
    for (let i = from; i < end; i++) builder.add(series, events[i].time, i, events[i].partition, i, 0);
    from = end;
    order.add(builder, 0);
    take();
    const restored = new Order(limits, partitions, dictionary, 1);
    restored.restore(order.snapshot());
    order = restored;
  }
  order.finish();
  take();
  return { ready, late };
}

const streams = fc.array(fc.record({ time: fc.integer({ min: 0, max: 60 }), partition: fc.integer({ min: 0, max: 2 }) }), { maxLength: 80 });
const cuts = fc.array(fc.nat({ max: 100 }), { maxLength: 8 });

describe('order', () => {
  it('gives every event once: in time, or as late', () => {
    fc.assert(
      fc.property(streams, cuts, fc.integer({ min: 0, max: 20 }), (events, ends, allowedLateness) => {
        const { ready, late } = feed(events, ends, options({ allowedLateness }), 3);
        expect([...ready, ...late].sort((a, b) => a - b)).toEqual(events.map((_, i) => i));
      }),
    );
  });

  it('calls late exactly what lies behind the largest earlier time of its own partition by more than allowed', () => {
    fc.assert(
      fc.property(streams, cuts, fc.integer({ min: 0, max: 20 }), (events, ends, allowedLateness) => {
        const largest = [-Infinity, -Infinity, -Infinity];
        const expected = events.flatMap(({ time, partition }, i) => {
          const isLate = time < largest[partition] - allowedLateness;
          largest[partition] = Math.max(largest[partition], time);
          return isLate ? [i] : [];
        });
        expect(feed(events, ends, options({ allowedLateness }), 3).late).toEqual(expected);
      }),
    );
  });

  it('gives the same order however the input is cut into batches and restored between them, by (time, partition, offset)', () => {
    fc.assert(
      fc.property(streams, cuts, fc.integer({ min: 0, max: 20 }), (events, ends, allowedLateness) => {
        const limits = options({ allowedLateness });
        const cut = feed(events, ends, limits, 3);
        expect(cut).toEqual(feed(events, [], limits, 3));
        const late = new Set(cut.late);
        const kept = events.map((event, i) => ({ ...event, i })).filter(({ i }) => !late.has(i));
        kept.sort((a, b) => a.time - b.time || a.partition - b.partition || a.i - b.i);
        expect(cut.ready).toEqual(kept.map(({ i }) => i));
      }),
    );
  });

  it('passes a stream of one partition that is in order straight through', () => {
    const dictionary = new SeriesDictionary();
    const order = new Order(options(), 1, dictionary, 1);
    const builder = new EventBuilder(dictionary);
    const series = dictionary.intern('s');
    for (const time of [1, 2, 2, 5]) builder.add(series, time, 0, 0, time, 0);
    order.add(builder, 0);
    expect([...order.ready.time.subarray(0, order.ready.length)]).toEqual([1, 2, 2, 5]);
    expect(order.watermark).toBe(5);
    expect(order.waiting).toBe(0);
  });

  it('refuses what is further ahead of the clock than max_future, and keeps its content', () => {
    const dictionary = new SeriesDictionary();
    const order = new Order(options({ maxFuture: 1000 }), 1, dictionary, 1);
    const builder = new EventBuilder(dictionary);
    builder.add(dictionary.intern('s'), Date.UTC(2099, 0, 1), 7, 0, 3, 0);
    builder.add(dictionary.intern('s'), 500, 8, 0, 4, 0);
    order.add(builder, 0);
    expect(order.ready.length).toBe(1);
    expect(builder.bad).toMatchObject([{ code: 'RECORD_TOO_EARLY', offset: 3 }]);
    expect(JSON.parse(Buffer.from(builder.bad[0].bytes).toString())).toEqual({ series: 's', time: Date.UTC(2099, 0, 1), values: [7] });
  });

  it('releases everything when more waits than max_buffer, in order', () => {
    const events = Array.from({ length: 50 }, (_, i) => ({ time: 100 - (i % 10), partition: 0 }));
    const { ready, late } = feed(events, [], options({ allowedLateness: 1000, maxBuffer: 20 }), 1);
    expect(ready.length + late.length).toBe(50);
    expect(late.length).toBeGreaterThan(0);
  });

  it('releases what waits when the source stands still, and calls late what then comes behind it', () => {
    const dictionary = new SeriesDictionary();
    const order = new Order(options({ allowedLateness: 100 }), 1, dictionary, 1);
    const add = (time: number, offset: number): void => {
      const builder = new EventBuilder(dictionary);
      builder.add(dictionary.intern('s'), time, 0, 0, offset, 0);
      order.add(builder, 0);
    };
    add(1000, 0);
    expect(order.ready.length).toBe(0);
    order.idle();
    expect(order.ready.length).toBe(1);
    add(950, 1);
    expect(order.late.length).toBe(1);
  });
});

describe('max_buffer', () => {
  it('counts what waits for the watermark, not what a large batch brings at once', () => {
    const events = Array.from({ length: 200 }, (_, i) => ({ time: i - (i % 3) * 2, partition: 0 }));
    const limits = options({ allowedLateness: 5, maxBuffer: 19 });
    expect(feed(events, [], limits, 1)).toEqual({ ready: feed(events, [], options({ allowedLateness: 5 }), 1).ready, late: [] });
  });

  it('makes the same events late however the input is cut into batches', () => {
    fc.assert(
      fc.property(streams, cuts, fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 20 }), (events, ends, allowedLateness, maxBuffer) => {
        const limits = options({ allowedLateness, maxBuffer });
        expect(feed(events, ends, limits, 3)).toEqual(feed(events, [], limits, 3));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('partitions that end', () => {
  it('leave the order as it is, however the last one that goes on is cut into batches', () => {
    const ready = (cutAt: number): number[] => {
      const dictionary = new SeriesDictionary();
      const series = dictionary.intern('s');
      const order = new Order(options(), 2, dictionary, 1);
      const partitions: number[] = [];
      const add = (partition: number, times: number[]): void => {
        const builder = new EventBuilder(dictionary);
        times.forEach((time, i) => builder.add(series, time, 0, partition, i, 0));
        order.add(builder, 0);
        partitions.push(...order.ready.partition.subarray(0, order.ready.length));
      };
      add(1, [1, 5]);
      order.end(1);
      const times = [2, 5, 5, 6];
      add(0, times.slice(0, cutAt));
      add(0, times.slice(cutAt));
      order.end(0);
      order.finish();
      partitions.push(...order.ready.partition.subarray(0, order.ready.length));
      return partitions;
    };
    for (const cutAt of [0, 1, 2, 3, 4]) expect(ready(cutAt), `cut at ${cutAt}`).toEqual([1, 0, 0, 0, 1, 0]);
  });

  it('hold nobody back, and their end survives a restart', () => {
    const dictionary = new SeriesDictionary();
    const series = dictionary.intern('s');
    let order = new Order(options(), 2, dictionary, 1);
    const add = (partition: number, times: number[]): number[] => {
      const builder = new EventBuilder(dictionary);
      times.forEach((time, i) => builder.add(series, time, 0, partition, i, 0));
      order.add(builder, 0);
      return [...order.ready.time.subarray(0, order.ready.length)];
    };
    expect(add(0, [1, 2, 3])).toEqual([]);
    expect(order.laggard).toBe(1);
    expect(add(1, [10, 20])).toEqual([1, 2]);
    expect(order.laggard).toBe(0);
    order.end(0);
    const restored = new Order(options(), 2, dictionary, 1);
    restored.restore(order.snapshot());
    order = restored;
    expect(add(1, [30])).toEqual([3, 10, 20, 30]);
    expect(order.waiting).toBe(0);
  });
});

describe('rows with text', () => {
  const lineOf = (i: number): string => `line ${i} ${'x'.repeat(i % 7)}`;

  function builder(dictionary: SeriesDictionary, events: readonly Event[], from: number, to: number): EventBuilder {
    const rows = new EventBuilder(dictionary, 1, 4, true);
    const series = dictionary.intern('lines');
    for (let i = from; i < to; i++) {
      const row = rows.row(series, events[i].time, events[i].partition, i, 0);
      const start = rows.lines!.append(Buffer.from(lineOf(i)));
      const end = start + lineOf(i).length;
      rows.lines!.row(row, { start, end, message: start + 5, messageEnd: end, component: start, componentEnd: start + 4, level: 3, stated: i });
    }
    return rows;
  }

  const event = fc.record({ time: fc.integer({ min: 0, max: 30 }), partition: fc.integer({ min: 0, max: 1 }) });
  it('keep it, whatever waits, is late, or is taken up from a snapshot', () => {
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 10 }),
        (events, cut, lateness) => {
          const dictionary = new SeriesDictionary();
          const limits = options({ allowedLateness: lateness });
          let order = new Order(limits, 2, dictionary, 1, true);
          const seen: number[] = [];
          const take = (): void => {
            for (const rows of [order.ready, order.late]) {
              for (let i = 0; i < rows.length; i++) {
                const { bytes, start, end, message, stated } = rows.lines!;
                expect(Buffer.from(bytes.subarray(start[i], end[i])).toString()).toBe(lineOf(rows.offset[i]));
                expect([message[i] - start[i], stated[i]]).toEqual([5, rows.offset[i]]);
                seen.push(rows.offset[i]);
              }
            }
          };
          for (let from = 0; from < events.length; from += cut) {
            order.add(builder(dictionary, events, from, Math.min(events.length, from + cut)), 0);
            take();
            const restored = new Order(limits, 2, dictionary, 1, true);
            restored.restore(order.snapshot());
            order = restored;
          }
          order.finish();
          take();
          expect(seen.sort((a, b) => a - b)).toEqual(events.map((_, i) => i));
        },
      ),
    );
  });

  it('pass without a copy where nothing is out of order', () => {
    const dictionary = new SeriesDictionary();
    const order = new Order(options(), 1, dictionary, 1, true);
    const rows = builder(
      dictionary,
      [1, 2, 2, 5].map((time) => ({ time, partition: 0 })),
      0,
      4,
    );
    order.add(rows, 0);
    expect(order.ready).toBe(rows);
    expect(order.watermark).toBe(5);
  });
});
