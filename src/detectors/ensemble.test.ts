import { describe, expect, it } from 'vitest';
import { detectorOutput, resetOutput, type Detector } from '../core/contracts.ts';
import { CounterRandom } from '../core/random.ts';
import type { DetectorDefinition } from '../core/schema.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { givenOptions } from '../testing/given-options.ts';
import { combined } from '../thresholds/combination.ts';
import { Peaks } from '../thresholds/peaks.ts';
import { cusum } from './cusum.ts';
import { ema } from './ema.ts';
import { ensembleOf } from './ensemble.ts';
import { robust } from './robust.ts';
import { sma } from './sma.ts';

const ema20 = { name: 'ema', options: { span: 20, min_spread: 0 } };
const ema200 = { name: 'ema', options: { span: 200, min_spread: 0 } };
const sma10 = { name: 'sma', options: { window: 10, min_spread: 0 } };
const ensemble = ensembleOf(() => [sma, ema, robust, cusum], ['ema', 'sma']);
const random = new CounterRandom(71);
const tail = { risk: 1e-4, level: 0.95, min_scores: 50, half_life: 10_000 };

interface Said {
  score: number;
  member: number;
  expected: number;
  contributions: number[];
}

function follow(detector: Detector, values: Float64Array, width = 1): Said[] {
  const out = detectorOutput(width);
  const said: Said[] = [];
  for (let at = 0; at < values.length; at += width) {
    const score = detector.score(at * 1000, values, at, resetOutput(out));
    said.push({ score, member: out.member, expected: out.expected, contributions: [...out.contributions] });
    detector.learn(at * 1000, values, at);
  }
  return said;
}

const noise = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => 50 + random.at(0, i).normal());

describe('ensemble', () => {
  it('is how rare the combined surprises of its members are', () => {
    for (const how of ['mean', 'max', 'odds'] as const) {
      const values = noise(1500);
      values[1400] = 58;
      const members = [ema.create(ema20.options, 1), sma.create(sma10.options, 1)];
      const rarities = [new Peaks(tail), new Peaks(tail)];
      const whole = new Peaks(tail);
      const out = detectorOutput(1);
      const expected = Array.from(values, (_, i) => {
        const scores = members.map((member) => member.score(i, values, i, resetOutput(out)));
        const surprises = Float64Array.from(scores, (score, m) => (Number.isNaN(score) ? NaN : rarities[m].surprise(score)));
        const one = combined(surprises, how);
        const score = Number.isNaN(one) ? NaN : whole.surprise(one);
        scores.forEach((x, m) => Number.isNaN(x) || rarities[m].learn(x));
        members.forEach((member) => member.learn(i, values, i));
        if (!Number.isNaN(one)) whole.learn(one);
        return score;
      });
      const found = follow(ensemble.create({ of: [ema20, sma10], how, half_life: 10_000 }, 1), values).map(({ score }) => score);
      expect(found).toEqual(expected);
      // sma after 10 values, 20 scores of it, and 20 of the whole.
      expect(found.findIndex((score) => !Number.isNaN(score))).toBe(50);
      expect(found[1400]).toBeGreaterThan(3.5);
    }
  });

  it('is beyond 2 about once in 100 rows, beyond its default limit at most twice in 10,000, also where scores hang together', () => {
    expect(ensemble.threshold).toEqual({ name: 'static', options: { limit: 4 } });
    const n = 40_000;
    const hanging = new Float64Array(n);
    for (let i = 1; i < n; i++) hanging[i] = 0.9 * hanging[i - 1] + random.at(5, i).normal();
    const sums = { name: 'cusum', options: givenOptions(cusum, {}) };
    for (const [values, of] of [
      [noise(n), [ema20, ema200]],
      [hanging, [ema20, sums]],
    ] as const) {
      const said = follow(ensemble.create({ of: [...of], how: 'mean', half_life: 10_000 }, 1), values);
      const beyond = (limit: number): number => said.filter(({ score }) => score > limit).length / n;
      expect(beyond(2)).toBeGreaterThan(0.005);
      expect(beyond(2)).toBeLessThan(0.014);
      expect(beyond(3)).toBeGreaterThan(0);
      expect(beyond(4)).toBeLessThan(0.0002);
    }
  });

  it('says which member was surprised most, and expects what that one does', () => {
    const values = noise(3000);
    for (let i = 2500; i < 2520; i++) values[i] += 6;
    const said = follow(ensemble.create({ of: [ema20, ema200], how: 'mean', half_life: 10_000 }, 1), values);
    // The quick one gets used to the step, the slow one still finds it far from what it expects.
    expect(said[2519].member).toBe(1);
    expect(said[2519].expected).toBeLessThan(52);
    expect(new Set(said.slice(1000, 2000).map(({ member }) => member))).toEqual(new Set([0, 1]));
    expect(said[10].member).toBe(-1);
  });

  it('names its members, the second of a name with its number', () => {
    expect(ensemble.membersOf!({ of: [ema20, sma10, ema200, ema20], how: 'mean', half_life: 1000 })).toEqual(['ema', 'sma', 'ema 2', 'ema 3']);
  });

  it('shares the score among the columns, and takes members of one column once for each', () => {
    const values = Float64Array.from({ length: 3000 }, (_, k) => random.at(k % 3, Math.floor(k / 3)).normal());
    values[2900 * 1 + 1] = 12;
    const narrow = { ...sma, name: 'narrow', columns: 'one' as const, create: (o: never, width: number) => (expect(width).toBe(1), sma.create(o, width)) };
    const both = ensembleOf(() => [ema, narrow], []);
    const said = follow(both.create({ of: [ema20, { ...sma10, name: 'narrow' }], how: 'mean', half_life: 10_000 }, 3), values, 3);
    const { contributions, score } = said[Math.floor(2901 / 3)];
    expect(score).toBeGreaterThan(3);
    expect(contributions.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 9);
    expect(contributions[2901 % 3]).toBeGreaterThan(0.8);
  });

  it('averages what the members say together over three rows of several columns, and over as many as asked', () => {
    const one = noise(600);
    const values = Float64Array.from({ length: 1200 }, (_, k) => one[k >> 1] + random.at(9, k).normal());
    const scores = (average?: number, width = 2) =>
      follow(ensemble.create({ of: [ema20, sma10], how: 'mean', half_life: 10_000, average }, width), values, width).map(({ score }) => score);
    expect(scores()).toEqual(scores(3));
    expect(scores()).not.toEqual(scores(1));
    expect(scores(undefined, 1)).toEqual(scores(1, 1));
  });

  it('tells of a drift that one of its members found, and repeats what they say in words', () => {
    const drifting: Detector = {
      score: (_time, values, at, out) => ((out.drift = values[at] > 5), 1),
      learn: () => {},
      describe: () => ['looks at 5'],
      snapshot: () => {},
    };
    const made = ensembleOf(() => [ema, { ...sma, name: 'drifting', create: () => drifting }], []);
    const detector = made.create({ of: [ema20, { name: 'drifting', options: {} }], how: 'mean', half_life: 100 }, 1);
    const out = detectorOutput(1);
    detector.score(0, Float64Array.of(9), 0, resetOutput(out));
    expect(out.drift).toBe(true);
    detector.score(0, Float64Array.of(1), 0, resetOutput(out));
    expect(out.drift).toBe(false);
    expect(detector.describe!()).toEqual(['drifting: looks at 5']);
  });

  it('may be a member of another, and reads each member by its own version', () => {
    const versions: number[] = [];
    const versioned = {
      ...sma,
      version: 7,
      restore: (reader: SnapshotReader, o: never, width: number) => (versions.push(reader.version), sma.restore(reader, o, width)),
    };
    const list: DetectorDefinition[] = [ema, versioned, ensembleOf(() => list, [])];
    const options = { of: [{ name: 'ensemble', options: { of: [sma10, ema20], how: 'max', half_life: 500 } }, ema200], how: 'mean', half_life: 500 } as never;
    const values = noise(900);
    const detector = list[2].create(options, 1);
    follow(detector, values.subarray(0, 600));
    const writer = new SnapshotWriter();
    writer.begin(2);
    detector.snapshot(writer);
    const copy = list[2].restore(new SnapshotReader(writer.end(), 2), options, 1);
    expect(versions).toEqual([7]);
    expect(follow(copy, values.subarray(600))).toEqual(follow(detector, values.subarray(600)));
  });
});
