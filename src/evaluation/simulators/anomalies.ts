/** What goes wrong in made streams, and in which of them there is anything to be found of it. */
import type { CounterRandom } from '../../core/random.ts';
import type { Base } from './bases.ts';

/** Standard deviations that a spike is off. */
export const SPIKE = 6;

interface Anomaly {
  story: string;
  /** Rows from its begin that count as anomalous. */
  rows: number;
  /** Whether a person who knows the base could see it. */
  suits(base: Base): boolean;
}

const everywhere = (): boolean => true;

export const ANOMALIES = {
  spike: { story: `one value ${SPIKE} sd off`, rows: 1, suits: everywhere },
  shift: { story: 'the level 4 sd off from here on', rows: 100, suits: everywhere },
  drift: { story: 'the level climbs 5 sd within 500 rows, and stays there', rows: 500, suits: everywhere },
  variance: { story: 'noise three times as wide for 200 rows', rows: 200, suits: (base) => base.sparse !== true },
  'season-break': { story: 'the season late by a quarter from here on', rows: 288, suits: (base) => base.season !== undefined },
  stuck: { story: 'one value repeated for 60 rows', rows: 60, suits: (base) => base.sparse !== true },
  zeros: { story: 'the values drop to 0 for 30 rows', rows: 30, suits: (base) => base.sparse !== true },
  'rows-gone': { story: '60 rows are not sent', rows: 60, suits: everywhere },
  leak: { story: 'the level climbs by 0.01 sd a row, without end', rows: 2_000, suits: everywhere },
} as const satisfies Record<string, Anomaly>;

export type AnomalyKind = keyof typeof ANOMALIES;

export const ANOMALY_KINDS = Object.keys(ANOMALIES) as AnomalyKind[];

/** Random words that anomalies draw: which way they go. */
const DIRECTION_STREAM = 20;

/** Counts can only show more: below 0 there is nothing. */
function directionOf(base: Base, at: number, random: CounterRandom): 1 | -1 {
  return base.counts === true || random.at(DIRECTION_STREAM, at).uniform() < 0.5 ? 1 : -1;
}

/** Rows by which the season lags at each row. */
export function phaseOf(kind: AnomalyKind | undefined, base: Base, at: number): (row: number) => number {
  const quarter = kind === 'season-break' ? (base.season ?? 0) / 4 : 0;
  return (row) => (row >= at ? quarter : 0);
}

/** Changes level and noise from row `at` on, and what becomes of them in `values`. */
export function strike(kind: AnomalyKind, base: Base, at: number, { level, noise }: { level: Float64Array; noise: Float64Array }, random: CounterRandom): void {
  const off = directionOf(base, at, random) * base.sd;
  const end = Math.min(level.length, at + ANOMALIES[kind].rows);
  if (kind === 'spike') level[at] += SPIKE * off;
  for (let i = at; i < level.length; i++) {
    const since = i - at;
    if (kind === 'shift') level[i] += 4 * off;
    else if (kind === 'drift') level[i] += 5 * off * Math.min(1, (since + 1) / ANOMALIES.drift.rows);
    else if (kind === 'leak') level[i] += 0.01 * off * (since + 1);
    else if (kind === 'variance' && i < end) noise[i] *= 3;
    else if (kind === 'zeros' && i < end) level[i] = noise[i] = 0;
    else if (kind === 'stuck' && i < end) {
      level[i] = level[at - 1];
      noise[i] = noise[at - 1];
    }
  }
}
