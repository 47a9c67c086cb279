/** The rows of a batch grouped by series, each group in the order of the batch; one pass, no allocation per row. */
import type { VerdictBatch } from '../../core/verdicts.ts';

export interface RowGroups {
  batch: VerdictBatch;
  /** Row numbers, group after group; group g is rows[ends[g - 1] ?? 0 .. ends[g] - 1]. */
  rows: Uint32Array;
  ends: Uint32Array;
  groups: number;
}

const NONE = 0xffffffff;

/** Keeps its tables from batch to batch: 8 bytes per series index seen. */
export class RowGrouper {
  /** Group of a series in the batch at hand, or NONE. */
  #group = new Uint32Array(1024).fill(NONE);

  group(batch: VerdictBatch): RowGroups {
    const { series, length } = batch;
    const seen: number[] = [];
    const counts: number[] = [];
    for (let i = 0; i < length; i++) {
      const s = series[i];
      if (s >= this.#group.length) this.#grow(s);
      const g = this.#group[s];
      if (g === NONE) {
        this.#group[s] = seen.length;
        seen.push(s);
        counts.push(1);
      } else counts[g]++;
    }
    const ends = new Uint32Array(seen.length);
    for (let g = 0, at = 0; g < counts.length; g++) {
      ends[g] = at;
      at += counts[g];
    }
    const rows = new Uint32Array(length);
    for (let i = 0; i < length; i++) rows[ends[this.#group[series[i]]]++] = i;
    for (const s of seen) this.#group[s] = NONE;
    return { batch, rows, ends, groups: seen.length };
  }

  #grow(index: number): void {
    const bigger = new Uint32Array(Math.max(index + 1, this.#group.length * 2)).fill(NONE);
    bigger.set(this.#group);
    this.#group = bigger;
  }
}
