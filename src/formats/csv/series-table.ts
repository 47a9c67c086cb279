/** Finds the series of a row by the bytes of its key fields, so that a text is made only at first sight. */
import { NEVER } from '../bytes.ts';

/** Start of the running hash of a row's key fields. */
export const HASH_SEED = 0x811c9dc5 | 0;

/** FNV-1a over bytes[from .. to), going on from `hash`, with a mark behind the field. */
export function hashField(bytes: Uint8Array, from: number, to: number, hash: number): number {
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return Math.imul(hash ^ NEVER, 0x01000193);
}

/**
 * Open addressing over entries of `width` series indexes each. The key of an entry is the bytes of its fields,
 * each followed by a byte that UTF-8 never holds. It only grows as far as the dictionary of series lets it.
 */
export class SeriesTable {
  /** Series index of entry e and value column j at e * width + j. */
  indexes: Int32Array;
  readonly #width: number;
  #slots = new Int32Array(1024);
  #hashes = new Int32Array(256);
  #starts = new Int32Array(257);
  #keys = new Uint8Array(8192);
  #count = 0;

  constructor(width: number) {
    this.#width = width;
    this.indexes = new Int32Array(256 * width);
  }

  /** Entry of the key whose field k is bytes[from[k] .. to[k]), or -1. */
  find(bytes: Uint8Array, from: Int32Array, to: Int32Array, fields: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot] - 1;
      if (entry < 0) return -1;
      if (this.#hashes[entry] === hash && this.#same(entry, bytes, from, to, fields)) return entry;
    }
  }

  #same(entry: number, bytes: Uint8Array, from: Int32Array, to: Int32Array, fields: number): boolean {
    const keys = this.#keys;
    let at = this.#starts[entry];
    for (let k = 0; k < fields; k++) {
      const end = to[k];
      for (let i = from[k]; i < end; i++) if (keys[at++] !== bytes[i]) return false;
      if (keys[at++] !== NEVER) return false;
    }
    return at === this.#starts[entry + 1];
  }

  /** Adds a key that is not there yet, with its series indexes; answers its entry. */
  add(bytes: Uint8Array, from: Int32Array, to: Int32Array, fields: number, hash: number, series: readonly number[]): number {
    const entry = this.#count++;
    this.#room(entry);
    let at = this.#starts[entry];
    let length = fields;
    for (let k = 0; k < fields; k++) length += to[k] - from[k];
    if (at + length > this.#keys.length) {
      const bigger = new Uint8Array(Math.max(this.#keys.length * 2, at + length));
      bigger.set(this.#keys);
      this.#keys = bigger;
    }
    for (let k = 0; k < fields; k++) {
      for (let i = from[k]; i < to[k]; i++) this.#keys[at++] = bytes[i];
      this.#keys[at++] = NEVER;
    }
    this.#starts[entry + 1] = at;
    this.#hashes[entry] = hash;
    this.indexes.set(series, entry * this.#width);
    this.#place(entry);
    return entry;
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1;
    const hash = this.#hashes[entry];
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #room(entry: number): void {
    if (entry < this.#hashes.length) return;
    const capacity = this.#hashes.length * 2;
    const hashes = new Int32Array(capacity);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const starts = new Int32Array(capacity + 1);
    starts.set(this.#starts);
    this.#starts = starts;
    const indexes = new Int32Array(capacity * this.#width);
    indexes.set(this.indexes);
    this.indexes = indexes;
    this.#slots = new Int32Array(capacity * 4);
    for (let i = 0; i < entry; i++) this.#place(i);
  }
}
