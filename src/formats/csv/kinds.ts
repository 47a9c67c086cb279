/** What the fields of one column are, from the rows looked at. */
import { COMMA, DOT } from '../bytes.ts';
import { isMissing, numberAt } from '../numbers.ts';
import { DEFAULT_RULE, timeOfText } from '../times.ts';

/** Counts of one column. */
export interface ColumnSample {
  name: string;
  /** The header names the other columns, but not this one. */
  nameless: boolean;
  values: string[];
  missing: number;
  numbers: number;
  /** Calendar times, not epoch numbers. */
  dates: number;
  texts: number;
  /** Numbers in order of the rows. */
  seen: number[];
}

const encoder = new TextEncoder();

export function numberOf(text: string, decimal: '.' | ','): number {
  const bytes = encoder.encode(text);
  return numberAt(bytes, 0, bytes.length, decimal === '.' ? DOT : COMMA);
}

export function missingText(text: string): boolean {
  const bytes = encoder.encode(text);
  return isMissing(bytes, 0, bytes.length);
}

/** True for a text that is a time of the calendar in either order of day and month. */
export function isDate(text: string): boolean {
  if (!/\d[-/.]\d|^\s*\d{8}[Tt ]\d|\d[-/. ]+[A-Za-z]{3}|[A-Za-z]{3}[.,]? +\d/.test(text)) return false;
  if (/^[\s\d.+-]*$/.test(text) && !/^\s*(\d+([-.])\d+\2\d+|\d{8} \d{4,6})\s*$/.test(text)) return false;
  return !Number.isNaN(timeOfText(text, DEFAULT_RULE)) || !Number.isNaN(timeOfText(text, { ...DEFAULT_RULE, order: 'dmy' }));
}

export function sampleColumn(name: string, nameless: boolean, values: string[], decimal: '.' | ','): ColumnSample {
  const sample: ColumnSample = { name, nameless, values, missing: 0, numbers: 0, dates: 0, texts: 0, seen: [] };
  for (const value of values) {
    if (missingText(value)) {
      sample.missing++;
      continue;
    }
    const x = numberOf(value, decimal);
    if (!Number.isNaN(x)) {
      sample.numbers++;
      sample.seen.push(x);
    } else if (isDate(value)) sample.dates++;
    else sample.texts++;
  }
  return sample;
}

/** More than this share of the values present decides the kind of a column; the rest are bad rows. */
const MOST = 0.6;

export function isNumeric(column: ColumnSample): boolean {
  return column.numbers > MOST * (column.values.length - column.missing);
}

/** Mostly times of the calendar; epoch numbers among them count too (several formats in one column). */
export function isCalendar(column: ColumnSample): boolean {
  return column.dates > 0 && column.dates + column.numbers > MOST * (column.values.length - column.missing) && !isNumeric(column);
}

/** Mostly times of day without a date. */
export function isClock(column: ColumnSample): boolean {
  const clocks = column.values.filter((value) => /^\s*\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?(\s*[ap]m)?\s*$/i.test(value)).length;
  return clocks > MOST * (column.values.length - column.missing);
}

export function isEmpty(column: ColumnSample): boolean {
  return column.missing === column.values.length;
}

/** Name as headers write it in lower case, without its unit and punctuation: `Time (ms)` is `time`. */
export function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[([].*$/, '')
    .trim()
    .replace(/^[@#]/, '')
    .replace(/[\s.-]+/g, '_');
}

export function isTimeName(name: string): boolean {
  const plain = plainName(name);
  return (
    /^(t|ts|time|times|timestamp|timestamps|date|datetime|epoch|when|day)$/.test(plain) ||
    /(^|_)(time|timestamp|ts|date|datetime|epoch|at)(_(s|sec|ms|us|ns|utc))?$/.test(plain) ||
    /^(unix|epoch)_/.test(plain)
  );
}

export function isSeriesName(name: string): boolean {
  return (
    /^(series|metric|measure|sensor|device|host|machine|node|instance|entity|asset|store|item|channel|tag)(_?(id|name|key|no))?$/.test(plainName(name)) ||
    plainName(name).endsWith('_id')
  );
}

/** A name that says nothing of what it names, so that it is no label. */
export function isPlainSeriesName(name: string): boolean {
  return /^(series|metric|measure|name|key|id)(_?(id|name|key))?$/.test(plainName(name));
}

const TRUTH = new Set(['0', '1', '0.0', '1.0', 'true', 'false', 'normal', 'anomaly', 'anomalous']);

/** Labelled truth: named like it, and only yes and no. */
export function isTruth(column: ColumnSample): boolean {
  const named = /^(is_?)?(anomaly|anomalies|anomalous|outlier|labels?|ground_?truth|truth|fault)$/.test(plainName(column.name));
  return named && column.values.every((value) => missingText(value) || TRUTH.has(value.trim().toLowerCase()));
}

/** 0, 1, 2 … or 1, 2, 3 …: the number of the row, under no name or one that says so. */
export function isRowNumber(column: ColumnSample): boolean {
  if (!column.nameless && !/^(id|index|idx|row|row_?(id|number|no)|no|nr|n|unnamed:?_?0)$/.test(plainName(column.name))) return false;
  const { seen } = column;
  return seen.length > 1 && column.missing === 0 && seen.every((x, i) => i === 0 || x === seen[i - 1] + 1);
}

/** Text that differs from row to row and would make a series of each row. */
export function isFreeText(column: ColumnSample): boolean {
  if (/^(message|msg|comment|comments|description|note|notes|text|line|uuid|(request|trace|span|event|transaction)_id)$/.test(plainName(column.name)))
    return true;
  return column.values.some((value) => value.length > 64 || value.trim().split(/\s+/).length > 5);
}
