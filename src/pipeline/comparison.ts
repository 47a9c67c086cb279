/** What several detectors say of the same rows, as the dashboard shows it. */
import type { ComparedWay, Comparison } from '../core/api.ts';
import { agreement, alertsOf, sayOf, type Rows, type Said } from './compare.ts';
import type { DetectChoice } from './scorer.ts';

/** Points of the picture. */
const POINTS = 600;
const DAY_MS = 86_400_000;

/** `resolution`: width of the buckets that the rows stand for, ms; 0 for raw rows. Of each row the first value is shown. */
export function comparisonOf(rows: Rows, choices: readonly DetectChoice[], resolution: number): Comparison {
  const { time, values, width } = rows;
  const n = time.length;
  const said = choices.map((choice) => sayOf(rows, choice));
  const stride = Math.max(1, Math.ceil(n / POINTS));
  const points = Array.from({ length: Math.ceil(n / stride) }, (_, p) => p * stride);
  const days = Math.max(time[n - 1] - time[0], 1) / DAY_MS;
  return {
    rows: n,
    from: time[0],
    to: time[n - 1],
    resolution,
    time: points.map((i) => time[i]),
    low: points.map((from) => extreme(from, Math.min(n, from + stride), (i) => values[i * width], Math.min)),
    high: points.map((from) => extreme(from, Math.min(n, from + stride), (i) => values[i * width], Math.max)),
    ways: choices.map(({ detector, threshold }, w): ComparedWay => {
      const one = said[w];
      const alerts = alertsOf(one);
      const first = one.score.findIndex((score) => !Number.isNaN(score));
      return {
        detector: detector.name,
        threshold: threshold.name,
        alerts: alerts.map((i) => time[i]),
        alertsADay: alerts.length / days,
        anomalous: one.anomalous.reduce((sum, x) => sum + x, 0),
        warmUp: first < 0 ? n : first,
        rowsPerSecond: n / one.seconds,
        share: points.map((from) => extreme(from, Math.min(n, from + stride), (i) => shareOf(one, i), Math.max)),
        agreement: said.map((other) => finite(agreement(one, other))),
        words: [...one.words],
      };
    }),
  };
}

/** Score as a share of its limit; while there is no limit nothing is near it. */
function shareOf({ score, limit }: Said, i: number): number {
  return score[i] / (limit[i] > 0 ? limit[i] : 1);
}

function extreme(from: number, to: number, of: (i: number) => number, pick: (a: number, b: number) => number): number | null {
  let found = NaN;
  for (let i = from; i < to; i++) {
    const x = of(i);
    if (x === x) found = found === found ? pick(found, x) : x;
  }
  return finite(found);
}

function finite(x: number): number | null {
  return Number.isFinite(x) ? x : null;
}
