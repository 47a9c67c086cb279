/** A window that keeps what has one mean, and drops what came before a change. */
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';

/** Buckets of one size before the two oldest are joined. */
const PER_ROW = 5;
/** Sizes of buckets: powers of two up to 2^31 values. */
const ROWS = 32;
const BUCKETS = (PER_ROW + 1) * ROWS;
/** The window and its parts: count, mean, sum of squared deviations; then the means and the sums of the buckets, oldest last in a row. */
const COUNT = 0;
const MEAN = 1;
const SQUARES = 2;
const MEANS = 3;
const SUMS = MEANS + BUCKETS;
/** Values count as at most so many standard deviations from the mean, so that their range is known and one outlier is no change. */
const CLIP = 4;

/**
 * ADWIN2 of Bifet and Gavalda (2007, "Learning from time-changing data with adaptive windowing"): a window of any length
 * in an exponential histogram; wherever it can be cut into two parts whose means differ by more than chance allows, the
 * older part is dropped. The bound is theirs, with the window's variance; as values have no known range, a range of eight
 * standard deviations takes its place, into which values are clipped. The caller keeps missing values out.
 */
export class AdaptiveWindow {
  readonly #state = new Float64Array(SUMS + BUCKETS);
  readonly #held = new Uint8Array(ROWS);
  readonly #confidence: number;
  /** The value asked for last, and the answer while the window is still the same. */
  #asked = NaN;
  #answer = NaN;

  /** `confidence`: the probability of a cut where there was no change (delta). */
  constructor(confidence: number) {
    this.#confidence = confidence;
  }

  /** Values in the window. */
  get count(): number {
    return this.#state[COUNT];
  }

  get mean(): number {
    return this.#state[MEAN];
  }

  /** Variance of the values in the window (over n); 0 for none. */
  get variance(): number {
    return this.#state[COUNT] > 0 ? this.#state[SQUARES] / this.#state[COUNT] : 0;
  }

  /** How far apart two parts of the window with x as its newest value lie, as a part of what chance allows; the largest over all cuts. A change is above 1. */
  ratio(x: number): number {
    if (x === this.#asked) return this.#answer;
    this.#asked = x;
    return (this.#answer = this.#ratio(x));
  }

  /** Drops what came before a change that shows with x, and takes x in; true when there was one: when `ratio` was above 1. */
  push(x: number): boolean {
    let changed = false;
    while (this.#state[COUNT] > 1 && this.ratio(x) > 1) {
      this.#dropOldest();
      this.#asked = NaN;
      changed = true;
    }
    this.#insert(this.#clipped(x));
    this.#asked = NaN;
    return changed;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
    writer.block(this.#held);
  }

  static restore(reader: SnapshotReader, confidence: number): AdaptiveWindow {
    const window = new AdaptiveWindow(confidence);
    reader.block(window.#state);
    reader.block(window.#held);
    return window;
  }

  #ratio(x: number): number {
    const state = this.#state;
    const value = this.#clipped(x);
    const n = state[COUNT] + 1;
    const d = value - state[MEAN];
    const mean = state[MEAN] + d / n;
    const squares = state[SQUARES] + d * (value - mean);
    return this.#largest(n, mean, squares, value);
  }

  #clipped(x: number): number {
    const reach = CLIP * Math.sqrt(this.variance);
    if (!(reach > 0)) return x;
    return Math.max(this.mean - reach, Math.min(this.mean + reach, x));
  }

  /** The largest ratio over the cuts between buckets, newest first, when `value` is newer than all of them. */
  #largest(n: number, mean: number, squares: number, value: number): number {
    const state = this.#state;
    const variance = squares / n;
    if (!(variance > 0)) return 0;
    const chance = Math.log((2 * Math.max(1, Math.log(n))) / this.#confidence);
    const range = (2 * CLIP * Math.sqrt(variance) * 2 * chance) / 3;
    const twice = 2 * variance * chance;
    let newer = 1;
    let sum = value - mean;
    let largest = 0;
    for (let row = 0; row < ROWS; row++) {
      const size = 2 ** row;
      const first = MEANS + row * (PER_ROW + 1);
      for (let k = 0; k < this.#held[row]; k++) {
        // 1 / newer + 1 / older; the deviations of the older part from the common mean are the opposite of the newer's.
        const inverse = n / (newer * (n - newer));
        const apart = Math.abs(sum) * inverse;
        if (apart * apart > largest * largest * twice * inverse) {
          const allowed = Math.sqrt(twice * inverse) + range * inverse;
          if (apart > largest * allowed) largest = apart / allowed;
        }
        newer += size;
        sum += size * (state[first + k] - mean);
      }
      if (newer >= n) break;
    }
    return largest;
  }

  #insert(x: number): void {
    const state = this.#state;
    const n = ++state[COUNT];
    const d = x - state[MEAN];
    state[MEAN] += d / n;
    state[SQUARES] += d * (x - state[MEAN]);
    let mean = x;
    let squares = 0;
    for (let row = 0; row < ROWS; row++) {
      const first = row * (PER_ROW + 1);
      for (let k = this.#held[row]; k > 0; k--) {
        state[MEANS + first + k] = state[MEANS + first + k - 1];
        state[SUMS + first + k] = state[SUMS + first + k - 1];
      }
      state[MEANS + first] = mean;
      state[SUMS + first] = squares;
      if (++this.#held[row] <= PER_ROW || row === ROWS - 1) {
        this.#held[row] = Math.min(this.#held[row], PER_ROW);
        return;
      }
      const last = first + PER_ROW;
      this.#held[row] -= 2;
      const apart = state[MEANS + last] - state[MEANS + last - 1];
      mean = state[MEANS + last - 1] + apart / 2;
      squares = state[SUMS + last] + state[SUMS + last - 1] + (apart * apart * 2 ** row) / 2;
    }
  }

  #dropOldest(): void {
    const state = this.#state;
    let row = ROWS - 1;
    while (this.#held[row] === 0) row--;
    const at = row * (PER_ROW + 1) + --this.#held[row];
    const n = state[COUNT];
    const size = 2 ** row;
    const left = n - size;
    const d = state[MEANS + at] - state[MEAN];
    state[COUNT] = left;
    if (left === 0) {
      state[MEAN] = state[SQUARES] = 0;
      return;
    }
    state[MEAN] -= (d * size) / left;
    state[SQUARES] = Math.max(0, state[SQUARES] - state[SUMS + at] - (d * d * size * n) / left);
  }
}
