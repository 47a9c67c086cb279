import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DATA_SETS } from './index.ts';
import { madeData } from './made.fixture.ts';
import { fieldsOf, timeOf } from './set.ts';
import { isHighestNear } from './ucr.ts';

const data = madeData();
afterAll(() => rmSync(data, { recursive: true, force: true }));

const setOf = (name: string) => DATA_SETS.find((set) => set.name === name)!;
const readAll = (name: string) =>
  setOf(name)
    .list(data)
    .map((entry) => entry.read());
const labelled = (labels: Uint8Array): [number, number] => [labels.indexOf(1), labels.lastIndexOf(1)];

describe('reading labelled sets', () => {
  it.each([
    ['nab', ['realMade/a.csv'], 'realMade', 1, 1000, [720, 744], 150, 300_000],
    ['ms_cloud', ['rate-01'], 'rates', 1, 600, [500, 519], 90, 60_000],
    ['ucr', ['001-made'], 'ucr', 1, 600, [500, 519], 400, 60_000],
    ['skab', ['valve1/0', 'valve2/0', 'other/9', 'other/10'], 'valve1', 3, 600, [500, 519], 400, 1000],
    ['smd', ['machine-1-2'], 'machine-1', 4, 600, [500, 519], 400, 60_000],
    ['nezha', ['cart-1'], '2022-08-22', 3, 300, [200, 204], 60, 60_000],
  ] as const)('%s: series, rows, labels, where measuring begins', (name, names, family, width, rows, stretch, evaluateFrom, interval) => {
    const series = readAll(name);
    expect(series.map((one) => one.name)).toEqual(names);
    const [first] = series;
    expect(first).toMatchObject({ set: name, family, width, evaluateFrom, interval });
    expect([first.time.length, first.values.length, first.labels.length]).toEqual([rows, rows * width, rows]);
    expect(labelled(first.labels)).toEqual(stretch);
    expect(first.time[1] - first.time[0]).toBe(interval);
    const middle = (row: number): number => first.values[row * width];
    expect(Math.abs(middle(100) - 10)).toBeLessThan(5);
    if (name !== 'nab') expect(middle(stretch[0])).toBeGreaterThan(14);
    expect(setOf(name).list(data)[0]).toMatchObject({ name: names[0], family });
  });

  it('keeps a missing value missing', () => {
    expect([...readAll('ms_cloud')[0].values.subarray(2, 5)].map(Number.isNaN)).toEqual([false, true, false]);
  });

  it.each(DATA_SETS.map((set) => [set.name, set] as const))('%s: says what is missing and where it comes from', (name, set) => {
    expect(() => set.list('/nowhere')).toThrow(
      expect.objectContaining({ code: 'BENCH_DATA_MISSING', message: expect.stringContaining(join('/nowhere', name)) as string }),
    );
    expect(set.origin).toMatch(/^https:/);
  });

  it('reads quoted fields, and times with and without a zone as UTC', () => {
    expect(fieldsOf('a;"b c"\r\n"1";2\n', ';')).toEqual({ head: ['a', 'b c'], rows: [['1', '2']] });
    const at = Date.UTC(2026, 0, 5, 1, 2, 3);
    expect([timeOf('2026-01-05 01:02:03'), timeOf('2026-01-05T01:02:03Z'), timeOf('2026-01-05T02:02:03+01:00')]).toEqual([at, at, at]);
  });
});

describe('the highest score', () => {
  const [series] = readAll('ucr');
  const highAt = (...rows: number[]): Float64Array => Float64Array.from({ length: 600 }, (_, i) => (rows.includes(i) ? 5 : i % 3 === 0 ? NaN : 0));

  it.each([
    [[400], true],
    [[599], true],
    [[510], true],
    // The first of two equal ones.
    [[400, 510], true],
  ])('at %j counts as near: %s', (rows, near) => expect(isHighestNear(series, highAt(...rows))).toBe(near));

  it('is looked for behind the training part, and up to 100 rows from the anomaly', () => {
    const narrow = { ...series, evaluateFrom: 300 };
    expect(isHighestNear(narrow, highAt(399))).toBe(false);
    expect(isHighestNear(narrow, highAt(400))).toBe(true);
    expect(isHighestNear(narrow, highAt(399, 510))).toBe(false);
    expect(isHighestNear(series, highAt(399, 510))).toBe(true);
    expect(isHighestNear(series, new Float64Array(600).fill(NaN))).toBe(false);
  });
});
