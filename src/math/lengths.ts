/** How surprising a length is: of a run, of an interval. */

/** Bins of a quarter of an octave, from 1 to 2^32. */
const BINS = 128;
/** After the bins: the weight of the newest length, and that of all. Older ones weigh less by making newer ones weigh more. */
const NEWEST = BINS;
const TOTAL = BINS + 1;
/** Numbers of state. */
export const LENGTH_STATE = BINS + 2;
/** Weights are made small again when they have become so large. */
const LARGEST = 1e9;
const PER_OCTAVE = 4;
/** A length that was reached this often is normal; fewer may have been anomalies themselves. */
const SUPPORT = 3;
/** A length weighs 1 / e after so many others. */
const MEMORY = 10_000;
/** Of shorter tails one does not know how they go on. */
const SHORTEST_TAIL = 1.5;
const MOST = 20;

/**
 * Distribution of lengths (1 and more) in bins of equal ratio, that forgets. Up to the longest length that was reached
 * three times its tail is counted; beyond, it goes on as an exponential one with that length as its mean, which is cautious.
 * The state lies in an array of the caller (LENGTH_STATE zeros at first).
 */
export class Lengths {
  readonly #state: Float32Array;

  constructor(state: Float32Array) {
    this.#state = state;
  }

  add(length: number): void {
    const state = this.#state;
    const newest = state[TOTAL] === 0 ? 1 : state[NEWEST] / (1 - 1 / MEMORY);
    state[NEWEST] = newest;
    state[binOf(length)] += newest;
    state[TOTAL] += newest;
    if (newest > LARGEST) for (let i = 0; i < LENGTH_STATE; i++) state[i] /= LARGEST;
  }

  /** -log10 of the part of the lengths that reach this one, at most 20; 0 while fewer than `least` are known. */
  surprise(length: number, least: number): number {
    const state = this.#state;
    const newest = state[NEWEST];
    // Decay keeps the total a little below the number of lengths.
    if (newest === 0 || state[TOTAL] < newest * least * 0.95) return 0;
    const total = state[TOTAL] / newest;
    const own = binOf(length);
    let reached = 0;
    let bin = BINS - 1;
    for (; bin >= own; bin--) reached += state[bin];
    reached /= newest;
    if (reached >= SUPPORT) return -Math.log10(Math.min(1, (reached + 1) / (total + 1)));
    for (reached *= newest; bin >= 0 && reached < SUPPORT * newest; bin--) reached += state[bin];
    const known = 2 ** ((bin + 2) / PER_OCTAVE);
    const beyond = Math.max(0, length - known) / Math.max(known, SHORTEST_TAIL);
    return Math.min(MOST, Math.log10((total + 1) / (SUPPORT + 1)) + beyond * Math.LOG10E);
  }
}

function binOf(length: number): number {
  return length > 1 ? Math.min(BINS - 1, Math.floor(PER_OCTAVE * Math.log2(length) + 1e-9)) : 0;
}
