/** Rows of many columns: how surprising each column is, times how far the row lies from its nearest neighbours. */
import type { DetectorOutput } from '../../../core/contracts.ts';
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { shareOut } from '../../rows.ts';
import { isMissing } from '../../zscore.ts';
import { Apart } from './apart.ts';
import { Delay } from './delay.ts';
import { Lasting } from './lasting.ts';
import { Neighbours } from './neighbours.ts';
import { within, Residuals } from './residuals.ts';
import { binOf, Surprise } from './surprise.ts';

export interface RowOptions {
  /** What is usual, and how rare something is, is learnt of a row so long after it, ms; 300 rows where it is not given. */
  adaptAfter?: number | undefined;
}

/** Rows learnt before distances are taken, and before there is a score. */
const UNSURE = 30;
const WARM_UP = 40;
/** Rows after which the first scores count half: the histograms still hold little but the first rows. */
const EASE = 10;

const LARGEST_STEP = 1000;
const LARGEST_LEVEL = 20;

/** Rate of the mean of a column's steps that shows a small change that lasts, and the spread of that mean for independent steps. */
const DRIFT_RATE = 0.1;
const DRIFT_SCALE = Math.sqrt((2 - DRIFT_RATE) / DRIFT_RATE);

/** The usual distance to the nearest: its slowest rate, the least one, and how many times itself is learnt of one row. */
const USUAL_RATE = 1 / 2000;
const LEAST_USUAL = 0.05;
const USUAL_CLIP = 10;

/** A row counts as at most this. */
const CEILING = 200;

/** The score of very many columns counts so many times, that of two half of it: chance makes few columns leap higher. */
const MOST = 1.4;

/** Beside the bins of a column that was missing. */
const NOT_SEEN = 255;

const COUNT = 0;
const USUAL = 1;
const STATE = 2;

/**
 * A row's q is the mean over the columns present of Q_j^2, times the distance to the nearest rows over the usual such distance; Q_j is the mean surprise of
 * the column's step (distance from a first-order autoregression) and of the running mean of steps. What is usual is learnt late.
 */
export class Together {
  readonly #width: number;
  readonly #loudness: number;
  readonly #residuals: Residuals;
  readonly #surprise: Surprise;
  readonly #neighbours: Neighbours;
  readonly #delay: Delay;
  readonly #lasting = new Lasting();
  readonly #apart: Apart;
  /** Rows learnt, usual distance to the nearest rows. */
  readonly #state = new Float64Array(STATE);
  /** Running mean of steps, and latest level, of each column. */
  readonly #drifts: Float64Array;
  readonly #levels: Float64Array;
  /** How far each column of the row scored last is from what it usually does, in spreads: its step, or the running mean of steps; NaN where missing. */
  readonly distances: Float64Array;
  // What `score` found of the row that is learnt next.
  readonly #newDrifts: Float64Array;
  readonly #newLevels: Float64Array;
  readonly #bins: Uint8Array;
  /** Levels of the row scored last, and of one learnt late; NaN where missing. */
  readonly #seen: Float64Array;
  readonly #late: Float64Array;
  readonly #rarities: Float64Array;
  readonly #found = { nearest: 0, q: 0, score: NaN, present: false };

  constructor(options: RowOptions, width: number) {
    this.#width = width;
    this.#loudness = (MOST * width) / (width + 2);
    this.#residuals = new Residuals(width);
    this.#surprise = new Surprise(2 * width);
    this.#neighbours = new Neighbours(width, LARGEST_LEVEL);
    this.#delay = new Delay(width, 2 * width, options.adaptAfter);
    this.#apart = new Apart(width);
    this.#drifts = new Float64Array(width);
    this.#levels = new Float64Array(width);
    this.#newDrifts = new Float64Array(width);
    this.#newLevels = new Float64Array(width);
    this.#bins = new Uint8Array(2 * width);
    this.#seen = new Float64Array(width);
    this.#late = new Float64Array(width);
    this.#rarities = new Float64Array(2 * width);
    this.distances = new Float64Array(width);
  }

  /** How far the row scored last parts from what its columns let expect of each other: 1 at the limit; `apart` says it of each column. */
  parted(): number {
    const seen = this.#seen;
    for (let j = 0; j < this.#width; j++) seen[j] = this.distances[j] === this.distances[j] ? this.#newLevels[j] : NaN;
    return this.#apart.score(seen);
  }

  get apart(): Float64Array {
    return this.#apart.ratios;
  }

  /** Rows that had a score so far. */
  get scored(): number {
    return Math.max(0, this.#state[COUNT] - WARM_UP);
  }

  /** Score of a row, NaN while warming up or without any value; says the share of each column and which part spoke. */
  score(values: Float64Array, at: number, out: DetectorOutput): number {
    const s = this.#state;
    const found = this.#found;
    const surprise = this.#surprises(values, at, out.contributions);
    found.present = surprise === surprise;
    if (!found.present) return NaN;
    found.nearest = this.#neighbours.distance(this.#newLevels);
    found.q = found.score = NaN;
    if (s[COUNT] < WARM_UP) {
      out.contributions[0] = NaN;
      return NaN;
    }
    const unusual = found.nearest / (s[USUAL] + LEAST_USUAL);
    const q = (surprise * unusual * (s[COUNT] - WARM_UP)) / (s[COUNT] - WARM_UP + EASE);
    found.q = q / (1 + q / CEILING);
    found.score = this.#loudness * this.#lasting.of(found.q, this.scored);
    shareOut(out.contributions);
    out.member = unusual > surprise ? 1 : 0;
    return found.score;
  }

  /** Mean of Q_j^2 over the columns present, NaN where none is; each beside it. */
  #surprises(values: Float64Array, at: number, squares: Float64Array): number {
    const present = this.#look(values, at);
    const bins = this.#bins;
    const rarities = this.#rarities;
    this.#surprise.rarities(bins, rarities);
    let sum = 0;
    for (let j = 0; j < this.#width; j++) {
      if (bins[2 * j] === NOT_SEEN) {
        squares[j] = 0;
        continue;
      }
      const both = Math.log(rarities[2 * j] * rarities[2 * j + 1]) / 2;
      squares[j] = both * both;
      sum += squares[j];
    }
    return sum / present;
  }

  /** Levels, drifts and distances of a row and their bins; returns how many columns are present. */
  #look(values: Float64Array, at: number): number {
    const drifts = this.#drifts;
    const newDrifts = this.#newDrifts;
    const newLevels = this.#newLevels;
    const distances = this.distances;
    const bins = this.#bins;
    const isSure = this.#state[COUNT] >= UNSURE;
    newLevels.set(this.#levels);
    // Until the distances are known their place is that of the steps.
    if (isSure) this.#residuals.look(values, at, newLevels, distances);
    let present = 0;
    for (let j = 0; j < this.#width; j++) {
      if (isMissing(values[at + j])) {
        newDrifts[j] = drifts[j];
        bins[2 * j] = bins[2 * j + 1] = NOT_SEEN;
        distances[j] = NaN;
        continue;
      }
      present++;
      const step = isSure ? within(distances[j], LARGEST_STEP) : 0;
      const drift = drifts[j] + DRIFT_RATE * (step - drifts[j]);
      const size = Math.abs(step);
      const drifted = DRIFT_SCALE * Math.abs(drift);
      newDrifts[j] = drift;
      newLevels[j] = isSure ? within(newLevels[j], LARGEST_LEVEL) : 0;
      distances[j] = Math.max(size, drifted);
      bins[2 * j] = binOf(size);
      bins[2 * j + 1] = binOf(drifted);
    }
    return present;
  }

  learn(time: number, values: Float64Array, at: number): void {
    const found = this.#found;
    if (!found.present) return;
    const s = this.#state;
    if (found.score === found.score) {
      this.#lasting.learn(found.q, this.scored);
      this.#apart.pass(this.#seen);
    }
    if (s[COUNT] >= UNSURE) {
      this.#neighbours.learn(this.#newLevels);
      const rate = Math.max(1 / (s[COUNT] - UNSURE + 1), USUAL_RATE);
      s[USUAL] += rate * (Math.min(found.nearest, USUAL_CLIP * (s[USUAL] + LEAST_USUAL)) - s[USUAL]);
    }
    this.#drifts.set(this.#newDrifts);
    this.#levels.set(this.#newLevels);
    for (let j = 0; j < this.#width; j++) if (!isMissing(values[at + j])) this.#residuals.pass(j, values[at + j]);
    for (let slot = this.#delay.due(); slot >= 0; slot = this.#delay.due()) this.#learnLate(slot);
    this.#delay.push(time, values, at, this.#bins);
    s[COUNT]++;
  }

  #learnLate(slot: number): void {
    const { values, notes } = this.#delay;
    this.#residuals.learn(values, slot * this.#width, this.#width);
    if (this.#state[COUNT] >= UNSURE) {
      this.#residuals.levels(values, slot * this.#width, this.#late);
      for (let j = 0; j < this.#width; j++) this.#late[j] = within(this.#late[j], LARGEST_LEVEL);
      this.#apart.learn(this.#late);
    }
    this.#surprise.age();
    const from = slot * 2 * this.#width;
    for (let k = 0; k < 2 * this.#width; k++) if (notes[from + k] !== NOT_SEEN) this.#surprise.learn(k, notes[from + k]);
  }

  describe(): string[] {
    const rows = this.#delay.length;
    const { interval } = this.#delay;
    const { explained } = this.#apart;
    const time = interval > 0 ? ` (${Math.round((rows * interval) / 1000)} s)` : '';
    return [
      `${this.#width} columns together: how surprising each is, times how far the row lies from its nearest neighbours`,
      `adapting: what is usual is learnt ${rows} rows late${time}`,
      ...(explained > 0 ? [`apart: ${explained} of the columns go with others, and are told of when they no longer do`] : []),
    ];
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
    this.#lasting.snapshot(writer);
    for (const block of [this.#drifts, this.#levels]) writer.block(block);
    for (const part of [this.#residuals, this.#surprise, this.#neighbours, this.#delay, this.#apart]) part.snapshot(writer);
  }

  restore(reader: SnapshotReader): this {
    reader.block(this.#state);
    this.#lasting.restore(reader);
    for (const block of [this.#drifts, this.#levels]) reader.block(block);
    for (const part of [this.#residuals, this.#surprise, this.#neighbours, this.#delay]) part.restore(reader);
    if (reader.version > 4) this.#apart.restore(reader);
    return this;
  }
}
