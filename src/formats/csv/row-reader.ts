/** Reads rows of a known layout from bytes straight into columns. The hot path of CSV: no text, no object per row. */
import type { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { COMMA, CR, DOT, LF, QUOTE, shown, textOf } from '../bytes.ts';
import { seriesKey } from '../keys.ts';
import { isPlainSeriesName } from './kinds.ts';
import { isMissing, numberAt } from '../numbers.ts';
import { clockOf, timeAt } from '../times.ts';
import type { ColumnRole, CsvLayout } from './layout.ts';
import { closingQuote } from './rows.ts';
import { HASH_SEED, SeriesTable, hashField } from './series-table.ts';

const NONE = 0;
const TIME = 1;
const KEY = 2;
const VALUE = 3;
const CLOCK = 4;
const ROLES: Record<ColumnRole, number> = { none: NONE, time: TIME, clock: CLOCK, series: KEY, label: KEY, value: VALUE };

/** What is wrong with a row; the first thing found counts. */
const FINE = 0;
const NO_TIME = 1;
const NO_NUMBER = 2;
const AFTER_QUOTE = 3;
const UNCLOSED = 4;
const UNFINISHED = 5;

/** Where rows lie and what they are counted as. */
export interface RowSpan {
  bytes: Uint8Array;
  from: number;
  /** Behind the newline of the last whole line. */
  to: number;
  partition: number;
  /** Position of bytes[0] in the stream. */
  base: number;
  /** Offset of all rows when they are one message; else NaN and each row has its own. */
  message: number;
  /** True when nothing follows, so that a quote left open stays open. */
  ends: boolean;
}

export class RowReader {
  /** Rows read so far in this stream, bad ones too. */
  row = 0;
  readonly #layout: CsvLayout;
  readonly #dictionary: SeriesDictionary;
  readonly #most: number;
  readonly #delimiter: number;
  readonly #comment: number;
  readonly #decimal: number;
  readonly #roles: Uint8Array;
  readonly #slots: Int32Array;
  readonly #hasTime: boolean;
  readonly #table: SeriesTable;
  readonly #values: Float64Array;
  readonly #keyFrom: Int32Array;
  readonly #keyTo: Int32Array;
  /** Columns of the key fields, in their order in a row. */
  readonly #keyColumns: number[];
  /** Series per entry of the table: one when together or long, else one per column of values. */
  readonly #width: number;
  #keys = 0;
  #hash = 0;
  #time = NaN;
  /** ms of the day from a column of its own, else 0. */
  #clock = 0;
  #problem = FINE;
  #badColumn = 0;
  #badFrom = 0;
  #badTo = 0;
  #fields = 0;

  /** `most`: longest row in bytes. Throws RangeError when a batch of another width is handed to `read`. */
  constructor(layout: CsvLayout, dictionary: SeriesDictionary, most: number) {
    this.#layout = layout;
    this.#dictionary = dictionary;
    this.#most = most;
    this.#delimiter = layout.delimiter.charCodeAt(0);
    this.#comment = layout.comment === '' ? -1 : layout.comment.charCodeAt(0);
    this.#decimal = layout.decimal === ',' ? COMMA : DOT;
    const { columns } = layout;
    this.#roles = Uint8Array.from(columns, ({ role }) => ROLES[role]);
    this.#slots = Int32Array.from(columns, (_, i) => layout.values.indexOf(i));
    this.#hasTime = this.#roles.includes(TIME);
    this.#values = new Float64Array(layout.values.length);
    this.#keyColumns = columns.flatMap((_, i) => (this.#roles[i] === KEY ? [i] : []));
    this.#keyFrom = new Int32Array(this.#keyColumns.length);
    this.#keyTo = new Int32Array(this.#keyColumns.length);
    this.#width = layout.together ? 1 : layout.values.length;
    this.#table = new SeriesTable(this.#width);
  }

  /** Appends the whole rows of a span; answers the index where the first row that is not whole begins, or `to`. */
  read(span: RowSpan, out: EventBuilder): number {
    const { bytes, to } = span;
    if (this.#layout.unfit === '' && out.width !== (this.#layout.together ? this.#values.length : 1)) {
      throw new RangeError(`The batch holds ${out.width} values a row, the layout ${this.#layout.together ? this.#values.length : 1}`);
    }
    const first = this.row;
    let at = span.from;
    while (at < to) {
      const c = bytes[at];
      if (c === LF) {
        at++;
        continue;
      }
      if (c === this.#comment || (c === CR && bytes[at + 1] === LF)) {
        at = bytes.indexOf(LF, at) + 1;
        continue;
      }
      const start = at;
      at = this.#readRow(bytes, start, span);
      if (this.#problem === UNFINISHED) return start;
      if (this.#problem === UNCLOSED) at = bytes.indexOf(LF, start) + 1;
      if (at - start > this.#most) {
        this.#tooLarge(span, start, out);
        const next = bytes.indexOf(LF, start + this.#most);
        at = next + 1;
      } else if (this.#problem !== FINE || this.#fields !== this.#roles.length || this.#values.length === 0) this.#refuse(span, start, at, out);
      else this.#emit(span, start, at, (this.row - first) * this.#width, out);
      this.row++;
    }
    return at;
  }

  /** Takes the fields of one row apart; answers the index behind its newline. */
  #readRow(bytes: Uint8Array, start: number, span: RowSpan): number {
    const delimiter = this.#delimiter;
    const roles = this.#roles;
    this.#keys = 0;
    this.#hash = HASH_SEED;
    this.#time = NaN;
    this.#clock = 0;
    this.#problem = FINE;
    let at = start;
    let column = 0;
    for (;;) {
      let from = at;
      let to: number;
      let c: number;
      if (bytes[at] === QUOTE) {
        const close = this.#closeQuote(bytes, start, at, span);
        if (close < 0) return at;
        from = at + 1;
        to = close;
        at = close + 1;
        if (bytes[at] === CR && bytes[at + 1] === LF) at++;
        c = bytes[at++];
        if (c !== delimiter && c !== LF) {
          this.#note(AFTER_QUOTE, column, from, to);
          while (c !== delimiter && c !== LF) c = bytes[at++];
        }
      } else {
        do c = bytes[at++];
        while (c !== delimiter && c !== LF);
        to = at - 1;
        if (c === LF && to > from && bytes[to - 1] === CR) to--;
      }
      const role = column < roles.length ? roles[column] : NONE;
      if (role === VALUE) {
        const x = numberAt(bytes, from, to, this.#decimal);
        this.#values[this.#slots[column]] = x;
        if (x !== x && !isMissing(bytes, from, to)) this.#note(NO_NUMBER, column, from, to);
      } else if (role === KEY) {
        this.#keyFrom[this.#keys] = from;
        this.#keyTo[this.#keys++] = to;
        this.#hash = hashField(bytes, from, to, this.#hash);
      } else if (role === TIME) {
        this.#time = timeAt(bytes, from, to, this.#layout.time);
        if (this.#time !== this.#time) this.#note(NO_TIME, column, from, to);
      } else if (role === CLOCK) {
        this.#clock = clockOf(bytes, from, to);
        if (this.#clock !== this.#clock) this.#note(NO_TIME, column, from, to);
      }
      column++;
      if (c === LF) break;
    }
    this.#fields = column;
    this.#time += this.#clock;
    return at;
  }

  /** Index of the quote that closes the field at `at`, or -1 with the problem noted: not here yet, or never. */
  #closeQuote(bytes: Uint8Array, start: number, at: number, span: RowSpan): number {
    const limit = Math.min(bytes.length, start + this.#most);
    const close = closingQuote(bytes, at + 1, limit);
    if (close >= 0 && close < span.to) return close;
    this.#problem = close >= 0 || (!span.ends && bytes.length - start <= this.#most) ? UNFINISHED : UNCLOSED;
    return -1;
  }

  #note(problem: number, column: number, from: number, to: number): void {
    if (this.#problem !== FINE) return;
    this.#problem = problem;
    this.#badColumn = column;
    this.#badFrom = from;
    this.#badTo = to;
  }

  #emit(span: RowSpan, start: number, end: number, place: number, out: EventBuilder): void {
    const { bytes, partition } = span;
    const whole = span.message === span.message;
    const offset = whole ? span.message : span.base + start;
    let entry = this.#table.find(bytes, this.#keyFrom, this.#keyTo, this.#keys, this.#hash);
    if (entry < 0 && (entry = this.#introduce(span, start, end, out)) < 0) return;
    let time = this.#time;
    if (!this.#hasTime) {
      if (this.#layout.step <= 0) {
        const names = this.#layout.columns.map((column) => column.name).join(', ');
        this.#bad(span, start, end, 'RECORD_NO_TIME', `no column holds a time (columns: ${names})`, out);
        return;
      }
      time = this.row * this.#layout.step;
    }
    const values = this.#values;
    if (!whole) place = 0;
    if (this.#layout.together) {
      const row = out.row(this.#table.indexes[entry], time, partition, offset, place);
      out.values.set(values, row * values.length);
      return;
    }
    const width = this.#width;
    for (let j = 0; j < width; j++) {
      const row = out.row(this.#table.indexes[entry * width + j], time, partition, offset, place + j);
      out.values[row] = values[j];
    }
  }

  /** Names the series of a key seen for the first time; -1 when there is no room for more, and the row is refused. */
  #introduce(span: RowSpan, start: number, end: number, out: EventBuilder): number {
    const { columns, values, together, form, name } = this.#layout;
    const labels: Record<string, string> = {};
    const known: Record<string, string> = {};
    let series = name;
    for (let k = 0; k < this.#keys; k++) {
      const column = columns[this.#keyColumns[k]];
      const text = this.#keyText(span.bytes, k);
      if (column.role === 'series') {
        series = text;
        if (!isPlainSeriesName(column.name) && this.#layout.header !== null) known[column.name] = text;
      } else if (text !== '') labels[column.name] = text;
    }
    const indexes: number[] = [];
    for (const i of together ? values.slice(0, 1) : values) {
      const key = seriesKey(together || form === 'long' ? series : columns[i].name, labels);
      const index = this.#dictionary.intern(key, { ...known, ...labels }, together ? '' : columns[i].unit);
      if (index < 0) {
        this.#bad(span, start, end, 'SERIES_LIMIT', this.#dictionary.refusal(key), out);
        return -1;
      }
      indexes.push(index);
    }
    return this.#table.add(span.bytes, this.#keyFrom, this.#keyTo, this.#keys, this.#hash, indexes);
  }

  #keyText(bytes: Uint8Array, k: number): string {
    const from = this.#keyFrom[k];
    const text = textOf(bytes, from, this.#keyTo[k]);
    return (bytes[from - 1] === QUOTE ? text.replaceAll('""', '"') : text).trim();
  }

  #refuse(span: RowSpan, start: number, end: number, out: EventBuilder): void {
    const { columns } = this.#layout;
    if (this.#layout.unfit !== '') this.#bad(span, start, end, 'RECORD_MALFORMED', this.#layout.unfit, out);
    else if (this.#problem === UNCLOSED) this.#bad(span, start, end, 'RECORD_MALFORMED', 'a quoted field is never closed', out);
    else if (this.#fields !== columns.length)
      this.#bad(
        span,
        start,
        end,
        'RECORD_MALFORMED',
        `${this.#fields} ${this.#fields === 1 ? 'field' : 'fields'} where there are ${columns.length} columns`,
        out,
      );
    else if (this.#problem === NO_TIME) this.#bad(span, start, end, 'RECORD_NO_TIME', this.#where(span, 'is no time'), out);
    else if (this.#problem === NO_NUMBER) this.#bad(span, start, end, 'RECORD_MALFORMED', this.#where(span, 'is no number'), out);
    else if (this.#problem === AFTER_QUOTE)
      this.#bad(span, start, end, 'RECORD_MALFORMED', this.#where(span, 'is followed by text behind its closing quote'), out);
    else this.#bad(span, start, end, 'RECORD_MALFORMED', `no column of numbers among ${columns.map((column) => column.name).join(', ')}`, out);
  }

  #where(span: RowSpan, what: string): string {
    const name = this.#layout.columns[this.#badColumn]?.name ?? `column${this.#badColumn + 1}`;
    return `column "${name}": ${shown(span.bytes, this.#badFrom, this.#badTo)} ${what}`;
  }

  /** A row longer than the bound, of which at least the beginning is in the span. */
  #tooLarge(span: RowSpan, start: number, out: EventBuilder): void {
    this.#bad(span, start, start + this.#most, 'RECORD_TOO_LARGE', `a row is longer than max_record ${this.#most} bytes`, out);
  }

  #bad(span: RowSpan, start: number, end: number, code: string, detail: string, out: EventBuilder): void {
    const offset = span.message === span.message ? span.message : span.base + start;
    const stop = end > start && span.bytes[end - 1] === LF ? end - 1 : end;
    out.refuse(span.partition, offset, span.message === span.message ? this.row * this.#width : 0, code, detail, span.bytes.subarray(start, stop));
  }
}
