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

/** Of counts that are mostly 0: the limit is continued from the events where the two quantiles lie so far apart that the lower one is no event. */
const APART = 0.85;
const FAR_APART = 0.95;
/** An event is a score beyond this part of the higher quantile; one beyond so many times it counts as one there. */
const EVENT = 0.2;
const LARGEST = 5;
const FIRST = 200;
/** Share of the points that exceed the limit. */
const BEYOND = 1e-4;

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
  /** Share of the points that are events, and the mean and mean square of their scores. */
  #events = 0;
  #mean = 0;
  #square = 0;

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

  /** `isRare`: whether values are counts that are mostly 0. */
  learn(score: number, isRare = false): void {
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
    if (isRare) this.#learnEvent(score);
    this.#limit = this.#reach(isRare);
  }

  snapshot(writer: SnapshotWriter): void {
    for (const x of [this.#high, this.#low, this.#count, this.#since, this.#limit, this.#events, this.#mean, this.#square]) writer.f64(x);
  }

  static restore(reader: SnapshotReader, tuning: Tuning, usual: Usual): Tail {
    const tail = new Tail(tuning, usual);
    tail.#high = reader.f64();
    tail.#low = reader.f64();
    tail.#count = reader.f64();
    tail.#since = reader.f64();
    tail.#limit = reader.f64();
    // Up to version 5 nothing was known of events.
    if (reader.version < 6) return tail;
    tail.#events = reader.f64();
    tail.#mean = reader.f64();
    tail.#square = reader.f64();
    return tail;
  }

  /** From here on a score is one of an event. */
  get #least(): number {
    return Math.exp(Math.max(this.#low, this.#high + Math.log(EVENT)));
  }

  #learnEvent(score: number): void {
    const isEvent = score > this.#least;
    const points = this.#count - PRIOR;
    this.#events += Math.max(1 / points, this.#rate) * ((isEvent ? 1 : 0) - this.#events);
    if (!isEvent) return;
    const x = Math.min(score, LARGEST * Math.exp(this.#high));
    const rate = Math.max(1 / (this.#events * points + 1), Math.min(1, this.#rate / this.#events));
    this.#mean += rate * (x - this.#mean);
    this.#square += rate * (x * x - this.#square);
  }

  /** What 1 in 10,000 points exceeds, were scores of events a gamma distribution with their mean and variance: the cube root is nearly normal (Wilson and Hilferty 1931). */
  #ofEvents(): number {
    const mean = this.#mean - this.#least;
    const variance = this.#square - this.#mean ** 2;
    if (!(mean > 0 && variance > 0)) return 0;
    const spread = variance / (9 * mean * mean);
    return this.#least + mean * Math.max(0, 1 - spread + deviationOf(BEYOND / this.#events) * Math.sqrt(spread)) ** 3;
  }

  /** The limit as it is learnt up to now. */
  #reach(isRare = false): number {
    const usual = this.#usual;
    const decade = this.#high - this.#low;
    const beyond = Math.min(FARTHEST, Math.exp(Math.min(DECADES * decade, STEEPER * decade - BEND)));
    let learnt = Math.max(usual.beyond, beyond) * Math.exp(this.#high);
    const points = this.#count - PRIOR;
    if (isRare && decade > APART && points > FIRST) {
      const byEvents = Math.max(usual.beyond * Math.exp(this.#high), Math.min(learnt, this.#ofEvents()));
      learnt *= (byEvents / learnt) ** Math.min(1, (decade - APART) / (FAR_APART - APART));
    }
    const limit = usual.doubt === 0 ? learnt : usual.limit * (learnt / usual.limit) ** (points / (points + usual.doubt));
    return Math.max(usual.limit * FLOOR, limit);
  }
}

/** The normal deviation that is exceeded with this chance, to .0005 (Hastings 1955). */
function deviationOf(chance: number): number {
  const t = Math.sqrt(-2 * Math.log(Math.min(0.5, chance)));
  return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}
