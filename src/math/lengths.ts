/** How surprising a length is: of a run, of an interval. */

/** Bins of a quarter of an octave, from 1 to 2^32. */
export const LENGTH_BINS = 128;
const PER_OCTAVE = 4;
/** A length that was reached this often is normal; fewer may have been anomalies themselves. */
const SUPPORT = 3;
/** A length weighs 1 / e after so many others. */
const MEMORY = 1000;
/** Of shorter tails one does not know how they go on. */
const SHORTEST_TAIL = 1.5;
const MOST = 20;

/**
 * Distribution of lengths (1 and more) in bins of equal ratio, that forgets. Up to the longest length that was reached
 * three times its tail is counted; beyond, it goes on as an exponential one with that length as its mean, which is cautious.
 * Bins lie in an array of the caller (LENGTH_BINS zeros at first).
 */
export class Lengths {
  readonly #bins: Float32Array;

  constructor(bins: Float32Array) {
    this.#bins = bins;
  }

  add(length: number): void {
    const bins = this.#bins;
    for (let b = 0; b < LENGTH_BINS; b++) bins[b] *= 1 - 1 / MEMORY;
    bins[binOf(length)]++;
  }

  /** -log10 of the part of the lengths that reach this one, at most 20; 0 while fewer than `least` are known. */
  surprise(length: number, least: number): number {
    const bins = this.#bins;
    const own = binOf(length);
    let reached = 0;
    let longest = -1;
    let total = 0;
    for (let b = LENGTH_BINS - 1; b >= 0; b--) {
      total += bins[b];
      if (b >= own) reached = total;
      if (longest < 0 && total >= SUPPORT) longest = b;
    }
    // Decay keeps the total a little below the number of lengths.
    if (total < least * 0.95 || longest < 0) return 0;
    if (own <= longest) return -Math.log10((reached + 1) / (total + 1));
    const known = 2 ** ((longest + 1) / PER_OCTAVE);
    const beyond = Math.max(0, length - known) / Math.max(known, SHORTEST_TAIL);
    return Math.min(MOST, Math.log10((total + 1) / (SUPPORT + 1)) + beyond * Math.LOG10E);
  }
}

function binOf(length: number): number {
  return length > 1 ? Math.min(LENGTH_BINS - 1, Math.floor(PER_OCTAVE * Math.log2(length) + 1e-9)) : 0;
}
