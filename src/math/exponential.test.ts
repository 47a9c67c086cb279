import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { ExponentialMoments } from './exponential.ts';

/** Weighted mean and unbiased weighted variance by their definitions. */
function naive(values: readonly number[], alpha: number): { mean: number; variance: number } {
  const weights = values.map((_, i) => (1 - alpha) ** (values.length - 1 - i));
  const total = weights.reduce((a, b) => a + b, 0);
  const mean = values.reduce((sum, x, i) => sum + weights[i] * x, 0) / total;
  const squares = values.reduce((sum, x, i) => sum + weights[i] * (x - mean) ** 2, 0);
  const squaredWeights = weights.reduce((sum, w) => sum + w * w, 0);
  return { mean, variance: values.length > 1 ? squares / (total - squaredWeights / total) : 0 };
}

const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 });
const alphas = fc.double({ min: 0.01, max: 0.9, noNaN: true });

describe('ExponentialMoments', () => {
  it('equals the weighted mean and variance by their definitions, from the first value on', () => {
    fc.assert(
      fc.property(values, alphas, (xs, alpha) => {
        const moments = new ExponentialMoments(alpha);
        xs.forEach((x) => moments.push(x));
        const want = naive(xs, alpha);
        const scale = Math.max(...xs.map(Math.abs), 1e-100);
        expect(Math.abs(moments.mean - want.mean)).toBeLessThanOrEqual(scale * 1e-12);
        expect(Math.abs(moments.variance - want.variance)).toBeLessThanOrEqual(scale * scale * 1e-10);
      }),
    );
  });

  it('goes on to the last bit from a snapshot taken anywhere', () => {
    fc.assert(
      fc.property(values, alphas, fc.nat(300), (xs, alpha, cut) => {
        const moments = new ExponentialMoments(alpha);
        let restored: ExponentialMoments | undefined;
        xs.forEach((x, i) => {
          if (i === cut % xs.length) {
            const writer = new SnapshotWriter();
            writer.begin(1);
            moments.snapshot(writer);
            restored = ExponentialMoments.restore(new SnapshotReader(writer.end(), 1), alpha);
          }
          moments.push(x);
          restored?.push(x);
          if (restored) expect([restored.mean, restored.variance]).toEqual([moments.mean, moments.variance]);
        });
      }),
    );
  });

  it('counts no further than 2^30', () => {
    const writer = new SnapshotWriter();
    writer.begin(1);
    for (const x of [2 ** 40, 5, 2]) writer.f64(x);
    const moments = ExponentialMoments.restore(new SnapshotReader(writer.end(), 1), 0.5);
    expect(moments.count).toBe(2 ** 30);
    moments.push(9);
    expect([moments.count, moments.mean]).toEqual([2 ** 30, 7]);
  });

  it('finds no variance in equal values', () => {
    const moments = new ExponentialMoments(0.1);
    for (let i = 0; i < 1000; i++) moments.push(0.1);
    expect([moments.mean, moments.variance]).toEqual([0.1, 0]);
  });

  it('does not drift over ten million points on a large level', () => {
    const moments = new ExponentialMoments(0.05);
    const value = (i: number) => 1e9 + ((i * 7919) % 1000) / 1000;
    const n = 10_000_000;
    for (let i = 0; i < n; i++) moments.push(value(i));
    const want = naive(
      Array.from({ length: 1000 }, (_, i) => value(n - 1000 + i) - 1e9),
      0.05,
    );
    expect(moments.variance / want.variance).toBeCloseTo(1, 5);
  });
});
