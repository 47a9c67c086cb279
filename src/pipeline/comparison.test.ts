import { describe, expect, it } from 'vitest';
import type { Rows } from './compare.ts';
import { comparisonOf } from './comparison.ts';
import type { DetectChoice } from './scorer.ts';

const ways = (...limits: number[]): DetectChoice[] =>
  limits.map((k) => ({ detector: { name: 'ema', options: { span: 20, min_spread: 0 } }, threshold: { name: 'sigma', options: { k } }, learn: 'always' }));

/** One row a minute; spikes at 700 and 1,100. */
const rows: Rows = {
  key: 's',
  unit: '',
  width: 1,
  time: Float64Array.from({ length: 1201 }, (_, i) => i * 60_000),
  values: Float64Array.from({ length: 1201 }, (_, i) => (i === 300 ? NaN : Math.sin(i * 12.9898) + (i === 700 || i === 1100 ? 50 : 0))),
};

describe('a comparison for the page', () => {
  const comparison = comparisonOf(rows, ways(8, 1e5), 0);

  it('says where each way alerts, how often, and how far they agree', () => {
    const [first, second] = comparison.ways;
    expect(first).toMatchObject({ detector: 'ema', threshold: 'sigma', alerts: [700 * 60_000, 1100 * 60_000], anomalous: 2, warmUp: 20, agreement: [1, 0] });
    expect(first.alertsADay).toBeCloseTo(2.4, 10);
    expect(second).toMatchObject({ alerts: [], anomalous: 0, agreement: [0, null] });
  });

  it('thins the rows to at most 600 points without losing what stands out', () => {
    expect(comparison).toMatchObject({ rows: 1201, from: 0, to: 72_000_000, resolution: 0 });
    expect(comparison.time).toHaveLength(401);
    expect(comparison.high[233]).toBeGreaterThan(49);
    expect(comparison.low[233]).toBeLessThan(2);
    expect(comparison.ways[0].share[233]).toBeGreaterThan(1);
    expect(comparison.ways[0].share.slice(0, 6)).toEqual([null, null, null, null, null, null]);
    expect(comparison.ways[0].share.filter((x) => x !== null && x > 1)).toHaveLength(2);
  });
});
