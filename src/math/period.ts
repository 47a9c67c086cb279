/** The period of a series, found while it is read. */

/** Means of equal stretches of time that a search looks at. */
export const STRETCHES = 512;
/** Numbers of state beside the stretches. */
export const FINDER_STATE = 6;

const START = 0;
const WIDTH = 1;
const BASE = 2;
const HELD = 3;
const SUM = 4;
const COUNT = 5;

/** A period must be seen three times; the form of the peak at twice the period is looked at as well. */
const LONGEST = Math.floor(STRETCHES / 3);
const LONGEST_LAG = LONGEST * 2 + 34;
/** Stretches are doubled this often before the search begins anew with the shortest ones. */
const DOUBLINGS = 8;
/** Least autocorrelation at the period, and at twice the period. */
const LEAST = 0.4;
const LEAST_TWICE = 0.3;
/** A shorter lag with this part of the largest autocorrelation is the period, and the other one a multiple of it. */
const AS_GOOD = 0.85;

/** A period is looked for around its peak within this part of it, in so many steps to either side. */
const WITHIN = 0.03;
const TRIED = 60;

const centred = new Float64Array(STRETCHES);
const correlation = new Float64Array(LONGEST_LAG + 1);

/**
 * Looks for the period of values that come at any times: means of equal stretches of time are kept, and whenever as many
 * as there is room for are full, the largest peak of their autocorrelation is looked at, neighbours are joined, and
 * stretches twice as long are filled. So short periods are found early and long ones later, in fixed memory.
 * State lies in arrays of the caller, who snapshots them.
 */
export class PeriodFinder {
  readonly #state: Float64Array;
  readonly #means: Float32Array;

  /** `state`: FINDER_STATE zeros, `means`: STRETCHES zeros, or what a finder left in them. */
  constructor(state: Float64Array, means: Float32Array) {
    this.#state = state;
    this.#means = means;
  }

  /** Takes a value (best standardised) at its time (ms). `interval`: the usual time between two. Answers a period (ms) when it finds one, else NaN. */
  push(time: number, value: number, interval: number): number {
    const state = this.#state;
    if (state[WIDTH] === 0 || time < state[START]) this.#begin(time, interval);
    let place = Math.floor((time - state[START]) / state[WIDTH]);
    if (place >= 2 * STRETCHES) {
      this.#begin(time, interval);
      place = 0;
    }
    let found = NaN;
    if (place !== state[HELD]) {
      this.#close(Math.min(place, STRETCHES));
      if (place >= STRETCHES) {
        found = periodOf(this.#means) * state[WIDTH];
        if (state[WIDTH] >= state[BASE] * 2 ** DOUBLINGS) this.#begin(time, interval);
        else this.#join(place);
      }
    }
    state[SUM] += value;
    state[COUNT]++;
    return found;
  }

  #begin(time: number, interval: number): void {
    const state = this.#state;
    state.fill(0);
    state[START] = time;
    state[WIDTH] = state[BASE] = interval;
  }

  /** Writes the mean of the open stretch, and the middle of all values (0) for those that nothing fell into. */
  #close(next: number): void {
    const state = this.#state;
    const held = state[HELD];
    this.#means[held] = state[COUNT] > 0 ? state[SUM] / state[COUNT] : 0;
    this.#means.fill(0, held + 1, next);
    state[HELD] = next;
    state[SUM] = state[COUNT] = 0;
  }

  #join(place: number): void {
    const means = this.#means;
    for (let i = 0; i < STRETCHES / 2; i++) means[i] = (means[2 * i] + means[2 * i + 1]) / 2;
    const state = this.#state;
    state[WIDTH] *= 2;
    state[HELD] = place >> 1;
    means.fill(0, STRETCHES / 2, state[HELD]);
  }
}

/** The period of `values` (STRETCHES of them) in places; NaN where there is none. */
export function periodOf(values: Float32Array): number {
  if (!correlate(values)) return NaN;
  let first = 1;
  while (first <= LONGEST && correlation[first] > 0) first++;
  let best = NaN;
  for (let lag = first + 1; lag <= LONGEST; lag++) {
    if (isPeak(lag) && !(correlation[lag] <= correlation[best])) best = lag;
  }
  if (!(correlation[best] >= LEAST)) return NaN;
  for (let lag = first + 1; lag <= best / 2 + 1; lag++) {
    if (isPeak(lag) && correlation[lag] >= AS_GOOD * correlation[best]) best = lag;
  }
  return refined(best);
}

function isPeak(lag: number): boolean {
  return correlation[lag] >= correlation[lag - 1] && correlation[lag] >= correlation[lag + 1];
}

/** The lag to a part of a place: the one whose multiples together have the largest autocorrelation. NaN where the second does not stand out. */
function refined(lag: number): number {
  const around = peakNear(lag, reachOf(lag));
  const multiples = Math.floor((LONGEST_LAG - 1) / (around * (1 + WITHIN)));
  if (multiples < 2 || between(2 * around) < LEAST_TWICE) return NaN;
  let best = NaN;
  let most = -Infinity;
  for (let step = -TRIED; step <= TRIED; step++) {
    const period = around * (1 + (WITHIN * step) / TRIED);
    let sum = 0;
    for (let times = 1; times <= multiples; times++) sum += between(period * times);
    if (sum > most) {
      most = sum;
      best = period;
    }
  }
  return best;
}

/** The autocorrelation at a lag between two places. */
function between(lag: number): number {
  const below = Math.floor(lag);
  return correlation[below] + (lag - below) * (correlation[below + 1] - correlation[below]);
}

/** How far around a peak its form is looked at: a 16th of the period, so that noise on a broad one tells little. */
function reachOf(period: number): number {
  return Math.max(1, period >> 4);
}

/** Where the parabola through a peak and the places at `reach` beside it is highest. */
function peakNear(lag: number, reach: number): number {
  const before = correlation[lag - reach];
  const after = correlation[lag + reach];
  const curve = before - 2 * correlation[lag] + after;
  return curve < 0 ? lag + (0.5 * reach * (before - after)) / curve : lag;
}

/** Autocorrelation of the values less their straight line, for lags up to LONGEST_LAG; false when they do not vary. */
function correlate(values: Float32Array): boolean {
  const middle = (STRETCHES - 1) / 2;
  let sum = 0;
  let slope = 0;
  for (let i = 0; i < STRETCHES; i++) {
    sum += values[i];
    slope += values[i] * (i - middle);
  }
  slope /= (STRETCHES * (STRETCHES * STRETCHES - 1)) / 12;
  const mean = sum / STRETCHES;
  let squares = 0;
  for (let i = 0; i < STRETCHES; i++) {
    const x = values[i] - mean - slope * (i - middle);
    centred[i] = x;
    squares += x * x;
  }
  if (!(squares > 0)) return false;
  const variance = squares / STRETCHES;
  for (let lag = 0; lag <= LONGEST_LAG; lag++) {
    let products = 0;
    const n = STRETCHES - lag;
    for (let i = 0; i < n; i++) products += centred[i] * centred[i + lag];
    correlation[lag] = products / n / variance;
  }
  return true;
}
