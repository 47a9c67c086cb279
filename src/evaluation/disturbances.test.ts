import { expect, it } from 'vitest';
import { ema } from '../detectors/ema.ts';
import type { DetectorDefinition } from '../core/schema.ts';
import { disturbances } from './disturbances.ts';

/** Scores 1 where two rows are not five minutes apart, 0.1 elsewhere. */
const strict = {
  ...ema,
  threshold: { name: 'static', options: { limit: 0.5 } },
  create: () => {
    let last = NaN;
    return {
      score: (time: number) => (last === last && time - last !== 300_000 ? 1 : 0.1),
      learn: (time: number) => void (last = time),
      snapshot: () => undefined,
    };
  },
} as unknown as DetectorDefinition;

it('disturbs the times as it says, and nothing of the calm copies', () => {
  const rows = disturbances(strict, {}, 1);
  // Repeated times are one alert for as long as they last.
  expect(rows.map(({ alerts }) => alerts)).toEqual([1, 1, 1, 3, 1, 1, 0, 1, 1]);
  for (const row of rows) expect(row.alertsOnCalmCopy, row.disturbance).toBe(0);
  expect(rows.map(({ maxScoreRatio }) => maxScoreRatio)).toEqual([10, 10, 10, 10, 10, 10, 1, 10, 10]);
});

it('shows an exponential mean a counter that starts again, and a season that moved', () => {
  const rows = disturbances(ema, { span: 20, min_spread: 0 }, 3);
  const restart = rows.find(({ disturbance }) => disturbance.startsWith('a restart'))!;
  expect([restart.alerts, restart.alertsOnCalmCopy]).toEqual([1, 0]);
  expect(restart.maxScoreRatio).toBeGreaterThan(100);
  const clock = rows.find(({ disturbance }) => disturbance.startsWith('the clock is set back'))!;
  expect(clock.alerts).toBe(clock.alertsOnCalmCopy);
});

it('counts onsets where the detector has its own, and refuses a threshold that does not exist', () => {
  const onsets = {
    ...strict,
    create: () => ({
      score: (_: number, __: Float64Array, at: number, out: { onset: number }) => (out.onset = at % 288 === 0 ? 0.6 : 0.5),
      learn: () => undefined,
    }),
  };
  expect(disturbances(onsets as unknown as DetectorDefinition, {}, 1)[0]).toMatchObject({ alerts: 2, alertsOnCalmCopy: 2, maxScoreRatio: 1 });
  expect(() => disturbances({ ...strict, threshold: { name: 'none', options: {} } }, {}, 1)).toThrow('names a threshold that does not exist: none');
});
