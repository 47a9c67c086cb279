import { describe, expect, it } from 'vitest';
import { detectorOutput, resetOutput, type Detector } from '../../core/contracts.ts';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { day, noise, timeOf } from './auto.fixture.ts';
import { auto } from './index.ts';

const OPTIONS = { members: ['level', 'season', 'shape', 'forecast', 'stuck', 'envelope'] as const } as never;

function bytesOf(detector: Detector): Uint8Array {
  const writer = new SnapshotWriter();
  writer.begin(auto.version);
  detector.snapshot(writer);
  return writer.end();
}

function copyOf(detector: Detector, width = 1): Detector {
  return auto.restore(new SnapshotReader(bytesOf(detector), auto.version), OPTIONS, width);
}

function run(detector: Detector, values: Float64Array, from: number, to: number): number[] {
  const out = detectorOutput(1);
  const said: number[] = [];
  for (let row = from; row < to; row++) {
    said.push(detector.score(timeOf(row), values, row, resetOutput(out)), out.expected, out.below, out.above, out.onset, out.member);
    detector.learn(timeOf(row), values, row);
  }
  return said;
}

const seasonal = Float64Array.from({ length: 4000 }, (_, row) =>
  row % 500 === 499 ? NaN : 100 + day(row, 12) + noise(row) + (row > 3000 && row < 3400 ? 25 : 0),
);

describe('auto on one column', () => {
  it('goes on from a snapshot to the last bit when all its members are in use', () => {
    const detector = auto.create(OPTIONS, 1);
    const whole = run(auto.create(OPTIONS, 1), seasonal, 0, 4000);
    for (let row = 0; row < 4000; row += 333) {
      const until = Math.min(4000, row + 333);
      expect(run(copyOf(copyOf(detector)), seasonal, row, until)).toEqual(whole.slice(row * 6, until * 6));
      run(detector, seasonal, row, until);
    }
    expect(copyOf(detector).describe!()).toEqual(detector.describe!());
  });

  it('has a state of fixed size, below 32 KB with the envelope', () => {
    const fresh = bytesOf(auto.create(OPTIONS, 1)).length;
    const detector = auto.create(OPTIONS, 1);
    run(detector, seasonal, 0, 4000);
    expect(bytesOf(detector).length).toBe(fresh);
    expect(fresh).toBeLessThan(32 * 1024);
  });

  it('gives a band in which a value has a score of the limit at most', () => {
    const detector = auto.create(OPTIONS, 1);
    run(detector, seasonal, 0, 2000);
    const out = detectorOutput(1);
    const cell = Float64Array.of(seasonal[2000]);
    detector.score(timeOf(2000), cell, 0, resetOutput(out));
    expect(out.below).toBe(out.above);
    expect(5 * out.above).toBeGreaterThan(4);
    expect(5 * out.above).toBeLessThan(25);
    expect(Math.abs(out.expected - 100 - day(2000, 12))).toBeLessThan(2.5);
  });
});

describe('auto on several columns', () => {
  it('names its members after those of one column, and says the same after a snapshot', () => {
    const detector = auto.create(OPTIONS, 3);
    const rows = Float64Array.from({ length: 3 * 500 }, (_, i) => noise(Math.floor(i / 3), i % 3));
    const out = detectorOutput(3);
    for (let row = 0; row < 499; row++) {
      detector.score(timeOf(row), rows, 3 * row, resetOutput(out));
      detector.learn(timeOf(row), rows, 3 * row);
    }
    const copy = copyOf(detector, 3);
    const score = detector.score(timeOf(499), rows, 3 * 499, resetOutput(out));
    expect(out.member).toBeGreaterThanOrEqual(6);
    expect(auto.members![out.member]).toMatch(/surprise|neighbours/);
    expect(copy.score(timeOf(499), rows, 3 * 499, resetOutput(out))).toBe(score);
    expect(Array.isArray(copy.describe!())).toBe(true);
  });
});

it('the scores of a made stream do not change unnoticed', () => {
  const scores = run(auto.create(OPTIONS, 1), seasonal, 0, 3100).filter((_, i) => i % 6 === 0);
  const known = [
    [20, 2.3353],
    [900, 1.4134],
    [2000, 2.2246],
    [2998, 1.7293],
    [3001, 6.58],
    [3050, 6.58],
  ] as const;
  for (const [row, score] of known) expect(scores[row]).toBeCloseTo(score, 4);
});
