/** Columns that part from those they went together with, each perhaps within its own range. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { Partners } from './partners.ts';
import { within } from './residuals.ts';
import { ColumnTails, QUIET, widerOf } from './tail.ts';

/** Columns are looked for partners among so many, those beside them: the cost of a row grows with their number, not with its square. */
const GROUP = 64;

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
  readonly #tails: ColumnTails;
  readonly #state: Float64Array;
  readonly #count = new Float64Array(1);
  readonly #wider: number;
  /** Of each column the usual spreads of what is left and of its running mean: roots that every row needs. */
  readonly #spread: Float64Array;
  readonly #meanSpread: Float64Array;
  // What `score` found of the row that passes next.
  readonly #newMeans: Float64Array;
  readonly #moved: Float64Array;
  readonly #left: Float64Array;
  readonly #distances: Float64Array;

  constructor(width: number) {
    const groups = Math.ceil(width / GROUP);
    this.#partners = Array.from({ length: groups }, (_, group) => new Partners(Math.min(GROUP, width - group * GROUP)));
    this.#tails = new ColumnTails(width, FARTHER);
    this.#state = new Float64Array(width * STRIDE);
    for (let at = 0; at < this.#state.length; at += STRIDE) {
      this.#state[at + NOW] = this.#state[at + LATE] = NaN;
      this.#state[at + LEFT] = this.#state[at + MOVED] = 1;
      this.#state[at + MEAN_LEFT] = MEAN_SQUARE;
    }
    this.#spread = new Float64Array(width);
    this.#meanSpread = new Float64Array(width);
    this.#usual();
    this.ratios = new Float64Array(width);
    this.#newMeans = new Float64Array(width);
    this.#moved = new Float64Array(width);
    this.#left = new Float64Array(width);
    this.#distances = new Float64Array(width);
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
    const means = this.#newMeans;
    const left = this.#left;
    const rows = this.#count[0];
    const eased = rows / (rows + EASE) / this.#wider;
    let largest = 0;
    this.#look(levels, NOW);
    for (let j = 0, at = 0; j < levels.length; j++, at += STRIDE) {
      this.ratios[j] = 0;
      means[j] = s[at + MEAN];
      if (!isExplained(s, at) || left[j] !== left[j]) continue;
      const size = within(left[j] / this.#spread[j], FARTHEST);
      const mean = means[j] + MEAN_RATE * (size - means[j]);
      means[j] = mean;
      const far = eased * (Math.abs(mean) / this.#meanSpread[j]);
      if (far < QUIET) continue;
      const ratio = this.#tails.ratio(j, far);
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
    const s = this.#state;
    const left = this.#left;
    const moved = this.#moved;
    const distances = this.#distances;
    const rate = Math.max(1 / (++this.#count[0] + DOUBT), 1 / HORIZON);
    this.#look(levels, LATE);
    for (let j = 0, at = 0; j < levels.length; j++, at += STRIDE) {
      distances[j] = NaN;
      if (left[j] !== left[j]) continue;
      const size = within(left[j] / this.#spread[j], FARTHEST);
      const mean = s[at + LATE_MEAN] + MEAN_RATE * (size - s[at + LATE_MEAN]);
      if (isExplained(s, at)) distances[j] = Math.abs(mean) / this.#meanSpread[j];
      s[at + LEFT] += rate * (clippedSquare(left[j], s[at + LEFT]) - s[at + LEFT]);
      s[at + MOVED] += rate * (clippedSquare(moved[j], s[at + MOVED]) - s[at + MOVED]);
      s[at + LATE_MEAN] = mean;
      s[at + MEAN_LEFT] += rate * (Math.min(mean * mean, CLIP * CLIP * s[at + MEAN_LEFT]) - s[at + MEAN_LEFT]);
    }
    this.#usual();
    this.#tails.learn(distances);
    for (const partners of this.#partners) partners.learn();
    this.#follow(levels, LATE);
  }

  #usual(): void {
    const s = this.#state;
    for (let j = 0, at = 0; at < s.length; j++, at += STRIDE) {
      this.#spread[j] = Math.sqrt(s[at + LEFT]) + LEAST;
      this.#meanSpread[j] = Math.sqrt(s[at + MEAN_LEFT]);
    }
  }

  /** Movements of a row, which are its distances from the running means, and what is left of them. */
  #look(levels: Float64Array, from: number): void {
    const moved = this.#moved;
    const left = this.#left;
    for (let j = 0, at = from; j < levels.length; j++, at += STRIDE) {
      const before = this.#state[at];
      moved[j] = levels[j] - (before === before ? before : levels[j]);
    }
    for (let group = 0; group < this.#partners.length; group++) {
      this.#partners[group].look(moved, group * GROUP);
      this.#partners[group].expect(left, group * GROUP);
    }
    for (let j = 0; j < left.length; j++) left[j] = moved[j] - left[j];
  }

  #follow(levels: Float64Array, to: number): void {
    const s = this.#state;
    for (let j = 0, at = to; j < levels.length; j++, at += STRIDE) {
      const x = levels[j];
      if (x === x) s[at] = s[at] === s[at] ? s[at] + FOLLOW * (x - s[at]) : x;
    }
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#count);
    writer.block(this.#state);
    for (const part of [...this.#partners, this.#tails]) part.snapshot(writer);
  }

  restore(reader: SnapshotReader): this {
    reader.block(this.#count);
    reader.block(this.#state);
    for (const part of [...this.#partners, this.#tails]) part.restore(reader);
    this.#usual();
    return this;
  }
}

/** Whether the others tell enough of how a column moves. */
function isExplained(s: Float64Array, at: number): boolean {
  return s[at + LEFT] <= (1 - EXPLAINED) * s[at + MOVED];
}

/** The square of x, which counts as at most so many of its spreads. */
function clippedSquare(x: number, variance: number): number {
  const square = x * x;
  if (square <= CLIP * CLIP * variance) return square;
  return Math.min(square, (CLIP * (Math.sqrt(variance) + LEAST)) ** 2);
}
