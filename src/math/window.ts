/** Mean and variance of the last n values. */
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';

/** Where things lie in the state. */
const MEAN = 0;
const VARIANCE = 1;
const NEWER_MEAN = 2;
const NEWER_SQUARES = 3;
const RING = 4;

/**
 * Mean and sample variance of the last `capacity` values in amortised constant time, without ever subtracting a value
 * that leaves: nothing drifts over any number of points, and a huge value is forgotten wholly once it has left.
 *
 * Two stacks make a queue (Tangwongsan, Hirzel, Schneider: "General Incremental Sliding-Window Aggregation", VLDB 2015):
 * the older part of the ring keeps the moments of every suffix, the newer part one running pair; reading merges the two
 * (Chan, Golub, LeVeque 1983). Each value is touched twice. The caller keeps missing values out.
 */
export class WindowMoments {
  readonly capacity: number;
  /** How many values are held. */
  count = 0;
  #next = 0;
  /** How many of the oldest values belong to the older part. */
  #older = 0;
  /** The moments, then the ring, then mean and sum of squared deviations of the suffixes that begin at each place of it. */
  readonly #state: Float64Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#state = new Float64Array(RING + capacity * 3);
  }

  /** Mean of the values held; 0 when there are none. */
  get mean(): number {
    return this.#state[MEAN];
  }

  /** Sample variance (n - 1) of the values held; 0 below two values. */
  get variance(): number {
    return this.#state[VARIANCE];
  }

  /** Takes a value in; the oldest leaves when the window is full. */
  push(x: number): void {
    if (this.count === this.capacity) {
      if (this.#older === 0) this.#sumSuffixes(this.count);
      this.#older--;
      this.count--;
    }
    this.#state[RING + this.#next] = x;
    this.#next = this.#next + 1 === this.capacity ? 0 : this.#next + 1;
    this.count++;
    this.#addNewer(x);
    this.#merge();
  }

  /** The values held, oldest first, and how they are split; the moments follow from these to the last bit. */
  snapshot(writer: SnapshotWriter): void {
    const held = new Float64Array(this.count);
    let at = this.#oldest();
    for (let i = 0; i < held.length; i++) {
      held[i] = this.#state[RING + at];
      at = at + 1 === this.capacity ? 0 : at + 1;
    }
    writer.u32(this.#older);
    writer.f64s(held);
  }

  /** A window of this capacity as `snapshot` wrote it; of a larger one, only the newest values. */
  static restore(reader: SnapshotReader, capacity: number): WindowMoments {
    const window = new WindowMoments(capacity);
    const older = reader.u32();
    const held = reader.f64s();
    if (held.length > capacity) {
      for (const x of held.subarray(held.length - capacity)) window.push(x);
      return window;
    }
    window.#state.set(held, RING);
    window.#next = held.length === capacity ? 0 : held.length;
    window.count = held.length;
    window.#sumSuffixes(older);
    for (let i = older; i < held.length; i++) {
      window.#addNewer(held[i], i - older + 1);
    }
    window.#merge();
    return window;
  }

  #oldest(): number {
    const at = this.#next - this.count;
    return at < 0 ? at + this.capacity : at;
  }

  #addNewer(x: number, n = this.count - this.#older): void {
    const state = this.#state;
    const d = x - state[NEWER_MEAN];
    const mean = state[NEWER_MEAN] + d / n;
    state[NEWER_MEAN] = mean;
    state[NEWER_SQUARES] += d * (x - mean);
  }

  /** Makes the oldest `n` values the older part: moments of each suffix, from its newest value backwards. */
  #sumSuffixes(n: number): void {
    const state = this.#state;
    const { capacity } = this;
    const means = RING + capacity;
    const squared = means + capacity;
    let at = this.#oldest() + n - 1;
    if (at >= capacity) at -= capacity;
    let mean = 0;
    let squares = 0;
    for (let i = 1; i <= n; i++) {
      const x = state[RING + at];
      const d = x - mean;
      mean += d / i;
      squares += d * (x - mean);
      state[means + at] = mean;
      state[squared + at] = squares;
      at = at === 0 ? capacity - 1 : at - 1;
    }
    this.#older = n;
    state[NEWER_MEAN] = 0;
    state[NEWER_SQUARES] = 0;
  }

  #merge(): void {
    const state = this.#state;
    const n = this.count;
    const older = this.#older;
    let mean = state[NEWER_MEAN];
    let squares = state[NEWER_SQUARES];
    if (older > 0) {
      const at = RING + this.capacity + this.#oldest();
      const d = state[at] - mean;
      const share = older / n;
      mean += d * share;
      squares += state[at + this.capacity] + d * d * share * (n - older);
    }
    state[MEAN] = mean;
    state[VARIANCE] = n > 1 ? squares / (n - 1) : 0;
  }
}
