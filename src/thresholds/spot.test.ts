import { describe, expect, it } from 'vitest';
import type { Threshold } from '../core/contracts.ts';
import { CounterRandom } from '../core/random.ts';
import { dspot, spot } from './spot.ts';

const random = new CounterRandom(41);
const exponential = (stream: number, i: number): number => -Math.log(1 - random.at(stream, i).uniform());
const chosen = { risk: 0.001, level: 0.95, min_scores: 500, half_life: 10_000 };

/** Limits over n scores; the part that crossed after the limit was there. */
function follow(threshold: Threshold, scores: (i: number) => number, n: number): { limits: number[]; part: number } {
  let crossed = 0;
  const limits = Array.from({ length: n }, (_, i) => {
    const limit = threshold.limit(i * 1000, scores(i));
    if (scores(i) > limit) crossed++;
    return limit;
  });
  return { limits, part: crossed / n };
}

describe('spot', () => {
  it('has no limit before min_scores, and then one beyond all it has seen where the risk is small', () => {
    const { limits } = follow(spot.create({ ...chosen, risk: 1e-6 }), (i) => exponential(0, i), 600);
    expect(limits.findIndex((limit) => limit !== Infinity)).toBe(500);
    // Of an exponential: ln(10^6) = 13.8; the largest of 500 is about 6.2.
    expect(limits[500]).toBeGreaterThan(6.5);
    expect(limits[500]).toBeLessThan(40);
  });

  it('is exceeded with the probability asked for, also of heavy and of light tails', () => {
    const tails: Record<string, (i: number) => number> = {
      exponential: (i) => exponential(1, i),
      pareto: (i) => exponential(2, i) / (0.2 + exponential(3, i)),
      light: (i) => Math.sqrt(exponential(4, i)),
    };
    for (const [name, scores] of Object.entries(tails)) {
      const { part } = follow(spot.create(chosen), scores, 60_000);
      expect(part, name).toBeGreaterThan(0.0006);
      expect(part, name).toBeLessThan(0.0016);
    }
  });

  it('keeps to what was counted where the tail does not fit', () => {
    // Peaks lie at 10 or at 20, and nowhere between.
    const scores = (i: number): number => (random.at(5, i).uniform() < 0.9 ? random.at(6, i).uniform() : random.at(7, i).uniform() < 0.995 ? 10 : 20);
    const { limits } = follow(spot.create({ ...chosen, level: 0.8, risk: 0.001 }), scores, 20_000);
    const last = limits.slice(10_000);
    expect(Math.min(...last)).toBe(10);
    expect(Math.max(...last)).toBeLessThan(20.0001);
  });

  it('takes the first of a run above the limit for a peak of at least the limit, and the rest for none', () => {
    const first = spot.create(chosen);
    const before = follow(first, (i) => exponential(8, i), 5000).limits.at(-1)!;
    const huge = follow(first, () => 1e6, 60).limits.at(-1)!;
    const after = follow(first, (i) => exponential(9, i), 2000).limits.at(-1)!;
    expect(before).toBeGreaterThan(5);
    expect(huge / before).toBeLessThan(1.5);
    expect(after / before).toBeLessThan(1.7);
  });

  it('follows scores that have become larger for good', () => {
    const { limits } = follow(spot.create({ ...chosen, half_life: 2000 }), (i) => (i < 5000 ? 1 : 8) * exponential(10, i), 15_000);
    expect(limits[4999]).toBeGreaterThan(5);
    expect(limits[4999]).toBeLessThan(10);
    expect(limits[14_999]).toBeGreaterThan(40);
    expect(limits[14_999]).toBeLessThan(80);
  });
});

describe('spot where scores hang together', () => {
  it('does not stay below them', () => {
    let level = 0;
    const scores = Array.from({ length: 40_000 }, (_, i) => (level = 0.999 * level + random.at(14, i).normal()));
    for (let i = 5000; i < scores.length; i++) scores[i] += 100;
    const { limits } = follow(spot.create({ ...chosen, half_life: 100_000 }), (i) => scores[i], scores.length);
    const found = scores.filter((score, i) => i >= 8000 && score > limits[i]).length;
    expect(found / 32_000).toBeLessThan(0.05);
  });
});

describe('dspot', () => {
  const wave = (i: number): number => 50 * Math.sin(i / 2000) + exponential(11, i);

  it('follows scores that rise and fall, where spot keeps to the highest', () => {
    const drifting = follow(dspot.create({ ...chosen, window: 100 }), wave, 60_000);
    expect(drifting.part).toBeGreaterThan(0.0006);
    expect(drifting.part).toBeLessThan(0.002);
    const lows = drifting.limits.filter((_, i) => i > 20_000 && Math.sin(i / 2000) < -0.99);
    expect(Math.max(...lows)).toBeLessThan(-20);
    expect(Math.min(...follow(spot.create(chosen), wave, 60_000).limits.slice(20_000))).toBeGreaterThan(0);
  });

  it('is the limit of spot above the mean of the window', () => {
    const n = 3000;
    const scores = (i: number): number => exponential(12, i);
    const { limits } = follow(dspot.create({ ...chosen, window: 4 }), scores, n);
    // The mean of the last four that did not cross; spot is given the distances from it.
    const inner = spot.create(chosen);
    const held: number[] = [];
    for (let i = 0; i < n; i++) {
      const mean = held.reduce((sum, x) => sum + x / held.length, 0);
      const limit = held.length === 4 ? mean + inner.limit(0, scores(i) - mean) : Infinity;
      if (limit === Infinity) expect(limits[i]).toBe(Infinity);
      else expect(limits[i]).toBeCloseTo(limit, 5);
      if (scores(i) <= limit) held.push(scores(i));
      if (held.length > 4) held.shift();
    }
  });
});
