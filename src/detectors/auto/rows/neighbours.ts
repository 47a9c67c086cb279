/** How far a row lies from the rows before it. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { manhattan, Pivots } from './pivots.ts';

const ROWS = 256;
const NEAREST = 5;
/** Every fifth row is remembered once there are enough: the memory reaches back over 1,280 rows. */
const EVERY = 5;

/** The last rows that were remembered, first in first out. */
export class Neighbours {
  readonly #width: number;
  readonly #rows: Float32Array;
  /** Rows seen, rows remembered. */
  readonly #counts = new Float64Array(2);
  readonly #pivots: Pivots;
  /** Distances of the nearest, ascending, and where they lie. */
  readonly #nearest = new Float64Array(NEAREST);
  readonly #places = new Uint8Array(NEAREST).map((_, i) => i);

  /** Values of the rows lie within `largest`. */
  constructor(width: number, largest: number) {
    this.#width = width;
    this.#rows = new Float32Array(ROWS * width);
    this.#pivots = new Pivots(this.#rows, ROWS, largest);
  }

  /** Mean over the 5 nearest remembered rows of the mean absolute difference of a column (Manhattan distance divided by the columns). */
  distance(row: Float64Array): number {
    const rows = this.#rows;
    const width = this.#width;
    const nearest = this.#nearest;
    const places = this.#places;
    const filled = Math.min(this.#counts[1], ROWS);
    const found = Math.min(filled, NEAREST);
    // None of the five can be farther than the farthest of those that were the nearest before: most others need not be looked at.
    let enough = filled === ROWS ? 0 : Infinity;
    if (filled === ROWS) for (let i = 0; i < NEAREST; i++) enough = Math.max(enough, manhattan(row, rows, places[i] * width, Infinity));
    enough = enough * (1 + Number.EPSILON) + Number.MIN_VALUE;
    const near = filled === ROWS ? this.#pivots.look(row, enough) : filled;
    const candidates = this.#pivots.places;
    nearest.fill(Infinity);
    for (let k = 0; k < near; k++) {
      const place = filled === ROWS ? candidates[k] : k;
      const far = manhattan(row, rows, place * width, enough);
      if (far >= enough) continue;
      let i = NEAREST - 1;
      for (; i > 0 && nearest[i - 1] > far; i--) {
        nearest[i] = nearest[i - 1];
        places[i] = places[i - 1];
      }
      nearest[i] = far;
      places[i] = place;
      enough = Math.min(enough, nearest[NEAREST - 1]);
    }
    let sum = 0;
    for (let i = 0; i < found; i++) sum += nearest[i];
    return found === 0 ? 0 : sum / found / width;
  }

  learn(row: Float64Array): void {
    const counts = this.#counts;
    const seen = counts[0]++;
    if (seen % Math.max(1, Math.min(EVERY, Math.floor(seen / ROWS))) !== 0) return;
    const place = counts[1] % ROWS;
    this.#rows.set(row, place * this.#width);
    this.#pivots.learn(place);
    counts[1]++;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#counts);
    writer.block(this.#rows);
  }

  restore(reader: SnapshotReader): this {
    reader.block(this.#counts);
    reader.block(this.#rows);
    return this;
  }
}
