/** Sequences learnt from, with how often each came. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';

/**
 * At most `capacity` different sequences. When there is no room for one more, all counts are halved, and the oldest of those left with none go:
 * what is frequent or recent stays. Sessions are either fitted to or held out, so a sequence has two counts.
 */
export class SequenceTable {
  readonly capacity: number;
  readonly sequences: Uint32Array[] = [];
  readonly #places = new Map<number, number>();
  readonly #keys: Float64Array;
  readonly fitted: Uint32Array;
  readonly held: Uint32Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#keys = new Float64Array(capacity);
    this.fitted = new Uint32Array(capacity);
    this.held = new Uint32Array(capacity);
  }

  learn(key: number, sequence: Uint32Array, isHeld: boolean): void {
    let place = this.#places.get(key);
    if (place === undefined) {
      while (this.sequences.length === this.capacity) this.#age();
      place = this.sequences.push(sequence.slice()) - 1;
      this.#places.set(key, place);
      this.#keys[place] = key;
      this.fitted[place] = this.held[place] = 0;
    }
    const counts = isHeld ? this.held : this.fitted;
    counts[place]++;
  }

  /** Halves the counts. Of the sequences that would have none left the oldest go, as many as leave half of the table free, the others stay as they are. */
  #age(): void {
    const isSpent = this.sequences.map((_, i) => this.fitted[i] >>> 1 === 0 && this.held[i] >>> 1 === 0);
    let toDrop = this.capacity >>> 1;
    let kept = 0;
    this.#places.clear();
    for (let i = 0; i < this.capacity; i++) {
      if (isSpent[i] && toDrop-- > 0) continue;
      this.fitted[kept] = this.fitted[i] >>> (isSpent[i] ? 0 : 1);
      this.held[kept] = this.held[i] >>> (isSpent[i] ? 0 : 1);
      this.#keys[kept] = this.#keys[i];
      this.#places.set(this.#keys[i], kept);
      this.sequences[kept++] = this.sequences[i];
    }
    this.sequences.length = kept;
  }

  snapshot(writer: SnapshotWriter): void {
    const n = this.sequences.length;
    for (const block of [this.#keys, this.fitted, this.held]) writer.block(block);
    writer.u32(n);
    for (const sequence of this.sequences) writer.u32s(sequence);
  }

  restore(reader: SnapshotReader): this {
    for (const block of [this.#keys, this.fitted, this.held]) reader.block(block);
    const n = reader.u32();
    for (let i = 0; i < n; i++) {
      this.sequences.push(reader.u32s());
      this.#places.set(this.#keys[i], i);
    }
    return this;
  }
}
