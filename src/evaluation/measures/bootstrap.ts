/** How far a figure could be luck of the series that happened to be measured. */
import { CounterRandom } from '../../core/random.ts';
import { quantileOf } from '../../math/quantile.ts';

export interface Estimate {
  value: number;
  /** 95% interval. */
  low: number;
  high: number;
}

const ROUNDS = 1_000;

export function mean(values: readonly number[]): number {
  return values.length === 0 ? NaN : values.reduce((sum, x) => sum + x, 0) / values.length;
}

/**
 * The statistic of all series, and its 95% percentile interval over 1,000 samples of as many series with replacement (Efron 1979). The same
 * for the same input. One series, or none, has no interval.
 */
export function bootstrapInterval<T>(series: readonly T[], statistic: (sample: readonly T[]) => number, seed = 1): Estimate {
  const value = statistic(series);
  if (series.length < 2) return { value, low: NaN, high: NaN };
  const random = new CounterRandom(seed);
  const sampled = Float64Array.from({ length: ROUNDS }, (_, round) => statistic(series.map((_, i) => series[random.at(round, i).below(series.length)])));
  const known = sampled.filter((x) => !Number.isNaN(x)).sort();
  return { value, low: quantileOf(known, known.length, 0.025), high: quantileOf(known, known.length, 0.975) };
}
