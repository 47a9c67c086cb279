import { describe, expect, it } from 'vitest';
import { detectorOutput, resetOutput, type Detector } from '../../../core/contracts.ts';
import { CounterRandom } from '../../../core/random.ts';
import { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { mahalanobis } from '../../mahalanobis.ts';
import { Apart } from './apart.ts';
import { createRows, ROW_LIMIT, rowMembers } from './index.ts';

const AT = 3000;
const LONG = 200;
const ROWS = AT + LONG;
const SEEDS = [1, 2, 3, 4, 5];
const BEFORE = 20;

/** What moves the columns: x, y, and z, which is like x but another. */
interface Movers {
  x: (i: number) => number;
  y: (i: number) => number;
  z: (i: number) => number;
  noise: (i: number, column: number) => number;
}

/** Autocorrelated, of variance 1. */
function movers(seed: number, carry = 0.9): Movers {
  const random = new CounterRandom(seed);
  const [x, y, z] = [50, 51, 52].map((stream) => {
    const values = new Float64Array(ROWS + BEFORE);
    for (let i = 1; i < values.length; i++) values[i] = carry * values[i - 1] + Math.sqrt(1 - carry * carry) * random.at(stream, i).normal();
    return (i: number) => values[i + BEFORE];
  });
  return { x, y, z, noise: (i, column) => random.at(column, i).normal() };
}

interface Case {
  width: number;
  /** The column that goes its own way for the last rows. */
  parts: number;
  carry?: number;
  /** `of` moves the column: x until it goes its own way. */
  value: (i: number, column: number, of: (i: number) => number, by: Movers) => number;
}

const CASES: Record<string, Case> = {
  'two columns, with noise': { width: 2, parts: 1, value: (i, j, of, by) => of(i) + 0.3 * by.noise(i, j) },
  'two pairs among noise': {
    width: 8,
    parts: 1,
    value: (i, j, of, by) => (j < 2 ? of(i) + 0.3 * by.noise(i, j) : j < 4 ? by.y(i) + 0.3 * by.noise(i, j) : by.noise(i, j)),
  },
  'one that follows two rows late': { width: 3, parts: 2, carry: 0.97, value: (i, j, of, by) => of(j === 2 ? i - 2 : i) + 0.2 * by.noise(i, j) },
  'one column constant': { width: 4, parts: 2, value: (i, j, of, by) => (j === 1 ? 7 : of(i) + 0.3 * by.noise(i, j)) },
  'columns that are copies': { width: 4, parts: 3, value: (i, j, of, by) => of(i) + (j === 2 ? 0.3 * by.noise(i, j) : 0) },
  'a sum of two': { width: 3, parts: 2, value: (i, j, of, by) => (j === 0 ? by.x(i) : j === 1 ? by.y(i) : of(i) + by.y(i) + 0.3 * by.noise(i, j)) },
};

function rowsOf({ width, parts, carry, value }: Case, seed: number): Float64Array {
  const by = movers(seed, carry);
  return Float64Array.from({ length: ROWS * width }, (_, k) => {
    const i = Math.floor(k / width);
    const j = k % width;
    return value(i, j, i >= AT && j === parts ? by.z : by.x, by);
  });
}

/** Rows above the limit while the column goes its own way and before, by one member where one is named; how often the share of `parts` was the largest. */
function said(detector: Detector, values: Float64Array, limit: number, parts: number, member = -1) {
  const width = values.length / ROWS;
  const out = detectorOutput(width);
  let [during, before, right] = [0, 0, 0];
  for (let i = 0; i < ROWS; i++) {
    const score = detector.score(i * 60_000, values, i * width, resetOutput(out));
    if (score > limit && (member < 0 || out.member === member)) {
      if (i < AT) before++;
      else {
        during++;
        if (out.contributions.indexOf(Math.max(...out.contributions)) === parts) right++;
      }
    }
    detector.learn(i * 60_000, values, i * width);
  }
  return { during, before, right };
}

const APART = rowMembers.indexOf('apart');
const fresh = (width: number): Detector => createRows({}, width);

describe('columns that part, each within its range', () => {
  it.each(Object.entries(CASES))('are seen: %s', (_, made) => {
    let [during, before, right, less] = [0, 0, 0, 0];
    for (const seed of SEEDS) {
      const values = rowsOf(made, seed);
      const ours = said(fresh(made.width), values, ROW_LIMIT, made.parts, APART);
      expect(ours.during).toBeGreaterThan(0);
      during += ours.during;
      before += ours.before;
      right += ours.right;
      less += said(mahalanobis.create({ span: 2000, warm_up: 100 }, made.width), values, 5, made.parts).during;
    }
    expect(during).toBeGreaterThan(0.1 * LONG * SEEDS.length);
    // With its own limit mahalanobis sees fewer of these rows.
    expect(during).toBeGreaterThan(less);
    expect(before).toBeLessThanOrEqual(0.001 * AT * SEEDS.length);
    // Of two that part each might be the one.
    if (made.width > 2 && made.width < 8) expect(right).toBeGreaterThan(0.5 * during);
  });

  it('are not told of where columns have nothing to do with each other, or only seem to: noise, walks', () => {
    for (const step of [false, true]) {
      let rows = 0;
      for (const seed of SEEDS) {
        const random = new CounterRandom(seed);
        const values = Float64Array.from({ length: ROWS * 6 }, (_, k) => random.at(k % 6, Math.floor(k / 6)).normal());
        if (step) for (let k = 6; k < values.length; k++) values[k] += values[k - 6];
        const { during, before } = said(fresh(6), values, ROW_LIMIT, 0, APART);
        rows += during + before;
      }
      expect(rows).toBeLessThanOrEqual(2);
    }
  });
});

/** Ratios of every row, each scored and learnt at once. */
function ratios(apart: Apart, levels: Float64Array, from = 0, to = ROWS): number[] {
  const width = levels.length / ROWS;
  return Array.from({ length: to - from }, (_, i) => {
    const row = levels.slice((from + i) * width, (from + i + 1) * width);
    const ratio = apart.score(row);
    apart.pass(row);
    apart.learn(row);
    return ratio;
  });
}

describe('what the others let expect', () => {
  const pair = rowsOf(CASES['two columns, with noise'], 3);

  it('is told of in words', () => {
    const detector = fresh(4);
    said(detector, rowsOf(CASES['one column constant'], 1), ROW_LIMIT, 2);
    expect(detector.describe!()[2]).toBe('apart: 3 of the columns go with others, and are told of when they no longer do');
  });

  it('is silent where the partner is missing, and speaks when it is back', () => {
    const levels = pair.slice();
    for (let i = AT; i < AT + 100; i++) levels[2 * i] = NaN;
    const found = ratios(new Apart(2), levels).slice(AT);
    expect(found.slice(0, 100).every((ratio) => ratio === 0)).toBe(true);
    expect(Math.max(...found.slice(100))).toBeGreaterThan(1);
  });

  it('comes from the columns beside: 130 are as three groups by themselves', () => {
    const width = 130;
    const random = new CounterRandom(9);
    const levels = Float64Array.from({ length: ROWS * width }, (_, k) => {
      const [i, j] = [Math.floor(k / width), k % width];
      return random.at(1000 + (j >> 6), i).normal() + 0.3 * random.at(j, i).normal() + (i === ROWS - 5 && j === 129 ? 9 : 0);
    });
    const apart = new Apart(width);
    const found = ratios(apart, levels).at(-5)!;
    expect(found).toBeGreaterThan(1);
    const part = Float64Array.from({ length: ROWS * 2 }, (_, k) => levels[Math.floor(k / 2) * width + 128 + (k % 2)]);
    expect(ratios(new Apart(2), part).at(-5)!).toBeCloseTo(found * ((1 + 0.01 * Math.log2(130)) / 1.01), 9);
  });

  it('goes on from a snapshot to the last bit', () => {
    const apart = new Apart(2);
    ratios(apart, pair, 0, 1501);
    const writer = new SnapshotWriter();
    writer.begin(5);
    apart.snapshot(writer);
    const restored = new Apart(2).restore(new SnapshotReader(writer.end(), 5));
    expect(ratios(restored, pair, 1501)).toEqual(ratios(apart, pair, 1501));
  });
});
