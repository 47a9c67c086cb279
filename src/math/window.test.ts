import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { WindowMoments } from './window.ts';

function naive(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, variance: values.length > 1 ? squares / (values.length - 1) : 0 };
}

function copy(window: WindowMoments, capacity = window.capacity): WindowMoments {
  const writer = new SnapshotWriter();
  writer.begin(1);
  window.snapshot(writer);
  return WindowMoments.restore(new SnapshotReader(writer.end(), 1), capacity);
}

const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });

describe('WindowMoments', () => {
  it('equals a plain computation over the last values', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 40 }), (xs, capacity) => {
        const window = new WindowMoments(capacity);
        xs.forEach((x, i) => {
          window.push(x);
          const want = naive(xs.slice(Math.max(0, i + 1 - capacity), i + 1));
          const scale = Math.max(...xs.map(Math.abs), 1e-100);
          expect(Math.abs(window.mean - want.mean)).toBeLessThanOrEqual(scale * 1e-14);
          expect(Math.abs(window.variance - want.variance)).toBeLessThanOrEqual(scale * scale * 1e-13);
        });
      }),
    );
  });

  it('goes on to the last bit from a snapshot taken anywhere', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 40 }), fc.nat(200), (xs, capacity, cut) => {
        const window = new WindowMoments(capacity);
        let restored: WindowMoments | undefined;
        xs.forEach((x, i) => {
          if (i === cut % xs.length) restored = copy(window);
          window.push(x);
          restored?.push(x);
          if (restored) expect([restored.mean, restored.variance, restored.count]).toEqual([window.mean, window.variance, window.count]);
        });
      }),
    );
  });

  it('keeps the newest values when the restored window is smaller', () => {
    const window = new WindowMoments(10);
    for (let i = 0; i < 25; i++) window.push(i);
    const smaller = copy(window, 3);
    expect([smaller.mean, smaller.variance]).toEqual([23, 1]);
  });

  it('finds no variance in equal values and is exact again once a huge value has left', () => {
    const window = new WindowMoments(5);
    for (let i = 0; i < 12; i++) window.push(0.1);
    expect([window.mean, window.variance]).toEqual([0.1, 0]);
    window.push(1e150);
    for (let i = 0; i < 5; i++) window.push(0.1);
    expect([window.mean, window.variance]).toEqual([0.1, 0]);
  });

  it('does not drift over ten million points on a large level', () => {
    const window = new WindowMoments(20);
    const last: number[] = [];
    const n = 10_000_000;
    for (let i = 0; i < n; i++) {
      const x = 1e9 + ((i * 7919) % 1000) / 1000;
      window.push(x);
      if (i >= n - 20) last.push(x);
    }
    expect(window.variance / naive(last).variance).toBeCloseTo(1, 6);
  });
});
