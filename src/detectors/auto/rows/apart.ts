/** Columns that part from those they went together with, each perhaps within its own range. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { Partners } from './partners.ts';
import { within } from './residuals.ts';
import { ColumnTail, widerOf } from './tail.ts';

/** Columns are looked for partners among so many, those beside them: the cost of a row grows with their number, not with its square. */
const GROUP_BITS = 6;
const GROUP = 1 << GROUP_BITS;

/** Rate of the running mean of a column that its movement is the distance from. */
const FOLLOW = 0.03;

/** A column speaks while its partners explain at least this part of its variance, in rows that they had not learnt. */
const EXPLAINED = 0.5;
/** What is usual begins as if nothing had been explained in so many rows. */
const DOUBT = 30;
/** Rows after which the first distances count half. */
const EASE = 200;

/** The limit lies farther than that of a column by itself: so many times the way between the two quantiles of its tail above the higher one. */
const FARTHER = 1.6;

/** Rate of the running mean of what is left, and its mean square for independent rows. A single row says little: columns are rarely read at one instant. */
const MEAN_RATE = 0.2;
const MEAN_SQUARE = MEAN_RATE / (2 - MEAN_RATE);

/** The newest row weighs at least one over this. */
const HORIZON = 5000;

/** Least spread of what is left, in spreads of the column: copies of each other may differ by rounding. */
const LEAST = 0.02;
/** What is left is learnt up to so many of its spreads, a movement up to so many of the column's, a running mean up to so many of its own. */
const CLIP = 4;
const FARTHEST = 1000;

const NOW = 0;
const LATE = 1;
const LEFT = 2;
const MOVED = 3;
const MEAN = 4;
const LATE_MEAN = 5;
const MEAN_LEFT = 6;
const STRIDE = 7;

/**
 * Running mean of what is left of each column's movement when what the others let expect is taken away (regression-adjusted variables, Hawkins 1991), by
 * its usual size. Movements, because levels that only drift seem to go together (Granger and Newbold 1974). What is usual is
 * learnt late, from rows that the regression had not learnt: where nothing is explained there, nothing is said.
 */
export class Apart {
  /** Of each column of the row scored last, 1 at its limit; 0 where nothing can be said. */
  readonly ratios: Float64Array;
  readonly #partners: readonly Partners[];
  readonly #tails: readonly ColumnTail[];
  readonly #state: Float64Array;
  readonly #count = new Float64Array(1);
  readonly #wider: number;
  // What `score` found of the row that passes next.
  readonly #newMeans: Float64Array;
  readonly #moved: Float64Array;

  constructor(width: number) {
    const groups = Math.ceil(width / GROUP);
    this.#partners = Array.from({ length: groups }, (_, group) => new Partners(Math.min(GROUP, width - group * GROUP)));
    this.#tails = Array.from({ length: width }, () => new ColumnTail(FARTHER));
    this.#state = new Float64Array(width * STRIDE);
    for (let at = 0; at < this.#state.length; at += STRIDE) {
      this.#state[at + NOW] = this.#state[at + LATE] = NaN;
      this.#state[at + LEFT] = this.#state[at + MOVED] = 1;
      this.#state[at + MEAN_LEFT] = MEAN_SQUARE;
    }
    this.ratios = new Float64Array(width);
    this.#newMeans = new Float64Array(width);
    this.#moved = new Float64Array(width);
    this.#wider = widerOf(width);
  }

  /** How many columns the others tell enough of. */
  get explained(): number {
    let count = 0;
    for (let at = 0; at < this.#state.length; at += STRIDE) if (isExplained(this.#state, at)) count++;
    return count;
  }

  /** The largest ratio of a row. `levels`: of each column in spreads, NaN where missing. */
  score(levels: Float64Array): number {
    const s = this.#state;
    const rows = this.#count[0];
    const eased = rows / (rows + EASE) / this.#wider;
    let largest = 0;
    this.#move(levels, NOW);
    for (let j = 0, at = 0; j < levels.length; j++, at += STRIDE) {
      this.ratios[j] = 0;
      this.#newMeans[j] = s[at + MEAN];
      if (!isExplained(s, at)) continue;
      const left = this.#leftOf(j);
      if (left !== left) continue;
      const mean = s[at + MEAN] + MEAN_RATE * (sizeOf(s, at, left) - s[at + MEAN]);
      this.#newMeans[j] = mean;
      const ratio = this.#tails[j].ratio(eased * distanceOf(s, at, mean));
      this.ratios[j] = ratio;
      if (ratio > largest) largest = ratio;
    }
    return largest;
  }

  /** The row scored last is one that has passed. */
  pass(levels: Float64Array): void {
    this.#follow(levels, NOW);
    for (let j = 0, at = MEAN; j < this.#newMeans.length; j++, at += STRIDE) this.#state[at] = this.#newMeans[j];
  }

  /** Learns a row that passed some time ago. */
  learn(levels: Float64Array): void {
    const rate = Math.max(1 / (++this.#count[0] + DOUBT), 1 / HORIZON);
    this.#move(levels, LATE);
    for (let j = 0; j < levels.length; j++) {
      const left = this.#leftOf(j);
      if (left === left) this.#learn(j, left, this.#moved[j], rate);
    }
    for (const partners of this.#partners) partners.learn();
    this.#follow(levels, LATE);
  }

  #learn(j: number, left: number, moved: number, rate: number): void {
    const s = this.#state;
    const at = j * STRIDE;
    const mean = s[at + LATE_MEAN] + MEAN_RATE * (sizeOf(s, at, left) - s[at + LATE_MEAN]);
    if (isExplained(s, at)) this.#tails[j].learn(distanceOf(s, at, mean));
    const clipped = within(left, CLIP * (Math.sqrt(s[at + LEFT]) + LEAST));
    const own = within(moved, CLIP * (Math.sqrt(s[at + MOVED]) + LEAST));
    s[at + LEFT] += rate * (clipped * clipped - s[at + LEFT]);
    s[at + MOVED] += rate * (own * own - s[at + MOVED]);
    s[at + LATE_MEAN] = mean;
    s[at + MEAN_LEFT] += rate * (Math.min(mean * mean, CLIP * CLIP * s[at + MEAN_LEFT]) - s[at + MEAN_LEFT]);
  }

  /** Movements of a row: its distances from the running means. */
  #move(levels: Float64Array, from: number): void {
    for (let j = 0, at = from; j < levels.length; j++, at += STRIDE) {
      const before = this.#state[at];
      this.#moved[j] = levels[j] - (before === before ? before : levels[j]);
    }
    for (let group = 0; group < this.#partners.length; group++) this.#partners[group].look(this.#moved, group * GROUP);
  }

  #follow(levels: Float64Array, to: number): void {
    const s = this.#state;
    for (let j = 0, at = to; j < levels.length; j++, at += STRIDE) {
      const x = levels[j];
      if (x === x) s[at] = s[at] === s[at] ? s[at] + FOLLOW * (x - s[at]) : x;
    }
  }

  /** What is left of a column's movement. */
  #leftOf(j: number): number {
    return this.#moved[j] - this.#partners[j >>> GROUP_BITS].expected(j & (GROUP - 1));
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#count);
    writer.block(this.#state);
    for (const part of [...this.#partners, ...this.#tails]) part.snapshot(writer);
  }

  restore(reader: SnapshotReader): this {
    reader.block(this.#count);
    reader.block(this.#state);
    for (const part of [...this.#partners, ...this.#tails]) part.restore(reader);
    return this;
  }
}

/** Whether the others tell enough of how a column moves. */
function isExplained(s: Float64Array, at: number): boolean {
  return s[at + LEFT] <= (1 - EXPLAINED) * s[at + MOVED];
}

/** What is left, in its usual spreads. */
function sizeOf(s: Float64Array, at: number, left: number): number {
  return within(left / (Math.sqrt(s[at + LEFT]) + LEAST), FARTHEST);
}

/** The running mean of what is left, in its usual spreads. */
function distanceOf(s: Float64Array, at: number, mean: number): number {
  return Math.abs(mean) / Math.sqrt(s[at + MEAN_LEFT]);
}
