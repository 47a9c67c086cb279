/** Brings the scores of the members to one scale by what each has shown so far. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { rateOf, type Tuning } from './tuning.ts';

/** Points after which the tail counts as much as that of noise, with which it begins. */
const PRIOR = 500;
const GAIN = 3;
/** Share of the points above the lower of the two quantiles, ten times that above the higher one. */
const TENFOLD = 10;
/** From the higher quantile to the limit it is one and a half times as far as between the two, and less the lighter the tail is: that of noise bends down. */
const DECADES = 1.5;
const STEEPER = 1.93;
const BEND = 0.32;
const FARTHEST = 5;
/** The limit never falls below this part of that of noise. */
const FLOOR = 0.75;

/** What noise gives a member, with which its tail begins; one object for all series. */
export interface Usual {
  /** The limit for noise. */
  readonly limit: number;
  /** How far above the higher quantile the limit lies, at least. */
  readonly beyond: number;
  /** Points after which what was learnt counts half. */
  readonly doubt: number;
}

/**
 * The limit of one member's score, from two quantiles learnt in the logarithm by stochastic approximation (Robbins and Monro 1951) and
 * continued as a power (Hill 1975). Exceedances of the higher one count once in `tailGap` points (declustering, Leadbetter 1983), so that an
 * anomaly that lasts does not hide itself or the next one.
 */
export class Tail {
  readonly #tuning: Tuning;
  readonly #usual: Usual;
  readonly #rate: number;
  // Six of these in a series: numbers of their own take half of the memory that an array each would.
  #high: number;
  #low: number;
  #count = PRIOR;
  #since: number;
  #limit: number;

  constructor(tuning: Tuning, usual: Usual) {
    this.#tuning = tuning;
    this.#usual = usual;
    this.#rate = rateOf(tuning.tailHalf);
    this.#high = Math.log(usual.limit / usual.beyond);
    this.#low = this.#high - 0.3;
    this.#since = tuning.tailGap;
    this.#limit = this.#reach();
  }

  /** The score that about 1 in 10,000 points of the usual exceeds; never much less than that of noise. */
  get limit(): number {
    return this.#limit;
  }

  /** What ten times as many points exceed as the learnt quantile that the limit is continued from. */
  get low(): number {
    return Math.exp(this.#low);
  }

  learn(score: number): void {
    const share = this.#tuning.tailShare;
    this.#count++;
    this.#since++;
    const rate = GAIN * Math.max(this.#rate, 1 / this.#count);
    const log = score > 0 ? Math.log(score) : -Infinity;
    const low = TENFOLD * share;
    this.#low += (rate / Math.sqrt(low)) * ((log > this.#low ? 1 : 0) - low);
    if (this.#since > this.#tuning.tailGap) {
      const isOver = log > this.#high;
      this.#high += (rate / Math.sqrt(share)) * ((isOver ? 1 : 0) - share);
      if (isOver) this.#since = 0;
    }
    this.#limit = this.#reach();
  }

  snapshot(writer: SnapshotWriter): void {
    for (const x of [this.#high, this.#low, this.#count, this.#since, this.#limit]) writer.f64(x);
  }

  static restore(reader: SnapshotReader, tuning: Tuning, usual: Usual): Tail {
    const tail = new Tail(tuning, usual);
    tail.#high = reader.f64();
    tail.#low = reader.f64();
    tail.#count = reader.f64();
    tail.#since = reader.f64();
    tail.#limit = reader.f64();
    return tail;
  }

  /** The limit as it is learnt up to now. */
  #reach(): number {
    const usual = this.#usual;
    const decade = this.#high - this.#low;
    const beyond = Math.min(FARTHEST, Math.exp(Math.min(DECADES * decade, STEEPER * decade - BEND)));
    const learnt = Math.max(usual.beyond, beyond) * Math.exp(this.#high);
    const points = this.#count - PRIOR;
    const limit = usual.doubt === 0 ? learnt : usual.limit * (learnt / usual.limit) ** (points / (points + usual.doubt));
    return Math.max(usual.limit * FLOOR, limit);
  }
}
