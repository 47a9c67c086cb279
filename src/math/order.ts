/** Median and distances from it over the last n values. */
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';

/** Parts of the values that may be equal to the median, and the distance that contains each part of normally distributed ones, in standard deviations. */
const PARTS = [0.5, 0.75, 0.9, 0.975, 1] as const;
const NORMAL = [0.6744897501960817, 1.1503493803760079, 1.6448536269514729, 2.241402727604947, 2.5758293035489004] as const;

/** Moves of fewer values than this are quicker one by one. */
const SHORT = 48;

/**
 * The last `capacity` values in order. Exact median and median absolute deviation: a value is placed by binary search, with
 * one block move between where the oldest stood and where the newest belongs; the values nearest to the median are a run in
 * the order, whose beginning is found by binary search as well. 16 bytes a value. The caller keeps missing values out.
 */
export class SlidingOrder {
  readonly capacity: number;
  count = 0;
  #next = 0;
  readonly #ring: Float64Array;
  readonly #sorted: Float64Array;

  constructor(capacity: number) {
    const all = new Float64Array(capacity * 2);
    this.capacity = capacity;
    this.#ring = all.subarray(0, capacity);
    this.#sorted = all.subarray(capacity);
  }

  push(x: number): void {
    const value = x + 0; // -0 becomes 0, so that equal values are the same.
    const from = this.count === this.capacity ? this.#place(this.#ring[this.#next]) : this.count++;
    this.#ring[this.#next] = value;
    this.#next = this.#next + 1 === this.capacity ? 0 : this.#next + 1;
    this.#move(from, value);
  }

  /** The middle value, or the mean of the two middle ones; NaN for none. */
  median(): number {
    const half = this.count >> 1;
    const upper = this.#sorted[half];
    if (this.count === 0) return NaN;
    return this.count & 1 ? upper : (this.#sorted[half - 1] + upper) / 2 + 0;
  }

  /** The median of the distances from `center`. */
  deviation(center: number): number {
    const half = this.count >> 1;
    if (this.count & 1) return this.#distance(half + 1, center);
    return (this.#distance(half, center) + this.#distance(half + 1, center)) / 2;
  }

  /**
   * The median absolute deviation from `center` as a standard deviation of normally distributed values; where half of the
   * values are equal, so that it is 0, the first larger quantile of the distances that is not, likewise. 0 when all are equal.
   */
  spread(center: number): number {
    const mad = this.deviation(center);
    if (mad > 0) return mad / NORMAL[0];
    for (let i = 1; i < PARTS.length; i++) {
      const distance = this.#distance(Math.ceil(PARTS[i] * this.count), center);
      if (distance > 0) return distance / NORMAL[i];
    }
    return 0;
  }

  /** The ring as it lies, so that only what was added differs from the snapshot before. */
  snapshot(writer: SnapshotWriter): void {
    writer.u32(this.count);
    writer.u32(this.#next);
    writer.block(this.#ring);
  }

  static restore(reader: SnapshotReader, capacity: number): SlidingOrder {
    const order = new SlidingOrder(capacity);
    order.count = reader.u32();
    order.#next = reader.u32();
    reader.block(order.#ring);
    order.#sorted.set(order.#ring.subarray(0, order.count));
    order.#sorted.subarray(0, order.count).sort();
    return order;
  }

  /** The k-th smallest distance from `center`, k from 1: the farther end of the run of the k values nearest to it. */
  #distance(k: number, center: number): number {
    const sorted = this.#sorted;
    let low = 0;
    let high = this.count - k;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (center - sorted[middle] > sorted[middle + k] - center) low = middle + 1;
      else high = middle;
    }
    return Math.max(center - sorted[low], sorted[low + k - 1] - center);
  }

  /** The first place whose value is not below x. */
  #place(x: number): number {
    const sorted = this.#sorted;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < x) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Puts x where it belongs; place `from` is free. */
  #move(from: number, x: number): void {
    const sorted = this.#sorted;
    const last = this.count - 1;
    let low = 0;
    let high = last;
    // The places beside the free one tell on which side x belongs.
    if (from > 0 && sorted[from - 1] > x) high = from - 1;
    else if (from < last && sorted[from + 1] < x) low = from + 1;
    else low = high = from;
    const side = low > from ? 1 : high < from ? -1 : 0;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle + (side > 0 ? 1 : 0)] < x) low = middle + 1;
      else high = middle;
    }
    if (Math.abs(low - from) >= SHORT) {
      if (side > 0) sorted.copyWithin(from, from + 1, low + 1);
      else sorted.copyWithin(low + 1, low, from);
    } else if (side > 0) {
      for (let i = from; i < low; i++) sorted[i] = sorted[i + 1];
    } else {
      for (let i = from; i > low; i--) sorted[i] = sorted[i - 1];
    }
    sorted[low] = x;
  }
}
