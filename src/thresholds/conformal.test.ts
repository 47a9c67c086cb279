import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../core/random.ts';
import { conformal } from './conformal.ts';
import { quantile } from './quantile.ts';

const random = new CounterRandom(31);
const uniform = (stream: number, i: number): number => random.at(stream, i).uniform();
const normal = (stream: number, i: number): number => random.at(stream, i).normal();

/** Scores of clean streams, by name. */
const CLEAN: Record<string, (i: number) => number> = {
  normal: (i) => Math.abs(normal(0, i)),
  uniform: (i) => uniform(1, i),
  'heavy tail': (i) => Math.exp(3 * normal(2, i)),
  'whole numbers': (i) => random.at(3, i).below(200),
  'mostly 0': (i) => (uniform(4, i) < 0.9 ? 0 : uniform(5, i)),
  'with a season': (i) => (1.5 + Math.sin(i / 200)) * Math.abs(normal(6, i)),
  'that grow tenfold': (i) => 10 ** (i / 20_000) * Math.abs(normal(7, i)),
};

function crossed(scores: (i: number) => number, n: number, chosen: { alpha: number; half_life: number }): number {
  const threshold = conformal.create(chosen);
  let count = 0;
  for (let i = 0; i < n; i++) if (scores(i) > threshold.limit(i * 1000, scores(i))) count++;
  return count / n;
}

describe('conformal', () => {
  for (const [name, scores] of Object.entries(CLEAN)) {
    it(`is crossed by half to twice the level: ${name}`, () => {
      for (const alpha of [0.01, 0.05]) {
        const part = crossed(scores, 20_000, { alpha, half_life: 10_000 });
        expect(part).toBeGreaterThan(alpha / 2);
        expect(part).toBeLessThan(alpha * 2);
      }
    });
  }

  it('has no limit until a p-value can be as small as the level', () => {
    const threshold = conformal.create({ alpha: 0.05, half_life: 1e6 });
    const limits = Array.from({ length: 40 }, (_, i) => threshold.limit(i, i % 2));
    // The smallest p-value after n scores is 1 / (n + 1), so 19 are needed; scores are taken in by groups, here of 3.
    expect(limits.findIndex((limit) => limit !== Infinity)).toBe(22);
    expect(limits[22]).toBe(1);
  });

  it('comes right by moving the level, a fiftieth of it for each score that crosses, by no more than a factor of four', () => {
    const changing = (pace: number) => (i: number) => 10 ** (i / pace) * Math.abs(normal(7, i));
    const scores = changing(50_000);
    const plain = quantile.create({ q: 0.99, half_life: 10_000, min_scores: 100 });
    let byQuantile = 0;
    for (let i = 0; i < 60_000; i++) if (scores(i) > plain.limit(i, scores(i))) byQuantile++;
    expect(byQuantile / 60_000).toBeGreaterThan(0.02);
    const part = crossed(scores, 60_000, { alpha: 0.01, half_life: 10_000 });
    expect(part).toBeGreaterThan(0.01);
    expect(part).toBeLessThan(0.016);
    expect(crossed(changing(-200_000), 60_000, { alpha: 0.01, half_life: 10_000 })).toBeGreaterThan(0.006);
    expect(crossed(changing(5000), 60_000, { alpha: 0.01, half_life: 10_000 })).toBeGreaterThan(0.03);
  });

  it('does not pay long for a disturbance', () => {
    const threshold = conformal.create({ alpha: 0.01, half_life: 10_000 });
    let before = 0;
    for (let i = 0; i < 5000; i++) before = threshold.limit(i, CLEAN['normal'](i));
    for (let i = 5000; i < 5100; i++) threshold.limit(i, 100);
    let least = Infinity;
    for (let i = 5100; i < 15_000; i++) least = Math.min(least, threshold.limit(i, CLEAN['normal'](i)));
    expect(before).toBeLessThan(3);
    expect(least).toBeLessThan(5);
  });

  it('has these limits, to the last digits', () => {
    const threshold = conformal.create({ alpha: 0.02, half_life: 500 });
    const limits = Array.from({ length: 3000 }, (_, i) => threshold.limit(i, CLEAN['normal'](i)));
    [2.289902361418795, 2.5585474764963827, 2.282393054009853].forEach((limit, k) => expect(limits[[99, 1000, 2999][k]]).toBeCloseTo(limit, 9));
  });
});
