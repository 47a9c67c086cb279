/** Labelled streams that detectors are measured on; read from a folder that is no part of the project. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';

/** One labelled stream, in the order it is to be scored. */
export interface LabelledSeries {
  set: string;
  name: string;
  /** What is alike in the set; figures are given by family as well. */
  family: string;
  /** Values a row. */
  width: number;
  columns: readonly string[];
  /** Ms; ascending, and made up where the set gives none. */
  time: Float64Array;
  /** Row-major; NaN where missing. */
  values: Float64Array;
  /** 1 where anomalous. */
  labels: Uint8Array;
  /** First row that is measured; those before are scored and learnt. */
  evaluateFrom: number;
  /** Time from row to row, ms. */
  interval: number;
}

/** A series that is read when it is asked for. */
export interface SeriesEntry {
  name: string;
  family: string;
  read(): LabelledSeries;
}

/** How a set is measured: ranking of rows, or where the one highest score lies. */
type Protocol = 'ranking' | 'highest';

export interface DataSet {
  name: string;
  title: string;
  origin: string;
  licence: string;
  /** How it is read and measured, for people. */
  protocol: string;
  measured: Protocol;
  columns: 'one' | 'many';
  /** Throws BENCH_DATA_MISSING with the path that is not there. */
  list(data: string): SeriesEntry[];
}

/** Reads what lies below the folder of one set, and says what is missing and where it comes from. */
export class SetFolder {
  readonly #folder: string;
  readonly #set: Pick<DataSet, 'name' | 'origin'>;

  constructor(data: string, set: Pick<DataSet, 'name' | 'origin'>) {
    this.#folder = join(data, set.name);
    this.#set = set;
  }

  /** The path of a file or folder that must exist. */
  path(...parts: string[]): string {
    const path = join(this.#folder, ...parts);
    if (!existsSync(path)) throw this.#missing(path);
    return path;
  }

  text(...parts: string[]): string {
    return readFileSync(this.path(...parts), 'utf8');
  }

  /** Names in a folder that end so, in order; at least one. */
  names(ending: string, ...parts: string[]): string[] {
    const path = this.path(...parts);
    const names = readdirSync(path)
      .filter((name) => name.endsWith(ending))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    if (names.length === 0) throw this.#missing(join(path, `*${ending}`));
    return names;
  }

  #missing(path: string): HomeostatError {
    return new HomeostatError('BENCH_DATA_MISSING', { path, set: this.#set.name, origin: this.#set.origin });
  }
}

/** Rows of fields under their headings; quotes around a field are taken off. */
export interface Fields {
  head: string[];
  rows: string[][];
}

export function fieldsOf(text: string, separator: string): Fields {
  const lines = text
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(separator).map((field) => field.replace(/^"(.*)"$/, '$1')));
  return { head: lines[0], rows: lines.slice(1) };
}

/** A number; NaN for an empty field. */
export function numberOf(field: string): number {
  return field.trim() === '' ? NaN : Number(field);
}

/** Times are read as UTC where they name no zone; ms. */
export function timeOf(field: string): number {
  const text = field.trim().replace(' ', 'T');
  return Date.parse(/[zZ]$|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
}

/** The columns of these names as row-major values. */
export function valuesOf({ head, rows }: Fields, columns: readonly string[]): Float64Array {
  const places = columns.map((column) => head.indexOf(column));
  const values = new Float64Array(rows.length * columns.length);
  rows.forEach((row, i) => places.forEach((place, c) => (values[i * columns.length + c] = numberOf(row[place] ?? ''))));
  return values;
}

export const MINUTE_MS = 60_000;

/** Times of a set that gives none: a minute apart. */
export function everyMinute(rows: number): Float64Array {
  const begin = Date.UTC(2026, 0, 5);
  return Float64Array.from({ length: rows }, (_, i) => begin + i * MINUTE_MS);
}

/** Median time from row to row, ms. */
export function intervalOf(time: Float64Array): number {
  const steps = time
    .subarray(1)
    .map((at, i) => at - time[i])
    .sort();
  return steps.length === 0 ? MINUTE_MS : steps[steps.length >> 1];
}
