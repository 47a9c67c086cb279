/** How rare the size of something has been, per column. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';

/** Bins of a quarter octave: bin 0 up to 1/16, the last from 2^9.5 on. */
const BINS = 56;
const PER_OCTAVE = 4;
const OCTAVES_BELOW_ONE = 4;
const SMALLEST = 2 ** -OCTAVES_BELOW_ONE;

/** A tail falls with the square of the size: by the root of a half from bin to bin. */
const FALL = Math.SQRT1_2;

/** What is left of it so many bins further. */
const FALLEN = Float64Array.from({ length: BINS }, (_, bins) => FALL ** bins);

/** Where nothing was seen, sizes up to 2 are as likely as any, larger ones fall with the tail. */
const PRIOR = Float64Array.from({ length: BINS }, (_, bin) => FALL ** Math.max(0, bin - 21));

/** What was seen ten thousand rows ago weighs 1/e. */
const FORGET = 1e-4;

/** Weights grow instead of being made to decay; beyond this they begin at 1 again. */
const HEAVIEST = 1e9;

const size64 = new Float64Array(1);
const size32 = new Uint32Array(size64.buffer);

/** Leading 20 bits of the mantissa of 2^(1/4), 2^(1/2), 2^(3/4). */
const QUARTERS = [0.25, 0.5, 0.75].map((part) => Math.floor((2 ** part - 1) * 2 ** 20));
const [FIRST, SECOND, THIRD] = QUARTERS;

/** Which bin a size >= 0 lies in. Read from the bits of the number: a logarithm would be most of the cost of a row. */
export function binOf(size: number): number {
  if (!(size > SMALLEST)) return 0;
  size64[0] = size;
  const high = size32[1];
  const mantissa = high & 0xfffff;
  const quarter = mantissa < SECOND ? (mantissa < FIRST ? 0 : 1) : mantissa < THIRD ? 2 : 3;
  return Math.min(BINS - 1, 1 + PER_OCTAVE * ((high >>> 20) - 1023 + OCTAVES_BELOW_ONE) + quarter);
}

/**
 * Histograms of sizes that forget, `width` of them. Surprise of bin b is the logarithm of its rarity (W + 1) / N, W all that was seen and N what reached as far: half
 * of b, all above it, of each bin below what a tail that falls with the square would have brought here, and of one unseen value the same.
 */
export class Surprise {
  readonly #counts: Float32Array;
  readonly #sums: Float64Array;
  /** Weight of the value learnt next. */
  readonly #weight = new Float64Array(1).fill(1);

  constructor(width: number) {
    this.#counts = new Float32Array(width * BINS);
    this.#sums = new Float64Array(width);
  }

  /** The rarity of a bin of each histogram; where there is none, any number. */
  rarities(bins: Uint8Array, rarities: Float64Array): void {
    const counts = this.#counts;
    const weight = this.#weight[0];
    for (let k = 0, from = 0; k < bins.length; k++, from += BINS) {
      const bin = bins[k];
      if (bin >= BINS) continue;
      // Two sums each, because an addition waits for the one before it.
      let below = 0;
      let further = 0;
      let fallen = 0;
      let more = 0;
      let b = 0;
      for (; b + 1 < bin; b += 2) {
        const one = counts[from + b];
        const other = counts[from + b + 1];
        below += one;
        further += other;
        fallen += one * FALLEN[bin - b];
        more += other * FALLEN[bin - b - 1];
      }
      if (b < bin) {
        below += counts[from + b];
        fallen += counts[from + b] * FALLEN[1];
      }
      const above = Math.max(0, this.#sums[k] - (below + further) - counts[from + bin] / 2);
      rarities[k] = (this.#sums[k] + weight) / (above + (fallen + more) + weight * PRIOR[bin]);
    }
  }

  /** Before the values of a row are learnt. */
  age(): void {
    this.#weight[0] /= 1 - FORGET;
    if (this.#weight[0] <= HEAVIEST) return;
    for (let i = 0; i < this.#counts.length; i++) this.#counts[i] /= this.#weight[0];
    for (let i = 0; i < this.#sums.length; i++) this.#sums[i] /= this.#weight[0];
    this.#weight[0] = 1;
  }

  learn(histogram: number, bin: number): void {
    this.#counts[histogram * BINS + bin] += this.#weight[0];
    this.#sums[histogram] += this.#weight[0];
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#weight);
    writer.block(this.#sums);
    writer.block(this.#counts);
  }

  restore(reader: SnapshotReader): this {
    reader.block(this.#weight);
    reader.block(this.#sums);
    reader.block(this.#counts);
    return this;
  }
}
