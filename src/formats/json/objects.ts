/** One JSON object to events: `{time, series, value, labels}`, `{time, values}` or `{time, cpu, memory, host}`. */
import type { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { HomeostatError } from '../../core/errors.ts';
import { unitIn, seriesKey } from '../keys.ts';
import { isMissing, numberAt } from '../numbers.ts';
import { timeOfNumber } from '../epoch.ts';
import { offsetAt, timeOfText, type TimeRule } from '../times.ts';
import type { JsonOptions } from './options.ts';

type Fields = Record<string, unknown>;
type Labels = Record<string, string>;

/** Where the record that is being read lies. */
export interface Place {
  partition: number;
  offset: number;
  /** Place of the next event in its record; goes up as events are appended. */
  place: number;
  /** Time of arrival, ms, or NaN. */
  arrival: number;
  /** The record as it came. */
  bytes: Uint8Array;
}

const TIME_NAMES = ['time', 'timestamp', 'ts', '@timestamp', 'date', 'datetime', 't'];
const SERIES_NAMES = ['series', 'metric', 'name', 'key'];
const VALUE_NAMES = ['value', 'values'];
const LABEL_NAMES = ['labels', 'tags'];
/** Texts that differ from event to event, and would make a series of each. */
const NO_LABELS = new Set(['id', 'uuid', 'message', 'msg', 'comment', 'description', 'note', 'text', 'unit', 'trace_id', 'span_id', 'request_id']);
const LONGEST_LABEL = 64;

/** Thrown inside to leave the record; becomes a refusal. */
class Refusal extends Error {
  readonly code: string;
  constructor(code: string, detail: string) {
    super(detail);
    this.code = code;
  }
}

export class ObjectReader {
  readonly #options: JsonOptions;
  readonly #dictionary: SeriesDictionary;
  readonly #rule: TimeRule;
  readonly #own: Set<string>;
  readonly #scratch: Float64Array;

  constructor(format: string, options: JsonOptions, dictionary: SeriesDictionary) {
    const text = new TextEncoder().encode(options.utc_offset);
    const offset = offsetAt(text, 0, text.length);
    if (Number.isNaN(offset)) throw new HomeostatError('FORMAT_OPTIONS', { format, detail: `utc_offset "${options.utc_offset}" is no offset such as +02:00` });
    if (options.together && options.columns.length === 0) {
      throw new HomeostatError('FORMAT_OPTIONS', { format, detail: 'together needs the names of the fields (option columns)' });
    }
    this.#options = options;
    this.#dictionary = dictionary;
    this.#rule = { unit: options.time_unit === 'auto' ? 's' : options.time_unit, absolute: options.time_unit === 'auto', order: options.date_order, offset };
    this.#own = new Set([
      ...TIME_NAMES,
      ...SERIES_NAMES,
      ...VALUE_NAMES,
      ...LABEL_NAMES,
      options.time,
      options.series,
      options.value,
      options.labels,
      options.truth,
    ]);
    this.#scratch = new Float64Array(options.columns.length);
  }

  /** Appends the events of a JSON text: one object, or an array of them. What does not fit is refused, object by object. */
  readText(text: string, at: Place, out: EventBuilder): void {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (thrown) {
      out.refuse(at.partition, at.offset, at.place++, 'RECORD_MALFORMED', `no JSON: ${(thrown as Error).message}`, at.bytes);
      return;
    }
    if (!Array.isArray(parsed)) this.#read(parsed, at, out, false);
    else for (const one of parsed) this.#read(one, at, out, true);
  }

  #read(value: unknown, at: Place, out: EventBuilder, element: boolean): void {
    const { length } = out;
    const { place } = at;
    try {
      if (!isFields(value)) throw new Refusal('RECORD_MALFORMED', `${brief(value)} is no JSON object`);
      this.#append(value, at, out);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      out.length = length;
      at.place = place + 1;
      const bytes = element ? new TextEncoder().encode(JSON.stringify(value)) : at.bytes;
      out.refuse(at.partition, at.offset, place, thrown.code, thrown.message, bytes);
    }
  }

  #append(fields: Fields, at: Place, out: EventBuilder): void {
    const time = this.#time(fields, at.arrival);
    const { columns, together } = this.#options;
    const labels: Labels = {};
    const first = out.length;
    const name = this.#labels(fields, labels);
    const given = pick(fields, this.#options.value, VALUE_NAMES);
    const parts = isFields(given) ? given : undefined;
    if (together) {
      for (const [i, column] of columns.entries()) this.#scratch[i] = numberIn(parts?.[column] ?? fields[column], column);
      this.#row(name ?? columns.join('+'), labels, '', time, this.#scratch, at, out);
    } else if (given === undefined || parts !== undefined || columns.length > 0) {
      this.#each(fields, parts, name, labels, time, at, out);
    } else if (!Array.isArray(given)) {
      this.#row(name ?? 'value', labels, unitOf(fields), time, numberIn(given, 'value'), at, out);
    } else {
      const values = given.map((x, i) => numberIn(x, `values[${i}]`));
      if (out.width > 1) this.#row(name ?? 'values', labels, unitOf(fields), time, values, at, out);
      else for (const [i, x] of values.entries()) this.#row(`${name ?? 'value'}_${i + 1}`, labels, unitOf(fields), time, x, at, out);
    }
    this.#mark(fields[this.#options.truth], first, out);
  }

  /** Notes that the rows from `first` on are part of a fault, where the record says so. */
  #mark(truth: unknown, first: number, out: EventBuilder): void {
    if (this.#options.truth === '' || truth === undefined || truth === null || truth === '' || truth === false || truth === 0) return;
    const kind = typeof truth === 'string' ? truth.slice(0, LONGEST_LABEL) : 'fault';
    for (let i = first; i < out.length; i++) out.truth.push({ series: out.series[i], time: out.time[i], kind });
  }

  /** Each field of numbers becomes a series of its own; the name of the series, if any, becomes a label. */
  #each(fields: Fields, parts: Fields | undefined, name: string | undefined, labels: Labels, time: number, at: Place, out: EventBuilder): void {
    if (name !== undefined) labels[this.#options.series || 'series'] = name;
    const { columns } = this.#options;
    const names = columns.length > 0 ? columns : parts === undefined ? this.#numeric(fields) : Object.keys(parts);
    if (names.length === 0) throw new Refusal('RECORD_MALFORMED', `no field holds a number (fields: ${Object.keys(fields).slice(0, 20).join(', ')})`);
    for (const column of names) this.#row(column, labels, unitIn(column), time, numberIn(parts?.[column] ?? fields[column], column), at, out);
  }

  #row(name: string, labels: Labels, unit: string, time: number, values: number | ArrayLike<number>, at: Place, out: EventBuilder): void {
    const key = seriesKey(name, labels);
    const width = typeof values === 'number' ? 1 : values.length;
    if (width !== out.width) throw new Refusal('RECORD_MALFORMED', `${width} values where there are ${out.width} columns`);
    const series = this.#dictionary.intern(key, labels, unit);
    if (series < 0) throw new Refusal('SERIES_LIMIT', this.#dictionary.refusal(key));
    const row = out.row(series, time, at.partition, at.offset, at.place++);
    if (typeof values === 'number') out.values[row] = values;
    else out.values.set(values, row * width);
  }

  #time(fields: Fields, arrival: number): number {
    const raw = pick(fields, this.#options.time, TIME_NAMES);
    if (raw === undefined || raw === null) {
      if (arrival === arrival) return arrival;
      throw new Refusal('RECORD_NO_TIME', `no field holds a time (fields: ${Object.keys(fields).slice(0, 20).join(', ')})`);
    }
    const time = typeof raw === 'number' ? timeOfNumber(raw, this.#rule) : typeof raw === 'string' ? timeOfText(raw, this.#rule) : NaN;
    if (Number.isFinite(time)) return time;
    throw new Refusal('RECORD_NO_TIME', `field "${this.#options.time || TIME_NAMES.find((name) => fields[name] !== undefined)}": ${brief(raw)} is no time`);
  }

  /** Gathers the labels of an object; answers the name of its series, if it has one. */
  #labels(fields: Fields, labels: Labels): string | undefined {
    const given = pick(fields, this.#options.labels, LABEL_NAMES);
    if (isFields(given)) {
      for (const [label, x] of Object.entries(given)) if (typeof x === 'string' || typeof x === 'number' || typeof x === 'boolean') labels[label] = String(x);
    }
    for (const field in fields) {
      const x = fields[field];
      if (typeof x !== 'string' || this.#own.has(field) || NO_LABELS.has(field) || x === '' || x.length > LONGEST_LABEL) continue;
      if (!this.#options.columns.includes(field)) labels[field] = x;
    }
    const name = pick(fields, this.#options.series, SERIES_NAMES);
    return typeof name === 'string' || typeof name === 'number' ? String(name) : undefined;
  }

  #numeric(fields: Fields): string[] {
    return Object.keys(fields).filter((field) => !this.#own.has(field) && (typeof fields[field] === 'number' || fields[field] === null));
  }
}

function isFields(x: unknown): x is Fields {
  return x !== null && typeof x === 'object' && !Array.isArray(x);
}

/** The field that an option names, or else the first of the usual names. */
function pick(fields: Fields, named: string, usual: readonly string[]): unknown {
  if (named !== '') return fields[named];
  for (const name of usual) if (fields[name] !== undefined) return fields[name];
  return undefined;
}

function unitOf(fields: Fields): string {
  return typeof fields.unit === 'string' ? fields.unit : '';
}

function numberIn(x: unknown, field: string): number {
  if (typeof x === 'number') return x;
  if (x === null || x === undefined) return NaN;
  if (typeof x === 'string') {
    const bytes = new TextEncoder().encode(x);
    const value = numberAt(bytes, 0, bytes.length);
    if (!Number.isNaN(value) || isMissing(bytes, 0, bytes.length)) return value;
  }
  throw new Refusal('RECORD_MALFORMED', `field "${field}": ${brief(x)} is no number`);
}

function brief(x: unknown): string {
  const text = JSON.stringify(x) ?? String(x);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
