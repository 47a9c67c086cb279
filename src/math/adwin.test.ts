import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../core/random.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { AdaptiveWindow } from './adwin.ts';

const random = new CounterRandom(5);
const noise = (n: number, stream = 0): number[] => Array.from({ length: n }, (_, i) => random.at(stream, i).normal());
const fill = (xs: readonly number[], delta = 0.002): AdaptiveWindow => {
  const window = new AdaptiveWindow(delta);
  xs.forEach((x) => window.push(x));
  return window;
};

/** The ratio by the paper's formula, over cuts after the last `newest` values for each of them. */
function naive(xs: readonly number[], cuts: readonly number[], delta: number): number {
  const n = xs.length;
  const meanOf = (ys: readonly number[]): number => ys.reduce((a, b) => a + b, 0) / ys.length;
  const mean = meanOf(xs);
  const variance = meanOf(xs.map((x) => (x - mean) ** 2));
  const chance = Math.log(2 / (delta / Math.log(n)));
  return Math.max(
    ...cuts.map((newest) => {
      const m = 1 / (1 / newest + 1 / (n - newest));
      const allowed = Math.sqrt((2 / m) * variance * chance) + (2 / (3 * m)) * chance * 8 * Math.sqrt(variance);
      return Math.abs(meanOf(xs.slice(n - newest)) - meanOf(xs.slice(0, n - newest))) / allowed;
    }),
  );
}

describe('the adaptive window', () => {
  it('holds mean and variance of what lies in it', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 200 }), (xs) => {
        // A delta so small that nothing is dropped; values within four standard deviations of the mean are not clipped.
        const window = fill([-1, 1, ...xs], 1e-300);
        const all = [-1, 1, ...xs];
        const mean = all.reduce((a, b) => a + b, 0) / all.length;
        expect(window.count).toBe(all.length);
        expect(window.mean).toBeCloseTo(mean, 10);
        expect(window.variance).toBeCloseTo(all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length, 10);
      }),
    );
  });

  it('compares its parts at the ends of its buckets, by the formula of the paper', () => {
    // Of nine values the buckets hold, newest first, 1, 1, 1, 2, 2 and 2 of them: six of one make the oldest two join.
    const xs = [0.3, -0.9, 0.8, 0.1, -0.4, 0.6, -1, 0.2, 0.9];
    expect(fill(xs).ratio(0.7)).toBeCloseTo(naive([...xs, 0.7], [1, 2, 3, 4, 6, 8], 0.002), 12);
    expect(fill(xs, 0.1).ratio(0.7)).toBeCloseTo(naive([...xs, 0.7], [1, 2, 3, 4, 6, 8], 0.1), 12);
  });

  it('drops what came before a change, and says so exactly where the ratio is above 1', () => {
    const window = new AdaptiveWindow(0.002);
    const changes: number[] = [];
    const left: number[] = [];
    [...noise(500), ...noise(500, 1).map((x) => x + 3)].forEach((x, i) => {
      const expected = window.ratio(x) > 1;
      expect(window.push(x)).toBe(expected);
      if (expected) {
        changes.push(i);
        left.push(window.count);
      }
    });
    expect(changes[0]).toBeGreaterThanOrEqual(500);
    expect(changes[0]).toBeLessThan(540);
    // One bucket after another, and no more of them than it takes: of 64 values each at the first changes.
    expect(left.slice(0, 3)).toEqual([changes[0] + 1 - 64, changes[1] + 1 - 2 * 64, changes[2] + 1 - 3 * 64]);
    expect(window.count).toBeGreaterThan(400);
    expect(window.count).toBeLessThan(560);
    expect(window.mean).toBeCloseTo(3, 0);
    expect(window.variance).toBeCloseTo(1, 0);
  });

  it('keeps what has one mean, in logarithmic memory, and does not take one outlier for a change', () => {
    const window = fill(noise(20_000));
    expect(window.count).toBe(20_000);
    expect(window.push(1e9)).toBe(false);
    expect(window.mean).toBeCloseTo(0, 1);
    expect(window.count).toBe(20_001);
  });

  it('knows the variance of what is left after many drops', () => {
    const window = new AdaptiveWindow(0.002);
    for (let k = 0; k < 8; k++) noise(400, k).forEach((x) => window.push((k % 2 === 0 ? 1 : -1) * 20 + (k + 1) * x));
    expect(window.count).toBeLessThan(430);
    expect(Math.sqrt(window.variance) / 8).toBeCloseTo(1, 0);
    expect(window.mean).toBeCloseTo(-20, -1);
  });

  it('finds nothing in equal values, and a later change of them', () => {
    const window = fill(Array.from({ length: 200 }, () => 7));
    expect(window.ratio(7)).toBe(0);
    expect(window.variance).toBe(0);
    expect(window.ratio(8)).toBeGreaterThan(0);
    for (let i = 0; i < 200; i++) window.push(8);
    expect(window.mean).toBeGreaterThan(7.8);
    expect(window.count).toBeLessThan(300);
  });

  it('goes on to the last bit from a snapshot', () => {
    const xs = [...noise(300), ...noise(300, 1).map((x) => x + 2)];
    for (const cut of [1, 7, 250, 320, 500]) {
      const whole = fill(xs.slice(0, cut));
      const writer = new SnapshotWriter();
      writer.begin(1);
      whole.snapshot(writer);
      const restored = AdaptiveWindow.restore(new SnapshotReader(writer.end(), 1), 0.002);
      for (const x of xs.slice(cut)) {
        expect(restored.ratio(x)).toBe(whole.ratio(x));
        expect(restored.push(x)).toBe(whole.push(x));
      }
      expect([restored.count, restored.mean, restored.variance]).toEqual([whole.count, whole.mean, whole.variance]);
    }
  });
});
