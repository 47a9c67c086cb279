/** Open sessions, so many to a state key, in few bytes each: a page that nobody touches is dropped by the host and brought back from the ledger. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { folded, MOST_VARINT, putVarint, VarintReader } from './varint.ts';

/** Sessions of one page. */
export const PAGE_SLOTS = 32;
/** An identifier counts by its first so many bytes. */
export const MAX_ID = 128;
/** Templates that are counted behind the end of a session's sequence; lines of further ones count as lines only. */
const MAX_BEYOND = 4096;

/** Columns of numbers of a slot, in `numbers`. */
const FIRST = 0;
const LAST = 1;
const TOUCH = 2;
const OFFSET = 3;
const LAST_OFFSET = 4;
const NUMBERS = 5;
/** Columns of whole numbers of a slot, in `words`. LOOKS is one more than the looks so far, 0 in a free slot. */
const LOOKS = 0;
const LINES = 1;
const KEPT = 2;
const PARTITION = 3;
const ID = 4;
const START = 5;
const SIZE = 6;
const CAPACITY = 7;
const FRESH = 8;
const BEYOND = 9;
const WORDS = 10;
/** Bytes of a template behind the sequence: its number and its count. */
const BEYOND_BYTES = 8;
/** Room of a record at first, enough for some twenty lines, and of a page. */
const LEAST_RECORD = 128;
const ROOM_STEP = 2048;
/** What a line adds to the sequence at most. */
const LINE_BYTES = 2 * MOST_VARINT;

const reader = new VarintReader();
let scratch = new Uint8Array(4096);

function roomOf(length: number): Uint8Array {
  if (scratch.length < length) scratch = new Uint8Array(length * 2);
  return scratch;
}

/** Bytes for so many and a quarter more: of few different sizes, so that memory that was given back can be used again. */
function roomFor(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Math.ceil((length * 1.25) / ROOM_STEP) * ROOM_STEP);
}

/**
 * A slot's record in `bytes`: its identifier, then the sequence (template and distance to the offset of the line before, as
 * varints), then the templates that came behind its end, ascending, each with its count.
 */
export class Page {
  #numbers = new Float64Array(PAGE_SLOTS * NUMBERS);
  #words = new Uint32Array(PAGE_SLOTS * WORDS);
  #bytes = new Uint8Array(0);
  /** Bytes given out so far. */
  #end = 0;

  isOpen(i: number): boolean {
    return this.#words[i * WORDS + LOOKS] > 0;
  }

  first(i: number): number {
    return this.#numbers[i * NUMBERS + FIRST];
  }

  last(i: number): number {
    return this.#numbers[i * NUMBERS + LAST];
  }

  /** Number of the touch that was its last. */
  touch(i: number): number {
    return this.#numbers[i * NUMBERS + TOUCH];
  }

  /** Offset of its first line. */
  offset(i: number): number {
    return this.#numbers[i * NUMBERS + OFFSET];
  }

  partition(i: number): number {
    return this.#words[i * WORDS + PARTITION];
  }

  lines(i: number): number {
    return this.#words[i * WORDS + LINES];
  }

  /** Looks at it so far. */
  looks(i: number): number {
    return this.#words[i * WORDS + LOOKS] - 1;
  }

  /** Lines in its sequence. */
  kept(i: number): number {
    return this.#words[i * WORDS + KEPT];
  }

  /** Whether it changed since the last look. */
  isFresh(i: number): boolean {
    return this.#words[i * WORDS + FRESH] === 1;
  }

  idLength(i: number): number {
    return this.#words[i * WORDS + ID];
  }

  /** Copies the identifier; answers whether it is ASCII. */
  copyId(i: number, to: Uint8Array): boolean {
    const start = this.#words[i * WORDS + START];
    const length = this.idLength(i);
    const bytes = this.#bytes;
    let all = 0;
    for (let j = 0; j < length; j++) all |= to[j] = bytes[start + j];
    return all < 128;
  }

  /** Begins a session in a free slot; its first line is still to come. */
  open(i: number, time: number, partition: number, offset: number, id: Uint8Array, from: number, to: number): void {
    const n = i * NUMBERS;
    const w = i * WORDS;
    this.#numbers[n + FIRST] = time;
    this.#numbers[n + OFFSET] = this.#numbers[n + LAST_OFFSET] = offset;
    this.#words.fill(0, w, w + WORDS);
    this.#words[w + LOOKS] = 1;
    this.#words[w + PARTITION] = partition;
    this.#words[w + ID] = to - from;
    this.#grow(i, to - from);
    const start = this.#words[w + START];
    for (let j = 0; j < to - from; j++) this.#bytes[start + j] = id[from + j];
    this.#words[w + SIZE] = to - from;
  }

  /** Adds a line; answers how many there are now. */
  line(i: number, time: number, touch: number, template: number, offset: number, maxSequence: number): number {
    const n = i * NUMBERS;
    const w = i * WORDS;
    const words = this.#words;
    this.#numbers[n + LAST] = time;
    this.#numbers[n + TOUCH] = touch;
    words[w + FRESH] = 1;
    if (words[w + KEPT] < maxSequence) {
      if (words[w + SIZE] + LINE_BYTES > words[w + CAPACITY]) this.#grow(i, words[w + SIZE] + LINE_BYTES);
      const start = words[w + START];
      const at = putVarint(this.#bytes, start + words[w + SIZE], template);
      words[w + SIZE] = putVarint(this.#bytes, at, folded(offset - this.#numbers[n + LAST_OFFSET])) - start;
      this.#numbers[n + LAST_OFFSET] = offset;
      words[w + KEPT]++;
    } else this.#countBeyond(i, template);
    return ++words[w + LINES];
  }

  /** Notes that it was looked at; answers the number of the look. */
  look(i: number): number {
    this.#words[i * WORDS + FRESH] = 0;
    return this.#words[i * WORDS + LOOKS]++ - 1;
  }

  free(i: number): void {
    const words = this.#words.fill(0, i * WORDS, (i + 1) * WORDS);
    for (let w = LOOKS; w < words.length; w += WORDS) if (words[w] > 0) return;
    this.#bytes = new Uint8Array(0);
    this.#end = 0;
  }

  /** Calls `visit` with template and offset of every line of the sequence. */
  sequence(i: number, visit: (template: number, offset: number) => void): void {
    const w = i * WORDS;
    reader.bytes = this.#bytes;
    reader.at = this.#words[w + START] + this.#words[w + ID];
    let offset = this.#numbers[i * NUMBERS + OFFSET];
    for (let j = this.#words[w + KEPT]; j > 0; j--) {
      const template = reader.next();
      offset += reader.nextFolded();
      visit(template, offset);
    }
  }

  /** Calls `visit` with the templates that came behind the end of the sequence, ascending, and how often. */
  beyond(i: number, visit: (template: number, count: number) => void): void {
    let at = this.#beyondAt(i);
    for (let j = this.#words[i * WORDS + BEYOND]; j > 0; j--, at += BEYOND_BYTES) visit(this.#u32(at), this.#u32(at + 4));
  }

  #beyondAt(i: number): number {
    const w = i * WORDS;
    return this.#words[w + START] + this.#words[w + SIZE] - this.#words[w + BEYOND] * BEYOND_BYTES;
  }

  #countBeyond(i: number, template: number): void {
    const w = i * WORDS;
    const words = this.#words;
    const count = words[w + BEYOND];
    let low = 0;
    let at = this.#beyondAt(i);
    for (let high = count; low < high;) {
      const middle = (low + high) >>> 1;
      if (this.#u32(at + middle * BEYOND_BYTES) < template) low = middle + 1;
      else high = middle;
    }
    at += low * BEYOND_BYTES;
    if (low < count && this.#u32(at) === template) return this.#setU32(at + 4, this.#u32(at + 4) + 1);
    if (count >= MAX_BEYOND) return;
    if (words[w + SIZE] + BEYOND_BYTES > words[w + CAPACITY]) {
      const inside = at - words[w + START];
      this.#grow(i, words[w + SIZE] + BEYOND_BYTES);
      at = words[w + START] + inside;
    }
    this.#bytes.copyWithin(at + BEYOND_BYTES, at, words[w + START] + words[w + SIZE]);
    this.#setU32(at, template);
    this.#setU32(at + 4, 1);
    words[w + SIZE] += BEYOND_BYTES;
    words[w + BEYOND]++;
  }

  #u32(at: number): number {
    const bytes = this.#bytes;
    return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
  }

  #setU32(at: number, x: number): void {
    for (let k = 0; k < 4; k++) this.#bytes[at + k] = x >>> (8 * k);
  }

  /** Moves the record of a slot to where it has room for `size` bytes and for more to come. */
  #grow(i: number, size: number): void {
    const words = this.#words;
    const w = i * WORDS;
    const capacity = Math.max(LEAST_RECORD, size + (size >>> 1));
    if (this.#end + capacity > this.#bytes.length) this.#compact(capacity);
    this.#bytes.copyWithin(this.#end, words[w + START], words[w + START] + words[w + SIZE]);
    words[w + START] = this.#end;
    words[w + CAPACITY] = capacity;
    this.#end += capacity;
  }

  /** Leaves out what free and moved records left behind, and makes room for `more` bytes. */
  #compact(more: number): void {
    const words = this.#words;
    let used = 0;
    for (let w = 0; w < words.length; w += WORDS) used += words[w + CAPACITY];
    const bytes = roomFor(used + more);
    let end = 0;
    for (let w = 0; w < words.length; w += WORDS) {
      bytes.set(this.#bytes.subarray(words[w + START], words[w + START] + words[w + SIZE]), end);
      words[w + START] = end;
      end += words[w + CAPACITY];
    }
    this.#bytes = bytes;
    this.#end = end;
  }

  snapshot(writer: SnapshotWriter): void {
    const words = this.#words;
    const numbers = this.#numbers;
    let at = 0;
    for (let i = 0; i < PAGE_SLOTS; i++) {
      const w = i * WORDS;
      const n = i * NUMBERS;
      const to = roomOf(at + WORDS * MOST_VARINT + 3 * MOST_VARINT + words[w + SIZE]);
      at = putVarint(to, at, words[w + LOOKS]);
      if (words[w + LOOKS] === 0) continue;
      for (const word of [LINES, KEPT, PARTITION, ID, SIZE, FRESH, BEYOND]) at = putVarint(to, at, words[w + word]);
      at = putVarint(to, at, numbers[n + TOUCH]);
      at = putVarint(to, at, numbers[n + OFFSET]);
      at = putVarint(to, at, folded(numbers[n + LAST_OFFSET] - numbers[n + OFFSET]));
      to.set(this.#bytes.subarray(words[w + START], words[w + START] + words[w + SIZE]), at);
      at += words[w + SIZE];
    }
    writer.bytes(scratch.subarray(0, at));
    for (let i = 0; i < PAGE_SLOTS; i++) {
      if (!this.isOpen(i)) continue;
      writer.f64(this.first(i));
      writer.f64(this.last(i));
    }
  }

  static restore(from: SnapshotReader): Page {
    const page = new Page();
    const words = page.#words;
    const numbers = page.#numbers;
    const saved = from.bytes();
    page.#bytes = roomFor(saved.length);
    page.#bytes.set(saved);
    page.#end = saved.length;
    reader.bytes = page.#bytes;
    reader.at = 0;
    for (let i = 0; i < PAGE_SLOTS; i++) {
      const w = i * WORDS;
      const n = i * NUMBERS;
      words[w + LOOKS] = reader.next();
      if (words[w + LOOKS] === 0) continue;
      for (const word of [LINES, KEPT, PARTITION, ID, SIZE, FRESH, BEYOND]) words[w + word] = reader.next();
      numbers[n + TOUCH] = reader.next();
      numbers[n + OFFSET] = reader.next();
      numbers[n + LAST_OFFSET] = numbers[n + OFFSET] + reader.nextFolded();
      words[w + START] = reader.at;
      words[w + CAPACITY] = words[w + SIZE];
      reader.at += words[w + SIZE];
      numbers[n + FIRST] = from.f64();
      numbers[n + LAST] = from.f64();
    }
    return page;
  }
}
