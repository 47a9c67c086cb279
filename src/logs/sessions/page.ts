/** Bytes of open sessions, so many to a state key: a page that nobody touches is dropped by the host and brought back from the ledger. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { CAPACITY, KEPT, LAST, LAST_OFFSET, LINES, LOOKS, NUMBERS, SIZE, START, TOUCH, WORDS, type Directory } from './directory.ts';
import { folded, MOST_VARINT, putVarint, VarintReader } from './varint.ts';

/** Sessions of one page. */
export const PAGE_SLOTS = 32;
/** An identifier counts by its first so many bytes. */
export const MAX_ID = 128;
/** Templates that are counted behind the end of a session's sequence; lines of further ones count as lines only. */
const MAX_BEYOND = 4096;

/** What stands in front of a session's bytes: time of its first line, and how many templates stand behind the sequence. */
const BEYOND = 8;
const PREFIX = 10;
/** Bytes of a template behind the sequence: its number and its count. */
const BEYOND_BYTES = 8;
/** Room of a session at first, enough for some twenty lines, and of a page. */
const LEAST_ROOM = 128;
const LEAST_PAGE = 5120;
const PAGE_STEP = 2048;
/** Bytes of pages kept to be used again, at most. */
const MOST_SPARE = 2 * 1024 * 1024;
/** What a line adds to the sequence at most. */
const LINE_BYTES = 2 * MOST_VARINT;
/** Numbers of a session in a snapshot at most. */
const SAVED_BYTES = 8 + 6 * MOST_VARINT;

const NOTHING = new Uint8Array(0);
const reader = new VarintReader();
let scratch = new Uint8Array(4096);
const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);

function roomOf(length: number): Uint8Array {
  if (scratch.length < length) {
    const bigger = new Uint8Array(length * 2);
    bigger.set(scratch);
    scratch = bigger;
  }
  return scratch;
}

function putFloat(bytes: Uint8Array, at: number, x: number): number {
  float[0] = x;
  for (let k = 0; k < 8; k++) bytes[at + k] = floatBytes[k];
  return at + 8;
}

function floatAt(bytes: Uint8Array, at: number): number {
  for (let k = 0; k < 8; k++) floatBytes[k] = bytes[at + k];
  return float[0];
}

/** Bytes of pages that nobody needs any more, by their number, to be used again: what is let go of instead stays until the heap is swept. */
const spare = new Map<number, Uint8Array[]>();
let spareBytes = 0;

/** So many bytes, of any content. */
function bytesOf(length: number): Uint8Array {
  const bytes = spare.get(length)?.pop();
  if (bytes === undefined) return new Uint8Array(length);
  spareBytes -= length;
  return bytes;
}

/** Takes back bytes that nobody reads or writes any more. */
function giveBack(bytes: Uint8Array): void {
  const { length } = bytes;
  if (length === 0 || spareBytes + length > MOST_SPARE) return;
  spareBytes += length;
  const alike = spare.get(length);
  if (alike === undefined) spare.set(length, [bytes]);
  else alike.push(bytes);
}

/** Bytes for so many and a quarter more: of few different sizes, so that memory that was given back can be used again. */
function roomFor(length: number): Uint8Array {
  return bytesOf(Math.ceil((length * 1.25) / PAGE_STEP) * PAGE_STEP);
}

/** What is kept of a line: its template and its offset. */
interface PlacedLine {
  template: number;
  offset: number;
}

/** What a session's bytes say of it beside its lines; reused. */
export const about = { first: NaN, offset: NaN, partition: 0, idStart: 0, idEnd: 0, beyond: 0 };

/**
 * A session's bytes: time of its first line, number of templates behind the sequence; offset and partition of its first line,
 * length of the identifier, as varints; the identifier; the sequence (template and distance to the offset of the line before, as
 * varints); the templates that came behind its end, ascending, each with its count. Where they are stands in its record in the
 * directory, with all that a line changes: what is written here is read by nobody before the next look.
 */
export class Page {
  bytes: Uint8Array = NOTHING;
  /** Slot of its first session. */
  readonly #base: number;
  /** Bytes given out so far. */
  #end = 0;
  /** Sessions that are open. */
  #open = 0;
  /** False where the bytes are those of a snapshot, not yet read. */
  #isPlaced = true;

  constructor(base: number) {
    this.#base = base;
  }

  /** Writes the records of its sessions where it comes from a snapshot. */
  place({ words, numbers }: Directory): void {
    if (this.#isPlaced) return;
    this.#isPlaced = true;
    reader.bytes = this.bytes;
    reader.at = 0;
    for (let slot = this.#base; slot < this.#base + PAGE_SLOTS; slot++) {
      const w = slot * WORDS;
      const n = slot * NUMBERS;
      words[w + LOOKS] = reader.next();
      if (words[w + LOOKS] === 0) continue;
      this.#open++;
      words[w + LINES] = reader.next();
      words[w + KEPT] = reader.next();
      words[w + SIZE] = words[w + CAPACITY] = reader.next();
      numbers[n + TOUCH] = reader.next();
      numbers[n + LAST_OFFSET] = reader.next();
      numbers[n + LAST] = floatAt(this.bytes, reader.at);
      reader.at += 8;
      words[w + START] = reader.at;
      reader.at += words[w + SIZE];
    }
  }

  /** Begins a session in a free slot; its first line is still to come. */
  open(directory: Directory, slot: number, time: number, partition: number, offset: number, id: Uint8Array, from: number, to: number): void {
    const { words, numbers } = directory;
    const w = slot * WORDS;
    numbers[slot * NUMBERS + LAST_OFFSET] = offset;
    words[w + START] = words[w + SIZE] = words[w + CAPACITY] = words[w + LINES] = words[w + KEPT] = 0;
    words[w + LOOKS] = 1;
    this.#open++;
    this.#grow(directory, slot, PREFIX + 3 * MOST_VARINT + to - from);
    const { bytes } = this;
    const start = words[w + START];
    putFloat(bytes, start, time);
    bytes[start + BEYOND] = bytes[start + BEYOND + 1] = 0;
    let at = putVarint(bytes, start + PREFIX, offset);
    at = putVarint(bytes, at, partition);
    at = putVarint(bytes, at, to - from);
    for (let j = from; j < to; j++) bytes[at++] = id[j];
    words[w + SIZE] = at - start;
  }

  /** Adds a line; answers how many there are now. */
  line(directory: Directory, slot: number, { template, offset }: PlacedLine, maxSequence: number): number {
    const { words, numbers } = directory;
    const w = slot * WORDS;
    const kept = words[w + KEPT];
    if (kept < 2 * maxSequence) {
      const size = words[w + SIZE];
      if (size + LINE_BYTES > words[w + CAPACITY]) this.#grow(directory, slot, size + LINE_BYTES);
      const { bytes } = this;
      const start = words[w + START];
      const n = slot * NUMBERS + LAST_OFFSET;
      const distance = offset - numbers[n];
      let at = start + size;
      if (template < 128 && distance >= 0 && distance < 2 ** 20) {
        // As nearly always: written out, in whole numbers of 32 bits.
        const x = (distance | 0) << 1;
        bytes[at] = template;
        if (x < 128) bytes[at + 1] = x;
        else {
          bytes[at + 1] = (x & 127) | 128;
          if (x < 16_384) bytes[at + 2] = x >>> 7;
          else {
            bytes[at + 2] = ((x >>> 7) & 127) | 128;
            bytes[at + 3] = x >>> 14;
            at++;
          }
          at++;
        }
        at += 2;
      } else at = putVarint(bytes, putVarint(bytes, at, template), folded(distance));
      words[w + SIZE] = at - start;
      numbers[n] = offset;
      words[w + KEPT] = (kept | 1) + 2;
    } else {
      words[w + KEPT] = kept | 1;
      this.#countBeyond(directory, slot, template);
    }
    // Lines are fewer than 2^32.
    words[w + LINES]++;
    return words[w + LINES] >>> 0;
  }

  /** Fills `about`; the sequence begins at `about.idEnd`. */
  read({ words }: Directory, slot: number): typeof about {
    const { bytes } = this;
    const start = words[slot * WORDS + START];
    about.first = floatAt(bytes, start);
    about.beyond = this.#u16(start + BEYOND);
    reader.bytes = bytes;
    reader.at = start + PREFIX;
    about.offset = reader.next();
    about.partition = reader.next();
    const length = reader.next();
    about.idStart = reader.at;
    about.idEnd = reader.at + length;
    return about;
  }

  /** Gives back the bytes of the session in this slot, and of the page where it was the last one. */
  free({ words }: Directory, slot: number): void {
    const w = slot * WORDS;
    words[w + START] = words[w + SIZE] = words[w + CAPACITY] = words[w + LINES] = words[w + LOOKS] = words[w + KEPT] = 0;
    if (--this.#open > 0) return;
    giveBack(this.bytes);
    this.bytes = NOTHING;
    this.#end = 0;
  }

  /** Calls `visit` with the templates that came behind the end of the sequence, ascending, and how often. */
  beyond({ words }: Directory, slot: number, visit: (template: number, count: number) => void): void {
    const start = words[slot * WORDS + START];
    const end = start + words[slot * WORDS + SIZE];
    for (let at = end - this.#u16(start + BEYOND) * BEYOND_BYTES; at < end; at += BEYOND_BYTES) visit(this.#u32(at), this.#u32(at + 4));
  }

  #countBeyond(directory: Directory, slot: number, template: number): void {
    const { words } = directory;
    const w = slot * WORDS;
    const count = this.#u16(words[w + START] + BEYOND);
    let low = 0;
    let at = words[w + START] + words[w + SIZE] - count * BEYOND_BYTES;
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
      this.#grow(directory, slot, words[w + SIZE] + BEYOND_BYTES);
      at = words[w + START] + inside;
    }
    const { bytes } = this;
    const start = words[w + START];
    bytes.copyWithin(at + BEYOND_BYTES, at, start + words[w + SIZE]);
    this.#setU32(at, template);
    this.#setU32(at + 4, 1);
    words[w + SIZE] += BEYOND_BYTES;
    bytes[start + BEYOND] = count + 1;
    bytes[start + BEYOND + 1] = (count + 1) >>> 8;
  }

  #u16(at: number): number {
    return this.bytes[at] | (this.bytes[at + 1] << 8);
  }

  #u32(at: number): number {
    const { bytes } = this;
    return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
  }

  #setU32(at: number, x: number): void {
    for (let k = 0; k < 4; k++) this.bytes[at + k] = x >>> (8 * k);
  }

  /** Moves the bytes of a session to where they have room for `size` and for more to come. */
  #grow({ words }: Directory, slot: number, size: number): void {
    const w = slot * WORDS;
    const capacity = Math.max(LEAST_ROOM, size + (size >>> 1));
    if (this.#end + capacity > this.bytes.length) this.#compact(words, capacity);
    if (words[w + SIZE] > 0) this.bytes.copyWithin(this.#end, words[w + START], words[w + START] + words[w + SIZE]);
    words[w + START] = this.#end;
    words[w + CAPACITY] = capacity;
    this.#end += capacity;
  }

  /** Leaves out what free and moved sessions left behind, and makes room for `more` bytes. */
  #compact(words: Int32Array, more: number): void {
    const from = this.#base * WORDS;
    const to = from + PAGE_SLOTS * WORDS;
    let used = 0;
    for (let w = from; w < to; w += WORDS) used += words[w + CAPACITY];
    const bytes = used === 0 && more < LEAST_PAGE ? bytesOf(LEAST_PAGE) : roomFor(used + more);
    let end = 0;
    for (let w = from; w < to; w += WORDS) {
      if (words[w + CAPACITY] === 0) continue;
      bytes.set(this.bytes.subarray(words[w + START], words[w + START] + words[w + SIZE]), end);
      words[w + START] = end;
      end += words[w + CAPACITY];
    }
    giveBack(this.bytes);
    this.bytes = bytes;
    this.#end = end;
  }

  snapshot(writer: SnapshotWriter, { words, numbers }: Directory): void {
    if (!this.#isPlaced) return writer.bytes(this.bytes.subarray(0, this.#end));
    let at = 0;
    for (let slot = this.#base; slot < this.#base + PAGE_SLOTS; slot++) {
      const w = slot * WORDS;
      const n = slot * NUMBERS;
      const isThere = w < words.length && words[w + LOOKS] !== 0;
      const to = roomOf(at + SAVED_BYTES + (isThere ? words[w + SIZE] : 0));
      if (!isThere) {
        to[at++] = 0;
        continue;
      }
      at = putVarint(to, at, words[w + LOOKS]);
      at = putVarint(to, at, words[w + LINES] >>> 0);
      at = putVarint(to, at, words[w + KEPT]);
      at = putVarint(to, at, words[w + SIZE]);
      at = putVarint(to, at, numbers[n + TOUCH]);
      at = putVarint(to, at, numbers[n + LAST_OFFSET]);
      at = putFloat(to, at, numbers[n + LAST]);
      to.set(this.bytes.subarray(words[w + START], words[w + START] + words[w + SIZE]), at);
      at += words[w + SIZE];
    }
    writer.bytes(scratch.subarray(0, at));
  }

  static restore(from: SnapshotReader, base: number): Page {
    const page = new Page(base);
    const saved = from.bytes();
    page.bytes = roomFor(saved.length);
    page.bytes.set(saved);
    page.#end = saved.length;
    page.#isPlaced = false;
    return page;
  }
}
