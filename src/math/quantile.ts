/** Quantiles of values at hand. */

/** The q-quantile of `sorted[0 .. n - 1]` (ascending), between neighbours in proportion (type 7 of Hyndman and Fan 1996); NaN for none. */
export function quantileOf(sorted: Float64Array, n: number, q: number): number {
  if (n === 0) return NaN;
  const at = q * (n - 1);
  const below = Math.floor(at);
  const low = sorted[below];
  const high = sorted[Math.min(below + 1, n - 1)];
  return low === high ? low : low + (at - below) * (high - low);
}
