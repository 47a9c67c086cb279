import { describe, expect, it } from 'vitest';
import { detectorOutput, resetOutput, type Detector } from '../core/contracts.ts';
import { CounterRandom } from '../core/random.ts';
import { chiSquareSigma } from '../math/chi-square.ts';
import { ExponentialCovariance } from '../math/covariance.ts';
import { symmetricEigen } from '../math/matrix.ts';
import { Network } from '../math/network.ts';
import { autoencoder } from './autoencoder.ts';
import { mahalanobis } from './mahalanobis.ts';
import { pca } from './pca.ts';

const random = new CounterRandom(11);
const normal = (stream: number, i: number): number => random.at(stream, i).normal();

/** Four columns of unlike scale: the first three follow one cause, the last is of its own. */
function joint(n: number): Float64Array {
  const values = new Float64Array(n * 4);
  for (let i = 0; i < n; i++) {
    const cause = normal(0, i);
    values.set([cause + 0.3 * normal(1, i), 1e6 * (3 + cause + 0.3 * normal(2, i)), 1e-6 * (cause + 0.3 * normal(3, i)), 7 + normal(4, i)], i * 4);
  }
  return values;
}

interface Said {
  score: number;
  member: number;
  shares: number[];
}

function run(detector: Detector, values: Float64Array, width: number): Said[] {
  const out = detectorOutput(width);
  return Array.from({ length: values.length / width }, (_, i) => {
    const score = detector.score(i * 1000, values, i * width, resetOutput(out));
    detector.learn(i * 1000, values, i * width);
    return { score, member: out.member, shares: [...out.contributions] };
  });
}

const CLEAN = 1000;
/** The first column alone goes against its fellows, within its own range; then all three go far together. */
const data = joint(CLEAN + 2);
data.set([2.5, 1e6 * 0.5, -2.5e-6, 7], CLEAN * 4);
data.set([8, 1e6 * 11, 8e-6, 7], (CLEAN + 1) * 4);
data[CLEAN * 4 + 1] = 1e6 * 5.5;

/** Moments of the rows so far, as the detectors have them after `n` rows. */
function momentsOf(values: Float64Array, width: number, n: number, span: number): ExponentialCovariance {
  const moments = new ExponentialCovariance(width, 2 / (span + 1), true);
  for (let i = 0; i < n; i++) moments.learn(values.subarray(i * width, (i + 1) * width));
  return moments;
}

/** R^-1 z by elimination. */
function solve(r: Float64Array, z: Float64Array): number[] {
  const n = z.length;
  const m = Array.from({ length: n }, (_, i) => [...r.subarray(i * n, (i + 1) * n), z[i]]);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      if (k === i) continue;
      const factor = m[k][i] / m[i][i];
      for (let j = i; j <= n; j++) m[k][j] -= factor * m[i][j];
    }
  }
  return m.map((row, i) => row[n] / row[i]);
}

const shares = (parts: readonly number[]): number[] => {
  const kept = parts.map((x) => Math.max(0, x));
  return kept.map((x) => x / kept.reduce((sum, y) => sum + y, 0));
};

function expectClose(actual: readonly number[], expected: readonly number[], digits = 9): void {
  actual.forEach((x, i) => expect(x).toBeCloseTo(expected[i], digits));
}

function highest(said: readonly Said[], from: number, to: number): number {
  return Math.max(...said.slice(from, to).map((row) => row.score));
}

const OPTIONS = { span: 2000, warm_up: 100, average: 1 };

describe('mahalanobis', () => {
  const said = run(mahalanobis.create(OPTIONS, 4), data, 4);

  it('is the distance by the inverse of the shrunk correlations, with the parts of the columns', () => {
    for (const at of [100, 500, CLEAN]) {
      const moments = momentsOf(data, 4, at, 2000);
      const r = new Float64Array(16);
      moments.correlations(undefined, r);
      const z = new Float64Array(4);
      moments.standardise(data.subarray(at * 4, at * 4 + 4), z);
      const parts = solve(r, z).map((x, j) => x * z[j]);
      const square = parts.reduce((sum, x) => sum + x, 0);
      expect(said[at].score).toBeCloseTo(chiSquareSigma(square, 4), 8);
      expectClose(said[at].shares, shares(parts));
    }
  });

  it('warms up, stays near 0 on clean rows, and finds columns that part though each is within its range', () => {
    expect(said.slice(0, 100).every((row) => Number.isNaN(row.score))).toBe(true);
    const clean = said.slice(200, CLEAN).map((row) => row.score);
    expect(Math.abs(clean.reduce((sum, x) => sum + x, 0) / clean.length)).toBeLessThan(0.15);
    expect(highest(said, 200, CLEAN)).toBeLessThan(5);
    expect(said[CLEAN].score).toBeGreaterThan(5);
    expect(said[CLEAN].shares[2]).toBeGreaterThan(0.5);
  });

  it('with shrinkage 1 sees no correlation', () => {
    const alone = run(mahalanobis.create({ ...OPTIONS, shrinkage: 1 }, 4), data, 4);
    expect(alone[CLEAN].score).toBeLessThan(4);
    expect(alone[CLEAN + 1].score).toBeGreaterThan(10);
  });

  it('joins eight rows of one column, and as many as asked', () => {
    const wave = Float64Array.from({ length: 600 }, (_, i) => Math.sin(i / 5) + 0.05 * normal(9, i));
    wave[500] = Math.sin(500 / 5) > 0 ? -0.5 : 0.5;
    const single = run(mahalanobis.create({ ...OPTIONS, shingle: 1 }, 1), wave, 1);
    const eight = run(mahalanobis.create(OPTIONS, 1), wave, 1);
    expect(eight).toEqual(run(mahalanobis.create({ ...OPTIONS, shingle: 8 }, 1), wave, 1));
    expect(single[500].score).toBeLessThan(2);
    expect(eight[500].score).toBeGreaterThan(5);
    expect(eight[106].score).toBeNaN();
    expect(eight[107].score).not.toBeNaN();
    expect(eight[500].shares).toEqual([1]);
  });
});

describe('the average of scores', () => {
  it.each([mahalanobis, pca, autoencoder])('is over three rows of several columns, and over as many as asked: $name', (definition) => {
    const scores = (average?: number) => {
      const chosen = { span: 2000, warm_up: 50, variance: 0.8, every: 50, rate: 0.005, memory: 8, replay: 1, seed: 1, average };
      return run(definition.create(chosen, 4), data, 4).map(({ score }) => score);
    };
    const alone = scores(1);
    const from = alone.findIndex((x) => !Number.isNaN(x));
    for (const [average, rows] of [
      [5, 5],
      [undefined, 3],
    ]) {
      const said = scores(average);
      for (let i = from + 1, want = alone[from]; i < alone.length; i++) expect(said[i]).toBeCloseTo((want += (alone[i] - want) / rows!), 9);
    }
  });
});

describe('pca', () => {
  const options = { ...OPTIONS, variance: 0.8, every: 50 };
  const said = run(pca.create(options, 4), data, 4);

  it('is the larger of the residual and the variation, by the components of the last computation', () => {
    for (const at of [100, 149, 150, 730, CLEAN, CLEAN + 1]) {
      const computed = 100 + Math.floor((at - 100) / 50) * 50;
      const r = new Float64Array(16);
      momentsOf(data, 4, computed, 2000).correlations(undefined, r);
      const values = new Float64Array(4);
      const vectors = new Float64Array(16);
      symmetricEigen(r, 4, values, vectors);
      const z = new Float64Array(4);
      momentsOf(data, 4, at, 2000).standardise(data.subarray(at * 4, at * 4 + 4), z);
      const along = [0, 1, 2, 3].map((i) => z.reduce((sum, x, j) => sum + x * vectors[i * 4 + j], 0));
      const variation = chiSquareSigma(along[0] ** 2 / values[0] + along[1] ** 2 / values[1], 2);
      const left = along[2] ** 2 + along[3] ** 2;
      const [first, second] = [values[2] + values[3], values[2] ** 2 + values[3] ** 2];
      const residual = chiSquareSigma((left * first) / second, first ** 2 / second);
      expect(said[at].score).toBeCloseTo(Math.max(variation, residual), 8);
      expect(said[at].member).toBe(variation > residual ? 1 : 0);
      const part = (j: number) =>
        variation > residual
          ? z[j] * [0, 1].reduce((sum, i) => sum + (along[i] / values[i]) * vectors[i * 4 + j], 0)
          : [2, 3].reduce((sum, i) => sum + along[i] * vectors[i * 4 + j], 0) ** 2;
      expectClose(said[at].shares, shares([0, 1, 2, 3].map(part)));
    }
  });

  it('says that a column left the others, or that all went far together', () => {
    expect(said[99].score).toBeNaN();
    expect(highest(said, 200, CLEAN)).toBeLessThan(5);
    expect([said[CLEAN].member, said[CLEAN + 1].member].map((k) => pca.members?.[k])).toEqual(['residual', 'variation']);
    expect(said[CLEAN].score).toBeGreaterThan(5);
    expect(said[CLEAN].shares[2]).toBeGreaterThan(0.5);
    expect(said[CLEAN + 1].score).toBeGreaterThan(5);
  });

  it('keeps as many components as explain the asked share, and says so', () => {
    const kept = (variance: number): string[] => {
      const detector = pca.create({ ...options, variance }, 4);
      expect(detector.describe!()).toEqual([]);
      run(detector, data.subarray(0, 800), 4);
      return detector.describe!();
    };
    expect(kept(0.5)).toEqual(['1 of 4 components explain 50% of the variance']);
    expect(kept(0.8)).toEqual(['2 of 4 components explain 80% of the variance']);
    expect(kept(0.999)).toEqual(['4 of 4 components explain 100% of the variance']);
  });

  it('has no residual where every component is kept', () => {
    const all = run(pca.create({ ...options, variance: 0.999 }, 4), data, 4);
    expect(all.slice(100).every((row) => row.member === 1 && Number.isFinite(row.score))).toBe(true);
  });
});

describe('autoencoder', () => {
  const options = { rate: 0.005, memory: 64, replay: 3, span: 2000, warm_up: 300, average: 1, seed: 1 };
  const said = run(autoencoder.create(options, 4), data, 4);

  it('is what a network leaves of the row, in spreads of what it used to leave', () => {
    const chosen = { rate: 0.02, memory: 8, replay: 2, span: 50, warm_up: 5, average: 1, seed: 4, hidden: 2 };
    const actual = run(autoencoder.create(chosen, 4), data.subarray(0, 240), 4);
    const draw = new CounterRandom(4);
    const network = new Network(4, 2, 0.02, (i) => draw.at(0, i).normal());
    const moments = new ExponentialCovariance(4, 2 / 51, false);
    const errors = new ExponentialCovariance(4, 2 / 51, false);
    const memory: Float64Array[] = [];
    for (let i = 0; i < 60; i++) {
      const row = data.subarray(i * 4, i * 4 + 4);
      if (i < 2) {
        moments.learn(row);
        continue;
      }
      const z = new Float64Array(4);
      moments.standardise(row, z);
      const seen = z.map((x) => Math.max(-5, Math.min(5, x)));
      const left = network.run(seen).map((y, j) => z[j] - y);
      const parts = new Float64Array(4);
      errors.standardise(left, parts);
      const squares = [...parts].map((x) => x * x);
      const learnt = i - 2;
      if (learnt < 5) expect(actual[i].score).toBeNaN();
      else {
        expect(actual[i].score).toBeCloseTo(
          chiSquareSigma(
            squares.reduce((sum, x) => sum + x, 0),
            4,
          ),
          9,
        );
        expectClose(actual[i].shares, shares(squares));
      }
      moments.learn(row);
      errors.learn(left);
      network.learn(seen);
      const held = memory.length;
      for (let k = 0; k < 2 && held > 0; k++) network.learn(memory[draw.at(2, learnt * 2 + k).below(held)]);
      const place = learnt < 8 ? learnt : draw.at(1, learnt).below(learnt + 1);
      if (place < 8) memory[place] = Float64Array.from(seen, Math.fround);
    }
  });

  it('learns how the columns go together, and finds where they part', () => {
    expect(said[301].score).toBeNaN();
    expect(said[302].score).not.toBeNaN();
    const clean = said.slice(600, CLEAN).map((row) => row.score);
    expect(said[CLEAN].score).toBeGreaterThan(Math.max(...clean));
    expect(said[CLEAN].shares[2]).toBeGreaterThan(0.5);
  });

  it('takes a third of the values as hidden units, and the seed makes a difference', () => {
    expect(run(autoencoder.create({ ...options, hidden: 2 }, 4), data, 4)).toEqual(said);
    expect(run(autoencoder.create({ ...options, hidden: 1 }, 4), data, 4)).not.toEqual(said);
    expect(run(autoencoder.create({ ...options, seed: 2 }, 4), data, 4)).not.toEqual(said);
  });
});
