/** What rows say over shorter and longer spans, each span by what is usual of it. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';

/** Rates of four exponential means: an anomaly lasts some 2, 10, 30 or 100 rows. */
const RATES = [0.5, 0.1, 0.03, 0.01] as const;
const SPANS = RATES.length;

/** The longest tells how long, not how much: a row counts in it as at most so many times its usual size, and it counts half after so many rows, when a few dozen of its spans are known. */
const LONGEST = SPANS - 1;
const MUCH = 10;
const LONGEST_KNOWN = 5000;

/** The usual size of a mean is a root mean square: it begins at that of noise, which counts as so many rows; its slowest rate; and how many times itself one row counts at most. */
const NOISE = 1;
const KNOWN = 20;
const SLOWEST = 1 / 5000;
const CLIP = 10;

/** The shortest counts more than the others where so many values of all there were would be larger by chance; those are taken to be at least 200, at most 20,000. */
const PEAKS = 5;
const FEW = 200;
const MANY = 20_000;

/**
 * Where rows often leap the short mean is wild and only the longer ones tell something; where they are calm a short fault stands out at once. So each mean
 * is divided by its root mean square, and the shortest is squared in units of the size that few exponential values exceed: k of n lie above ln(n / k) times
 * their mean. The sum is brought back to the size of what came in.
 */
export class Lasting {
  /** Means, and their mean squares. */
  readonly #state = new Float64Array(2 * SPANS).fill(NOISE, SPANS);

  /** The evidence at a row whose own is q, after so many rows. */
  of(q: number, rows: number): number {
    const s = this.#state;
    const sharp = Math.log(Math.max(FEW, Math.min(rows, MANY)) / PEAKS) / Math.SQRT2;
    let sum = 0;
    let weights = 0;
    for (let k = 0; k < SPANS; k++) {
      const weight = (k === LONGEST ? rows / (rows + LONGEST_KNOWN) : 1) / Math.sqrt(s[SPANS + k]);
      const size = weight * this.#next(k, q);
      sum += k === 0 ? (size * size) / sharp : size;
      weights += weight;
    }
    return sum / weights;
  }

  /** `rows`: learnt so far. */
  learn(q: number, rows: number): void {
    const s = this.#state;
    const rate = Math.max(1 / (rows + KNOWN + 1), SLOWEST);
    for (let k = 0; k < SPANS; k++) {
      s[k] = this.#next(k, q);
      s[SPANS + k] += rate * (Math.min(s[k] * s[k], CLIP * CLIP * s[SPANS + k]) - s[SPANS + k]);
    }
  }

  #next(k: number, q: number): number {
    const s = this.#state;
    const counted = k === LONGEST ? Math.min(q, MUCH * Math.sqrt(s[SPANS + k])) : q;
    return s[k] + RATES[k] * (counted - s[k]);
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  /** States before version 5 had three means, before version 4 without their usual sizes. */
  restore(reader: SnapshotReader): this {
    const s = this.#state;
    if (reader.version > 4) reader.block(s);
    else {
      const before = new Float64Array(reader.version > 3 ? 2 * LONGEST : LONGEST);
      reader.block(before);
      s.set(before.subarray(0, LONGEST));
      s[LONGEST] = s[LONGEST - 1];
      s.set(before.subarray(LONGEST), SPANS);
    }
    return this;
  }
}
