import { describe, expect, it } from 'vitest';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { noise, scoresOf, white } from './auto.fixture.ts';
import { Level } from './level.ts';
import { TUNING } from './tuning.ts';

/** The level as its formulae say it, in plain numbers. */
function naiveLevel(values: readonly number[]): number[] {
  let [m, v, s1, c, hi, lo, ew, before] = [0, 0, 0, 0, 0, 0, 0, 0];
  const alpha = 1 - 2 ** (-1 / 1000);
  return values.map((x) => {
    const floor = 1e-4 * (hi - lo) + 1e-9 * Math.abs(m) + 1e-300;
    const spread = Math.max(Math.sqrt(v), 0.5 * s1, floor);
    const z = c < 10 ? 0 : Math.abs(x - m) / spread;
    ew += (Math.min(z, 10) - ew) / 16;
    const score = Math.max(z, before) + ew;
    before = z;
    if (c === 0) m = hi = lo = x;
    c++;
    hi -= ((hi - m) * Math.LN2) / 20_000;
    lo += ((m - lo) * Math.LN2) / 20_000;
    hi = Math.max(hi, x);
    lo = Math.min(lo, x);
    const d = c <= 10 ? x - m : Math.max(-2 * spread, Math.min(2 * spread, x - m));
    const rate = Math.max(alpha, 1 / c);
    m += rate * d;
    v += rate * (d * d - v);
    s1 += rate * (Math.min(Math.abs(x - m), 50 * Math.max(s1, 1e-4 * (hi - lo) + 1e-9 * Math.abs(m) + 1e-300)) - s1);
    return score;
  });
}

describe('level', () => {
  it('is what its formulae say', () => {
    const values = white.slice(0, 1500).map((x, row) => 3 + x + (row % 97 === 50 ? 7 : 0));
    const scores = scoresOf(new Level(TUNING), values);
    naiveLevel(values).forEach((expected, row) => expect(scores[row]).toBeCloseTo(expected, 9));
  });

  it('measures in no less than a part of the range that it has seen, which shrinks slowly', () => {
    const values = Array.from({ length: 40_000 }, (_, row) => (row < 20 ? (row % 2) * 1000 : 5 + 0.005 * noise(row)));
    const scores = scoresOf(new Level(TUNING), values);
    const expected = naiveLevel(values);
    for (let row = 39_000; row < 40_000; row += 50) expect(scores[row]).toBeCloseTo(expected[row], 9);
    const narrow = scoresOf(new Level(TUNING), values.slice(20));
    expect(scores[39_999]).toBeLessThan(0.9 * narrow[39_979]);
  });

  it('takes a change that lasted 300 values as it was, and says so', () => {
    const level = new Level(TUNING);
    scoresOf(level, white.slice(0, 1000));
    const taken = Array.from({ length: 400 }, (_, i) => {
      level.score(9 + white[1000 + i]);
      return level.learn(9 + white[1000 + i]);
    });
    expect(taken.indexOf(true)).toBe(299);
    expect(level.mean).toBeGreaterThan(8.8);
    expect(level.spread).toBeLessThan(1.2);
    expect(level.run).toBeLessThan(5);
  });

  it('says how long values have been away, with no distance beyond the knee', () => {
    const level = new Level(TUNING);
    level.knee = 2;
    scoresOf(level, white.slice(0, 500));
    const before = level.lasting;
    const { mean, spread } = level;
    level.score(mean + 50 * spread);
    const once = level.lasting;
    expect(level.isAway).toBe(true);
    level.score(mean - 2 * spread);
    expect(level.lasting).toBeCloseTo(once, 12);
    level.score(mean);
    expect([level.isAway, level.lasting < before]).toEqual([false, true]);
    for (let i = 0; i < 200; i++) {
      level.score(mean + 50 * spread);
      level.learn(mean + 50 * spread);
    }
    expect(level.lasting).toBeCloseTo(2, 1);
    level.score(level.mean);
    expect(level.isAway).toBe(true);
  });

  it('goes on from a state of version 2, which did not say how long values have been away', () => {
    const level = new Level(TUNING);
    scoresOf(level, white.slice(0, 500));
    const writer = new SnapshotWriter();
    writer.begin(3);
    level.snapshot(writer);
    const state = writer.end().slice(12);
    writer.begin(2);
    writer.block(state.subarray(0, 13 * 8));
    const restored = Level.restore(new SnapshotReader(writer.end(), 3), TUNING);
    expect(restored.lasting).toBe(0);
    expect(scoresOf(restored, white.slice(500, 600))).toEqual(scoresOf(level, white.slice(500, 600)));
  });

  it('presses distances beyond 100 spreads together', () => {
    const level = new Level(TUNING);
    scoresOf(level, white.slice(0, 500));
    const { mean, spread } = level;
    const sustained = level.score(mean + 50 * spread) - 50;
    expect(level.score(mean + 1000 * spread) - sustained).toBeCloseTo(100 * (1 + Math.log(10)), 6);
    expect(level.score(Number.MAX_VALUE / 1e200)).toBeLessThan(1100);
  });

  it('has no spread below the step of whole numbers', () => {
    const level = new Level(TUNING);
    scoresOf(
      level,
      white.slice(0, 100).map(() => 0),
    );
    level.least = 0.5;
    expect(level.spread).toBe(0.5);
  });
});
