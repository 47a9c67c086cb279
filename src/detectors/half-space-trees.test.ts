import { describe, expect, it } from 'vitest';
import { detectorOutput } from '../core/contracts.ts';
import { CounterRandom } from '../core/random.ts';
import { halfSpaceTrees } from './half-space-trees.ts';

const OPTIONS = { trees: 6, depth: 7, window: 60, seed: 3 };

function noise(length: number, width: number, seed = 1): number[][] {
  const random = new CounterRandom(seed);
  return Array.from({ length }, (_, i) => Array.from({ length: width }, (_, j) => random.at(j, i).normal()));
}

function scores(rows: readonly number[][], options = OPTIONS): number[] {
  const width = rows[0].length;
  const detector = halfSpaceTrees.create(options, width);
  const values = Float64Array.from(rows.flat());
  return rows.map((_, i) => {
    const score = detector.score(i, values, i * width, detectorOutput(width));
    detector.learn(i, values, i * width);
    return score;
  });
}

/** The paper's trees with a counter a node; the ranges of the work space as the detector promises them. */
function reference(rows: readonly number[][], { trees, depth, window, seed }: typeof OPTIONS): number[] {
  const width = rows[0].length;
  const random = new CounterRandom(seed);
  const range: [number, number][] = rows[0].map(() => [NaN, NaN]);
  const widest = rows[0].map(() => 0);
  let masses: Map<string, number> | undefined;
  /** Names of the nodes that a row passes in a tree, root first. */
  const path = (tree: number, row: readonly number[]) => {
    const bounds = row.map((_, j) => {
      const middle = random.at(1, tree * width + j).uniform();
      const half = 2 * Math.max(middle, 1 - middle);
      return [middle - half, middle + half];
    });
    const shares = row.map((x, j) => Math.max(-1, Math.min(2, (x - range[j][0]) / (range[j][1] - range[j][0]))));
    let node = 1;
    const passed = [`${tree} 1`];
    for (let level = 0; level < depth; level++) {
      const column = random.at(0, tree * 2 ** depth + node).below(width);
      const half = (bounds[column][0] + bounds[column][1]) / 2;
      const right = shares[column] >= half;
      bounds[column][right ? 0 : 1] = half;
      node = 2 * node + (right ? 1 : 0);
      passed.push(`${tree} ${node}`);
    }
    return passed;
  };
  return rows.map((row, i) => {
    let score = NaN;
    if (masses !== undefined) {
      let sum = 0;
      for (let tree = 0; tree < trees; tree++) {
        const passed = path(tree, row).map((node) => masses!.get(node) ?? 0);
        const level = passed.findIndex((mass, at) => mass <= 0.02 * window || at === depth);
        sum += Math.log2((passed[level] + 0.5) * 2 ** level);
      }
      score = depth + Math.log2(window + 0.5) - sum / trees;
    }
    const first = i + 1 < window && Number.isInteger(Math.log2((i + 1) / 64)) && i >= 63;
    if ((i + 1) % window === 0 || first) {
      const last = first ? Array.from({ length: window }, (_, k) => rows[k % (i + 1)]) : rows.slice(i + 1 - window, i + 1);
      range.forEach(([low, high], j) => {
        const column = last.map((x) => x[j]);
        const least = Math.min(...column);
        const most = Math.max(...column);
        const seen = most - least;
        widest[j] = Math.max(widest[j] * 2 ** (-window / 20_000), widest[j] === 0 ? seen : Math.min(seen, 8 * widest[j]));
        const wide = Math.max(seen, widest[j]);
        const from = least - (wide - seen) / 2;
        if (!(least >= low && most <= high && high - low <= 4 * wide)) range[j] = [from, from + wide];
      });
      masses = new Map();
      for (const x of last) for (let tree = 0; tree < trees; tree++) for (const node of path(tree, x)) masses.set(node, (masses.get(node) ?? 0) + 1);
    }
    return score;
  });
}

describe('half-space-trees', () => {
  it('scores as counters in every node of the halved work space do, while ranges stay, widen and narrow', () => {
    const wide = noise(300, 3);
    const shifted = noise(240, 3, 2).map(([a, b, c]) => [a * 0.1, b + 8, c]);
    const rows = [...wide, ...shifted, ...noise(120, 3, 4)];
    const said = scores(rows);
    const want = reference(rows, OPTIONS);
    for (let i = 60; i < rows.length; i++) expect(said[i], `row ${i}`).toBeCloseTo(want[i], 9);
    expect(said.slice(60).every(Number.isFinite)).toBe(true);
  });

  it('scores by the first 64 rows, over and over, and then by twice as many, until a window is complete', () => {
    const options = { ...OPTIONS, window: 150 };
    const rows = noise(400, 3);
    const said = scores(rows, options);
    const want = reference(rows, options);
    expect(said.findIndex((x) => !Number.isNaN(x))).toBe(64);
    for (let i = 64; i < rows.length; i++) expect(said[i], `row ${i}`).toBeCloseTo(want[i], 9);
  });

  it('files a quiet window by the range shown before, and one far value does not hide the rest', () => {
    const quiet = noise(300, 2).map(([a, b], i) => [i < 120 ? a : a * 0.001, b]);
    expect(scores([...quiet, [0.02, 0]]).at(-1)! - scores([...quiet, [0, 0]]).at(-1)!).toBeLessThan(1);
    const rows = noise(600, 1);
    const hit = rows.map((row, i) => (i === 130 ? [1e9] : row));
    const mean = (list: number[]) => list.slice(-200).reduce((a, b) => a + b) / 200;
    expect(scores([...hit, [20]]).at(-1)).toBeGreaterThan(mean(scores(hit)) + 1.5);
  });

  it('keeps its ranges, and the leaves noted on the way, while the values of a window fill them well enough', () => {
    const random = new CounterRandom(7);
    const whole = (length: number, most: number) => Array.from({ length }, (_, i) => [random.at(most, i).below(most), random.at(most, i + 1000).below(10)]);
    const rows = [10, 6, 3, 9, 3, 10].flatMap((most) => whole(180, most));
    const said = scores(rows);
    const want = reference(rows, OPTIONS);
    for (let i = 60; i < rows.length; i++) expect(said[i], `row ${i}`).toBeCloseTo(want[i], 9);
  });

  it('says these numbers', () => {
    const said = scores([...noise(120, 2), [0, 0], [4, -4], [1e6, 1e6]]).slice(120);
    expect(said.map((x) => x.toFixed(6))).toEqual(['3.352465', '10.890542', '10.959715']);
  });

  it('is warm after one window, missing rows not counted', () => {
    const rows = noise(100, 2);
    rows.splice(20, 0, [NaN, NaN]);
    expect(scores(rows).findIndex((x) => !Number.isNaN(x))).toBe(61);
  });

  it('lies between 0, for a window in one leaf, and depth + log2(window)', () => {
    const flat = Array.from({ length: 61 }, () => [5]);
    expect(scores(flat)[60]).toBeCloseTo(0, 12);
    expect(scores([...flat, [6]])[61]).toBeGreaterThan(7);
    for (const x of scores([...noise(600, 2), [1e9, -1e9]]).slice(60)) {
      expect(x).toBeGreaterThan(0);
      expect(x).toBeLessThanOrEqual(7 + Math.log2(60.5));
    }
  });

  it('takes a new place as usual once a window lay in it', () => {
    const said = scores([...noise(120, 1), ...noise(120, 1, 2).map(([x]) => [x + 20])]);
    const mean = (from: number, to: number) => said.slice(from, to).reduce((a, b) => a + b) / (to - from);
    expect(mean(120, 180)).toBeGreaterThan(mean(60, 120) + 2);
    expect(mean(180, 240)).toBeLessThan(mean(60, 120) + 0.7);
  });

  it('has other trees with another seed, another width and other options, at the same time', () => {
    const rows = noise(70, 2);
    const first = scores(rows);
    for (const options of [{ seed: 4 }, { trees: 5 }, { depth: 6 }, { window: 50 }]) expect(scores(rows, { ...OPTIONS, ...options })[69]).not.toBe(first[69]);
    expect(scores(rows)).toEqual(first);
    expect(scores(noise(70, 300))[69]).toBeGreaterThan(0);
  });
});
