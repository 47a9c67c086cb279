import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../core/random.ts';
import { knn } from './knn.ts';
import { ColumnSpreads } from './rows.ts';
import { sharesOf } from '../testing/said.ts';

const OPTIONS = { neighbours: 3, size: 32, horizon: 128, shingle: 1, ranked: 64, average: 1, seed: 5 };

function noise(length: number, width: number, seed = 1): number[][] {
  const random = new CounterRandom(seed);
  return Array.from({ length }, (_, i) => Array.from({ length: width }, (_, j) => random.at(j, i).normal() * 10 ** j));
}

function run(rows: readonly (readonly number[])[], options: Partial<typeof OPTIONS> = {}) {
  return sharesOf(knn.create({ ...OPTIONS, ...options }, rows[0].length), rows);
}

const scores = (...given: Parameters<typeof run>) => run(...given).map(({ score }) => score);

/** The same in lists: every distance sorted, every past distance counted. */
function reference(rows: readonly (readonly number[])[], options: typeof OPTIONS) {
  const width = rows[0].length;
  const random = new CounterRandom(options.seed);
  const spreads = new ColumnSpreads(width);
  const kept: number[][] = [];
  const past: number[] = [];
  let offered = 0;
  return rows.map((row, i) => {
    const shingle = i + 1 < options.shingle ? [] : rows.slice(i + 1 - options.shingle, i + 1).flat();
    let said = { score: NaN, shares: [NaN] };
    let distance = NaN;
    if (shingle.length > 0 && kept.length >= options.neighbours) {
      const parts = kept.map((other) => other.map((x, d) => Math.min(1e6, Math.abs(x - shingle[d]) * spreads.weights[d % width]) ** 2));
      const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
      const nearest = parts.toSorted((a, b) => sum(a) - sum(b)).slice(0, options.neighbours);
      distance = sum(nearest.map(sum)) / options.neighbours;
      const ranked = past.slice(-options.ranked);
      if (ranked.length >= 20) {
        const least = ranked.filter((x) => x >= distance).length;
        const beyond = least > 0 || distance === 0 ? 0 : Math.min(16, Math.log(distance / Math.max(...ranked)) / 2);
        const shares = row.map((_, j) => sum(nearest.map((part) => sum(part.filter((_, d) => d % width === j)))) / (distance * options.neighbours));
        said = { score: -Math.log((least + 1) / (ranked.length + 1)) + beyond, shares };
      }
    }
    if (!Number.isNaN(distance)) past.push(distance);
    spreads.learn(Float64Array.from(row), 0);
    if (shingle.length > 0) {
      const drawn = random.at(0, offered++).uniform();
      if (kept.length < options.size) kept.push(shingle);
      else if (drawn < options.size / options.horizon) kept[Math.floor((drawn * options.size) / (options.size / options.horizon))] = shingle;
    }
    return said;
  });
}

describe('knn', () => {
  it.each([{}, { shingle: 3 }, { neighbours: 1, horizon: 32 }, { ranked: 20, size: 16 }])('scores as sorted lists do: %o', (given) => {
    const rows = noise(400, 2);
    rows[300] = [9, 0];
    rows[301] = [0, 9000];
    const said = run(rows, given);
    const want = reference(rows, { ...OPTIONS, ...given });
    said.forEach(({ score, shares }, i) => {
      expect(Number.isNaN(score), `row ${i}`).toBe(Number.isNaN(want[i].score));
      if (Number.isNaN(score)) return;
      expect(score, `row ${i}`).toBeCloseTo(want[i].score, 9);
      shares.forEach((share, j) => expect(share, `row ${i}, column ${j}`).toBeCloseTo(want[i].shares[j], 9));
    });
  });

  it('says these numbers', () => {
    const said = run([...noise(200, 2), [0, 0], [5, 0], [0, 100]]).slice(200);
    expect(said.map(({ score, shares }) => [score, ...shares].map((x) => x.toFixed(6)))).toEqual([
      ['0.000000', '0.717634', '0.282366'],
      ['4.933821', '0.971501', '0.028499'],
      ['4.813992', '0.000291', '0.999709'],
    ]);
  });

  it('is averaged over as many rows as asked', () => {
    const rows = noise(200, 2);
    const alone = scores(rows);
    const said = scores(rows, { average: 4 });
    for (let i = 24, want = alone[23]; i < rows.length; i++) expect(said[i]).toBeCloseTo((want += (alone[i] - want) / 4), 12);
  });

  it('is warm after the neighbours and 20 distances', () => {
    expect(scores(noise(60, 1)).findIndex((x) => !Number.isNaN(x))).toBe(23);
    expect(scores(noise(60, 1), { neighbours: 7, shingle: 3 }).findIndex((x) => !Number.isNaN(x))).toBe(29);
  });

  it('is conformal: among rows in no order a score of s or more is as rare as e^-s', () => {
    const said = scores(noise(6000, 2), { size: 64, horizon: 6400, ranked: 512 }).slice(1000);
    for (const s of [1, 2, 3, 4]) {
      const share = said.filter((x) => x >= s).length / said.length;
      expect(share).toBeLessThan(Math.exp(-s) * 1.25 + 0.002);
      expect(share).toBeGreaterThan(Math.exp(-s) * 0.7 - 0.002);
    }
  });

  it('says how much farther than ever, up to e^16 times the root of it, and any change of a flat series is that', () => {
    const rows = noise(100, 1);
    const at = (x: number) => scores([...rows, [x]]).at(-1)!;
    expect(at(2000) - at(200)).toBeCloseTo(Math.log(10), 1);
    expect(at(1e100)).toBe(at(1e140));
    expect(scores([...rows.map(() => [7]), [7.001]]).at(-1)).toBeCloseTo(Math.log(65) + 16, 9);
    expect(scores(rows.map(() => [7])).at(-1)).toBeCloseTo(0, 12);
  });

  it('learns no distance for a row of nothing', () => {
    const rows = noise(80, 2);
    const holes = rows.flatMap((row) => [row, [NaN, Infinity]]);
    expect(scores(holes).filter((_, i) => i % 2 === 0)).toEqual(scores(rows));
    expect(scores(holes).every((x, i) => i % 2 === 0 || Number.isNaN(x))).toBe(true);
  });

  it('depends on the seed once rows are replaced', () => {
    const rows = noise(100, 1);
    expect(scores(rows, { seed: 6 })).not.toEqual(scores(rows));
  });
});
