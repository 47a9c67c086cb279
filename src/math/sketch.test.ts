import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../core/random.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { QuantileSketch } from './sketch.ts';

const random = new CounterRandom(3);

const SHAPES: Record<string, (i: number) => number> = {
  'normal, far from 0': (i) => 1e6 + random.at(0, i).normal(),
  'heavy tail': (i) => Math.exp(2 * random.at(1, i).normal()),
  tiny: (i) => 1e-9 * random.at(2, i).normal(),
  'nearly always 0': (i) => (random.at(3, i).uniform() < 0.9 ? 0 : random.at(4, i).uniform()),
  'four whole numbers': (i) => random.at(5, i).below(4),
  ascending: (i) => i,
  descending: (i) => -i,
};

function filled(halfLife: number, n: number, value: (i: number) => number): QuantileSketch {
  const sketch = new QuantileSketch(halfLife);
  for (let i = 0; i < n; i++) sketch.push(value(i));
  return sketch;
}

/** The parts of the weight that lie below and at or below x. */
function ranks(halfLife: number, n: number, value: (i: number) => number, x: number): [number, number] {
  let below = 0;
  let upTo = 0;
  let total = 0;
  for (let i = 0; i < n; i++) {
    const weight = 2 ** (-(n - 1 - i) / halfLife);
    total += weight;
    if (value(i) < x) below += weight;
    if (value(i) <= x) upTo += weight;
  }
  return [below / total, upTo / total];
}

describe('QuantileSketch', () => {
  it('has no quantile before the first value, and then that value', () => {
    const sketch = new QuantileSketch(100);
    expect(sketch.quantile(0.5)).toBeNaN();
    expect(sketch.above(1)).toBeNaN();
    sketch.push(7);
    expect([sketch.quantile(0), sketch.quantile(0.5), sketch.quantile(1)]).toEqual([7, 7, 7]);
    expect([sketch.above(6), sketch.above(7), sketch.above(8)]).toEqual([1, 0.5, 0]);
  });

  it('lies between the middles of few values', () => {
    const sketch = filled(1e12, 4, (i) => [30, 10, 40, 20][i]);
    expect(sketch.count).toBe(4);
    expect(sketch.weight).toBeCloseTo(4, 9);
    expect(sketch.quantile(0.125)).toBeCloseTo(10, 9);
    expect(sketch.quantile(0.5)).toBeCloseTo(25, 9);
    expect(sketch.quantile(0.75)).toBeCloseTo(35, 9);
    expect(sketch.quantile(1)).toBe(40);
    expect(sketch.above(25)).toBeCloseTo(0.5, 9);
    expect(sketch.above(35)).toBeCloseTo(0.25, 9);
  });

  for (const [name, value] of Object.entries(SHAPES)) {
    it(`has the ranks of the weighted values: ${name}`, () => {
      const halfLife = 1000;
      // So many that none waits to be taken in.
      const n = 6000;
      const sketch = filled(halfLife, n, value);
      for (const q of [0.003, 0.01, 0.1, 0.5, 0.9, 0.99, 0.997]) {
        const x = sketch.quantile(q);
        const [below, upTo] = ranks(halfLife, n, value, x);
        const near = 0.08 * Math.min(q, 1 - q) + 0.7 / sketch.weight;
        expect(below, `${q}: too far up`).toBeLessThan(q + near);
        expect(upTo, `${q}: too far down`).toBeGreaterThan(q - near);
        const above = sketch.above(x);
        expect(above).toBeGreaterThan(1 - upTo - near);
        expect(above).toBeLessThan(1 - below + near);
      }
    });
  }

  it('gives a value half its weight after a half-life', () => {
    const sketch = filled(320, 3200, (i) => (i < 2880 ? 0 : 1));
    // 32 values of one age enter at a time: 32 / (1 - 2^(-32 / 320)).
    expect(sketch.weight).toBeCloseTo(477.36, 0);
    // The last 320 of 3200 values weigh half of all but 2^-10.
    expect(sketch.above(0.5)).toBeCloseTo(0.5, 1);
    expect(filled(320, 3200 + 640, (i) => (i < 2880 ? 0 : 1)).above(0.9)).toBeGreaterThan(0.8);
  });

  it('goes on from a snapshot to the last bit, in a snapshot of one size', () => {
    const bytes = (sketch: QuantileSketch): Uint8Array => {
      const writer = new SnapshotWriter();
      writer.begin(1);
      sketch.snapshot(writer);
      return writer.end();
    };
    const sketch = filled(50, 1003, SHAPES['heavy tail']);
    const size = bytes(new QuantileSketch(50)).length;
    const copy = QuantileSketch.restore(new SnapshotReader(bytes(sketch), 1), 50);
    for (let i = 0; i < 100; i++) {
      expect([copy.quantile(0.99), copy.above(3), copy.count]).toEqual([sketch.quantile(0.99), sketch.above(3), sketch.count]);
      for (const one of [copy, sketch]) one.push(random.at(9, i).normal());
    }
    expect(bytes(sketch)).toEqual(bytes(copy));
    expect(bytes(sketch).length).toBe(size);
  });

  it('says when its answers change', () => {
    const sketch = new QuantileSketch(100);
    for (let i = 0; i < 500; i++) {
      const before = [sketch.quantile(0), sketch.weight];
      const changed = sketch.push(-i);
      expect([sketch.quantile(0), sketch.weight]).not.toEqual(changed ? before : []);
      if (!changed) expect([sketch.quantile(0), sketch.weight]).toEqual(before);
    }
  });

  it('keeps to its size with a memory of millions', () => {
    const sketch = filled(1e7, 30_000, SHAPES['heavy tail']);
    expect(sketch.quantile(0.5)).toBeCloseTo(1, 1);
    expect(sketch.quantile(0.999) / Math.exp(2 * 3.09)).toBeCloseTo(1, 0);
  });
});
