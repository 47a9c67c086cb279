import { describe, expect, it } from 'vitest';
import type { SeriesStatus } from '../core/api.ts';
import { DEFAULT_LIMITS } from './options.ts';
import { Metrics } from './metrics.ts';
import { FixtureRunning, START } from './running.fixture.ts';
import { Hub } from './stream/hub.ts';

const seriesOf = (pipeline: string, i: number): SeriesStatus => ({
  pipeline,
  index: i,
  key: `s${i}{a="\\"}`,
  labels: { a: '"\\' },
  unit: '',
  time: i === 0 ? null : START,
  value: i === 0 ? null : i,
  score: i === 0 ? null : i / 2,
  threshold: 3,
  anomalous: i === 2,
  warmup: i === 0,
});

async function linesOf(most: number, count: number): Promise<string[]> {
  const process = new FixtureRunning();
  process.series = ({ pipeline, limit }: Parameters<FixtureRunning['series']>[0]) => {
    const all = Array.from({ length: count }, (_, i) => seriesOf(pipeline!, i));
    return { items: all.slice(0, limit), next: null, total: count };
  };
  const hub = new Hub(process, DEFAULT_LIMITS);
  const metrics = new Metrics(process, hub, [], most);
  await metrics.text();
  const lines = (await metrics.text()).split('\n');
  hub.close();
  return lines;
}

describe('metrics of series', () => {
  it('show value, score, limit and verdict of each, and say nothing of what is not known yet', async () => {
    const lines = await linesOf(10, 3);
    const label = 'pipeline="checkout",series="s2{a=\\"\\\\\\"}"';
    for (const line of [
      `homeostat_series_value{${label}} 2`,
      `homeostat_series_score{${label}} 1`,
      `homeostat_series_threshold{${label}} 3`,
      `homeostat_series_anomalous{${label}} 1`,
      `homeostat_series_timestamp_seconds{${label}} ${START / 1000}`,
      'homeostat_series_not_shown{pipeline="checkout"} 0',
    ])
      expect(lines).toContain(line);
    expect(lines.filter((line) => line.startsWith('homeostat_series_score{pipeline="checkout"')).length).toBe(2);
  });

  it('are bounded, and count what is beyond the bound', async () => {
    const lines = await linesOf(2, 50);
    expect(lines.filter((line) => line.startsWith('homeostat_series_threshold{pipeline="checkout"')).length).toBe(2);
    expect(lines).toContain('homeostat_series_not_shown{pipeline="checkout"} 48');
  });

  it('are not there where they are turned off', async () => {
    expect((await linesOf(0, 5)).some((line) => line.startsWith('homeostat_series_score'))).toBe(false);
  });
});
