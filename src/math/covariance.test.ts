import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../core/random.ts';
import { ExponentialCovariance } from './covariance.ts';

const random = new CounterRandom(5);

/** Rows of three columns: the second follows the first, the third is of its own and 1,000 times larger. */
function rows(n: number): Float64Array[] {
  return Array.from({ length: n }, (_, i) => {
    const common = random.at(0, i).normal();
    return Float64Array.of(common, 5 + common + 0.5 * random.at(1, i).normal(), 1000 * random.at(2, i).normal());
  });
}

/** Mean and covariance with the weights written out: the row at i weighs its step times what the later ones left. */
function reference(data: readonly Float64Array[], alpha: number): { mean: number[]; covariance: number[][] } {
  const step = data.map((_, i) => Math.max(1 / (i + 1), alpha));
  const weight = step.map((a, i) => step.slice(i + 1).reduce((left, b) => left * (1 - b), a));
  const mean = [0, 1, 2].map((j) => data.reduce((sum, row, i) => sum + weight[i] * row[j], 0));
  const covariance = [0, 1, 2].map((j) => [0, 1, 2].map((k) => data.reduce((sum, row, i) => sum + weight[i] * (row[j] - mean[j]) * (row[k] - mean[k]), 0)));
  return { mean, covariance };
}

describe('an exponentially weighted covariance', () => {
  const data = rows(200);
  const learnt = new ExponentialCovariance(3, 0.05, true);
  const variances = new ExponentialCovariance(3, 0.05, false);
  for (const row of data) {
    learnt.learn(row);
    variances.learn(row);
  }
  const { mean, covariance } = reference(data, 0.05);

  it('has the mean and the spreads of the weights written out', () => {
    for (let j = 0; j < 3; j++) {
      expect(learnt.mean(j)).toBeCloseTo(mean[j], 9);
      expect(learnt.spread(j)).toBeCloseTo(Math.sqrt(covariance[j][j]), 9);
      expect(variances.spread(j)).toBe(learnt.spread(j));
    }
    expect(learnt.count).toBe(200);
    expect(learnt.effective).toBe(39);
  });

  it('has the correlations, drawn towards none as far as asked', () => {
    const r = (i: number, j: number) => covariance[i][j] / Math.sqrt(covariance[i][i] * covariance[j][j]);
    const out = new Float64Array(9);
    expect(learnt.correlations(0.25, out)).toBe(0.25);
    expect([...out].map((x) => +x.toFixed(9))).toEqual(
      [1, r(0, 1) * 0.75, r(0, 2) * 0.75, r(0, 1) * 0.75, 1, r(1, 2) * 0.75, r(0, 2) * 0.75, r(1, 2) * 0.75, 1].map((x) => +x.toFixed(9)),
    );
    const pairs = [r(0, 1), r(0, 2), r(1, 2)];
    const chance = pairs.reduce((sum, x) => sum + (1 - x * x) ** 2 / 38, 0) / pairs.reduce((sum, x) => sum + x * x, 0);
    expect(learnt.correlations(undefined, out)).toBeCloseTo(chance, 9);
    expect(learnt.correlations(0, out)).toBe(0.001);
  });

  it('clips what lies farther than ten standard deviations, and not the first change of a flat column', () => {
    const flat = new ExponentialCovariance(1, 0.5, true);
    for (const x of [0, 0, 8]) flat.learn(Float64Array.of(x));
    expect(flat.mean(0)).toBe(4);
    expect(flat.spread(0)).toBe(4);
    flat.learn(Float64Array.of(1000));
    expect(flat.mean(0)).toBe(24);
    const out = new Float64Array(1);
    flat.standardise(Float64Array.of(24 + 3 * flat.spread(0)), out);
    expect(out[0]).toBeCloseTo(3, 12);
  });

  it('takes no spread for smaller than a twentieth of the range, and correlations as they were', () => {
    const bursts = new ExponentialCovariance(2, 0.5, true);
    for (let i = 0; i < 60; i++) bursts.learn(i < 20 ? Float64Array.of(i % 2, 1 - (i % 2)) : Float64Array.of(0.5 + 1e-3 * (i % 2), 0.5));
    expect(bursts.spread(0)).toBeCloseTo(0.05, 3);
    const out = new Float64Array(4);
    bursts.correlations(0, out);
    expect(Math.abs(out[1])).toBeLessThan(0.02);
  });

  it('measures a flat column in what rounding can cause, finitely', () => {
    const flat = new ExponentialCovariance(2, 0.1, true);
    for (let i = 0; i < 5; i++) flat.learn(Float64Array.of(1e9, 0));
    expect(flat.spread(0)).toBe(1e9 * 2 ** -48);
    const out = new Float64Array(4);
    flat.standardise(Float64Array.of(2e9, -1), out);
    expect([out[0], out[1]]).toEqual([1e4, -1e4]);
    expect(flat.correlations(0.5, out)).toBe(0.5);
    expect([...out]).toEqual([1, 0, 0, 1]);
  });
});
