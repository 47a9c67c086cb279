/** What the views of an envelope look back on: the last 256 values of a series, sums over several windows of them, and its sampling interval. */

/** Values remembered. */
export const RING = 256;

/** Windows of the differences from the mean, in values. */
const MEANS = [32, 64, 128, 256] as const;

/** Windows of the differences between a mean and the one before it, at the finest pace. */
const CHANGES = [32, 128] as const;

/** Windows of the sliding minimum at the finest pace; at most MINIMA apart. */
const MINIMUM = [5, 10, 30] as const;

/** Minima over the middle window that are remembered, to make up the longest of them. */
export const MINIMA = 32;

/** Sums kept: over MEANS, then over one and two windows of each of CHANGES. */
export const SUMS = 8;

/** Intervals of which the median is taken; gathered anew every RENEWED values. */
export const INTERVALS = 31;
const RENEWED = 1024;

/** Interval (ms) up to which windows are counted in values; above it they are times, down to half as many values. */
const FINEST = 300_000;

/** Values of a window of each sum, and of the three sliding minima. */
export interface Windows {
  readonly sums: readonly number[];
  readonly minima: readonly [number, number, number];
}

/**
 * How many times coarser than every five minutes a series is sampled, within 1 and 2: what is stated in values holds for
 * intervals up to five minutes, and is a time from there to ten; a coarser series has too few values for less.
 */
export function paceOf(interval: number): number {
  return Math.min(2, Math.max(1, interval / FINEST));
}

const made = new Map<number, Windows>();

/** The windows at a pace, shared between series: a hundredth more or less makes no difference. */
export function windowsAt(pace: number): Windows {
  const key = Math.round(pace * 100);
  let windows = made.get(key);
  if (windows === undefined) {
    const at = (values: number) => Math.round((values * 100) / key);
    const changes = CHANGES.flatMap((values) => [at(values), 2 * at(values)]);
    windows = { sums: [...MEANS, ...changes], minima: [at(MINIMUM[0]), at(MINIMUM[1]), at(MINIMUM[2])] };
    made.set(key, windows);
  }
  return windows;
}

/**
 * Takes an interval (ms) into the ascending `gathered`, of which `count` are there; so many are there afterwards. The
 * median of what is there is the sampling interval: gaps and rows that are missing now and then do not change it.
 */
export function gather(gathered: Float64Array, count: number, interval: number): number {
  let at = count;
  for (; at > 0 && gathered[at - 1] > interval; at--) gathered[at] = gathered[at - 1];
  gathered[at] = interval;
  return count + 1;
}

/** Whether the interval is found out anew from the n-th value on. */
export function isRenewed(n: number): boolean {
  return n % RENEWED === 0;
}

/** Adds up the windows that end with value n - 1 afresh, so that what rounding left in running sums does not stay. */
export function addUp(ring: Float64Array, n: number, windows: readonly number[], sums: Float64Array): void {
  for (let w = 0; w < SUMS; w++) {
    let sum = 0;
    for (let i = Math.max(0, n - windows[w]); i < n; i++) sum += ring[i & (RING - 1)];
    sums[w] = sum;
  }
}
