/** What alerts are worth against labelled stretches of time. No point adjustment: an alert counts where it is raised. */

const DAY_MS = 86_400_000;

/** Event time, [from, to), ms. */
export interface Stretch {
  from: number;
  to: number;
}

export interface AlertMeasures {
  alerts: number;
  stretches: number;
  /** Stretches in which an alert is raised. */
  found: number;
  /** Share of the alerts that are raised in a stretch; NaN without alerts. */
  precision: number;
  /** Share of the stretches that are found; NaN without stretches. */
  recall: number;
  /** Alerts outside every stretch, per day of what was watched. */
  falseAlarmsADay: number;
  /** Time from the begin of each found stretch to its first alert, ms. */
  delays: number[];
}

/** `alerts` ascending, ms; `watched`: the time that they come from, ms. */
export function alertMeasures(alerts: readonly number[], stretches: readonly Stretch[], watched: number): AlertMeasures {
  const within = (time: number, { from, to }: Stretch): boolean => time >= from && time < to;
  const delays = stretches.flatMap((stretch) => {
    const first = alerts.find((time) => within(time, stretch));
    return first === undefined ? [] : [first - stretch.from];
  });
  const right = alerts.filter((time) => stretches.some((stretch) => within(time, stretch))).length;
  return {
    alerts: alerts.length,
    stretches: stretches.length,
    found: delays.length,
    precision: alerts.length === 0 ? NaN : right / alerts.length,
    recall: stretches.length === 0 ? NaN : delays.length / stretches.length,
    falseAlarmsADay: ((alerts.length - right) * DAY_MS) / watched,
    delays,
  };
}

/** Rows at which scores begin to lie above a limit; a return within `merge` rows belongs to the alert before. */
export function alarmsAbove(scores: ArrayLike<number>, limit: number, merge: number): number[] {
  const begins: number[] = [];
  let last = -Infinity;
  for (let i = 0; i < scores.length; i++) {
    if (!(scores[i] > limit)) continue;
    if (i - last > merge) begins.push(i);
    last = i;
  }
  return begins;
}

/** The lowest of the scores above which all series together begin at most `most` alarms. Infinity when there is no score. */
export function limitFor(series: readonly ArrayLike<number>[], most: number, merge: number): number {
  const sorted = Float64Array.from(series.flatMap((scores) => Array.from(scores).filter((score) => !Number.isNaN(score)))).sort();
  if (sorted.length === 0) return Infinity;
  const alarms = (limit: number): number => series.reduce((sum, scores) => sum + alarmsAbove(scores, limit, merge).length, 0);
  // Low limits merge alarms, so that there are few again: the search comes from above and ends before the first limit with too many.
  let limit = sorted.at(-1)!;
  for (let at = sorted.length - 1; at >= 0; at--) {
    if (sorted[at] === limit) continue;
    if (alarms(sorted[at]) > most) break;
    limit = sorted[at];
  }
  return limit;
}
