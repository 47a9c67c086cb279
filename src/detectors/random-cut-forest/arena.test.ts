import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CounterRandom } from '../../core/random.ts';
import { arraysFor } from './arena.ts';
import { RandomCutTrees } from './trees.ts';

const random = new CounterRandom(5);

/** A point as the trees take it: some of few whole numbers, so that points repeat. */
function pointOf(i: number, size: number): Float64Array {
  const whole = i % 3 === 0;
  return Float64Array.from({ length: 2 * size }, (_, c) => {
    const d = c >> 1;
    const x = whole ? random.at(d, i % 24).below(3) : Math.fround(random.at(d, i).normal() * 10 ** (d % 5));
    return c % 2 === 0 ? x : -x;
  });
}

/** Trees that take points in and give them up again, asked at every step. */
class Grown {
  readonly trees: RandomCutTrees;
  readonly #sample: number;
  readonly #size: number;
  readonly #leaves: number[][];
  #step = 0;

  constructor(trees: number, sample: number, size: number, seed = 7) {
    this.trees = new RandomCutTrees(trees, sample, size, new CounterRandom(seed));
    this.#sample = sample;
    this.#size = size;
    this.#leaves = Array.from({ length: trees }, () => []);
  }

  /** Scores of a new point and of one that may be held: all at once, and tree after tree. */
  step(): { once: number[]; eachTree: number[] } {
    const i = this.#step++;
    const point = pointOf(i, this.#size);
    this.#leaves.forEach((held, tree) => {
      if (held.length === this.#sample || (held.length > 1 && i % 5 === 4)) {
        this.trees.remove(tree, held.splice(random.at(tree, i).below(held.length), 1)[0]);
      }
      held.push(this.trees.insert(tree, point));
    });
    const asked = [pointOf(i + 100_000, this.#size), pointOf(Math.max(0, i - 6), this.#size)];
    const eachTree = (other: Float64Array) => this.#leaves.reduce((sum, _, tree) => sum + this.trees.score(tree, other), 0);
    return { once: asked.map((other) => this.trees.scores(other)), eachTree: asked.map(eachTree) };
  }
}

const sweep = (): void => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
};

afterEach(() => vi.unstubAllGlobals());

describe('memory of forests', () => {
  it.each([1, 2, 3, 4, 5, 8, 15, 16, 17, 23, 24, 40])('scores in all trees at once are those of each tree to the last bit: %i dimensions', (size) => {
    for (const [trees, sample] of [
      [1, 16],
      [4, 33],
      [11, 48],
    ]) {
      const grown = new Grown(trees, sample, size);
      for (let i = 0; i < 150; i++) {
        const { once, eachTree } = grown.step();
        expect(once, `${trees} trees, step ${i}`).toEqual(eachTree);
      }
    }
  });

  it('is that of WebAssembly, or without it one that gives the same scores', () => {
    const steps = (grown: Grown) => Array.from({ length: 60 }, () => grown.step().once);
    const shape = { trees: 3, sample: 20, size: 6 };
    expect(arraysFor(shape).scores).toBeDefined();
    vi.stubGlobal('WebAssembly', undefined);
    expect(arraysFor({ ...shape, sample: 21 }).scores).toBeUndefined();
    const said = steps(new Grown(3, 22, 6));
    vi.unstubAllGlobals();
    expect(steps(new Grown(3, 22, 6))).toEqual(said);
  });

  it('does without WebAssembly that knows no pairs, and hides no mistake in the code', () => {
    const { WebAssembly: real } = globalThis as unknown as { WebAssembly: { validate(bytes: Uint8Array): boolean; Memory: unknown; Instance: unknown } };
    const without = (part: object): void => void vi.stubGlobal('WebAssembly', { ...part, Memory: real.Memory, Instance: real.Instance });
    const assembled = vi.fn<() => void>(() => {
      throw new TypeError('planted');
    });
    without({ validate: () => false, Module: assembled });
    expect(arraysFor({ trees: 3, sample: 23, size: 6 }).scores).toBeUndefined();
    expect(assembled).not.toHaveBeenCalled();
    without({ validate: (bytes: Uint8Array) => real.validate(bytes), Module: assembled });
    expect(() => arraysFor({ trees: 3, sample: 23, size: 6 })).toThrow('planted');
    vi.unstubAllGlobals();
    expect(arraysFor({ trees: 3, sample: 23, size: 6 }).scores).toBeDefined();
  });

  it('is its own for each of many forests side by side', () => {
    const alone = Array.from({ length: 4 }, (_, seed) => {
      const grown = new Grown(4, 32, 3, seed);
      return Array.from({ length: 80 }, () => grown.step().once);
    });
    const many = Array.from({ length: 4 }, (_, seed) => new Grown(4, 32, 3, seed));
    const together = Array.from({ length: 80 }, () => many.map((grown) => grown.step().once));
    many.forEach((_, k) => expect(together.map((row) => row[k])).toEqual(alone[k]));
  });

  it('is shared by a few forests, lies apart, and goes with the last of them', async () => {
    const shape = { trees: 50, sample: 256, size: 2 };
    const made = Array.from({ length: 12 }, () => arraysFor(shape));
    made.forEach(({ box, root }, k) => [box, root].forEach((array) => array.fill(k + 1)));
    made.forEach(({ box, root, cuts, range, points, mass }, k) => {
      expect([box[0], box.at(-1), root[0], root.at(-1)]).toEqual([k + 1, k + 1, k + 1, k + 1]);
      for (const array of [cuts, range, points, mass]) expect(array.every((x) => x === 0)).toBe(true);
    });
    expect(new Set(made.map(({ box }) => box.buffer)).size).toBe(3);
    for (let k = 0; k < 600; k++) arraysFor(shape).box.fill(1);
    await expect
      .poll(() => {
        sweep();
        return process.memoryUsage().external;
      })
      .toBeLessThan(200e6);
  });

  it('is not taken from WebAssembly for more than 2,048 memories, and is again once they are gone', async () => {
    const shape = { trees: 1, sample: 16, size: 1 };
    let held: unknown[] = Array.from({ length: 4 * 2048 }, () => arraysFor(shape));
    expect(arraysFor(shape).scores).toBeUndefined();
    expect(held).toHaveLength(4 * 2048);
    held = [];
    await expect
      .poll(() => {
        sweep();
        return arraysFor(shape).scores;
      })
      .toBeDefined();
  });
});
