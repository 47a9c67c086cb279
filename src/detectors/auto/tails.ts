/** Brings the scores of the members to one scale by what each has shown so far. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { rateOf, type Tuning } from './tuning.ts';

const HIGH = 0;
const LOW = 1;
const COUNT = 2;
const SINCE = 3;
const SIZE = 4;

/** Points after which the tail counts as much as that of noise, with which it begins. */
const PRIOR = 500;
const GAIN = 3;
/** Share of the points above the lower of the two quantiles, ten times that above the higher one. */
const TENFOLD = 10;
/** From the higher quantile to the limit it is one and a half times as far as between the two, less what the tail of noise bends down. */
const DECADES = 1.5;
const BEND = 1.3;
const FARTHEST = 2.5;
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

  /** `usual`: the limit for noise, with which it begins; `beyond`: how far above the higher quantile that lies. */
  constructor(tuning: Tuning, usual: number, beyond: number) {
    this.#usual = usual;
    this.#beyond = beyond;
    this.#rate = rateOf(tuning.tailHalf);
    this.#share = tuning.tailShare;
    this.#gap = tuning.tailGap;
    this.#state[HIGH] = this.#state[LOW] = Math.log(usual / beyond);
    this.#state[LOW] -= 0.3;
    this.#state[COUNT] = PRIOR;
    this.#state[SINCE] = tuning.tailGap;
  }

  /** The score that about 1 in 10,000 points of the usual exceeds; never much less than that of noise. */
  get limit(): number {
    const s = this.#state;
    const beyond = Math.min(FARTHEST, Math.exp(DECADES * (s[HIGH] - s[LOW])) / BEND);
    return Math.max(this.#usual * FLOOR, Math.max(this.#beyond, beyond) * Math.exp(s[HIGH]));
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
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  static restore(reader: SnapshotReader, tuning: Tuning, usual: number, beyond: number): Tail {
    const tail = new Tail(tuning, usual, beyond);
    reader.block(tail.#state);
    return tail;
  }
}
