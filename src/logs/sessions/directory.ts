/** Where every open session is, and in which order they were touched: typed arrays, some 40 bytes a session, and no object. */

/** No slot. */
export const NONE = -1;

const LEAST_SLOTS = 1024;

/** What is kept of a slot stands together: time of the last touch (as a float), hash, neighbours in the list, whether it changed since the last look. */
const STRIDE = 8;
const HIGH = 2;
const LOW = 3;
const PREVIOUS = 4;
const NEXT = 5;
const FRESH = 6;

/**
 * Slots of open sessions by the 64-bit hash of their identifier (linear probing, at most two thirds full), and a list of them
 * in the order of their last touch. `cursor` is the first of the list that is still to be looked at once it is idle.
 */
export class Directory {
  open = 0;
  /** Oldest touch, and newest. */
  head = NONE;
  tail = NONE;
  cursor = NONE;
  /** Slots ever used. */
  slots = 0;
  #table = new Int32Array(2 * LEAST_SLOTS).fill(NONE);
  #words = new Int32Array(LEAST_SLOTS * STRIDE);
  #times = new Float64Array(this.#words.buffer);
  /** Free slots, a queue through NEXT: those that became free together are used together. */
  #freeHead = NONE;
  #freeTail = NONE;

  /** Time of the last touch, ms. */
  last(slot: number): number {
    return this.#times[slot * (STRIDE / 2)];
  }

  isFresh(slot: number): boolean {
    return this.#words[slot * STRIDE + FRESH] === 1;
  }

  /** Notes whether it changed since the last look. */
  setFresh(slot: number, isFresh: boolean): void {
    this.#words[slot * STRIDE + FRESH] = isFresh ? 1 : 0;
  }

  next(slot: number): number {
    return this.#words[slot * STRIDE + NEXT];
  }

  find(high: number, low: number): number {
    const mask = this.#table.length - 1;
    for (let at = (high ^ low) & mask; ; at = (at + 1) & mask) {
      const slot = this.#table[at];
      if (slot === NONE || (this.#words[slot * STRIDE + HIGH] === high && this.#words[slot * STRIDE + LOW] === low)) return slot;
    }
  }

  /** A slot for a session that is not there yet, the newest of the list. */
  add(high: number, low: number, time: number): number {
    let slot = this.#freeHead;
    if (slot === NONE) slot = this.slots++;
    else {
      this.#freeHead = this.#words[slot * STRIDE + NEXT];
      if (this.#freeHead === NONE) this.#freeTail = NONE;
    }
    this.put(slot, high, low, time);
    return slot;
  }

  /** Puts a session into this slot, which must be free, as the newest of the list. */
  put(slot: number, high: number, low: number, time: number): void {
    if (slot >= this.#capacity) this.#grow(Math.max(slot + 1, this.#capacity * 2));
    this.#words[slot * STRIDE + HIGH] = high;
    this.#words[slot * STRIDE + LOW] = low;
    this.open++;
    if (3 * this.open > 2 * this.#table.length) this.#rehash(this.#table.length * 2);
    this.#insert(slot);
    this.#append(slot, time);
  }

  /** Makes a session the newest of the list. */
  touch(slot: number, time: number): void {
    if (slot === this.tail) {
      this.#times[slot * (STRIDE / 2)] = time;
      if (this.cursor === NONE) this.cursor = slot;
      return;
    }
    this.#unlink(slot);
    this.#append(slot, time);
  }

  remove(slot: number): void {
    this.#unlink(slot);
    this.#erase(slot);
    this.open--;
    this.release(slot);
  }

  /** Puts a slot at the end of the free ones. */
  release(slot: number): void {
    this.#words[slot * STRIDE + NEXT] = NONE;
    if (this.#freeTail === NONE) this.#freeHead = slot;
    else this.#words[this.#freeTail * STRIDE + NEXT] = slot;
    this.#freeTail = slot;
  }

  /** Makes room for slots below `slots`. */
  reach(slots: number): void {
    if (slots > this.#capacity) this.#grow(slots);
    if (slots > this.slots) this.slots = slots;
  }

  #append(slot: number, time: number): void {
    this.#times[slot * (STRIDE / 2)] = time;
    this.#words[slot * STRIDE + PREVIOUS] = this.tail;
    this.#words[slot * STRIDE + NEXT] = NONE;
    if (this.tail === NONE) this.head = slot;
    else this.#words[this.tail * STRIDE + NEXT] = slot;
    this.tail = slot;
    if (this.cursor === NONE) this.cursor = slot;
  }

  #unlink(slot: number): void {
    const before = this.#words[slot * STRIDE + PREVIOUS];
    const after = this.#words[slot * STRIDE + NEXT];
    if (slot === this.cursor) this.cursor = after;
    if (before === NONE) this.head = after;
    else this.#words[before * STRIDE + NEXT] = after;
    if (after === NONE) this.tail = before;
    else this.#words[after * STRIDE + PREVIOUS] = before;
  }

  #insert(slot: number): void {
    const mask = this.#table.length - 1;
    let at = (this.#words[slot * STRIDE + HIGH] ^ this.#words[slot * STRIDE + LOW]) & mask;
    while (this.#table[at] !== NONE) at = (at + 1) & mask;
    this.#table[at] = slot;
  }

  /** Takes a slot out of the table and moves back what was pushed on by it, so that no gap stops a search. */
  #erase(slot: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let gap = (this.#words[slot * STRIDE + HIGH] ^ this.#words[slot * STRIDE + LOW]) & mask;
    while (table[gap] !== slot) gap = (gap + 1) & mask;
    for (let at = (gap + 1) & mask; table[at] !== NONE; at = (at + 1) & mask) {
      const home = (this.#words[table[at] * STRIDE + HIGH] ^ this.#words[table[at] * STRIDE + LOW]) & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      table[gap] = table[at];
      gap = at;
    }
    table[gap] = NONE;
  }

  #rehash(length: number): void {
    this.#table = new Int32Array(length).fill(NONE);
    for (let slot = this.head; slot !== NONE; slot = this.#words[slot * STRIDE + NEXT]) this.#insert(slot);
  }

  get #capacity(): number {
    return this.#words.length / STRIDE;
  }

  #grow(slots: number): void {
    const words = new Int32Array(slots * STRIDE);
    words.set(this.#words);
    this.#words = words;
    this.#times = new Float64Array(words.buffer);
  }
}
