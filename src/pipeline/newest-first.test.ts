import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../core/random.ts';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import type { Decoded } from './detect.ts';
import { byTime } from './newest-first.ts';

const WIDTH = 2;
const random = new CounterRandom(11);

/** Rows of three series from newest to oldest, each series by itself as an export of several has them, some of one time. */
function rowsOf(count: number): { series: number; time: number }[] {
  return [0, 1, 2].flatMap((series) =>
    Array.from({ length: count }, (_, i) => ({
      series,
      time: 1000 * (count - i - (i % 10 === 3 ? 1 : 0)) + (series === 1 ? Math.floor(200 * random.at(0, i).uniform()) : 0),
    })),
  );
}

async function* decoded(rows: readonly { series: number; time: number }[], dictionary: SeriesDictionary): AsyncGenerator<Decoded> {
  const events = new EventBuilder(dictionary, WIDTH, 100);
  for (let from = 0; from < rows.length; from += 700) {
    events.reset();
    rows.slice(from, from + 700).forEach(({ series, time }, i) => {
      const row = events.row(series, time, 0, from + i, i % 5);
      events.values.set([from + i, i % 3 === 0 ? NaN : -time], row * WIDTH);
    });
    yield { events, bad: [], report: ['chosen'] };
  }
}

async function taken(rows: readonly { series: number; time: number }[], most?: number): Promise<{ rows: number[][]; report: readonly string[] }> {
  const dictionary = new SeriesDictionary();
  for (const key of ['a', 'b', 'c']) dictionary.intern(key);
  const all: number[][] = [];
  let said: readonly string[] = [];
  for await (const { events, report } of byTime(decoded(rows, dictionary), dictionary, WIDTH, most)) {
    said = report;
    for (let i = 0; i < events.length; i++)
      all.push([events.series[i], events.time[i], events.partition[i], events.offset[i], events.place[i], events.values[i * 2], events.values[i * 2 + 1]]);
  }
  return { rows: all, report: said };
}

const spilled = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith(`homeostat-${process.pid}-`) && name.endsWith('.rows'));

describe('rows from newest to oldest', () => {
  it('are in order as a whole, also where they are too many to be kept in memory', async () => {
    const rows = rowsOf(12_000);
    const whole = await taken(rows);
    const times = whole.rows.map(([, time]) => time);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(whole.rows.map(([, , , offset]) => offset)).size).toBe(rows.length);
    const parts = await taken(rows, 5000);
    expect(parts.rows).toEqual(whole.rows);
    expect(parts.report).toEqual(['chosen', 'the rows run from newest to oldest: they are taken in order of time']);
    expect(spilled()).toEqual([]);
  });

  it('leave nothing behind when nobody reads them to their end', async () => {
    const dictionary = new SeriesDictionary();
    for (const key of ['a', 'b', 'c']) dictionary.intern(key);
    for await (const { events } of byTime(decoded(rowsOf(4000), dictionary), dictionary, WIDTH, 5000)) if (events.length > 0) break;
    expect(spilled()).toEqual([]);
  });
});
