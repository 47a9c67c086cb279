/** Which sessions a line belongs to: what stands in it, when it came, or the how-manieth it is. */
import type { LineColumns } from '../../core/contracts/logs.ts';
import { mix32 } from '../../core/hash.ts';
import { compilePattern, MAX_MATCHED, type Pattern } from '../../core/pattern.ts';
import { MAX_ID } from './page.ts';
import { Shape } from './shape.ts';

/** A line counts in at most so many sessions: those of its first distinct identifiers. */
export const MAX_IDS = 64;

/** Lines whose identifiers are looked for at once. */
export const BLOCK = 32;

/** A text so long is looked for by its rarest byte, as so many bytes at first show it. */
const LEAST_LITERAL = 2;
const SAMPLE = 65_536;

/** Identifiers of a few lines: spans of `bytes`, each once a line, with two hashes that stand for it. Those of line i end at ends[i]. */
export class Identifiers {
  bytes: Uint8Array = new Uint8Array(0);
  count = 0;
  lines = 0;
  readonly from = new Uint32Array(BLOCK * MAX_IDS);
  readonly to = new Uint32Array(BLOCK * MAX_IDS);
  readonly high = new Int32Array(BLOCK * MAX_IDS);
  readonly low = new Int32Array(BLOCK * MAX_IDS);
  readonly ends = new Uint32Array(BLOCK);
  /** 1 for a line in which there were more. */
  readonly crowded = new Uint8Array(BLOCK);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #lineBegin = 0;

  clear(): void {
    this.count = this.lines = 0;
  }

  /** Begins a line that stands in these bytes, which are those of the lines before it. */
  begin(bytes: Uint8Array): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    const line = this.lines++;
    this.#lineBegin = this.ends[line] = this.count;
    this.crowded[line] = 0;
  }

  /** Adds the span if it is none of those before; false when there is no room. */
  add(from: number, to: number): boolean {
    const end = Math.min(to, from + MAX_ID);
    const { bytes, count } = this;
    const view = this.#view;
    let a = 0x811c9dc5 ^ (end - from);
    let b = 0x9747b28c;
    let i = from;
    for (; i + 4 <= end; i += 4) {
      const word = view.getInt32(i, true);
      a = Math.imul(a ^ word, 0x01000193);
      a ^= a >>> 15;
      b = Math.imul((b << 13) | (b >>> 19), 5) + Math.imul(word, 0x2c1b3c6d);
    }
    if (i < end && end - from >= 4) {
      // The last four, of which some were there before.
      const word = view.getInt32(end - 4, true);
      a = Math.imul(a ^ word, 0x01000193);
      b = Math.imul((b << 13) | (b >>> 19), 5) + Math.imul(word, 0x2c1b3c6d);
    } else {
      for (; i < end; i++) {
        a = Math.imul(a ^ bytes[i], 0x01000193);
        b = Math.imul((b << 13) | (b >>> 19), 5) + Math.imul(bytes[i] + 1, 0x2c1b3c6d);
      }
    }
    const high = mix32(a) | 0;
    const low = mix32(b) | 0;
    for (let k = this.#lineBegin; k < count; k++) if (this.high[k] === high && this.low[k] === low) return true;
    if (count - this.#lineBegin === MAX_IDS) {
      this.crowded[this.lines - 1] = 1;
      return false;
    }
    this.from[count] = from;
    this.to[count] = end;
    this.high[count] = high;
    this.low[count] = low;
    this.count = this.ends[this.lines - 1] = count + 1;
    return true;
  }
}

/** Where lines stand. */
export type Text = Pick<LineColumns, 'bytes' | 'start' | 'end'>;

/** What finds the identifiers of a line. */
export interface Finder {
  /** Is told of lines [from .. to), at least one, which are asked for next: what stood in their bytes before is gone. */
  begin?(lines: Text, from: number, to: number): void;
  /** Adds the line to `ids`; `time` is that of the line, ms, and `number` how many lines came before it. */
  find(lines: Text, row: number, time: number, number: number, ids: Identifiers): void;
}

/** Identifiers that match a pattern: group 1 where there is one. The first 8,192 bytes of a line are looked at. */
export function byPattern(source: string): Finder {
  const shape = Shape.of(source);
  return shape === undefined ? new ByPattern(compilePattern(source, 'session.by')) : new ByShape(shape);
}

/** Says whether a pattern occurs in the first 8,192 bytes of a line. */
export function lineTest(source: string, what: string): (lines: Text, row: number) => boolean {
  const shape = Shape.of(source);
  const endOf = ({ start, end }: Text, row: number): number => Math.min(end[row], start[row] + MAX_MATCHED);
  if (shape !== undefined) return (lines, row) => shape.find(lines.bytes, lines.start[row], endOf(lines, row));
  const pattern = compilePattern(source, what);
  const spans = new Int32Array(2 * pattern.names.length);
  return (lines, row) => pattern.spans(lines.bytes, lines.start[row], endOf(lines, row), spans);
}

class ByShape implements Finder {
  readonly #shape: Shape;
  /** Text that every match begins with, where it is long enough; which byte of it is rare. */
  readonly #literal: Uint8Array | undefined;
  #rare = -1;
  /** The first place of the literal at or behind `#from`; where there is none, behind all bytes. */
  #place = -1;
  #from = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(shape: Shape) {
    this.#shape = shape;
    if (shape.literal.length >= LEAST_LITERAL) this.#literal = shape.literal;
  }

  begin({ bytes, start, end }: Text, from: number, to: number): void {
    this.#place = -1;
    const literal = this.#literal;
    if (literal === undefined) return;
    if (bytes.buffer !== this.#bytes.buffer || bytes.length !== this.#bytes.length || bytes.byteOffset !== this.#bytes.byteOffset)
      this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (this.#rare < 0) this.#rare = rarest(literal, bytes, start[from], Math.min(end[to - 1], start[from] + SAMPLE));
  }

  find(lines: Text, row: number, _time: number, _number: number, ids: Identifiers): void {
    const { bytes } = lines;
    const start = lines.start[row];
    const end = Math.min(lines.end[row], start + MAX_MATCHED);
    ids.begin(bytes);
    if (this.#literal === undefined) this.#search(bytes, start, end, ids);
    else this.#seek(this.#literal, bytes, start, end, ids);
  }

  #search(bytes: Uint8Array, start: number, end: number, ids: Identifiers): void {
    const shape = this.#shape;
    for (let at = start; shape.find(bytes, at, end); at = shape.end) {
      if (shape.to > shape.from && !ids.add(shape.from, shape.to)) return;
    }
  }

  /** The same from one place of the literal to the next. */
  #seek(literal: Uint8Array, bytes: Uint8Array, start: number, end: number, ids: Identifiers): void {
    const shape = this.#shape;
    let begin = start;
    let at = start;
    for (;;) {
      if (at < this.#from || at > this.#place) {
        this.#from = at;
        this.#place = this.#next(literal, at);
      }
      if (this.#place >= end) return;
      at = this.#place + 1;
      if (this.#place + literal.length > end || !shape.fitsBehind(bytes, this.#place, begin, end)) continue;
      at = begin = shape.end;
      if (shape.to > shape.from && !ids.add(shape.from, shape.to)) return;
    }
  }

  /** The first place of the literal at or behind `at`: the memory is searched for its rare byte. */
  #next(literal: Uint8Array, at: number): number {
    const bytes = this.#bytes;
    const rare = this.#rare;
    const c = literal[rare];
    for (let found = bytes.indexOf(c, at + rare); found >= 0; found = bytes.indexOf(c, found + 1)) {
      let i = 0;
      while (i < literal.length && bytes[found - rare + i] === literal[i]) i++;
      if (i === literal.length) return found - rare;
    }
    return bytes.length;
  }
}

/** Which byte of the text occurs the least in bytes[from .. to). */
function rarest(text: Uint8Array, bytes: Uint8Array, from: number, to: number): number {
  const counts = new Uint32Array(256);
  for (let i = from; i < to; i++) counts[bytes[i]]++;
  return text.reduce((best, c, i) => (counts[c] < counts[text[best]] ? i : best), 0);
}

class ByPattern implements Finder {
  readonly #pattern: Pattern;
  readonly #spans: Int32Array;

  constructor(pattern: Pattern) {
    this.#pattern = pattern;
    this.#spans = new Int32Array(2 * pattern.names.length);
  }

  find(lines: Text, row: number, _time: number, _number: number, ids: Identifiers): void {
    const spans = this.#spans;
    const group = spans.length > 2 ? 2 : 0;
    const end = Math.min(lines.end[row], lines.start[row] + MAX_MATCHED);
    ids.begin(lines.bytes);
    // Each search costs as much as what is left of the line, so their number is bounded, found or not.
    let at = lines.start[row];
    for (let i = 0; i <= MAX_IDS && at < end && this.#pattern.spans(lines.bytes, at, end, spans); i++) {
      if (spans[group] >= 0 && spans[group + 1] > spans[group]) ids.add(spans[group], spans[group + 1]);
      at = Math.max(spans[1], at + 1);
    }
  }
}

/** One session after another, named in ASCII by what `name` says; the name is made anew only when the number changes. */
class ByNumber implements Finder {
  readonly #of: (time: number, number: number) => number;
  readonly #name: (number: number) => string;
  #number = NaN;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(of: (time: number, number: number) => number, name: (number: number) => string) {
    this.#of = of;
    this.#name = name;
  }

  find(_lines: Text, _row: number, time: number, number: number, ids: Identifiers): void {
    const now = this.#of(time, number);
    if (now !== this.#number) {
      this.#number = now;
      this.#bytes = Buffer.from(this.#name(now));
    }
    ids.begin(this.#bytes);
    ids.add(0, this.#bytes.length);
  }
}

/** Stretches of event time of this length, ms, named by their start. */
export function byWindow(window: number): Finder {
  return new ByNumber(
    (time) => Math.floor(time / window) * window,
    (start) => new Date(start).toISOString(),
  );
}

/** So many lines each, named by the number of the first one, from 1. */
export function byCount(count: number): Finder {
  return new ByNumber(
    (_time, number) => Math.floor(number / count) * count,
    (first) => `line ${first + 1}`,
  );
}
