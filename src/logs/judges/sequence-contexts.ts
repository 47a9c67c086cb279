/** How often which event followed which others. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';

/** Parent of a context itself. */
const NONE = 0xffffffff;

/** Slots are written so many at a time, column by column, so that what is new stands at the end. */
const CHUNK = 128;

/** A hash of a context and an event behind it, below 2^53; that of a longer context is made from the shorter one. */
export function extend(context: number, event: number): number {
  const low = Math.imul((context >>> 0) ^ event, 0x85ebca6b);
  const high = Math.imul(Math.floor(context / 2 ** 32) ^ (event + 0x9e3779b9), 0xc2b2ae35) ^ (low >>> 13);
  return ((high ^ (high >>> 15)) & 0x1fffff) * 2 ** 32 + (Math.imul(low ^ (low >>> 16) ^ high, 0x27d4eb2f) >>> 0);
}

/**
 * Contexts and what followed them, as slots in the order in which they came up: that of a context holds how often it was met and how many different
 * events followed, that of an event how often it followed. When there is no room, all counts are halved and what is left with none goes.
 */
export class ContextTable {
  readonly capacity: number;
  readonly #keys: Float64Array;
  readonly #parents: Uint32Array;
  readonly #counts: Uint32Array;
  readonly #kinds: Uint32Array;
  #used = 0;
  readonly #slots = new Map<number, number>();

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#keys = new Float64Array(capacity);
    this.#parents = new Uint32Array(capacity);
    this.#counts = new Uint32Array(capacity);
    this.#kinds = new Uint32Array(capacity);
  }

  get used(): number {
    return this.#used;
  }

  /** Slot of a context; -1 where it was never met. */
  find(context: number): number {
    return this.#slots.get(context) ?? -1;
  }

  /** How often what is in this slot came. */
  count(slot: number): number {
    return this.#counts[slot];
  }

  /** How many different events followed the context in this slot. */
  kinds(slot: number): number {
    return this.#kinds[slot];
  }

  /** How often an event followed the context of this key. */
  followed(context: number, event: number): number {
    const slot = this.#slots.get(follower(context, event));
    return slot === undefined ? 0 : this.#counts[slot];
  }

  /** Counts that an event followed a context so many times more. */
  add(context: number, event: number, times: number): void {
    if (this.#used + 2 > this.capacity) this.halve();
    const parent = this.#slots.get(context) ?? this.#make(context, NONE);
    const key = follower(context, event);
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = this.#make(key, parent);
      this.#kinds[parent]++;
    }
    this.#counts[slot] += times;
    this.#counts[parent] += times;
  }

  #make(key: number, parent: number): number {
    const slot = this.#used++;
    this.#slots.set(key, slot);
    this.#keys[slot] = key;
    this.#parents[slot] = parent;
    this.#counts[slot] = this.#kinds[slot] = 0;
    return slot;
  }

  /** Halves all counts, until a quarter of the table is free. */
  halve(): void {
    do this.#halveOnce();
    while (this.#used > 0.75 * this.capacity);
  }

  #halveOnce(): void {
    const used = this.#used;
    for (let slot = 0; slot < used; slot++) if (this.#parents[slot] === NONE) this.#counts[slot] = this.#kinds[slot] = 0;
    for (let slot = 0; slot < used; slot++) {
      const parent = this.#parents[slot];
      if (parent === NONE) continue;
      const count = (this.#counts[slot] >>>= 1);
      this.#counts[parent] += count;
      if (count > 0) this.#kinds[parent]++;
    }
    const moved = new Uint32Array(used);
    this.#slots.clear();
    this.#used = 0;
    for (let slot = 0; slot < used; slot++) {
      if (this.#counts[slot] === 0) continue;
      const [count, kinds, parent] = [this.#counts[slot], this.#kinds[slot], this.#parents[slot]];
      moved[slot] = this.#make(this.#keys[slot], parent === NONE ? NONE : moved[parent]);
      this.#counts[moved[slot]] = count;
      this.#kinds[moved[slot]] = kinds;
    }
  }

  snapshot(writer: SnapshotWriter): void {
    const n = this.#used;
    writer.u32(n);
    for (let from = 0; from < n; from += CHUNK) {
      const to = Math.min(n, from + CHUNK);
      for (const column of [this.#keys, this.#parents, this.#counts, this.#kinds]) writer.block(column.subarray(from, to));
    }
  }

  restore(reader: SnapshotReader): this {
    const n = reader.u32();
    this.#used = n;
    for (let from = 0; from < n; from += CHUNK) {
      const to = Math.min(n, from + CHUNK);
      for (const column of [this.#keys, this.#parents, this.#counts, this.#kinds]) column.set(reader.block(column.slice(from, to)), from);
    }
    for (let slot = 0; slot < n; slot++) this.#slots.set(this.#keys[slot], slot);
    return this;
  }
}

/** Key of an event behind a context; below 0, where no context is. */
function follower(context: number, event: number): number {
  return -1 - extend(context, event);
}
