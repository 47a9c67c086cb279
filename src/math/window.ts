/** Mean and variance of the last n values. */
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';

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
  /** Mean of the values held; 0 when there are none. */
  mean = 0;
  /** Sample variance (n - 1) of the values held; 0 below two values. */
  variance = 0;
  /** How many values are held. */
  count = 0;
  #next = 0;
  /** How many of the oldest values belong to the older part. */
  #older = 0;
  #newerMean = 0;
  #newerSquares = 0;
  /** The ring, then mean and sum of squared deviations of the suffixes that begin at each place of it. */
  readonly #values: Float64Array;
  readonly #suffixMean: Float64Array;
  readonly #suffixSquares: Float64Array;

  constructor(capacity: number) {
    const all = new Float64Array(capacity * 3);
    this.capacity = capacity;
    this.#values = all.subarray(0, capacity);
    this.#suffixMean = all.subarray(capacity, 2 * capacity);
    this.#suffixSquares = all.subarray(2 * capacity);
  }

  /** Takes a value in; the oldest leaves when the window is full. */
  push(x: number): void {
    if (this.count === this.capacity) {
      if (this.#older === 0) this.#sumSuffixes(this.count);
      this.#older--;
      this.count--;
    }
    this.#values[this.#next] = x;
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
      held[i] = this.#values[at]!;
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
    window.#values.set(held);
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
    const d = x - this.#newerMean;
    this.#newerMean += d / n;
    this.#newerSquares += d * (x - this.#newerMean);
  }

  /** Makes the oldest `n` values the older part: moments of each suffix, from its newest value backwards. */
  #sumSuffixes(n: number): void {
    let at = this.#oldest() + n - 1;
    if (at >= this.capacity) at -= this.capacity;
    let mean = 0;
    let squares = 0;
    for (let i = 1; i <= n; i++) {
      const x = this.#values[at];
      const d = x - mean;
      mean += d / i;
      squares += d * (x - mean);
      this.#suffixMean[at] = mean;
      this.#suffixSquares[at] = squares;
      at = at === 0 ? this.capacity - 1 : at - 1;
    }
    this.#older = n;
    this.#newerMean = 0;
    this.#newerSquares = 0;
  }

  #merge(): void {
    const n = this.count;
    const older = this.#older;
    let mean = this.#newerMean;
    let squares = this.#newerSquares;
    if (older > 0) {
      const at = this.#oldest();
      const d = this.#suffixMean[at] - mean;
      const share = older / n;
      mean += d * share;
      squares += this.#suffixSquares[at] + d * d * share * (n - older);
    }
    this.mean = mean;
    this.variance = n > 1 ? squares / (n - 1) : 0;
  }
}
