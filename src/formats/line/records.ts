/** Lines of one text to rows: reads headers, joins the lines of a record, keeps the clock. */
import type { JsonValue } from '../../core/contracts.ts';
import type { EventBuilder } from '../../core/events.ts';
import type { Pattern } from '../../core/pattern.ts';
import { CR, LF, SPACE } from '../bytes.ts';
import { LineClock } from './clock.ts';
import { Header } from './header.ts';
import type { Layouts } from './layouts.ts';
import type { Transcoder } from './text.ts';

/** Where a text comes from. */
export interface Origin {
  partition: number;
  /** Position in the source of text[from]. */
  offset: number;
  /** Time of arrival, ms; NaN when unknown. */
  arrival: number;
  /** True for a message: all rows have its offset and are told apart by their place. */
  message: boolean;
}

export interface RecordOptions {
  maxLine: number;
  joins: boolean;
  /** What the first line of every record matches. */
  first: Pattern | undefined;
  maxJump: number;
  series: string;
}

/** What was cut off. */
export interface Left {
  lines: number;
  bytes: number;
}

export class Records {
  readonly layouts: Layouts;
  readonly clock: LineClock;
  readonly left: Left = { lines: 0, bytes: 0 };
  /** Inside a line that was too long: everything up to its end is left out. */
  skipping = false;
  readonly #options: RecordOptions;
  readonly #transcoder: Transcoder;
  readonly #match: Int32Array;
  #series = -1;
  #out!: EventBuilder;
  #origin!: Origin;
  #text: Uint8Array = new Uint8Array(0);
  /** The text that lies in the table, and how far its indices there lie behind those here. */
  #placed: Uint8Array | undefined;
  #shift = 0;
  /** The text is as it stands in the source. */
  #isPlain = true;
  /** An index whose position in the source is known. */
  #mark = 0;
  #markOffset = 0;
  #place = 0;
  /** The record that may still be joined: text[start .. end), and its header. */
  #start = -1;
  #end = 0;
  #held = new Header();
  #next = new Header();

  constructor(options: RecordOptions, layouts: Layouts, transcoder: Transcoder) {
    this.#options = options;
    this.layouts = layouts;
    this.clock = new LineClock(options.maxJump);
    this.#transcoder = transcoder;
    this.#match = new Int32Array(2 * (options.first?.names.length ?? 1));
  }

  /** A decode call begins: rows go to `out`. */
  into(out: EventBuilder): void {
    this.#out = out;
    this.#placed = undefined;
    if (this.#series < 0) this.#series = out.dictionary.intern(this.#options.series);
  }

  /** This text lies in the table already, with text[0] at `shift`. */
  laid(text: Uint8Array, shift: number): void {
    this.#placed = text;
    this.#shift = shift;
  }

  /** Reads the lines of text[from .. to) and answers where what is not whole begins; with `ends` all is whole. */
  read(text: Uint8Array, from: number, to: number, ends: boolean, origin: Origin): number {
    this.#text = text;
    this.#origin = origin;
    this.#isPlain = this.#transcoder.encoding === 'utf-8';
    this.#mark = from;
    this.#markOffset = origin.offset;
    this.#place = 0;
    this.#start = -1;
    const max = this.#options.maxLine;
    let at = this.skipping ? this.#skip(from, to) : from;
    while (at < to) {
      let newline = text.indexOf(LF, at);
      if (newline < 0 || newline > to) {
        if (!ends) break;
        newline = to;
      }
      const end = newline > at && text[newline - 1] === CR ? newline - 1 : newline;
      if (end - at > max) this.#long(at, end);
      else if (end > at) this.#line(at, end);
      at = newline + 1;
    }
    if (ends) {
      this.#flush();
      return to;
    }
    // One more for a carriage return whose newline did not come yet.
    if (to - at > max + 1) {
      this.#long(at, to);
      this.skipping = true;
      at = to;
    }
    return this.#start >= 0 ? this.#start : Math.min(at, to);
  }

  /** Position in the source of text[at], at or behind the one asked for last. */
  offsetOf(at: number): number {
    if (this.#isPlain) return this.#markOffset + (at - this.#mark);
    this.#markOffset += this.#transcoder.sourceLength(this.#text, this.#mark, at);
    this.#mark = at;
    return this.#markOffset;
  }

  /** Index behind the end of the line that is left out. */
  #skip(from: number, to: number): number {
    const newline = this.#text.indexOf(LF, from);
    const end = newline < 0 || newline > to ? to : newline;
    this.left.bytes += end - from;
    if (end < to) this.skipping = false;
    return Math.min(end + 1, to);
  }

  #line(at: number, end: number): void {
    const begins = this.#options.first === undefined ? this.layouts.read(this.#text, at, end, this.#next) : this.#first(at, end);
    if (!begins && this.#options.joins && this.layouts.joins && this.#start >= 0 && end - this.#start <= this.#options.maxLine) {
      if (this.#held.messageEnd === this.#end && this.#held.text === undefined) this.#held.messageEnd = end;
      this.#end = end;
      return;
    }
    // With a further layout known, this line may say more.
    if (this.#start >= 0 && this.#flush()) this.layouts.read(this.#text, at, end, this.#next);
    const header = this.#next;
    this.#next = this.#held;
    this.#held = header;
    this.#start = at;
    this.#end = end;
    if (!this.#options.joins || !this.layouts.joins) this.#flush();
  }

  #first(at: number, end: number): boolean {
    this.layouts.read(this.#text, at, end, this.#next);
    return this.#options.first!.spans(this.#text, at, end, this.#match);
  }

  /** A line that is longer than allowed: its beginning is a row, the rest is left out. */
  #long(at: number, end: number): void {
    const { maxLine } = this.#options;
    const { partition } = this.#origin;
    this.#flush();
    let cut = at + maxLine;
    // Not within a character.
    for (let n = 0; n < 3 && (this.#text[cut] & 0xc0) === 0x80; n++) cut--;
    this.#next.clear(at, cut);
    this.layouts.read(this.#text, at, cut, this.#next);
    [this.#held, this.#next] = [this.#next, this.#held];
    this.#start = at;
    this.#end = cut;
    this.left.lines++;
    this.left.bytes += end - cut;
    const detail = `a line is longer than max_line ${maxLine} bytes: its beginning is a row, the rest was left out`;
    const place = this.#origin.message ? this.#place : 0;
    this.#out.refuse(
      partition,
      this.#origin.message ? this.#origin.offset : this.offsetOf(at),
      place,
      'RECORD_TOO_LARGE',
      detail,
      this.#text.subarray(at, cut),
    );
    this.#flush();
  }

  /** Writes the record that is held as a row; true when further layouts are known by it. */
  #flush(): boolean {
    const start = this.#start;
    if (start < 0) return false;
    this.#start = -1;
    const out = this.#out;
    const header = this.#held;
    const { message, partition, arrival } = this.#origin;
    const learnt = this.layouts.finish(this.#text, start, this.#end, header);
    const offset = message ? this.#origin.offset : this.offsetOf(start);
    const place = message ? this.#place++ : 0;
    const time = this.clock.next(header.time, arrival);
    if (this.#series < 0) {
      out.refuse(partition, offset, place, 'SERIES_LIMIT', `the series "${this.#options.series}" is beyond the limit`, this.#text.subarray(start, this.#end));
      return learnt;
    }
    const i = out.row(this.#series, time, partition, offset, place);
    out.values[i * out.width] = 1;
    if (out.lines !== undefined) this.#spans(i, start, header);
    return learnt;
  }

  #spans(i: number, start: number, header: Header): void {
    const lines = this.#out.lines!;
    if (this.#placed !== this.#text) this.#lay(i);
    const shift = this.#shift;
    const { text } = header;
    let { message, messageEnd } = header;
    const from = text ?? this.#text;
    if (text !== undefined) [message, messageEnd] = [0, messageEnd - message];
    while (messageEnd > message && from[messageEnd - 1] <= SPACE) messageEnd--;
    const moved = text === undefined ? shift : lines.append(text, 0, messageEnd);
    lines.reach(i);
    lines.start[i] = start + shift;
    lines.end[i] = this.#end + shift;
    lines.message[i] = message + moved;
    lines.messageEnd[i] = messageEnd + moved;
    lines.component[i] = header.component + shift;
    lines.componentEnd[i] = header.componentEnd + shift;
    lines.level[i] = header.level;
    lines.stated[i] = header.time;
  }

  /** Puts the text into the table: as it is where it is the first, else behind what is there. */
  #lay(i: number): void {
    const lines = this.#out.lines!;
    this.#placed = this.#text;
    if (i === 0) {
      lines.use(this.#text);
      this.#shift = 0;
    } else this.#shift = lines.append(this.#text);
  }

  state(): JsonValue {
    return { skipping: this.skipping, left: { ...this.left }, clock: this.clock.state() };
  }

  restore(state: JsonValue): void {
    const kept = state as unknown as { skipping: boolean; left: Left; clock: JsonValue };
    this.skipping = kept.skipping;
    Object.assign(this.left, kept.left);
    this.clock.restore(kept.clock);
  }
}
