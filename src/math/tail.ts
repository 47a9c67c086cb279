/** The far tail of a distribution from the few values that reached into it: generalised Pareto fits and their test. */

/** A generalised Pareto distribution of excesses: P(Y > y) = (1 + shape y / scale)^(-1 / shape), exp(-y / scale) for shape 0. */
export interface Tail {
  shape: number;
  scale: number;
}

/** Shapes are looked for between these: lighter is not regular, heavier has no mean. */
const LIGHTEST = -0.5;
const HEAVIEST = 0.95;
/** Shapes nearer to 0 are 0. */
const NO_SHAPE = 1e-6;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const SECTIONS = 18;
const STEPS_BELOW = 6;
const STEPS_ABOVE = 11;

/**
 * Fits a tail to excesses[0 .. n - 1] (all >= 0), of which the last `censored` are only known to be at least so large, by
 * maximum likelihood reduced to one parameter as Grimshaw does (1993, "Computing maximum likelihood estimates for the
 * generalized Pareto distribution"): for ratio = shape / scale the best shape is the sum of ln(1 + ratio y) over the number
 * of those known whole. `spread` is the standard deviation of a normal prior of the shape around 0 (Infinity: none), which
 * keeps a fit of few excesses near the exponential. Where the likelihood has no maximum inside, the method of moments
 * (Hosking and Wallis 1987). The scale is 0 where every excess is 0.
 */
export function fitTail(excesses: Float64Array, n: number, censored: number, spread: number): Tail {
  const known = Math.max(1, n - censored);
  let mean = 0;
  for (let i = 0; i < n; i++) mean += excesses[i] / known;
  if (!(mean > 0)) return { shape: 0, scale: 0 };
  let most = 0;
  for (let i = 0; i < n; i++) most = Math.max(most, excesses[i] / mean);
  const penalty = 1 / (2 * spread * spread * known);
  let shape = 0;
  /** Log likelihood per known excess, of excesses in units of their mean; the exponential has -1. Leaves the shape. */
  const likelihood = (ratio: number): number => {
    shape = 0;
    if (Math.abs(ratio) < NO_SHAPE) return -1;
    let whole = 0;
    for (let i = 0; i < n - censored; i++) whole += Math.log1p((ratio * excesses[i]) / mean);
    let sum = whole;
    for (let i = n - censored; i < n; i++) sum += Math.log1p((ratio * excesses[i]) / mean);
    shape = sum / known;
    if (shape < LIGHTEST || shape > HEAVIEST) return -Infinity;
    return -Math.log(shape / ratio) - whole / known - 1 - penalty * shape * shape;
  };
  const lowest = -1 / most;
  const at = (k: number): number => (k < 0 ? (lowest * -k) / STEPS_BELOW : k === 0 ? 0 : 0.02 * 1.8 ** k);
  let best = 0;
  let likeliest = -1;
  for (let k = 1 - STEPS_BELOW; k <= STEPS_ABOVE; k++) {
    const found = likelihood(at(k));
    if (found > likeliest) [best, likeliest] = [k, found];
  }
  if (best === 1 - STEPS_BELOW || best === STEPS_ABOVE) return byMoments(excesses, n, mean, most);
  const ratio = highest(likelihood, at(best - 1), at(best + 1));
  likelihood(ratio);
  return Math.abs(shape) < NO_SHAPE ? { shape: 0, scale: mean } : { shape, scale: (mean * shape) / ratio };
}

/** Where f is highest between two points, by golden sections. */
function highest(f: (x: number) => number, from: number, to: number): number {
  let low = from;
  let high = to;
  let a = high - GOLDEN * (high - low);
  let b = low + GOLDEN * (high - low);
  let fa = f(a);
  let fb = f(b);
  for (let i = 0; i < SECTIONS; i++) {
    if (fa > fb) {
      high = b;
      b = a;
      fb = fa;
      fa = f((a = high - GOLDEN * (high - low)));
    } else {
      low = a;
      a = b;
      fa = fb;
      fb = f((b = low + GOLDEN * (high - low)));
    }
  }
  return (low + high) / 2;
}

/** A tail of the same mean and variance that ends no earlier than the largest excess, `most` means away. */
function byMoments(excesses: Float64Array, n: number, mean: number, most: number): Tail {
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (excesses[i] / mean - 1) ** 2 / Math.max(1, n - 1);
  if (!(squares > 0)) return { shape: 0, scale: mean };
  const shape = Math.max(LIGHTEST, 0.5 * (1 - 1 / squares));
  return { shape, scale: mean * Math.max(1 - shape, -shape * most * (1 + NO_SHAPE)) };
}

/** P(Y > y). */
export function beyond({ shape, scale }: Tail, y: number): number {
  if (!(y > 0)) return 1;
  if (scale === 0) return 0;
  if (Math.abs(shape) < NO_SHAPE) return Math.exp(-y / scale);
  return Math.exp(-Math.log1p(Math.max(-1, (shape * y) / scale)) / shape);
}

/** The excess that is exceeded with probability p, 0 < p; 0 for p >= 1. */
export function excessAt({ shape, scale }: Tail, p: number): number {
  if (p >= 1) return 0;
  return Math.abs(shape) < NO_SHAPE ? -scale * Math.log(p) : (scale * Math.expm1(-shape * Math.log(p))) / shape;
}

/**
 * Anderson and Darling's distance A^2 between excesses[0 .. n - 1] (ascending) and a tail; large where they do not fit,
 * with more weight on the ends than Kolmogorov and Smirnov give. Infinity where the tail ends before the largest.
 */
export function misfit(excesses: Float64Array, n: number, tail: Tail): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const below = Math.max(1e-300, 1 - beyond(tail, excesses[i]));
    sum += (2 * i + 1) * (Math.log(below) + Math.log(beyond(tail, excesses[n - 1 - i])));
  }
  return -n - sum / n;
}
