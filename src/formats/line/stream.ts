/** One partition: bytes in chunks or messages to rows, whatever the cuts. */
import type { ByteRecords, JsonValue } from '../../core/contracts.ts';
import type { EventBuilder } from '../../core/events.ts';
import { LF, joined } from '../bytes.ts';
import { Layouts } from './layouts.ts';
import { Records, type RecordOptions } from './records.ts';
import { TELLING, Transcoder, binaryIn, encodingOf, markLength, type Encoding } from './text.ts';
import type { TimeRules } from './time-kinds.ts';

/** So many lines, or so many bytes, decide about the layout. */
const SAMPLE_LINES = 32;
const SAMPLE_BYTES = 16 * 1024;
/** Shorter messages are never taken for binary. */
const LEAST_BINARY = 8;
const NOTHING = new Uint8Array(0);

export interface StreamOptions {
  encoding: Encoding | 'auto';
  layout: string;
  records: RecordOptions;
  offset: number;
  year: number;
}

interface State {
  encoding: Encoding | null;
  raw: string;
  tail: string;
  tailOffset: number;
  held: JsonValue;
  binary: boolean;
  reference: number;
  layouts: JsonValue;
  records: JsonValue;
  sample: string;
  samples: number;
}

export class LineStream {
  readonly #options: StreamOptions;
  readonly #rules: TimeRules;
  readonly #transcoder = new Transcoder('utf-8');
  #layouts: Layouts;
  #records: Records;
  /** The encoding is known. */
  #told = false;
  /** Bytes from before the encoding is known. */
  #raw: Uint8Array = NOTHING;
  /** UTF-8 text that is no row yet, and its position in the source. */
  #tail: Uint8Array = NOTHING;
  #tailOffset = NaN;
  #binary = false;
  /** The first messages, by which the layout is found. */
  #sample: Uint8Array = NOTHING;
  #samples = 0;

  /** `now`: wall clock, ms, the reference of times without a year. */
  constructor(options: StreamOptions, now: number) {
    this.#options = options;
    this.#rules = { offset: options.offset, year: options.year, reference: now };
    this.#layouts = new Layouts(options.layout, this.#rules);
    this.#records = new Records(options.records, this.#layouts, this.#transcoder);
  }

  chunk({ bytes, spare = 0, partition, offset, begins, ends }: ByteRecords, out: EventBuilder): void {
    this.#records.into(out);
    if (begins || this.#tailOffset !== this.#tailOffset) this.#begin(begins, partition, offset);
    if (this.#binary) return;
    const text = this.#told ? this.#transcoder.take(bytes, ends) : this.#tell(bytes, ends);
    if (text === undefined) return;
    // Where the text is as it came, its position is known afresh.
    if (this.#transcoder.encoding === 'utf-8' && text.length === bytes.length) this.#tailOffset = offset - this.#tail.length;
    this.#text(this.#together(text, text === bytes ? spare : 0, out), partition, ends, out);
  }

  /** What the stream before left over is whole now. */
  #begin(begins: boolean, partition: number, offset: number): void {
    if (begins && this.#tail.length > 0 && !this.#binary) {
      if (!this.#layouts.known) this.#layouts.settle(this.#tail, 0, this.#tail.length);
      this.#records.read(this.#tail, 0, this.#tail.length, true, { partition, offset: this.#tailOffset, arrival: NaN, message: false });
    }
    this.#records.skipping = false;
    this.#tail = NOTHING;
    this.#tailOffset = offset;
    this.#raw = NOTHING;
    this.#told = false;
    this.#binary = false;
    this.#layouts.known = false;
  }

  /** Finds the encoding out, once there are enough bytes; answers the text so far. */
  #tell(bytes: Uint8Array, ends: boolean): Uint8Array | undefined {
    const raw = joined(this.#raw, bytes);
    if (raw.length < TELLING && !ends) {
      this.#raw = new Uint8Array(raw);
      return undefined;
    }
    this.#raw = NOTHING;
    this.#told = true;
    const given = this.#options.encoding;
    const { encoding, mark } = given === 'auto' ? encodingOf(raw) : { encoding: given, mark: markLength(raw, given) };
    this.#transcoder.encoding = encoding;
    this.#tailOffset += mark;
    return this.#transcoder.take(raw.subarray(mark), ends);
  }

  /** The text behind what was left of the one before, as a Buffer, which finds newlines faster than other arrays do: in the spare bytes in front of it where these are enough, else in the batch's own bytes where it has any. */
  #together(text: Uint8Array, spare: number, { lines }: EventBuilder): Uint8Array {
    const tail = this.#tail;
    if (tail.length <= spare) {
      const all = Buffer.from(text.buffer, text.byteOffset - tail.length, tail.length + text.length);
      all.set(tail);
      return all;
    }
    if (tail.length === 0) return Buffer.from(text.buffer, text.byteOffset, text.length);
    if (lines === undefined) return Buffer.concat([tail, text]);
    const at = lines.append(tail);
    lines.append(text);
    const { bytes } = lines;
    const all = Buffer.from(bytes.buffer, bytes.byteOffset + at, tail.length + text.length);
    this.#records.laid(all, at);
    return all;
  }

  #text(text: Uint8Array, partition: number, ends: boolean, out: EventBuilder): void {
    const origin = { partition, offset: this.#tailOffset, arrival: NaN, message: false };
    if (!this.#layouts.known) {
      const end = this.#sampleEnd(text, ends);
      if (end < 0) {
        this.#tail = new Uint8Array(text);
        return;
      }
      const binary = binaryIn(text, 0, end);
      if (binary !== undefined) {
        this.#binary = true;
        this.#tail = NOTHING;
        out.refuse(partition, this.#tailOffset, 0, 'RECORD_MALFORMED', `nothing of the stream is read: ${binary}`, text.subarray(0, end));
        return;
      }
      this.#layouts.settle(text, 0, end);
      this.#records.clock.begin(this.#layouts.firstTimes(text, 0, end));
    }
    const keep = this.#records.read(text, 0, text.length, ends, origin);
    this.#tailOffset = this.#records.offsetOf(keep);
    this.#tail = new Uint8Array(text.subarray(keep));
  }

  /** Index up to which the layout is judged, or -1 while there is too little. */
  #sampleEnd(text: Uint8Array, ends: boolean): number {
    const most = Math.min(SAMPLE_BYTES, 4 * this.#options.records.maxLine);
    let at = 0;
    for (let n = 0; n < SAMPLE_LINES; n++) {
      const newline = text.indexOf(LF, at);
      if (newline < 0 || newline >= most) {
        if (text.length >= most) return most;
        return ends ? text.length : -1;
      }
      at = newline + 1;
    }
    return at;
  }

  /** bytes[from .. to) are one message: one record or several. */
  message(bytes: Uint8Array, from: number, to: number, origin: { partition: number; offset: number; arrival: number }, out: EventBuilder): void {
    this.#records.into(out);
    if (to <= from) return;
    const given = this.#options.encoding;
    const message = bytes.subarray(from, to);
    const { encoding, mark } = given === 'auto' ? encodingOf(message) : { encoding: given, mark: markLength(message, given) };
    const plain = encoding === 'utf-8';
    const transcoder = new Transcoder(encoding);
    // Of the message alone: what is put beside the rows of a batch is the text of each, and not all of the batch for each.
    const text = plain ? Buffer.from(message.buffer, message.byteOffset, message.length) : transcoder.take(message.subarray(mark), true);
    const [start, end] = plain ? [mark, text.length] : [0, text.length];
    const binary = end - start >= LEAST_BINARY ? binaryIn(text, start, end) : undefined;
    if (binary !== undefined) {
      out.refuse(origin.partition, origin.offset, 0, 'RECORD_MALFORMED', `the message is not read: ${binary}`, message);
      return;
    }
    this.#learn(text, start, end, origin.arrival);
    this.#records.read(text, start, end, true, { ...origin, message: true });
  }

  /** The layout is judged by all messages so far, again at every doubling of their lines. */
  #learn(text: Uint8Array, from: number, to: number, arrival: number): void {
    // What a stream of bytes has shown holds for its dead letters too.
    if (this.#samples === 0 && this.#layouts.known) return;
    if (this.#samples >= SAMPLE_LINES || this.#sample.length >= SAMPLE_BYTES) return;
    if (this.#samples === 0 && arrival === arrival) this.#rules.reference = arrival;
    const cut = Math.min(to, from + 1024);
    const line = new Uint8Array(cut - from + 1);
    line.set(text.subarray(from, cut));
    line[line.length - 1] = LF;
    this.#sample = joined(this.#sample, line);
    this.#samples++;
    if ((this.#samples & (this.#samples - 1)) === 0) this.#layouts.settle(this.#sample, 0, this.#sample.length);
  }

  report(): string[] {
    const { lines, bytes } = this.#records.left;
    const words = [...this.#layouts.words];
    if (words.length > 0 && this.#transcoder.encoding !== 'utf-8') words.unshift(`encoding ${this.#transcoder.encoding}`);
    if (words.length > 0 && this.#layouts.joins && this.#options.records.joins) words.push('lines without a header go on with the record before');
    if (lines > 0) words.push(`${lines === 1 ? '1 line' : `${lines} lines`} longer than ${this.#options.records.maxLine} bytes cut, ${bytes} bytes left out`);
    return words;
  }

  state(): JsonValue {
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
    const state: State = {
      encoding: this.#told ? this.#transcoder.encoding : null,
      raw: base64(this.#raw),
      tail: base64(this.#tail),
      tailOffset: this.#tailOffset,
      held: this.#transcoder.state(),
      binary: this.#binary,
      reference: this.#rules.reference,
      layouts: this.#layouts.state(),
      records: this.#records.state(),
      sample: this.#samples >= SAMPLE_LINES ? '' : base64(this.#sample),
      samples: this.#samples,
    };
    return { ...state, tailOffset: Number.isNaN(this.#tailOffset) ? null : this.#tailOffset };
  }

  restore(state: JsonValue): void {
    const kept = state as unknown as State;
    const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
    this.#told = kept.encoding !== null;
    this.#transcoder.encoding = kept.encoding ?? 'utf-8';
    this.#transcoder.restore(kept.held);
    this.#raw = bytes(kept.raw);
    this.#tail = bytes(kept.tail);
    this.#tailOffset = kept.tailOffset ?? NaN;
    this.#binary = kept.binary;
    this.#rules.reference = kept.reference;
    this.#layouts.restore(kept.layouts);
    this.#records.restore(kept.records);
    this.#sample = bytes(kept.sample);
    this.#samples = kept.samples;
  }
}
