/** Brings the scores of the members to one scale by what each has shown so far. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { rateOf, type Tuning } from './tuning.ts';

const HIGH = 0;
const LOW = 1;
const COUNT = 2;
const SINCE = 3;
const LIMIT = 4;
const SIZE = 5;

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

/**
 * The limit of one member's score, from two quantiles learnt in the logarithm by stochastic approximation (Robbins and Monro 1951) and
 * continued as a power (Hill 1975). Exceedances of the higher one count once in `tailGap` points (declustering, Leadbetter 1983), so that an
 * anomaly that lasts does not hide itself or the next one.
 */
export class Tail {
  readonly #state = new Float64Array(SIZE);
  readonly #rate: number;
  readonly #share: number;
  readonly #gap: number;
  readonly #usual: number;
  readonly #beyond: number;
  readonly #doubt: number;

  /**
   * `usual`: the limit for noise, with which it begins; `beyond`: how far above the higher quantile that lies, at least; `doubt`: points after
   * which what was learnt counts half.
   */
  constructor(tuning: Tuning, usual: number, beyond: number, doubt = 0) {
    this.#usual = usual;
    this.#beyond = beyond;
    this.#doubt = doubt;
    this.#rate = rateOf(tuning.tailHalf);
    this.#share = tuning.tailShare;
    this.#gap = tuning.tailGap;
    this.#state[HIGH] = this.#state[LOW] = Math.log(usual / beyond);
    this.#state[LOW] -= 0.3;
    this.#state[COUNT] = PRIOR;
    this.#state[SINCE] = tuning.tailGap;
    this.#state[LIMIT] = this.#reach();
  }

  /** The score that about 1 in 10,000 points of the usual exceeds; never much less than that of noise. */
  get limit(): number {
    return this.#state[LIMIT];
  }

  learn(score: number): void {
    const s = this.#state;
    s[COUNT]++;
    s[SINCE]++;
    const rate = GAIN * Math.max(this.#rate, 1 / s[COUNT]);
    const log = score > 0 ? Math.log(score) : -Infinity;
    const low = TENFOLD * this.#share;
    s[LOW] += (rate / Math.sqrt(low)) * ((log > s[LOW] ? 1 : 0) - low);
    if (s[SINCE] > this.#gap) {
      const isOver = log > s[HIGH];
      s[HIGH] += (rate / Math.sqrt(this.#share)) * ((isOver ? 1 : 0) - this.#share);
      if (isOver) s[SINCE] = 0;
    }
    s[LIMIT] = this.#reach();
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  static restore(reader: SnapshotReader, tuning: Tuning, usual: number, beyond: number, doubt = 0): Tail {
    const tail = new Tail(tuning, usual, beyond, doubt);
    reader.block(tail.#state);
    return tail;
  }

  /** The limit as it is learnt up to now. */
  #reach(): number {
    const s = this.#state;
    const decade = s[HIGH] - s[LOW];
    const beyond = Math.min(FARTHEST, Math.exp(Math.min(DECADES * decade, STEEPER * decade - BEND)));
    const learnt = Math.max(this.#beyond, beyond) * Math.exp(s[HIGH]);
    const points = s[COUNT] - PRIOR;
    const limit = this.#doubt === 0 ? learnt : this.#usual * (learnt / this.#usual) ** (points / (points + this.#doubt));
    return Math.max(this.#usual * FLOOR, limit);
  }
}
