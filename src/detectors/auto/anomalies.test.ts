import { describe, expect, it } from 'vitest';
import { day, fed, memberOf, noise, timeOf } from './auto.fixture.ts';

const LIMIT = 5;
const ROWS = 3000;

/** Rows scored over the limit among the `more` that follow, with what they said. */
function after(more: number, value: (row: number) => number, options = {}) {
  const { next, scores } = fed(ROWS, (row) => value(row), options);
  const said = Array.from({ length: more }, (_, i) => next(value(ROWS + i)));
  return { said, before: scores, over: said.filter(({ score }) => score > LIMIT).length };
}

describe('what auto finds', () => {
  it('a spike, and only it', () => {
    const { said, over } = after(40, (row) => 50 + noise(row) + (row === ROWS + 5 ? 8 : 0));
    expect(said[5].score).toBeGreaterThan(LIMIT);
    expect(over).toBeLessThanOrEqual(3);
    expect(said[5].out.expected).toBeCloseTo(50, 0);
  });

  it('a spike of six standard deviations on a season, which the level alone does not see', () => {
    const { said } = after(10, (row) => 100 + day(row, 10) + noise(row) + (row === ROWS + 5 ? 6.5 : 0));
    expect(said[5].score).toBeGreaterThan(LIMIT);
  });

  it('a shift stays unusual while it lasts, is told once, and is normal after 300 values', () => {
    const { said } = after(500, (row) => 50 + noise(row) + (row >= ROWS ? 8 : 0));
    const scores = said.map(({ score }) => score);
    expect(scores.slice(2, 290).every((score) => score > LIMIT)).toBe(true);
    expect(scores.slice(340).filter((score) => score > LIMIT).length).toBe(0);
    expect(said.filter(({ out }) => out.onset > 0.5).length).toBe(1);
    expect(said[400].out.expected).toBeCloseTo(58, 0);
  });

  it('adapts after the time it is told; shapes are new for as long as they are', () => {
    const shifted = (row: number): number => 50 + noise(row) + (row >= ROWS ? 8 : 0);
    const over = (options: object): boolean[] => after(320, shifted, { adaptAfter: 100 * 300_000, ...options }).said.map(({ score }) => score > LIMIT);
    const all = over({});
    expect(all.slice(2, 90).every(Boolean)).toBe(true);
    expect(all.slice(270).some(Boolean)).toBe(false);
    const level = over({ members: ['level'] });
    expect(level.slice(2, 90).every(Boolean)).toBe(true);
    expect(level.slice(140).some(Boolean)).toBe(false);
  });

  it('a drift', () => {
    const { said, over } = after(600, (row) => 50 + noise(row) + 5 * Math.max(0, Math.min(1, (row - ROWS) / 500)));
    expect(over).toBeGreaterThan(50);
    expect(said.slice(0, 100).filter(({ score }) => score > LIMIT).length).toBeLessThan(5);
  });

  it('a drift under a heavy tail, which does not drown in single values far out', () => {
    const heavy = (row: number): number => noise(row, 4) / Math.sqrt((noise(row, 5) ** 2 + noise(row, 6) ** 2 + noise(row, 7) ** 2) / 3);
    const drifting = (row: number): number => heavy(row) + 5 * Math.sqrt(3) * Math.max(0, Math.min(1, (row - ROWS) / 500));
    const { said, before } = after(505, drifting, { members: ['level'] });
    const highest = Math.max(...before.slice(1000));
    expect(highest).toBeGreaterThan(1.2 * LIMIT);
    expect(said.filter(({ score }) => score > highest).length).toBeGreaterThan(50);
  });

  it('noise three times as wide', () => {
    expect(after(200, (row) => 50 + noise(row) * (row >= ROWS ? 3 : 1)).over).toBeGreaterThan(40);
  });

  it('a season late by a quarter, also by what the season says alone', () => {
    const late = (row: number): number => 100 + day(row + (row >= ROWS ? 72 : 0), 12) + noise(row);
    expect(after(100, late).over).toBeGreaterThan(30);
    const { said, over } = after(100, late, { members: ['season'] });
    expect(over).toBeGreaterThan(30);
    expect(memberOf(said[20])).toBe('season');
  });

  it('a value that stands still, from 20 on, while it lasts', () => {
    const still = (row: number): number => 50 + noise(Math.min(row, ROWS));
    expect(
      after(60, still)
        .said.slice(30)
        .every(({ score }) => score > LIMIT),
    ).toBe(true);
    const { said } = after(60, still, { members: ['stuck'] });
    const told = said.findIndex(({ score }) => score > LIMIT);
    expect(told).toBeGreaterThanOrEqual(20);
    expect(told).toBeLessThan(30);
    expect(memberOf(said[told])).toBe('stuck');
    expect(said.slice(told).every(({ score }) => score > LIMIT)).toBe(true);
  });

  it('a long standstill before all but the largest values of a heavy tail', () => {
    const heavy = (row: number): number => noise(row) / Math.sqrt((noise(row, 1) ** 2 + noise(row, 2) ** 2 + noise(row, 3) ** 2) / 3);
    const { said, before } = after(60, (row) => heavy(Math.min(row, ROWS)));
    const last = said[59].score;
    expect(last).toBeGreaterThan(8);
    expect(last).toBeLessThan(2 * LIMIT);
    expect(before.slice(1000).filter((score) => score > last).length).toBeLessThanOrEqual(6);
  });

  it('does not tell a series that often stands still', () => {
    expect(after(60, (row) => 50 + noise(Math.floor(row / 40)), { members: ['stuck'] }).over).toBe(0);
  });

  it('a beat that is missing from a shape', () => {
    const beat = (row: number): number => (row % 40 < 6 ? 10 : 0) + 0.1 * noise(row);
    const { over } = after(200, (row) => (row >= ROWS + 40 && row < ROWS + 120 ? 0.1 * noise(row) : beat(row)), { members: ['shape'] });
    expect(over).toBeGreaterThan(10);
  });
});

describe('what is not an anomaly of the data', () => {
  it('missing values have no score, but what is expected', () => {
    const { next } = fed(ROWS, (row) => 50 + noise(row));
    for (const hole of [NaN, Infinity, -Infinity, 1e200]) {
      const { score, out } = next(hole);
      expect(score).toBeNaN();
      expect(out.expected).toBeCloseTo(50, 0);
      expect(out.onset).toBe(0);
    }
    expect(next(50).score).toBeLessThan(LIMIT);
  });

  it('a gap, also where the values follow each other', () => {
    let level = 0;
    const { next } = fed(ROWS, (row) => (level = 0.98 * level + noise(row)));
    const far = level > 0 ? level - 12 : level + 12;
    const other = fed(ROWS, (row) => (level = row === 0 ? noise(0) : 0.98 * level + noise(row)));
    expect(memberOf(other.next(far))).toBe('forecast');
    expect(memberOf(next(far, timeOf(ROWS + 100)))).not.toBe('forecast');
  });

  it('the same value before and after a gap', () => {
    const { next } = fed(ROWS, (row) => 50 + noise(Math.min(row, ROWS - 16)));
    expect(memberOf(next(50 + noise(ROWS - 16), timeOf(ROWS + 100)))).not.toBe('stuck');
  });

  it('repeated times and a clock that is set back', () => {
    const { next, column } = fed(ROWS, (row) => 50 + noise(row));
    const scores = Array.from({ length: 50 }, (_, i) => next(50 + noise(ROWS + i), timeOf(ROWS - (i % 2) * 12)).score);
    expect(Math.max(...scores)).toBeLessThan(LIMIT);
    expect(column.describe()[0]).toBe('series: a value every 5 min, 3050 seen');
  });

  it('values that are often far out: the limit lies by their own tail', () => {
    const heavy = (row: number): number => noise(row) / Math.sqrt((noise(row, 2) ** 2 + noise(row, 3) ** 2 + noise(row, 4) ** 2) / 3);
    const { scores } = fed(10_000, heavy);
    expect(scores.slice(4000).filter((score) => score > LIMIT).length).toBeLessThan(12);
  });

  it('counts that are mostly 0 have no season by chance', () => {
    const { column } = fed(5000, (row) => (noise(row, 3) > 1.9 ? 2 : 0));
    expect(column.describe()).toContain('season: none found');
  });

  it('the scale: the same scores for values a million times as large', () => {
    const small = fed(600, (row) => noise(row)).scores;
    const large = fed(600, (row) => 1e6 * noise(row)).scores;
    for (let row = 300; row < 600; row++) expect(large[row]).toBeCloseTo(small[row], 3);
  });
});
