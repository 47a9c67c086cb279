/** Rows as the learned detectors need them: without holes, several joined to one where asked, and the spread of each column. */
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { FadingRanges } from '../math/range.ts';
import { isMissing, spreadOf } from './zscore.ts';

/**
 * Fills what is missing in a row with the value before it in its column (0 before the first), and puts the rows before in front
 * of it: a shingle (Guha et al. 2016).
 */
export class FilledRows {
  /** The row read last, with the rows of its shingle before it, oldest first: shingle * width values. */
  readonly row: Float64Array;
  readonly #width: number;
  /** The last shingle of learnt rows, the newest at the end. */
  readonly #past: Float64Array;
  /** Rows learnt. */
  readonly #count = new Float64Array(1);

  constructor(width: number, shingle = 1) {
    this.#width = width;
    this.row = new Float64Array(shingle * width);
    this.#past = new Float64Array(shingle * width);
  }

  /** Rows learnt. */
  get count(): number {
    return this.#count[0];
  }

  /** Fills `row`; false when every value of it is missing. */
  read(values: Float64Array, at: number): boolean {
    const { row } = this;
    const width = this.#width;
    const past = this.#past;
    const newest = row.length - width;
    for (let i = 0; i < newest; i++) row[i] = past[i + width];
    let present = false;
    for (let j = 0; j < width; j++) {
      const x = values[at + j];
      if (isMissing(x)) row[newest + j] = past[newest + j];
      else {
        row[newest + j] = x;
        present = true;
      }
    }
    return present;
  }

  /** Learns the row read last. */
  learn(): void {
    this.#past.set(this.row);
    this.#count[0]++;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#count);
    writer.block(this.#past);
  }

  restore(reader: SnapshotReader): this {
    reader.block(this.#count);
    reader.block(this.#past);
    return this;
  }
}

/** Makes parts (>= 0) shares that are together 1; [0] is NaN where there are none. */
export function shareOut(parts: Float64Array): void {
  let sum = 0;
  for (let j = 0; j < parts.length; j++) sum += parts[j];
  if (sum > 0) for (let j = 0; j < parts.length; j++) parts[j] /= sum;
  else parts[0] = NaN;
}

/** The newest value weighs at least one over this in the spread. */
const HORIZON = 1000;

/** A value farther away than so many spreads is learnt as if it lay there. */
const CLIP = 10;

/** Largest weight: keeps sums of weighted distances of a flat column finite. */
const HEAVIEST = 1e100;

/** A spread is at least so large a part of the range that its column has shown: what it did before does not count as infinitely far, however quiet it has been since. */
const LEAST_OF_RANGE = 0.2;

/** States of detectors before this version hold no ranges and no averages. */
const WITH_RANGES = 2;

/**
 * Spread of each column, so that columns of different units weigh alike: exponentially weighted standard deviation over some 1,000
 * values, farther ones clipped to 10 spreads, but at least a fifth of the range.
 */
export class ColumnSpreads {
  /** One over the spread of each column; HEAVIEST for one that never changed. */
  readonly weights: Float64Array;
  /** Count, mean and variance of each column, one after another. */
  readonly #moments: Float64Array;
  readonly #ranges: FadingRanges;

  constructor(width: number) {
    this.weights = new Float64Array(width).fill(HEAVIEST);
    this.#moments = new Float64Array(3 * width);
    this.#ranges = new FadingRanges(width);
  }

  learn(values: Float64Array, at: number): void {
    const moments = this.#moments;
    for (let j = 0, k = 0; j < this.weights.length; j++, k += 3) {
      const x = values[at + j];
      if (isMissing(x)) continue;
      const count = ++moments[k];
      const reach = moments[k + 2] === 0 ? Infinity : CLIP / this.weights[j];
      const step = Math.max(1 / count, 1 / HORIZON);
      const away = count === 1 ? x - moments[k + 1] : Math.max(-reach, Math.min(reach, x - moments[k + 1]));
      if (count === 1) this.#ranges.begin(j, x);
      else this.#ranges.learn(j, moments[k + 1], away);
      moments[k + 1] += step * away;
      if (count > 1) moments[k + 2] = (1 - step) * (moments[k + 2] + step * away * away);
      this.weights[j] = this.#weight(j);
    }
  }

  /** Whether a column has not changed yet. */
  isFlat(column: number): boolean {
    return this.#moments[3 * column + 2] === 0;
  }

  #weight(column: number): number {
    const moments = this.#moments;
    const k = 3 * column;
    return Math.min(1 / spreadOf(moments[k + 1], moments[k + 2], LEAST_OF_RANGE * this.#ranges.width(column)), HEAVIEST);
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#moments);
    this.#ranges.snapshot(writer);
  }

  restore(reader: SnapshotReader): this {
    reader.block(this.#moments);
    if (reader.version >= WITH_RANGES) this.#ranges.restore(reader);
    else for (let j = 0; j < this.weights.length; j++) this.#ranges.begin(j, this.#moments[3 * j + 1]);
    for (let j = 0; j < this.weights.length; j++) this.weights[j] = this.#moments[3 * j] === 0 ? HEAVIEST : this.#weight(j);
    return this;
  }
}

/** A score averaged over the last rows: what lasts stands out from what is chance in each of them. */
export class AveragedScore {
  readonly #rows: number;
  /** The average up to the row learnt last; NaN before there is one. */
  readonly #average = new Float64Array(1).fill(NaN);
  #latest = NaN;

  /** The newest row weighs one over `rows`: 1 leaves scores as they are. */
  constructor(rows: number) {
    this.#rows = rows;
  }

  /** The average with this score as the newest; NaN for none. */
  of(score: number): number {
    const before = this.#average[0];
    return (this.#latest = before === before && this.#rows > 1 ? before + (score - before) / this.#rows : score);
  }

  /** Learns the score averaged last. */
  learn(): void {
    if (this.#latest === this.#latest) this.#average[0] = this.#latest;
    this.#latest = NaN;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#average);
  }

  restore(reader: SnapshotReader): this {
    if (reader.version >= WITH_RANGES) reader.block(this.#average);
    return this;
  }
}
