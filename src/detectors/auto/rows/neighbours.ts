/** How far a row lies from the rows before it. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';

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
  /** Distances of the nearest, ascending. */
  readonly #nearest = new Float64Array(NEAREST);

  constructor(width: number) {
    this.#width = width;
    this.#rows = new Float32Array(ROWS * width);
  }

  /** Mean over the 5 nearest remembered rows of the mean absolute difference of a column (Manhattan distance divided by the columns). */
  distance(row: Float64Array): number {
    const rows = this.#rows;
    const width = this.#width;
    const nearest = this.#nearest.fill(Infinity);
    const filled = Math.min(this.#counts[1], ROWS);
    let enough = Infinity;
    const fours = width & ~3;
    for (let k = 0; k < filled; k++) {
      const begin = k * width;
      // Four sums, because each addition waits for the one before it; a row that is too far already is left.
      let far = 0;
      let second = 0;
      let third = 0;
      let fourth = 0;
      let j = 0;
      while (j < fours) {
        const at = begin + j;
        far += Math.abs(row[j] - rows[at]);
        second += Math.abs(row[j + 1] - rows[at + 1]);
        third += Math.abs(row[j + 2] - rows[at + 2]);
        fourth += Math.abs(row[j + 3] - rows[at + 3]);
        j += 4;
        if ((j & 15) === 0 && far + second + (third + fourth) >= enough) break;
      }
      far += second + (third + fourth);
      if (far >= enough) continue;
      for (; j < width; j++) far += Math.abs(row[j] - rows[begin + j]);
      if (far >= enough) continue;
      let i = NEAREST - 1;
      for (; i > 0 && nearest[i - 1] > far; i--) nearest[i] = nearest[i - 1];
      nearest[i] = far;
      enough = nearest[NEAREST - 1];
    }
    const found = Math.min(filled, NEAREST);
    let sum = 0;
    for (let i = 0; i < found; i++) sum += nearest[i];
    return found === 0 ? 0 : sum / found / width;
  }

  learn(row: Float64Array): void {
    const counts = this.#counts;
    const seen = counts[0]++;
    if (seen % Math.max(1, Math.min(EVERY, Math.floor(seen / ROWS))) !== 0) return;
    this.#rows.set(row, (counts[1] % ROWS) * this.#width);
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
