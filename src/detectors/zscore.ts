/** How far a value lies from expected, in spreads: what `sma` and `ema` share. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { Type } from '../core/schema.ts';
import type { SnapshotWriter } from '../core/snapshot.ts';

/** Values beyond this magnitude count as missing, as NaN and the infinities do: their squares would not fit a number. */
export const LARGEST = 1e150;

/** Scores end here; beyond, only the rounding of a flat series would be told apart. */
export const MAX_SCORE = 1e6;

/** Differences below 16 units in the last place of the mean are rounding, not change. */
const ROUNDING = 2 ** -48;

/** Keeps the division below defined for a series that is flat at 0. */
const SMALLEST = 2 ** -1022;

export function isMissing(x: number): boolean {
  return !(Math.abs(x) <= LARGEST);
}

/**
 * Spread that a distance is measured in: the standard deviation, but no less than the configured least spread and than
 * what rounding can cause. So a flat series has a spread close to 0 and any real change of it scores high, yet finite.
 */
export function spreadOf(mean: number, variance: number, least: number): number {
  return widened(Math.sqrt(variance), mean, least);
}

/** A spread however it was measured, widened to the configured least and to what rounding can cause at this level. */
export function widened(spread: number, level: number, least: number): number {
  return Math.max(spread, Math.abs(level) * ROUNDING, least, SMALLEST);
}

/** Distance in spreads, at most MAX_SCORE. */
export function scoreOf(x: number, mean: number, spread: number): number {
  return Math.min(Math.abs(x - mean) / spread, MAX_SCORE);
}

/** What is learnt of x: itself, or the end of the band `cap` spreads wide; a flat series, which has no band, learns x whole. */
export function cappedAt(x: number, mean: number, variance: number, least: number, cap: number): number {
  if (variance === 0) return x;
  const reach = cap * spreadOf(mean, variance, least);
  return Math.max(mean - reach, Math.min(mean + reach, x));
}

export const minSpread = Type.Number({
  description:
    'Smallest spread that a distance is divided by, in units of the values. Raise it to what no one cares about, so that a series that is flat most of the time ' +
    'is not reported for every small change. Without it only rounding is ignored.',
  minimum: 0,
  default: 0,
});

export const learnCap = Type.Optional(
  Type.Number({
    description:
      'A value farther from expected than this many spreads is learnt as if it lay there, so that a spike does not widen the band for long. Absent: learnt as it is.',
    minimum: 2,
  }),
);

/** Mean and variance of what was pushed, however it is weighted. */
interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
  push(x: number): void;
  snapshot(writer: SnapshotWriter): void;
}

/** What all series of one configuration share. `warm`: values seen before there is a score. */
export interface ZScoreRules {
  readonly warm: number;
  readonly least: number;
  readonly cap: number;
}

export function zScoreRules(warm: number, chosen: { min_spread: number; learn_cap?: number }): ZScoreRules {
  return { warm, least: chosen.min_spread, cap: chosen.learn_cap ?? Infinity };
}

/** Scores one column by its distance from the mean of its moments. */
export class ZScore implements Detector {
  readonly #moments: Moments;
  readonly #rules: ZScoreRules;

  constructor(moments: Moments, rules: ZScoreRules) {
    this.#moments = moments;
    this.#rules = rules;
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const moments = this.#moments;
    const rules = this.#rules;
    if (moments.count < rules.warm) return NaN;
    const { mean } = moments;
    const spread = spreadOf(mean, moments.variance, rules.least);
    out.expected = mean;
    out.below = out.above = spread;
    const x = values[at];
    return isMissing(x) ? NaN : scoreOf(x, mean, spread);
  }

  learn(_time: number, values: Float64Array, at: number): void {
    const x = values[at];
    if (isMissing(x)) return;
    const moments = this.#moments;
    const rules = this.#rules;
    const capped = rules.cap !== Infinity && moments.count >= rules.warm;
    moments.push(capped ? cappedAt(x, moments.mean, moments.variance, rules.least, rules.cap) : x);
  }

  snapshot(writer: SnapshotWriter): void {
    this.#moments.snapshot(writer);
  }
}
