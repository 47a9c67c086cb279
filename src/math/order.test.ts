import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { SlidingOrder } from './order.ts';

const median = (xs: number[]): number => {
  const sorted = [...xs].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

const few = fc.integer({ min: -3, max: 3 });
const values = fc.array(fc.oneof(few, fc.double({ min: -1e6, max: 1e6, noNaN: true })), { minLength: 1, maxLength: 300 });

function copy(order: SlidingOrder): SlidingOrder {
  const writer = new SnapshotWriter();
  writer.begin(1);
  order.snapshot(writer);
  return SlidingOrder.restore(new SnapshotReader(writer.end(), 1), order.capacity);
}

describe('the last values in order', () => {
  it('have the median, and the median of the distances from it, of a plain sort', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 130 }), (xs, capacity) => {
        let order = new SlidingOrder(capacity);
        xs.forEach((x, i) => {
          order.push(x);
          const held = xs.slice(Math.max(0, i + 1 - capacity), i + 1);
          const center = median(held);
          expect(order.count).toBe(held.length);
          expect(order.median()).toBe(center + 0);
          expect(order.deviation(center)).toBe(median(held.map((y) => Math.abs(y - center))));
          if (i % 37 === 36) order = copy(order);
        });
      }),
    );
  });

  it('are moved by blocks over long ways as one by one', () => {
    const order = new SlidingOrder(301);
    const xs = Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? i : -i) % 997);
    xs.forEach((x) => order.push(x));
    const held = xs.slice(-301);
    expect(order.median()).toBe(median(held));
    expect(order.deviation(5)).toBe(median(held.map((y) => Math.abs(y - 5))));
  });

  it('know nothing before the first', () => expect(new SlidingOrder(5).median()).toBeNaN());

  it('measure the spread by the first part of the distances that is not 0, as a standard deviation of normal values', () => {
    const spread = (different: number): number => {
      const order = new SlidingOrder(40);
      for (let i = 0; i < 40; i++) order.push(i < different ? 12 : 5);
      return order.spread(5);
    };
    expect(spread(21)).toBeCloseTo(7 / 0.6744897501960817, 12);
    expect(spread(20)).toBeCloseTo(3.5 / 0.6744897501960817, 12);
    expect(spread(19)).toBeCloseTo(7 / 1.1503493803760079, 12);
    expect(spread(11)).toBeCloseTo(7 / 1.1503493803760079, 12);
    expect(spread(10)).toBeCloseTo(7 / 1.6448536269514729, 12);
    expect(spread(5)).toBeCloseTo(7 / 1.6448536269514729, 12);
    expect(spread(4)).toBeCloseTo(7 / 2.241402727604947, 12);
    expect(spread(2)).toBeCloseTo(7 / 2.241402727604947, 12);
    expect(spread(1)).toBeCloseTo(7 / 2.5758293035489004, 12);
    expect(spread(0)).toBe(0);
  });
});
