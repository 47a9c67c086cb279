import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../core/random.ts';
import { beyond, excessAt, fitTail, misfit, type Tail } from './tail.ts';

const random = new CounterRandom(11);

/** n excesses whose ranks are spread evenly, ascending. */
function spread(tail: Tail, n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => excessAt(tail, 1 - (i + 0.5) / n));
}

function drawn(tail: Tail, n: number, stream: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => excessAt(tail, 1 - random.at(stream, i).uniform())).sort();
}

/** Log likelihood of whole and censored excesses, as it stands in the books. */
function likelihood({ shape, scale }: Tail, y: Float64Array, censored = 0): number {
  let sum = 0;
  y.forEach((x, i) => {
    const z = 1 + (shape * x) / scale;
    sum += z <= 0 ? -Infinity : i < y.length - censored ? -Math.log(scale) - (1 + 1 / shape) * Math.log(z) : (-1 / shape) * Math.log(z);
  });
  return sum;
}

describe('a generalised Pareto tail', () => {
  it('has the quantiles and probabilities of the formulae', () => {
    expect(beyond({ shape: 0, scale: 2 }, 3)).toBeCloseTo(Math.exp(-1.5), 12);
    expect(beyond({ shape: 0.5, scale: 2 }, 3)).toBeCloseTo(1.75 ** -2, 12);
    expect(beyond({ shape: -0.5, scale: 2 }, 3)).toBeCloseTo(0.25 ** 2, 12);
    expect(beyond({ shape: -0.5, scale: 2 }, 5)).toBe(0);
    expect(beyond({ shape: 0.5, scale: 2 }, 0)).toBe(1);
    expect(beyond({ shape: 0, scale: 0 }, 1)).toBe(0);
    expect(excessAt({ shape: 0, scale: 2 }, 0.01)).toBeCloseTo(2 * Math.log(100), 12);
    expect(excessAt({ shape: 0.5, scale: 2 }, 0.01)).toBeCloseTo(36, 12);
    expect(excessAt({ shape: 0.5, scale: 2 }, 1.5)).toBe(0);
  });

  it('exceeds the excess at p with probability p', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -0.5, max: 0.95, noNaN: true }),
        fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
        fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }),
        (shape, scale, p) => {
          expect(beyond({ shape, scale }, excessAt({ shape, scale }, p)) / p).toBeCloseTo(1, 5);
        },
      ),
    );
  });
});

describe('fitTail', () => {
  it.each([-0.4, -0.2, 0, 0.2, 0.5])('finds shape %d and its scale on any scale', (shape) => {
    for (const scale of [1e-9, 3, 1e12]) {
      const fit = fitTail(spread({ shape, scale }, 2000), 2000, 0, Infinity);
      expect(fit.shape).toBeCloseTo(shape, 1);
      expect(Math.abs(fit.shape - shape)).toBeLessThan(0.02);
      expect(fit.scale / scale).toBeCloseTo(1, 1);
    }
  });

  it('is as likely as the best pair of a grid', () => {
    for (let stream = 0; stream < 6; stream++) {
      const tail = { shape: [-0.2, 0, 0.3][stream % 3], scale: 2 };
      const y = drawn(tail, 60, stream);
      const censored = stream < 3 ? 0 : 6;
      const fit = fitTail(y, 60, censored, Infinity);
      let best = -Infinity;
      for (let shape = -0.495; shape < 0.95; shape += 0.01) {
        for (let scale = 0.5; scale < 6; scale += 0.02) best = Math.max(best, likelihood({ shape, scale }, y, censored));
      }
      expect(likelihood(fit, y, censored)).toBeGreaterThanOrEqual(best - 1e-3);
    }
  });

  it('takes excesses that are only known to be at least so large for that', () => {
    const tail = { shape: 0.2, scale: 1 };
    const y = spread(tail, 1000).map((x, i) => (i >= 900 ? excessAt(tail, 0.1) : x));
    expect(fitTail(y, 1000, 100, Infinity).shape).toBeCloseTo(0.2, 1);
    expect(excessAt(fitTail(y, 1000, 100, Infinity), 0.01) / excessAt(tail, 0.01)).toBeCloseTo(1, 1);
    expect(fitTail(y, 1000, 0, Infinity).shape).toBeLessThan(-0.05);
  });

  it('stays near the exponential where the prior is narrow', () => {
    const y = spread({ shape: 0.5, scale: 1 }, 40);
    const free = fitTail(y, 40, 0, Infinity).shape;
    const held = fitTail(y, 40, 0, 0.1).shape;
    expect(free).toBeGreaterThan(0.4);
    expect(held).toBeGreaterThan(0.05);
    expect(held).toBeLessThan(0.25);
    // The prior counts as one that takes shape^2 / (2 spread^2) off the log likelihood.
    const penalised = (shape: number): number => {
      let best = -Infinity;
      for (let scale = 0.5; scale < 4; scale += 0.002) best = Math.max(best, likelihood({ shape, scale }, y) - shape ** 2 / (2 * 0.1 ** 2));
      return best;
    };
    expect(penalised(held)).toBeGreaterThan(Math.max(penalised(held - 0.02), penalised(held + 0.02)));
  });

  it('takes a lighter shape for -0.5, and never ends before the largest', () => {
    const uniform = Float64Array.from({ length: 100 }, (_, i) => i + 1);
    const fit = fitTail(uniform, 100, 0, Infinity);
    expect(fit.shape).toBeCloseTo(-0.5, 3);
    expect(fit.scale).toBeCloseTo(70.478, 2);
    for (let stream = 20; stream < 60; stream++) {
      const y = drawn({ shape: -0.9, scale: 1 }, 30, stream);
      expect(beyond(fitTail(y, 30, 0, Infinity), y[29])).toBeGreaterThan(0);
    }
  });

  it('falls back to moments where nothing inside is likeliest', () => {
    const y = drawn({ shape: -0.3, scale: 1 }, 30, 22);
    const mean = y.reduce((sum, x) => sum + x, 0) / 30;
    const variance = y.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 29;
    const shape = 0.5 * (1 - mean ** 2 / variance);
    const fit = fitTail(y, 30, 0, Infinity);
    expect(fit.shape).toBeCloseTo(shape, 9);
    expect(fit.scale).toBeCloseTo(mean * (1 - shape), 9);
  });

  it('has no scale where every excess is 0, and the mean for one', () => {
    expect(fitTail(new Float64Array(5), 5, 0, Infinity)).toEqual({ shape: 0, scale: 0 });
    expect(fitTail(Float64Array.of(3), 1, 0, 0.2)).toEqual({ shape: expect.closeTo(0, 1) as number, scale: expect.closeTo(3, 0) as number });
  });
});

describe('misfit', () => {
  it("is Anderson and Darling's distance", () => {
    // With exp(-y): u = 0.2, 0.5, 0.9: -3 - [1 (ln .2 + ln .1) + 3 (ln .5 + ln .5) + 5 (ln .9 + ln .8)] / 3.
    const y = Float64Array.from([0.2, 0.5, 0.9], (u) => -Math.log(1 - u));
    const expected = -3 - (Math.log(0.02) + 3 * Math.log(0.25) + 5 * Math.log(0.72)) / 3;
    expect(misfit(y, 3, { shape: 0, scale: 1 })).toBeCloseTo(expected, 12);
  });

  it('is small for the tail that values come from and large for another, and for values that repeat', () => {
    const right = drawn({ shape: 0.2, scale: 1 }, 200, 70);
    expect(misfit(right, 200, fitTail(right, 200, 0, Infinity))).toBeLessThan(1.5);
    const repeated = Float64Array.from({ length: 200 }, (_, i) => 1 + Math.floor(i / 67));
    expect(misfit(repeated, 200, fitTail(repeated, 200, 0, Infinity))).toBeGreaterThan(1.5);
    expect(misfit(Float64Array.of(1, 3), 2, { shape: -0.5, scale: 1 })).toBe(Infinity);
  });
});
