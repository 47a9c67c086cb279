/** Every open session: where it is and in which order they were touched, in typed arrays and without an object. */

/** No slot. */
export const NONE = -1;

/**
 * Record of a slot, one line of the processor's cache. Numbers: time of its last touch, ms, number of that touch, offset of the
 * last line in its sequence. Words: hash, neighbours in the list, then what its page keeps here.
 */
export const NUMBERS = 8;
export const LAST = 0;
export const TOUCH = 1;
export const LAST_OFFSET = 2;
export const WORDS = 16;
const HIGH = 6;
const LOW = 7;
const PREVIOUS = 8;
const NEXT = 9;
/** Where its bytes begin in its page, how many they are and how many may be. */
export const START = 10;
export const SIZE = 11;
export const CAPACITY = 12;
export const LINES = 13;
/** One more than the looks so far, 0 in a free slot. */
export const LOOKS = 14;
/** Twice the lines in its sequence, and 1 more where it changed since the last look. */
export const KEPT = 15;

const LEAST_SLOTS = 1024;
/** Touches of a stretch: with a slot their number fits into 53 bits. */
const MOST_TOUCHES = 2 ** 29;
/** An entry of the table is a slot, and above it bits of the hash that tell most others apart without their records. */
const SLOT_BITS = 24;
const SLOT = (1 << SLOT_BITS) - 1;

/** When a session is touched, ms, which does not go back, and how many touches came before. */
export interface Touch {
  now: number;
  touches: number;
}

function doubled(old: Float64Array): Float64Array<ArrayBuffer> {
  const bigger = new Float64Array(old.length * 2);
  bigger.set(old);
  return bigger;
}

function entryOf(slot: number, high: number): number {
  return slot | (high & ~SLOT);
}

/**
 * Slots of open sessions by the 64-bit hash of their identifier (linear probing, at most two thirds full), and a list of them
 * by their last touch. `cursor` is the first of the list that is still to be looked at once it is idle.
 *
 * A touch moves a session to the end of the list once a stretch of event time only, so that most touches change nothing but its
 * record; the sessions of a stretch are brought into the order of their touches when it comes to them (`settle`).
 */
export class Directory {
  open = 0;
  head = NONE;
  tail = NONE;
  cursor = NONE;
  /** Slots ever used. */
  slots = 0;
  words = new Int32Array(LEAST_SLOTS * WORDS);
  numbers = new Float64Array(this.words.buffer);
  #table = new Int32Array(2 * LEAST_SLOTS).fill(NONE);
  /** Free slots, a queue through NEXT: those that became free together are used together. */
  #freeHead = NONE;
  #freeTail = NONE;
  /** Length of a stretch, ms; touches at which those begin that are still to be put in order, and their times; end of the last one. */
  readonly #stretch: number;
  readonly #begins: number[] = [];
  readonly #times: number[] = [];
  #end = -Infinity;
  /** The last stretch began with this touch. */
  #begin = Infinity;
  /** Sessions whose last touch is below this are in order. */
  #settled = 0;
  /** Slots while they are put in order. */
  #found = new Float64Array(64);
  /** One more than the last touch. */
  #touches = 0;

  /** `stretch`, ms, is to be shorter than a session is let alone. */
  constructor(stretch: number) {
    this.#stretch = stretch;
  }

  next(slot: number): number {
    return this.words[slot * WORDS + NEXT];
  }

  /** What neither the last touch of this slot, `head` or `cursor`, is before nor that of any behind it; its very time once it is settled. */
  since(slot: number): number {
    const touch = this.numbers[slot * NUMBERS + TOUCH];
    if (touch < this.#settled) return this.numbers[slot * NUMBERS + LAST];
    this.#skip(touch);
    return this.#times[0];
  }

  /** Brings the stretch of this slot, `head` or `cursor`, in order, after which another may be in its place; false where it is. */
  settle(slot: number): boolean {
    const { words, numbers } = this;
    const touch = numbers[slot * NUMBERS + TOUCH];
    if (touch < this.#settled) return false;
    this.#skip(touch);
    const begin = this.#begins.shift()!;
    this.#times.shift();
    // The last stretch ends here, so that what is in order stays so.
    if (this.#begins.length === 0) this.#end = -Infinity;
    this.#settled = this.#begins[0] ?? this.#touches;
    // By number of the touch, which stands above the slot in one number.
    let count = 0;
    let after = slot;
    for (; after !== NONE; after = words[after * WORDS + NEXT], count++) {
      const last = numbers[after * NUMBERS + TOUCH];
      if (last >= this.#settled) break;
      if (count === this.#found.length) this.#found = doubled(this.#found);
      this.#found[count] = (last - begin) * (SLOT + 1) + after;
    }
    const found = this.#found.subarray(0, count).sort();
    let before = words[slot * WORDS + PREVIOUS];
    const first = found[0] % (SLOT + 1);
    if (this.head === slot) this.head = first;
    if (this.cursor === slot) this.cursor = first;
    for (let i = 0; i < count; i++) {
      const one = found[i] % (SLOT + 1);
      words[one * WORDS + PREVIOUS] = before;
      if (before !== NONE) words[before * WORDS + NEXT] = one;
      before = one;
    }
    words[before * WORDS + NEXT] = after;
    if (after === NONE) this.tail = before;
    else words[after * WORDS + PREVIOUS] = before;
    return true;
  }

  find(high: number, low: number): number {
    const table = this.#table;
    const { words } = this;
    const mask = table.length - 1;
    for (let at = (high ^ low) & mask; ; at = (at + 1) & mask) {
      const entry = table[at];
      if (entry === NONE) return NONE;
      if (((entry ^ high) & ~SLOT) !== 0) continue;
      const slot = entry & SLOT;
      if (words[slot * WORDS + HIGH] === high && words[slot * WORDS + LOW] === low) return slot;
    }
  }

  /**
   * Reads on ahead what `find` will read of so many identifiers, one after another as nothing in `find` can be, so that memory
   * answers all at once; writes to `slots` where they seem to be, or NONE.
   */
  foresee(high: Int32Array, low: Int32Array, count: number, slots: Int32Array): void {
    const table = this.#table;
    const { words } = this;
    const mask = table.length - 1;
    for (let k = 0; k < count; k++) slots[k] = table[(high[k] ^ low[k]) & mask];
    for (let k = 0; k < count; k++) {
      const slot = slots[k] & SLOT;
      slots[k] = slots[k] !== NONE && words[slot * WORDS + HIGH] === high[k] ? slot : NONE;
    }
  }

  /** A slot for a session that is not there yet, the newest of the list. */
  add(high: number, low: number, { now, touches }: Touch): number {
    let slot = this.#freeHead;
    if (slot === NONE) slot = this.slots++;
    else {
      this.#freeHead = this.words[slot * WORDS + NEXT];
      if (this.#freeHead === NONE) this.#freeTail = NONE;
    }
    if (slot >= this.#capacity) this.#grow(this.#capacity * 2);
    this.#enter(slot, high, low);
    this.#turn(now, touches);
    this.#append(slot, now, touches);
    return slot;
  }

  /** Enters a session whose record is there, the newest of the list: called in the order of the last touches, before any other. */
  put(slot: number, high: number, low: number): void {
    const at = slot * NUMBERS;
    this.#enter(slot, high, low);
    this.#append(slot, this.numbers[at + LAST], this.numbers[at + TOUCH]);
    this.#settled = this.#touches;
  }

  /** Notes a touch. */
  touch(slot: number, { now, touches }: Touch): void {
    const { numbers } = this;
    const at = slot * NUMBERS;
    if (!(now < this.#end) || touches - this.#begin >= MOST_TOUCHES || numbers[at + TOUCH] < this.#begin) return this.#move(slot, now, touches);
    numbers[at + LAST] = now;
    numbers[at + TOUCH] = touches;
    this.#touches = touches + 1;
  }

  /** The same where a stretch may be over, or began since the touch before. */
  #move(slot: number, now: number, touches: number): void {
    this.#turn(now, touches);
    this.#unlink(slot);
    this.#append(slot, now, touches);
  }

  remove(slot: number): void {
    this.#unlink(slot);
    this.#erase(slot);
    this.open--;
    this.release(slot);
  }

  /** Puts a slot at the end of the free ones. */
  release(slot: number): void {
    this.words[slot * WORDS + NEXT] = NONE;
    if (this.#freeTail === NONE) this.#freeHead = slot;
    else this.words[this.#freeTail * WORDS + NEXT] = slot;
    this.#freeTail = slot;
  }

  /** Makes room for slots below `slots`. */
  reach(slots: number): void {
    if (slots > this.#capacity) this.#grow(Math.max(slots, 2 * this.#capacity));
    if (slots > this.slots) this.slots = slots;
  }

  /** Begins a stretch where the last one is over. */
  #turn(time: number, touch: number): void {
    if (time < this.#end && touch - this.#begin < MOST_TOUCHES) return;
    this.#end = time + this.#stretch;
    this.#begin = touch;
    this.#begins.push(touch);
    this.#times.push(time);
  }

  /** Leaves out stretches that are over before this touch. */
  #skip(touch: number): void {
    while (this.#begins.length > 1 && this.#begins[1] <= touch) {
      this.#begins.shift();
      this.#times.shift();
    }
  }

  #enter(slot: number, high: number, low: number): void {
    this.words[slot * WORDS + HIGH] = high;
    this.words[slot * WORDS + LOW] = low;
    this.open++;
    if (3 * this.open > 2 * this.#table.length) this.#rehash(this.#table.length * 2);
    this.#insert(slot);
  }

  #append(slot: number, time: number, touch: number): void {
    this.numbers[slot * NUMBERS + LAST] = time;
    this.numbers[slot * NUMBERS + TOUCH] = touch;
    this.#touches = touch + 1;
    this.words[slot * WORDS + PREVIOUS] = this.tail;
    this.words[slot * WORDS + NEXT] = NONE;
    if (this.tail === NONE) this.head = slot;
    else this.words[this.tail * WORDS + NEXT] = slot;
    this.tail = slot;
    if (this.cursor === NONE) this.cursor = slot;
  }

  #unlink(slot: number): void {
    const before = this.words[slot * WORDS + PREVIOUS];
    const after = this.words[slot * WORDS + NEXT];
    if (slot === this.cursor) this.cursor = after;
    if (before === NONE) this.head = after;
    else this.words[before * WORDS + NEXT] = after;
    if (after === NONE) this.tail = before;
    else this.words[after * WORDS + PREVIOUS] = before;
  }

  #homeOf(slot: number): number {
    return (this.words[slot * WORDS + HIGH] ^ this.words[slot * WORDS + LOW]) & (this.#table.length - 1);
  }

  #insert(slot: number): void {
    const mask = this.#table.length - 1;
    let at = this.#homeOf(slot);
    while (this.#table[at] !== NONE) at = (at + 1) & mask;
    this.#table[at] = entryOf(slot, this.words[slot * WORDS + HIGH]);
  }

  /** Takes a slot out of the table and moves back what was pushed on by it, so that no gap stops a search. */
  #erase(slot: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let gap = this.#homeOf(slot);
    while ((table[gap] & SLOT) !== slot) gap = (gap + 1) & mask;
    for (let at = (gap + 1) & mask; table[at] !== NONE; at = (at + 1) & mask) {
      if (((at - this.#homeOf(table[at] & SLOT)) & mask) < ((at - gap) & mask)) continue;
      table[gap] = table[at];
      gap = at;
    }
    table[gap] = NONE;
  }

  #rehash(length: number): void {
    this.#table = new Int32Array(length).fill(NONE);
    for (let slot = this.head; slot !== NONE; slot = this.next(slot)) this.#insert(slot);
  }

  get #capacity(): number {
    return this.words.length / WORDS;
  }

  #grow(slots: number): void {
    const words = new Int32Array(slots * WORDS);
    words.set(this.words);
    this.words = words;
    this.numbers = new Float64Array(words.buffer);
  }
}
