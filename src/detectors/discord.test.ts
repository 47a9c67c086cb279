import { describe, expect, it } from 'vitest';
import { detectorOutput } from '../core/contracts.ts';
import { CounterRandom } from '../core/random.ts';
import { discord } from './discord.ts';

const OPTIONS = { window: 8, history: 64, noise: 0.1 };

function noise(length: number, seed = 1): number[] {
  const random = new CounterRandom(seed);
  return Array.from({ length }, (_, i) => random.at(0, i).normal());
}

const wave = (length: number, period = 16) => Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * i) / period) + Math.cos((6 * Math.PI * i) / period));

function scores(values: readonly number[], options: Partial<typeof OPTIONS> = {}): number[] {
  const detector = discord.create({ ...OPTIONS, ...options }, 1);
  const row = Float64Array.from(values);
  return values.map((_, i) => {
    const score = detector.score(i, row, i, detectorOutput(1));
    detector.learn(i, row, i);
    return score;
  });
}

/** Every stretch against every other, in lists. */
function reference(values: readonly number[], { window, history, noise: share }: typeof OPTIONS): number[] {
  const size = Math.max(history, 4 * window);
  const shifted = values.map((x) => x - values[0]);
  const shapes: number[][] = [];
  const numbers = { mean: 0, variance: 0, count: 0, usual: 0, spread: 0 };
  return shifted.map((x, i) => {
    const stretch = Array.from({ length: window }, (_, k) => shifted[i - k] ?? 0);
    const mean = stretch.reduce((a, b) => a + b) / window;
    const variance = stretch.reduce((sum, y) => sum + (y - mean) ** 2, 0) / window;
    const norm = Math.sqrt(window * (variance + share * numbers.variance + 2 ** -1000));
    const shape = stretch.map((y) => (y - mean) / norm);
    let score = NaN;
    if (i >= 3 * window) {
      const others = shapes.slice(Math.max(window - 1, i - (size - window) + 1), i - window + 1);
      const distance = Math.sqrt(Math.min(...others.map((other) => other.reduce((sum, y, k) => sum + (y - shape[k]) ** 2, 0))));
      const spread = Math.max(0.02, Math.sqrt(numbers.spread));
      if (numbers.count >= window) score = Math.max(0, (distance - numbers.usual) / spread);
      const step = 1 / Math.min(++numbers.count, 4000);
      const reach = numbers.count <= window ? 2 : 3 * spread;
      const away = Math.max(-reach, Math.min(reach, distance - numbers.usual));
      numbers.usual += step * away;
      numbers.spread = (1 - step) * (numbers.spread + step * away * away);
    }
    shapes.push(shape);
    const step = 1 / Math.min(i + 1, size);
    const away = x - numbers.mean;
    numbers.mean += step * away;
    numbers.variance = (1 - step) * (numbers.variance + step * away * away);
    return score;
  });
}

describe('discord', () => {
  it.each([{}, { window: 5, history: 100 }, { window: 20 }, { noise: 0 }, { noise: 2 }])('scores as comparing every pair of stretches does: %o', (given) => {
    const values = [...noise(150), ...wave(150).map((x) => 1000 + 3 * x), ...noise(100, 2)];
    const options = { ...OPTIONS, ...given };
    const want = reference(values, options);
    scores(values, given).forEach((score, i) => {
      expect(Number.isNaN(score), `point ${i}`).toBe(Number.isNaN(want[i]));
      if (!Number.isNaN(score)) expect(score, `point ${i}`).toBeCloseTo(want[i], 4);
    });
  });

  it('says these numbers', () => {
    expect(
      scores([...wave(100), 2, 2, 2])
        .slice(100)
        .map((x) => x.toFixed(5)),
    ).toEqual(['12.46118', '13.69177', '16.97530']);
  });

  it('is warm after four windows, missing points left out', () => {
    expect(scores(noise(100)).findIndex((x) => !Number.isNaN(x))).toBe(32);
    const holes = noise(100).flatMap((x) => [x, NaN, 1e151]);
    const said = scores(holes);
    expect(said.filter((_, i) => i % 3 === 0)).toEqual(scores(noise(100)));
    expect(said.every((x, i) => i % 3 === 0 || Number.isNaN(x))).toBe(true);
  });

  it('finds a cycle cut short, whatever the level and the height', () => {
    const cut = [...wave(400).slice(0, 300), ...wave(400).slice(307)].map((x, i) => x + noise(400, 3)[i] * 0.05);
    for (const [level, height] of [
      [0, 1],
      [1e9, 1e3],
      [-5, 1e-6],
    ]) {
      const said = scores(
        cut.map((x) => level + height * x),
        { window: 16, history: 256 },
      );
      const best = said.indexOf(Math.max(...said.filter((x) => !Number.isNaN(x))));
      expect(best).toBeGreaterThanOrEqual(300);
      expect(best).toBeLessThan(316);
      expect(said[best]).toBeGreaterThan(5);
    }
  });

  it('does not let rounding pile up: after many points far from the first it says what lists say', () => {
    const values = noise(3000).map((x) => x + 1e4);
    values[0] = 0;
    const want = reference(values, OPTIONS).slice(-64);
    scores(values)
      .slice(-64)
      .forEach((score, i) => expect(score).toBeCloseTo(want[i], 3));
  });

  it('scores a row by its most unusual column', () => {
    const one = noise(100);
    const other = wave(100);
    const detector = discord.create(OPTIONS, 2);
    const rows = Float64Array.from(one.flatMap((x, i) => [x, other[i]]));
    for (let i = 0; i < 100; i++) {
      const said = detector.score(i, rows, 2 * i, detectorOutput(2));
      if (i >= 32) expect(said).toBe(Math.max(scores(one.slice(0, i + 1)).at(-1)!, scores(other.slice(0, i + 1)).at(-1)!));
      detector.learn(i, rows, 2 * i);
    }
  });
});
