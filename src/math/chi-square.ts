/**
 * How many standard deviations of a normal distribution a chi-squared value with these degrees of freedom (> 0, not necessarily whole)
 * amounts to: the cube root is nearly normal (Wilson and Hilferty 1931).
 */
export function chiSquareSigma(value: number, degrees: number): number {
  const variance = 2 / (9 * degrees);
  return (Math.cbrt(value / degrees) - 1 + variance) / Math.sqrt(variance);
}
