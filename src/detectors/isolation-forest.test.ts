import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../core/random.ts';
import { isolationForest } from './isolation-forest.ts';
import { sharesOf } from '../testing/said.ts';

const OPTIONS = { trees: 8, sample: 32, window: 100, seed: 2 };

type Row = readonly number[];
type Node = { length: number; column: number } | { cut: number; column: number; left: Node; right: Node };

function noise(length: number, width: number, seed = 1): number[][] {
  const random = new CounterRandom(seed);
  return Array.from({ length }, (_, i) => Array.from({ length: width }, (_, j) => random.at(j, i).normal() * 10 ** j));
}

function run(rows: readonly Row[], options: Partial<typeof OPTIONS> = {}) {
  return sharesOf(isolationForest.create({ ...OPTIONS, ...options }, rows[0].length), rows);
}

const scores = (...given: Parameters<typeof run>) => run(...given).map(({ score }) => score);

/** Mean path length of a search that finds nothing among n rows. */
function meanPath(n: number): number {
  if (n <= 2) return n - 1;
  return 2 * (Math.log(n - 1) + 0.5772156649015329) - (2 * (n - 1)) / n;
}

/** A tree of objects, cut as the detector draws its cuts. */
function grow(rows: readonly Row[], level: number, height: number, draw: (offset: number) => CounterRandom, place: number, parent: number): Node {
  const ranges = rows[0].map((_, j) => [Math.min(...rows.map((row) => row[j])), Math.max(...rows.map((row) => row[j]))]);
  const able = ranges.flatMap(([low, high], j) => (high > low ? [j] : []));
  if (level === height || rows.length === 1 || able.length === 0) return { length: level + meanPath(rows.length), column: parent };
  const column = able[draw(2 * place).below(able.length)];
  const [low, high] = ranges[column];
  const cut = low + (high - low) * draw(2 * place + 1).uniform();
  const below = rows.filter((row) => row[column] < cut);
  const above = rows.filter((row) => row[column] >= cut);
  return {
    cut,
    column,
    left: grow(below, level + 1, height, draw, 2 * place + 1, column),
    right: grow(above, level + 1, height, draw, 2 * place + 2, column),
  };
}

/** The same forest in lists and objects. */
function reference(rows: readonly Row[], { trees, sample, window, seed }: typeof OPTIONS) {
  const random = new CounterRandom(seed);
  const width = rows[0].length;
  const forest: { root: Node; usual: number; held: Row[] }[] = [];
  const size = Math.max(sample, window);
  let built = 0;
  let last = 0;
  const build = (count: number) => {
    const ring = Array.from({ length: Math.min(count, size) }, (_, place) => {
      const newest = (count - 1) % size;
      return rows[place <= newest ? count - 1 - newest + place : count - 1 - newest - size + place];
    });
    const places = ring.map((_, i) => i);
    const n = Math.min(ring.length, sample);
    for (let k = 0; k < n; k++) {
      const other = k + random.at(built, k).below(ring.length - k);
      [places[k], places[other]] = [places[other], places[k]];
    }
    const held = places.slice(0, n).map((place) => ring[place]);
    const stream = built;
    const root = grow(held, 0, Math.ceil(Math.log2(n)), (offset) => random.at(stream, sample + offset), 0, -1);
    forest[built++ % trees] = { root, usual: meanPath(n), held };
    last = count;
  };
  return rows.map((row, i) => {
    let said = { score: NaN, shares: [NaN] };
    if (forest.length > 0) {
      const shares = row.map(() => 0);
      let sum = 0;
      for (const { root, usual, held } of forest) {
        let node = root;
        while ('cut' in node) node = row[node.column] < node.cut ? node.left : node.right;
        const parts = row.map((x, j) => {
          const column = held.map((other) => other[j]);
          const range = Math.max(...column) - Math.min(...column);
          const beyond = Math.max(0, x - Math.max(...column), Math.min(...column) - x);
          return range + beyond > 0 ? beyond / (range + beyond) : NaN;
        });
        const able = parts.filter((part) => !Number.isNaN(part));
        const outside = able.length === 0 ? 0 : able.reduce((a, b) => a + b, 0) / able.length;
        const path = (outside + (1 - outside) * node.length) / usual;
        parts.forEach((part, j) => (shares[j] += (part || 0) / width));
        if (node.column >= 0 && path < 1) shares[node.column] += (1 - outside) * (1 - path) ** 2;
        sum += path;
      }
      const all = shares.reduce((a, b) => a + b);
      said = { score: 2 ** (-sum / trees), shares: shares.map((share) => share / all) };
    }
    const count = i + 1;
    if (count < Math.min(64, sample)) return said;
    if (forest.length === 0) for (let tree = 0; tree < trees; tree++) build(count);
    else if (count - last >= Math.min(count, size) / trees) build(count);
    return said;
  });
}

describe('isolation-forest', () => {
  it.each([{}, { sample: 100, window: 20 }, { trees: 3, window: 33 }])('scores as trees of objects do: %o', (given) => {
    const rows = noise(330, 3).map(([a, b, c], i) => [a, i < 200 ? 7 : Math.round(b), c]);
    rows[300] = [20, 0, 0];
    const options = { ...OPTIONS, ...given };
    const want = reference(rows, options);
    run(rows, given).forEach(({ score, shares }, i) => {
      expect(Number.isNaN(score), `row ${i}`).toBe(Number.isNaN(want[i].score));
      if (Number.isNaN(score)) return;
      expect(score, `row ${i}`).toBeCloseTo(want[i].score, 12);
      if (Number.isNaN(want[i].shares[0])) expect(shares[0]).toBeNaN();
      else shares.forEach((share, j) => expect(share, `row ${i}, column ${j}`).toBeCloseTo(want[i].shares[j], 12));
    });
  });

  it('says these numbers', () => {
    const said = run([...noise(200, 2), [0, 0], [5, 0], [0, 100]]).slice(200);
    expect(said.map(({ score, shares }) => [score, ...shares].map((x) => x.toFixed(6)))).toEqual([
      ['0.394376', '1.000000', '0.000000'],
      ['0.576271', '1.000000', '0.000000'],
      ['0.741180', '0.181271', '0.818729'],
    ]);
  });

  it('is warm after 64 rows, or the sample where that is less', () => {
    expect(scores(noise(80, 1)).findIndex((x) => !Number.isNaN(x))).toBe(32);
    expect(scores(noise(80, 1), { sample: 128 }).findIndex((x) => !Number.isNaN(x))).toBe(64);
  });

  it('lies between 0 and 1 and rises without end in sight the farther away a row is', () => {
    const rows = noise(200, 2);
    const at = (x: number) => scores([...rows, [x, 0]]).at(-1)!;
    const steps = [3, 10, 100, 1e9, 1e140].map(at);
    for (let i = 1; i < steps.length; i++) expect(steps[i]).toBeGreaterThan(steps[i - 1]);
    expect(steps.at(-1)).toBeLessThan(1);
  });

  it('says which column it was, whatever the units', () => {
    const rows = noise(300, 4);
    for (let j = 0; j < 4; j++) {
      const odd = [0, 0, 0, 0];
      odd[j] = 12 * 10 ** j;
      const { shares } = run([...rows, odd]).at(-1)!;
      expect(shares.indexOf(Math.max(...shares))).toBe(j);
    }
  });

  it('forgets what has left the window', () => {
    const said = scores([...noise(150, 1), ...noise(300, 1, 2).map(([x]) => [x + 30])]);
    const mean = (from: number, to: number) => said.slice(from, to).reduce((a, b) => a + b) / (to - from);
    expect(said[150]).toBeGreaterThan(mean(50, 150) + 0.2);
    expect(Math.abs(mean(350, 450) - mean(50, 150))).toBeLessThan(0.05);
  });

  it('depends on its seed', () => {
    expect(scores(noise(100, 1), { seed: 3 })[99]).not.toBe(scores(noise(100, 1))[99]);
  });
});
