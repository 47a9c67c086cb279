/** Known faults put into copies of a person's own data, so that ways to detect can be told apart without any label. */
import { CounterRandom } from '../../core/random.ts';
import { quantileOf } from '../../math/quantile.ts';

/** What is done to the rows, sized by the noise of the data: its robust standard deviation around a short running median. */
export const FAULTS = {
  spike: { rows: 1, words: 'one value 8 off' },
  shift: { rows: 60, words: 'level 6 off for 60 rows' },
  drift: { rows: 150, words: 'climbs to 8 off within 150 rows' },
  variance: { rows: 60, words: 'noise 4 times as wide for 60 rows' },
  stuck: { rows: 60, words: 'repeats one value for 60 rows' },
} as const;

export type Fault = keyof typeof FAULTS;

const NEIGHBOURS = 15;

/** The running median of the values around each row, and the robust standard deviation (1.4826 times the MAD) of the values from it. */
export function noiseOf(values: Float64Array): { middle: Float64Array; noise: number } {
  const half = NEIGHBOURS >> 1;
  const middle = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const near = values
      .subarray(Math.max(0, i - half), i + half + 1)
      .filter(Number.isFinite)
      .sort();
    middle[i] = quantileOf(near, near.length, 0.5);
  }
  const off = values
    .map((x, i) => Math.abs(x - middle[i]))
    .filter(Number.isFinite)
    .sort();
  const mad = quantileOf(off, off.length, 0.5);
  // More than half of the values may repeat; then the mean distance says more than the median one.
  const spread = mad > 0 ? 1.4826 * mad : off.reduce((sum, x) => sum + x, 0) / Math.max(1, off.length);
  return { middle, noise: spread };
}

/** A copy with one fault from row `at` on. */
export function withFault(
  values: Float64Array,
  fault: Fault,
  at: number,
  { middle, noise }: { middle: Float64Array; noise: number },
  seed: number,
): Float64Array {
  const copy = values.slice();
  const { rows } = FAULTS[fault];
  const random = new CounterRandom(seed);
  const sign = random.at(0, at).uniform() < 0.5 ? -1 : 1;
  for (let k = 0; k < rows && at + k < copy.length; k++) {
    const i = at + k;
    if (fault === 'spike') copy[i] += sign * 8 * noise;
    else if (fault === 'shift') copy[i] += sign * 6 * noise;
    else if (fault === 'drift') copy[i] += (sign * 8 * noise * (k + 1)) / rows;
    else if (fault === 'variance') copy[i] = middle[i] + 4 * noise * random.at(1, i).normal();
    else copy[i] = values[at];
  }
  return copy;
}
