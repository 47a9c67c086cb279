/** Builds the text columns of a batch of log lines. */
import type { LineColumns } from './contracts/logs.ts';
import { grown } from './grown.ts';

const WORDS = ['start', 'end', 'message', 'messageEnd', 'component', 'componentEnd'] as const;

/** Where the parts of a line stand in the bytes of its table. */
export type LineSpans = Pick<Record<keyof LineColumns, number>, (typeof WORDS)[number] | 'level' | 'stated'>;

/** Rows are written in order from 0; what it hands out is valid until `reset`. */
export class LineTable implements LineColumns {
  bytes: Uint8Array = new Uint8Array(0);
  start: Uint32Array;
  end: Uint32Array;
  message: Uint32Array;
  messageEnd: Uint32Array;
  component: Uint32Array;
  componentEnd: Uint32Array;
  level: Uint8Array;
  stated: Float64Array;
  #used = 0;
  /** Bytes of its own, used again and again; `bytes` may be somebody else's. */
  #store: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.start = new Uint32Array(capacity);
    this.end = new Uint32Array(capacity);
    this.message = new Uint32Array(capacity);
    this.messageEnd = new Uint32Array(capacity);
    this.component = new Uint32Array(capacity);
    this.componentEnd = new Uint32Array(capacity);
    this.level = new Uint8Array(capacity);
    this.stated = new Float64Array(capacity);
  }

  /** Bytes in use, from the beginning. */
  get used(): number {
    return this.#used;
  }

  reset(): void {
    this.#used = 0;
    this.bytes = this.#store;
  }

  /** Rows lie in these bytes from now on, without a copy; they must stay as they are until the next `reset`. */
  use(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.#used = bytes.length;
  }

  /** Puts text behind what is there and answers where it begins. */
  append(text: Uint8Array, from = 0, to = text.length): number {
    const at = this.#used;
    const need = at + to - from;
    if (this.bytes !== this.#store || need > this.bytes.length) this.#keep(need);
    if (to - from < 64) for (let i = from, j = at; i < to; i++, j++) this.bytes[j] = text[i]!;
    else this.bytes.set(text.subarray(from, to), at);
    this.#used = need;
    return at;
  }

  /** Makes room for so many bytes in its own, and has there what is used. */
  #keep(need: number): void {
    const { bytes } = this;
    if (need > this.#store.length) this.#store = new Uint8Array(Math.max(need + (need >>> 1), 4096));
    this.#store.set(bytes.subarray(0, this.#used));
    this.bytes = this.#store;
  }

  /** Makes room for row i, whose parts are then to be written. */
  reach(i: number): void {
    if (i >= this.#capacity) this.#grow(Math.max(i + 1, this.#capacity * 2));
  }

  /** Writes row i, which is at most one behind the last one written. */
  row(i: number, line: LineSpans): void {
    if (i >= this.#capacity) this.#grow(Math.max(i + 1, this.#capacity * 2));
    // Written out, because names looked up one by one cost more than all else of a line.
    this.start[i] = line.start;
    this.end[i] = line.end;
    this.message[i] = line.message;
    this.messageEnd[i] = line.messageEnd;
    this.component[i] = line.component;
    this.componentEnd[i] = line.componentEnd;
    this.level[i] = line.level;
    this.stated[i] = line.stated;
  }

  /** Copies row `from` of another table, its text included, to row i. */
  copy(i: number, other: LineColumns, from: number): void {
    if (i >= this.#capacity) this.#grow(Math.max(i + 1, this.#capacity * 2));
    const moved = this.append(other.bytes, other.start[from], other.end[from]) - other.start[from];
    for (const name of WORDS) this[name][i] = other[name][from] + moved;
    if (other.message[from] < other.start[from] || other.messageEnd[from] > other.end[from]) this.#apart(i, 'message', 'messageEnd', other, from);
    if (other.component[from] < other.start[from] || other.componentEnd[from] > other.end[from]) this.#apart(i, 'component', 'componentEnd', other, from);
    this.level[i] = other.level[from]!;
    this.stated[i] = other.stated[from]!;
  }

  #apart(i: number, begin: 'message' | 'component', end: 'messageEnd' | 'componentEnd', other: LineColumns, from: number): void {
    const at = this.append(other.bytes, other[begin][from], other[end][from]);
    this[begin][i] = at;
    this[end][i] = at + other[end][from] - other[begin][from];
  }

  #grow(capacity: number): void {
    this.#capacity = capacity;
    for (const name of WORDS) this[name] = grown(this[name], capacity);
    this.level = grown(this.level, capacity);
    this.stated = grown(this.stated, capacity);
  }
}
