/** One stream of CSV bytes: finds its layout, keeps what is not whole yet, and hands whole rows to the reader. */
import type { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import type { JsonValue } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import { LF, bomLength, joined } from '../bytes.ts';
import type { CsvLayout, CsvOptions } from './layout.ts';
import { RowReader } from './row-reader.ts';
import { firstRows } from './rows.ts';
import { sniffCsv, unfitLayout } from './sniff.ts';

/** A chunk of the stream, as ByteRecords or one message. */
export interface Chunk {
  bytes: Uint8Array;
  partition: number;
  offset: number;
  /** Offset of every row when the chunk is one message; else NaN. */
  message: number;
  begins: boolean;
  ends: boolean;
}

const NOTHING = new Uint8Array(0);
const NEWLINE = Uint8Array.of(LF);

export class CsvStream {
  layout: CsvLayout | undefined;
  readonly #options: CsvOptions;
  readonly #dictionary: SeriesDictionary;
  #reader: RowReader | undefined;
  /** The header has been read, or there is none. */
  #started = false;
  #tail: Uint8Array = NOTHING;
  /** Inside a row that was too long: everything up to the next newline is dropped. */
  #skipping = false;

  constructor(options: CsvOptions, dictionary: SeriesDictionary) {
    this.#options = options;
    this.#dictionary = dictionary;
  }

  take(chunk: Chunk, out: EventBuilder): void {
    if (chunk.begins) this.#begin();
    const base = chunk.offset - this.#tail.length;
    let bytes = joined(this.#tail, chunk.bytes);
    this.#tail = NOTHING;
    if (chunk.ends && bytes.length > 0 && bytes[bytes.length - 1] !== LF) bytes = joined(bytes, NEWLINE);
    const to = bytes.lastIndexOf(LF) + 1;
    let from = 0;
    if (this.#skipping) {
      if (to === 0) return;
      from = bytes.indexOf(LF) + 1;
      this.#skipping = false;
    }
    if (!this.#started) {
      const first = this.#start(bytes.subarray(0, to), from, chunk.ends);
      if (first < 0) {
        this.#keep(bytes, from, base, chunk, out);
        return;
      }
      from = first;
    }
    const { partition, message, ends } = chunk;
    const stop = this.#reader!.read({ bytes, from, to, partition, base, message, ends }, out);
    this.#keep(bytes, stop, base, chunk, out);
  }

  #begin(): void {
    this.#started = false;
    this.#skipping = false;
    this.#tail = NOTHING;
    if (this.#reader !== undefined) this.#reader.row = 0;
  }

  /** Chooses the layout; answers the index of the first row, or -1 while there is none. */
  #start(bytes: Uint8Array, from: number, ends: boolean): number {
    const start = from + bomLength(bytes, from);
    const known = this.layout;
    if (known !== undefined && known.header !== null) {
      const first = firstRow(bytes, start, known);
      if (first.line === known.header) {
        this.#started = true;
        return first.end;
      }
    }
    const layout = this.#sniff(bytes.subarray(start));
    if (layout.rows === 0 && !ends) return -1;
    this.#use(layout);
    this.#started = true;
    return layout.header === null ? start : firstRow(bytes, start, layout).end;
  }

  #sniff(bytes: Uint8Array): CsvLayout {
    try {
      return sniffCsv(bytes, this.#options);
    } catch (thrown) {
      if (!(thrown instanceof HomeostatError) || thrown.code !== 'INPUT_NO_COLUMN') throw thrown;
      return unfitLayout(bytes, this.#options, `${thrown.message}; its columns: ${thrown.mend.replace(/^Its columns: |\.$/g, '')}`);
    }
  }

  #use(layout: CsvLayout): void {
    this.layout = layout;
    this.#reader = new RowReader(layout, this.#dictionary, this.#options.max_record);
  }

  /** Keeps bytes[from ..) for the next chunk; what is longer than a row may be goes to the dead letters. */
  #keep(bytes: Uint8Array, from: number, base: number, chunk: Chunk, out: EventBuilder): void {
    if (chunk.ends) return;
    if (bytes.length - from <= this.#options.max_record) {
      this.#tail = bytes.slice(from);
      return;
    }
    const detail = `a row is longer than max_record ${this.#options.max_record} bytes`;
    out.refuse(chunk.partition, base + from, 0, 'RECORD_TOO_LARGE', detail, bytes.subarray(from));
    this.#skipping = true;
    if (this.#reader !== undefined) this.#reader.row++;
  }

  /** As JSON, for `restore`. */
  state(): JsonValue {
    return {
      layout: (this.layout ?? null) as JsonValue,
      started: this.#started,
      row: this.#reader?.row ?? 0,
      skipping: this.#skipping,
      tail: Buffer.from(this.#tail).toString('base64'),
    };
  }

  restore(state: StreamState): void {
    if (state.layout !== null) this.#use(state.layout);
    if (this.#reader !== undefined) this.#reader.row = state.row;
    this.#started = state.started;
    this.#skipping = state.skipping;
    this.#tail = new Uint8Array(Buffer.from(state.tail, 'base64'));
  }
}

export interface StreamState {
  layout: CsvLayout | null;
  started: boolean;
  row: number;
  skipping: boolean;
  tail: string;
}

function firstRow(bytes: Uint8Array, from: number, layout: CsvLayout): { line: string | undefined; end: number } {
  const comment = layout.comment === '' ? -1 : layout.comment.charCodeAt(0);
  const { lines, ends } = firstRows(bytes, from, layout.delimiter.charCodeAt(0), comment, 1, true);
  return { line: lines[0], end: Math.min(ends[0] ?? bytes.length, bytes.length) };
}
