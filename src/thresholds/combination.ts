/** One surprise of several: how an ensemble makes one of what its members say. */

/**
 * mean: of the surprises, so that all count alike (Fisher's statistic over their number).
 * max: the largest, so that one is enough (the least p-value).
 * odds: mean of the logarithms of the odds against chance, so that a member that finds nothing unusual speaks against.
 */
export const WAYS = ['mean', 'max', 'odds'] as const;
export type Way = (typeof WAYS)[number];

/** Combines surprises (-log10 of probabilities); those that are NaN are left out, and of none comes NaN. */
export function combined(surprises: Float64Array, way: Way): number {
  let largest = NaN;
  let sum = 0;
  let n = 0;
  for (const surprise of surprises) {
    if (surprise !== surprise) continue;
    n++;
    if (!(surprise <= largest)) largest = surprise;
    sum += way === 'odds' ? surprise + Math.log10(1 - 10 ** -surprise) : surprise;
  }
  return way === 'max' ? largest : n === 0 ? NaN : sum / n;
}
