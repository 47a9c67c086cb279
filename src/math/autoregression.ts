/** What the last values let expect of the next. */

/** Largest order of an autoregression. */
export const MOST_ORDER = 64;

/** Covariances that are estimated may ask for more than a stable process has. */
const MOST_REFLECTION = 0.9995;

const scratch = new Float64Array(MOST_ORDER);

/**
 * Coefficients of the autoregression of `order` from the autocovariances `covariance[0 .. order]` (Levinson 1947, Durbin
 * 1960), written to `coefficients[0 .. order - 1]`, the newest value's first. A hundredth of a percent of the variance is
 * taken for noise, so that a pure tone has a solution as well; it stops at the order at which nothing is left.
 */
export function levinson(covariance: Float64Array, order: number, coefficients: Float64Array): void {
  coefficients.fill(0, 0, order);
  let left = covariance[0] * 1.0001;
  for (let k = 0; k < order && left > 0; k++) {
    let sum = covariance[k + 1];
    for (let j = 0; j < k; j++) sum -= coefficients[j] * covariance[k - j];
    const reflection = Math.max(-MOST_REFLECTION, Math.min(MOST_REFLECTION, sum / left));
    scratch.set(coefficients.subarray(0, k));
    for (let j = 0; j < k; j++) coefficients[j] -= reflection * scratch[k - 1 - j];
    coefficients[k] = reflection;
    if (Math.abs(reflection) === MOST_REFLECTION) return;
    left *= 1 - reflection * reflection;
  }
}
