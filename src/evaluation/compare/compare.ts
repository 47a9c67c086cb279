/** What one way to detect says of a series, measured against labels where there are some. */
import { alertsOf, type Rows, type Said } from '../../pipeline/compare.ts';
import type { Stretch } from './labels.ts';

const DAY_MS = 86_400_000;

/** Measured against labels; nothing is adjusted: a stretch is found when an alert falls into it. */
export interface AgainstLabels {
  stretches: number;
  found: number;
  /** Share of the alerts that fall into a stretch; NaN without alerts. */
  precision: number;
  /** Share of the stretches that are found. */
  recall: number;
  falseAlarmsADay: number;
  /** Median time from the beginning of a found stretch to its first alert, ms; NaN when none is found. */
  delay: number;
}

export interface Summary {
  alerts: number;
  /** Rows that are anomalous. */
  anomalous: number;
  alertsADay: number;
  /** Rows per second of work. */
  rowsPerSecond: number;
  /** Rows before the first score. */
  warmUp: number;
  againstLabels?: AgainstLabels;
}

/** `labels` in the order of their beginnings; undefined where there are none. */
export function summaryOf(rows: Rows, said: Said, labels: readonly Stretch[] | undefined): Summary {
  const alerts = alertsOf(said);
  const { time } = rows;
  const days = daysOf(time);
  const first = said.score.findIndex((score) => !Number.isNaN(score));
  return {
    alerts: alerts.length,
    anomalous: said.anomalous.reduce((sum, one) => sum + one, 0),
    alertsADay: alerts.length / days,
    rowsPerSecond: time.length / said.seconds,
    warmUp: first < 0 ? time.length : first,
    ...(labels === undefined ? {} : { againstLabels: against(labels, alerts, time, days) }),
  };
}

/** At least the share of a day that one row stands for, so that a single row has a rate. */
function daysOf(time: Float64Array): number {
  const span = time[time.length - 1] - time[0];
  return Math.max(span, 1) / DAY_MS;
}

function against(labels: readonly Stretch[], alerts: readonly number[], time: Float64Array, days: number): AgainstLabels {
  const delays: number[] = [];
  for (const { from, to } of labels) {
    const hit = alerts.find((row) => time[row] >= from && time[row] <= to);
    if (hit !== undefined) delays.push(time[hit] - from);
  }
  const right = alerts.filter((row) => labels.some(({ from, to }) => time[row] >= from && time[row] <= to)).length;
  delays.sort((a, b) => a - b);
  return {
    stretches: labels.length,
    found: delays.length,
    precision: alerts.length === 0 ? NaN : right / alerts.length,
    recall: delays.length / labels.length,
    falseAlarmsADay: (alerts.length - right) / days,
    delay: delays.length === 0 ? NaN : delays[(delays.length - 1) >> 1],
  };
}
