/** Rows that are to be learnt later, so that an anomaly that lasts is not taken for normal while it does. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';

/** Rows that are kept, and the delay in rows where no time is given. */
const SLOTS = 300;

/** The interval between rows follows theirs by this factor a row, upwards or downwards: their median. */
const FOLLOW = 1.05;

const SEEN = 0;
const FIRST = 1;
const HELD = 2;
const TIME = 3;
const INTERVAL = 4;

/**
 * First in, first out: a row is handed out after the delay, or after half of all that was seen while that is less. A delay of more than
 * 300 rows keeps every second, third, ... row.
 */
export class Delay {
  /** What was put beside a row. */
  readonly notes: Uint8Array;
  readonly values: Float64Array;
  readonly #width: number;
  readonly #noted: number;
  readonly #adaptAfter: number | undefined;
  /** Number of each kept row. */
  readonly #numbers = new Float64Array(SLOTS);
  readonly #state = new Float64Array(5);

  constructor(width: number, noted: number, adaptAfter: number | undefined) {
    this.#width = width;
    this.#noted = noted;
    this.#adaptAfter = adaptAfter;
    this.values = new Float64Array(SLOTS * width);
    this.notes = new Uint8Array(SLOTS * noted);
    this.#state[TIME] = NaN;
  }

  /** Median interval between rows, ms; 0 while unknown. */
  get interval(): number {
    return this.#state[INTERVAL];
  }

  /** In rows. */
  get length(): number {
    const interval = this.#state[INTERVAL];
    return this.#adaptAfter === undefined || interval === 0 ? SLOTS : Math.max(1, Math.round(this.#adaptAfter / interval));
  }

  /** The slot of a row that has waited for long enough, given free; -1 for none. Before `push`. */
  due(): number {
    const s = this.#state;
    if (s[HELD] === 0) return -1;
    const slot = s[FIRST];
    if (s[HELD] < SLOTS && this.#numbers[slot] > s[SEEN] - this.#wait(s[SEEN])) return -1;
    s[FIRST] = (slot + 1) % SLOTS;
    s[HELD]--;
    return slot;
  }

  /** Rows that a row waits when so many were seen. */
  #wait(seen: number): number {
    return Math.min(this.length, Math.floor(seen / 2));
  }

  push(time: number, row: Float64Array, from: number, notes: Uint8Array): void {
    const s = this.#state;
    const gap = time - s[TIME];
    if (gap > 0) {
      if (s[INTERVAL] === 0) s[INTERVAL] = gap;
      else if (gap > s[INTERVAL]) s[INTERVAL] = Math.min(gap, s[INTERVAL] * FOLLOW);
      else s[INTERVAL] = Math.max(gap, s[INTERVAL] / FOLLOW);
    }
    s[TIME] = time;
    const number = s[SEEN]++;
    if (number % Math.max(1, Math.ceil(this.#wait(number) / SLOTS)) !== 0) return;
    const slot = (s[FIRST] + s[HELD]++) % SLOTS;
    this.#numbers[slot] = number;
    for (let j = 0; j < this.#width; j++) this.values[slot * this.#width + j] = row[from + j];
    this.notes.set(notes, slot * this.#noted);
  }

  snapshot(writer: SnapshotWriter): void {
    for (const block of [this.#state, this.#numbers, this.values, this.notes]) writer.block(block);
  }

  restore(reader: SnapshotReader): this {
    for (const block of [this.#state, this.#numbers, this.values, this.notes]) reader.block(block);
    return this;
  }
}
