import { describe, expect, it } from 'vitest';
import { detectorOutput } from '../../core/contracts.ts';
import { CounterRandom } from '../../core/random.ts';
import { SnapshotWriter } from '../../core/snapshot.ts';
import { ColumnSpreads } from '../rows.ts';
import { randomCutForest } from './index.ts';
import { RandomCutTrees } from './trees.ts';
import { sharesOf } from '../../testing/said.ts';

const OPTIONS = { trees: 6, sample: 32, horizon: 160, shingle: 1, average: 1, seed: 2 };

function noise(length: number, width: number, seed = 1): number[][] {
  const random = new CounterRandom(seed);
  return Array.from({ length }, (_, i) => Array.from({ length: width }, (_, j) => random.at(j, i).normal()));
}

function run(rows: readonly (readonly number[])[], options: Partial<typeof OPTIONS> = {}) {
  return sharesOf(randomCutForest.create({ ...OPTIONS, ...options }, rows[0].length), rows);
}

const scores = (...given: Parameters<typeof run>) => run(...given).map(({ score }) => score);
const mean = (list: number[]) => list.reduce((a, b) => a + b) / list.length;

/** Samples in sorted lists instead of heaps, on the same trees. */
function reference(rows: readonly (readonly number[])[], { trees, sample, horizon, shingle, seed }: typeof OPTIONS): number[] {
  const width = rows[0].length;
  const forest = new RandomCutTrees(trees, sample, width * shingle, new CounterRandom(seed));
  const held: { key: number; leaf: number }[][] = Array.from({ length: trees }, () => []);
  const spreads = new ColumnSpreads(width);
  const scale = rows[0].map((x) => 2 ** Math.round(40 - Math.log2(Math.max(1, Math.abs(x)))));
  const pointOf = (i: number) => {
    const shingled = rows.slice(Math.max(0, i + 1 - shingle), i + 1).flat();
    return Float64Array.from(
      shingled.flatMap((x, d) => [Math.fround((x - rows[0][d % width]) * scale[d % width]), -Math.fround((x - rows[0][d % width]) * scale[d % width])]),
    );
  };
  return rows.map((row, i) => {
    let score = NaN;
    if (held[0].length >= sample / 4) {
      const point = pointOf(i);
      score = mean(held.map((_, tree) => forest.score(tree, point))) * Math.log2(held[0].length + 1);
    }
    spreads.learn(Float64Array.from(row), 0);
    row.forEach((_, j) => {
      const change = spreads.weights[j] / scale[j];
      if (spreads.isFlat(j) || (change > 0.5 && change < 2)) return;
      const next = 2 ** Math.round(Math.log2(spreads.weights[j]));
      for (let d = j; d < width * shingle; d += width) forest.rescale(d, next / scale[j]);
      scale[j] = next;
    });
    if (i + 1 < shingle) return score;
    held.forEach((list, tree) => {
      const key = Math.log(-Math.log(1 - forest.draw(tree))) - (i + 1) / horizon;
      if (list.length === sample) {
        if (key >= list[0].key) return;
        forest.remove(tree, list.shift()!.leaf);
      }
      list.push({ key, leaf: forest.insert(tree, pointOf(i)) });
      list.sort((a, b) => b.key - a.key);
    });
    return score;
  });
}

describe('random-cut-forest', () => {
  it.each([{}, { shingle: 3 }, { horizon: 32 }, { sample: 20, trees: 2 }])('holds the samples that sorted lists hold: %o', (given) => {
    const rows = noise(400, 2).map(([a, b], i) => [1000 + a * (i < 200 ? 1 : 30), i < 20 ? 0 : b * 1e-3]);
    const want = reference(rows, { ...OPTIONS, ...given });
    const said = scores(rows, given);
    for (let i = 0; i < rows.length; i++) {
      expect(Number.isNaN(said[i]), `row ${i}`).toBe(Number.isNaN(want[i]));
      if (!Number.isNaN(want[i])) expect(said[i], `row ${i}`).toBeCloseTo(want[i], 12);
    }
  });

  it('says these numbers', () => {
    const said = run([...noise(200, 2), [0, 0], [5, 0], [0, -50]]).slice(200);
    expect(said.map(({ score, shares }) => [score, shares[0]].map((x) => x.toFixed(6)))).toEqual([
      ['0.745546', 'NaN'],
      ['2.537995', '0.978508'],
      ['4.634448', '0.000094'],
    ]);
  });

  it('is warm after a quarter of the sample, the first rows of a shingle not counted', () => {
    expect(scores(noise(40, 1)).findIndex((x) => !Number.isNaN(x))).toBe(8);
    expect(scores(noise(40, 1), { shingle: 4, sample: 64 }).findIndex((x) => !Number.isNaN(x))).toBe(19);
  });

  it('is the same whatever unit of a power of two a column comes in, and nearly so for others', () => {
    const rows = noise(300, 3);
    const plain = scores(rows);
    expect(scores(rows.map(([a, b, c]) => [a * 2 ** 30, b, c * 2 ** -9])).slice(20)).toEqual(plain.slice(20));
    const odd = scores(rows.map(([a, b, c]) => [a * 1e5, b, c * 3e-4]));
    expect(Math.abs(mean(odd.slice(50)) - mean(plain.slice(50)))).toBeLessThan(0.1);
  });

  it('says which column it was', () => {
    const rows = noise(300, 4).map(([a, b, c, d]) => [a, b * 1000, c * 1e-6, d + 1e6]);
    [9, 9000, 9e-6, 1e6 + 9].forEach((odd, j) => {
      const row = [0, 0, 0, 1e6];
      row[j] = odd;
      const { score, shares } = run([...rows, row], { shingle: 2 }).at(-1)!;
      expect(score).toBeGreaterThan(1.5);
      expect(shares[j]).toBeGreaterThan(0.6);
      expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    });
    expect(run([...rows, [0, 0, 0, 1e6]]).at(-1)!.shares[0]).toBeNaN();
  });

  it('sees an unusual order of usual values with a shingle, and not without', () => {
    const rows = noise(400, 1).map(([x], i) => [(i % 2 === 0 ? 1 : -1) + 0.01 * x]);
    rows.push([rows[399][0]]);
    const usual = (options: object) => mean(scores(rows, options).slice(300, 400));
    expect(scores(rows, { shingle: 4 }).at(-1)! / usual({ shingle: 4 })).toBeGreaterThan(2);
    expect(scores(rows).at(-1)! / usual({})).toBeLessThan(1.6);
  });

  it('has a shingle of 4 for one column and none for several unless told otherwise', () => {
    for (const [width, shingle] of [
      [1, 4],
      [2, 1],
    ]) {
      const rows = noise(60, width);
      expect(scores(rows, { shingle: undefined })).toEqual(scores(rows, { shingle }));
    }
  });

  it('is averaged over three rows for several columns unless told otherwise, and not where a shingle sees the rows before', () => {
    const [one, two] = [noise(60, 1), noise(60, 2)];
    expect(scores(two, { average: undefined })).toEqual(scores(two, { average: 3 }));
    expect(scores(two, { average: undefined })).not.toEqual(scores(two));
    expect(scores(two, { average: undefined, shingle: 2 })).toEqual(scores(two, { shingle: 2 }));
    expect(scores(one, { average: undefined })).toEqual(scores(one));
  });

  it('does not take for far what a column did before it was quiet', () => {
    const random = new CounterRandom(9);
    const busy = (i: number) => (i < 1000 ? 1 : 0.001) * random.at(8, i).normal();
    const rows = [...noise(6000, 2).map(([a, b], i) => [a, b, busy(i)]), [0, 0, 0.02]];
    expect(scores(rows).at(-1)).toBeLessThan(1.2);
  });

  it('forgets by its horizon', () => {
    const rows = [...noise(300, 1), ...noise(300, 1, 2).map(([x]) => [x + 30])];
    const after = (horizon: number) => mean(scores(rows, { horizon }).slice(400, 450)) - mean(scores(rows, { horizon }).slice(200, 300));
    expect(after(64)).toBeLessThan(0.15);
    expect(after(5000)).toBeGreaterThan(after(64) + 0.05);
  });

  it('sees the first change of a column that was flat, near 0 or far from it, and learns it', () => {
    const rows = noise(200, 1).map(([x], i) => [x, 5, 1e9, i < 3 ? NaN : 0]);
    for (const [j, value] of [
      [1, 5.001],
      [2, 1e9 + 1],
      [3, 1e-9],
    ]) {
      const row = [0, 5, 1e9, 0];
      row[j] = value;
      const said = run([...rows, row, ...rows]);
      expect(said[200].score).toBeGreaterThan(2);
      expect(said[200].shares[j]).toBeGreaterThan(0.9);
      expect(said.at(-1)!.score).toBeLessThan(1.5);
    }
  });

  it('has a snapshot whose size its options give', () => {
    const bytes = (rows: number) => {
      const detector = randomCutForest.create(OPTIONS, 2);
      const values = Float64Array.from(noise(1000, 2).flat());
      for (let i = 0; i < rows; i++) {
        detector.score(i, values, 2 * i, detectorOutput(2));
        detector.learn(i, values, 2 * i);
      }
      const writer = new SnapshotWriter();
      writer.begin(1);
      detector.snapshot(writer);
      return writer.end().length;
    };
    expect(bytes(1000)).toBe(bytes(0));
  });
});
