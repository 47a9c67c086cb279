import { describe, expect, it } from 'vitest';
import { day, fed, memberOf, noise, STEP, timeOf } from './auto.fixture.ts';

const LIMIT = 5;
const highest = (scores: Float64Array, from = 0): number => scores.slice(from).reduce((most, x) => (x > most ? x : most), 0);
const words = (column: { describe(): string[] }): string => column.describe().join('\n');

describe('what auto chooses', () => {
  it('knows nothing before the first value', () => {
    expect(fed(0, () => 0).column.describe()).toEqual(['nothing seen yet']);
  });

  it('begins with the level after ten values', () => {
    const { scores, column } = fed(12, (row) => 50 + noise(row));
    expect(scores.slice(0, 10).every((score) => Number.isNaN(score))).toBe(true);
    expect(scores[10]).toBeGreaterThan(0);
    expect(words(column)).toContain('series: a value every 5 min, 12 seen');
    expect(words(column)).toContain('forecast: warming up (100 values)');
    expect(words(column)).toContain('shape: warming up, 0 remembered');
  });

  it('noise: no season, the forecast predicts no better than the level', () => {
    const { column, scores } = fed(3000, (row) => 50 + noise(row));
    expect(words(column)).toContain('season: none found');
    expect(words(column)).toMatch(/forecast: not used, for the values before predict the next with (9\d|10\d)% of the error/);
    expect(words(column)).toContain('values: continuous');
    expect(highest(scores, 1000)).toBeLessThan(LIMIT);
  });

  it('a daily season: expected from the time of day, and a value that is usual at another hour is told', () => {
    const { column, next, scores } = fed(4000, (row) => 100 + day(row, 10) + noise(row));
    expect(words(column)).toMatch(/season: of (24 h|a week), expected from/);
    expect(highest(scores, 2500)).toBeLessThan(LIMIT);
    const usual = next(100 + day(4000, 10));
    expect(Math.abs(usual.out.expected - 100 - day(4000, 10))).toBeLessThan(1);
    const other = next(100 + day(4001, 10) - 14);
    expect(other.score).toBeGreaterThan(LIMIT);
    expect(['season', 'forecast']).toContain(memberOf(other));
  });

  it('a period that no clock has is found', () => {
    const { column } = fed(3000, (row) => 20 * (row % 50 < 25 ? 1 : -1) + noise(row));
    expect(words(column)).toMatch(/season: of 4.2 h found \(autocorrelation 1\.00\)/);
  });

  it('values that follow each other: the forecast is used', () => {
    let level = 0;
    const { column } = fed(1500, (row) => (level = 0.95 * level + noise(row)));
    const share = Number(/forecast: the values before predict the next with (\d+)%/.exec(words(column))![1]);
    expect(share).toBeGreaterThan(20);
    expect(share).toBeLessThan(50);
  });

  it('a counter: its increase is scored, a restart is not, and expected is the next reading', () => {
    let count = 0;
    const { column, next, scores } = fed(600, (row) => (count = row === 400 ? 3 : count + 100 + Math.round(5 * noise(row))));
    expect(words(column)).toContain('values: a counter, started anew 1 times: its increase is scored');
    expect(scores[400]).toBeNaN();
    expect(highest(scores, 401)).toBeLessThan(LIMIT);
    const calm = next((count += 100));
    expect(calm.out.expected).toBeCloseTo(count, -1);
    expect(next((count += 300)).score).toBeGreaterThan(LIMIT);
  });

  it.each([
    ['always the same so far', () => 7],
    ['a few values, 75% of them 0', (row: number) => (row % 4 === 0 ? 1 : 0)],
    ['counts', (row: number) => 40 + ((row * 7) % 23)],
    ['whole numbers', (row: number) => ((row * 7) % 23) - 11],
    ['continuous', (row: number) => noise(row)],
  ])('says that values are %s', (kind, value) => {
    expect(fed(200, value).column.describe()).toContain(`values: ${kind}`);
  });

  it('counts that are mostly 0: one more is no anomaly', () => {
    const { scores } = fed(3000, (row) => (noise(row, 3) > 1.9 ? 1 : 0));
    expect(scores.slice(500).filter((score) => score > LIMIT).length).toBeLessThan(10);
  });

  it('switches off what earns nothing: shapes of a constant', () => {
    const { column } = fed(5100, () => 7);
    expect(words(column)).toContain('shape: all alike, so it is switched off and tried again later');
    expect(words(column)).toContain('forecast: no better than the level, so it is switched off and tried again later');
    expect(words(fed(4900, () => 7).column)).not.toContain('switched off');
  });

  it('leaves out the members it is told to', () => {
    const lines = fed(500, (row) => noise(row), { members: ['level'] }).column.describe();
    expect(lines.map((line) => line.split(':')[0])).toEqual(['series', 'values', 'level', 'adapting']);
  });

  it('says after how many values a change becomes the new normal', () => {
    expect(words(fed(100, (row) => noise(row)).column)).toContain('a change that lasts for 300 values (25 h) becomes the new normal');
    expect(words(fed(100, (row) => noise(row), { adaptAfter: 100 * STEP }).column)).toContain('lasts for 100 values (8.3 h)');
  });

  it('tells gaps and missing values', () => {
    const { column, next } = fed(100, (row) => noise(row));
    next(NaN);
    next(0, timeOf(200));
    expect(words(column)).toContain('series: 1 gaps and 1 missing values, which are not scored');
  });
});
