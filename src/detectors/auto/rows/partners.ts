/** Which columns tell most about each column, and what they let expect of it. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { cholesky, solveCholesky } from '../../../math/matrix.ts';
import { within } from './residuals.ts';

/** A column is expected from at most so many others. */
const MOST = 4;
/** Each next one must explain this part of the column's variance at least. */
const LEAST_GAIN = 0.005;
/** A partner's variance counts so much larger (ridge regression): columns that are copies share the weight. */
const RIDGE = 0.02;

/** A column whose distances from its level are less than this, squared and on average, does not move. */
const STILL = 1e-3;

/** The newest row weighs at least one over this. */
const HORIZON = 5000;
/** A distance from the level is learnt, and believed of a partner, up to so many spreads. */
const REACH = 4;

/** Rows learnt before partners are chosen. */
const FIRST = 30;
/** After so many rows only every fourth is learnt, and weighs as four; a column is chosen for with every fourth row, then with every sixteenth. */
const MANY = 500;
const LEARNT_EVERY = 4;
const CHOSEN_EVERY = 16;

const NONE = -1;

/**
 * Ridge regression (Hoerl and Kennard 1970) of each column on the few that tell most about it, chosen one after another by what they add to
 * those chosen before (forward selection, Efroymson 1960). One column after another is chosen for anew.
 */
export class Partners {
  readonly #width: number;
  /** Exponentially weighted mean products of two columns, lower half. */
  readonly #products: Float64Array;
  readonly #count = new Float64Array(1);
  /** Of each column its partners, NONE after the last, and their weights. */
  readonly #partners: Int16Array;
  readonly #weights: Float64Array;
  // Scratch.
  readonly #row: Float64Array;
  readonly #rows: readonly Float64Array[];
  readonly #matrix = new Float64Array(MOST * MOST);
  readonly #factor = new Float64Array(MOST * MOST);
  readonly #right = new Float64Array(MOST);
  readonly #solution = new Float64Array(MOST);

  constructor(width: number) {
    this.#width = width;
    this.#products = new Float64Array((width * (width + 1)) / 2);
    this.#partners = new Int16Array(MOST * width).fill(NONE);
    this.#weights = new Float64Array(MOST * width);
    this.#row = new Float64Array(width);
    this.#rows = Array.from({ length: MOST + 1 }, () => new Float64Array(width));
  }

  /** The row whose columns are expected or which is learnt next: distances in spreads, NaN for missing ones. */
  look(distances: Float64Array, from: number): void {
    const row = this.#row;
    for (let j = 0; j < row.length; j++) row[j] = within(distances[from + j], REACH);
  }

  /** What its partners let expect of each column, in spreads; NaN where it has none, or where one of them is missing. */
  expect(expected: Float64Array, from: number): void {
    const partners = this.#partners;
    const weights = this.#weights;
    const row = this.#row;
    for (let j = 0, at = 0; j < row.length; j++, at += MOST) {
      let sum = partners[at] === NONE ? NaN : 0;
      for (let i = at; i < at + MOST && partners[i] !== NONE; i++) sum += weights[i] * row[partners[i]];
      expected[from + j] = sum;
    }
  }

  learn(): void {
    const count = ++this.#count[0];
    const every = count > MANY ? CHOSEN_EVERY : LEARNT_EVERY;
    if (count > FIRST && count % every === 0) this.#choose((count / every) % this.#width);
    if (count > MANY && count % LEARNT_EVERY !== 0) return;
    const rate = count > MANY ? LEARNT_EVERY / Math.min(count, HORIZON) : 1 / count;
    const row = this.#row;
    for (let j = 0; j < row.length; j++) if (row[j] !== row[j]) row[j] = 0;
    const products = this.#products;
    for (let j = 0, at = 0; j < row.length; j++) {
      const x = row[j];
      for (let k = 0; k <= j; k++, at++) products[at] += rate * (x * row[k] - products[at]);
    }
  }

  #choose(j: number): void {
    const of = this.#rows[MOST];
    this.#productsOf(j, of);
    const from = j * MOST;
    this.#partners.fill(NONE, from, from + MOST);
    if (of[j] < STILL) return;
    for (let chosen = 0; chosen < MOST; chosen++) {
      const next = this.#next(j, chosen);
      if (next === NONE) return;
      this.#partners[from + chosen] = next;
      this.#productsOf(next, this.#rows[chosen]);
      if (!this.#solve(j, chosen + 1)) {
        this.#partners[from + chosen] = NONE;
        return;
      }
    }
  }

  /** The column that adds most to so many chosen ones, NONE where it adds too little. */
  #next(j: number, chosen: number): number {
    const of = this.#rows[MOST];
    const products = this.#products;
    const from = j * MOST;
    let best = NONE;
    let most = LEAST_GAIN * of[j];
    for (let k = 0; k < this.#width; k++) {
      const square = products[(k * (k + 3)) >> 1];
      if (k === j || square < STILL) continue;
      let left = of[k];
      for (let i = 0; i < chosen; i++) left -= this.#weights[from + i] * this.#rows[i][k];
      const gain = (left * left) / square;
      if (gain > most && !this.#isChosen(from, chosen, k)) {
        most = gain;
        best = k;
      }
    }
    return best;
  }

  #isChosen(from: number, chosen: number, k: number): boolean {
    for (let i = 0; i < chosen; i++) if (this.#partners[from + i] === k) return true;
    return false;
  }

  /** Weights of the chosen ones; false where there are none to be had. */
  #solve(j: number, chosen: number): boolean {
    const from = j * MOST;
    for (let i = 0; i < chosen; i++) {
      for (let k = 0; k < chosen; k++) this.#matrix[i * chosen + k] = this.#rows[i][this.#partners[from + k]] * (i === k ? 1 + RIDGE : 1);
      this.#right[i] = this.#rows[MOST][this.#partners[from + i]];
    }
    if (!cholesky(this.#matrix, chosen, this.#factor)) return false;
    solveCholesky(this.#factor, chosen, this.#right, this.#solution);
    for (let i = 0; i < chosen; i++) this.#weights[from + i] = this.#solution[i];
    return true;
  }

  /** Mean products of column j with each. */
  #productsOf(j: number, to: Float64Array): void {
    const products = this.#products;
    const from = (j * (j + 1)) >> 1;
    for (let k = 0; k <= j; k++) to[k] = products[from + k];
    for (let k = j + 1; k < this.#width; k++) to[k] = products[((k * (k + 1)) >> 1) + j];
  }

  snapshot(writer: SnapshotWriter): void {
    for (const block of [this.#count, this.#products, this.#partners, this.#weights]) writer.block(block);
  }

  restore(reader: SnapshotReader): this {
    for (const block of [this.#count, this.#products, this.#partners, this.#weights]) reader.block(block);
    return this;
  }
}
