/** The layouts of one stream: those found in its first lines, and those that turn up later. */
import type { JsonValue } from '../../core/contracts.ts';
import { joined } from '../bytes.ts';
import { Header, type HeaderReader } from './header.ts';
import { readerOf } from './readers.ts';
import { linesOf, recognise, type Recognised } from './recognise.ts';
import type { TimeKind, TimeRules } from './time-kinds.ts';
import { TimeReader } from './times.ts';

/** Lines with a time of their own but no known header from which a further layout is looked for, and how much of each is kept. */
const STRANGERS = 16;
const STRANGER_BYTES = 256;
/** Most layouts of a stream. */
const MOST_LAYOUTS = 4;
/** After so many looks for a further layout in vain there are no more. */
const MOST_FRUITLESS = 4;
/** Kinds of times that nothing else looks like. */
const CLEAR: readonly TimeKind[] = ['ymd', 'ctime', 'd-mon-y', 'mon-d', 'yy/mm/dd'];

interface State {
  layouts: string[];
  joins: boolean;
  words: string[];
  readers: JsonValue[];
  strangers: string;
  count: number;
  fruitless: number;
}

export class Layouts {
  /** True when lines without a header go on with the record before. */
  joins = false;
  words: string[] = [];
  /** Once the layout is settled. */
  known = false;
  readonly rules: TimeRules;
  readonly #given: string;
  #readers: HeaderReader[] = [];
  #first: HeaderReader | undefined;
  #whole = false;
  #strangers: Uint8Array = new Uint8Array(0);
  #count = 0;
  #fruitless = 0;
  readonly #clear: readonly TimeReader[];

  constructor(layout: string, rules: TimeRules) {
    this.#given = layout;
    this.rules = rules;
    this.#clear = CLEAR.map((kind) => new TimeReader(kind, rules));
  }

  /** Finds the layouts of the lines in bytes[from .. to), what was known before forgotten. */
  settle(bytes: Uint8Array, from: number, to: number): void {
    this.#use(recognise(bytes, from, to, this.rules, this.#given));
    this.#first?.learn?.(bytes, linesOf(bytes, from, to));
    this.known = true;
  }

  /** Times that the first lines state, as far as they do. */
  firstTimes(bytes: Uint8Array, from: number, to: number): number[] {
    const header = new Header();
    const readers = this.#readers.map(({ layout }) => readerOf(layout, this.rules));
    const times: number[] = [];
    for (const line of linesOf(bytes, from, to)) {
      const fits = readers.some((reader) => reader.read(bytes, line.from, line.to, header));
      if (fits && header.time === header.time) times.push(header.time);
    }
    return times;
  }

  #use({ layouts, joins, words }: Recognised): void {
    const had = new Map(this.#readers.map((reader) => [reader.layout, reader]));
    this.words = words;
    this.joins = joins;
    this.#set(layouts.filter((layout) => layout !== 'plain').map((layout) => had.get(layout) ?? readerOf(layout, this.rules)));
  }

  #set(readers: HeaderReader[]): void {
    this.#readers = readers;
    this.#first = readers[0];
    this.#whole = this.#first?.whole ?? false;
  }

  /** Reads the header of a line into `header`; false for a line that may go on with the record before. */
  read(bytes: Uint8Array, at: number, end: number, header: Header): boolean {
    if (this.#whole) {
      header.clear(at, end);
      return this.#first!.begins!(bytes, at, end);
    }
    if (this.#first !== undefined && this.#first.read(bytes, at, end, header)) return true;
    for (let i = 1; i < this.#readers.length; i++) if (this.#readers[i].read(bytes, at, end, header)) return true;
    const part = this.#first?.readPart?.(bytes, at, end, header) ?? false;
    if (!part) header.clear(at, end);
    header.strange = this.#given === 'auto' && (part || this.#hasTime(bytes, at, end));
    return part || header.strange;
  }

  /** Says that a record is over: reads it where it is read as a whole; true when the layouts are others from now on. */
  finish(bytes: Uint8Array, from: number, to: number, header: Header): boolean {
    if (this.#whole && !this.#first!.read(bytes, from, to, header)) header.clear(from, to);
    return header.strange && this.#remember(bytes, from, to);
  }

  /** True for a line that begins with a time: it begins a record, and may show a further layout. */
  #hasTime(bytes: Uint8Array, from: number, end: number): boolean {
    const at = bytes[from] === 91 || bytes[from] === 40 || bytes[from] === 60 ? from + 1 : from;
    const c = bytes[at];
    if (end - at < 12) return false;
    if (c >= 48 && c <= 57) {
      if (!isMark(bytes[at + 1]) && !isMark(bytes[at + 2]) && !isMark(bytes[at + 4])) return false;
    } else if (c < 65 || c > 90 || bytes[at + 3] !== 32) return false;
    for (const reader of this.#clear) if (reader.read(bytes, at, end) > 0) return true;
    return false;
  }

  #remember(bytes: Uint8Array, at: number, end: number): boolean {
    if (this.#readers.length >= MOST_LAYOUTS || this.#fruitless >= MOST_FRUITLESS) return false;
    const line = new Uint8Array(Math.min(end - at, STRANGER_BYTES) + 1);
    line.set(bytes.subarray(at, at + line.length - 1));
    line[line.length - 1] = 10;
    this.#strangers = joined(this.#strangers, line);
    if (++this.#count < STRANGERS) return false;
    const found = recognise(this.#strangers, 0, this.#strangers.length, this.rules);
    this.#strangers = new Uint8Array(0);
    this.#count = 0;
    const known = new Set(this.#readers.map(({ layout }) => layout));
    const more = found.layouts.filter((layout) => layout !== 'plain' && !known.has(layout)).slice(0, MOST_LAYOUTS - known.size);
    if (more.length === 0) {
      this.#fruitless++;
      return false;
    }
    this.words = [...this.words, ...found.words.map((word) => `later ${word}`)];
    this.#set([...this.#readers, ...more.map((layout) => readerOf(layout, this.rules))]);
    return true;
  }

  state(): JsonValue {
    if (!this.known) return null;
    return {
      layouts: this.#readers.map(({ layout }) => layout),
      joins: this.joins,
      words: this.words,
      readers: this.#readers.map((reader) => reader.state()),
      strangers: Buffer.from(this.#strangers).toString('base64'),
      count: this.#count,
      fruitless: this.#fruitless,
    };
  }

  restore(state: JsonValue): void {
    if (state === null) return;
    const kept = state as unknown as State;
    this.known = true;
    this.joins = kept.joins;
    this.words = kept.words;
    this.#set(
      kept.layouts.map((layout, i) => {
        const reader = readerOf(layout, this.rules);
        reader.restore(kept.readers[i]);
        return reader;
      }),
    );
    this.#strangers = new Uint8Array(Buffer.from(kept.strangers, 'base64'));
    this.#count = kept.count;
    this.#fruitless = kept.fruitless;
  }
}

/** What stands between the numbers of a date. */
function isMark(c: number): boolean {
  return c === 45 || c === 47 || c === 46 || c === 32;
}
