/** Delimiter, decimal mark and header of a CSV text, from its first rows. */
import { HomeostatError } from '../../core/errors.ts';
import { firstRows, type FirstRows } from './rows.ts';
import { isDate, missingText, numberOf } from './kinds.ts';
import type { CsvOptions } from './layout.ts';

/** Rows that decide the delimiter, and rows that decide everything else. */
const GLANCE = 100;
const SAMPLE = 1000;

export interface Dialect {
  delimiter: string;
  decimal: '.' | ',';
  header: boolean;
  first: FirstRows;
  report: string[];
}

const NAMES: Record<string, string> = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' };

/** Looks at bytes[from ..); a last row without its newline counts only when `ends`. Throws FORMAT_OPTIONS. */
export function dialectOf(bytes: Uint8Array, from: number, options: CsvOptions, ends: boolean): Dialect {
  const comment = options.comment === '' ? -1 : oneByte('comment', options.comment);
  const report: string[] = [];
  const delimiter = options.delimiter === 'auto' ? bestDelimiter(bytes, from, comment, ends, report) : options.delimiter;
  const first = firstRows(bytes, from, oneByte('delimiter', delimiter), comment, SAMPLE + 1, ends);
  if (first.comments > 0) report.push(`${first.comments} lines that begin with ${options.comment} are skipped`);
  const decimal = options.decimal === 'auto' ? decimalOf(first.rows, delimiter) : options.decimal;
  if (decimal === ',' && options.decimal === 'auto') report.push('numbers have a decimal comma');
  const header = options.header === 'auto' ? hasHeader(first.rows, decimal, report) : options.header === 'yes';
  return { delimiter, decimal, header, first, report };
}

export function oneByte(option: string, text: string): number {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length !== 1 || text === '"' || text === '\n' || text === '\r') {
    throw new HomeostatError('FORMAT_OPTIONS', { format: 'csv', detail: `${option} must be one ASCII character, not ${JSON.stringify(text)}` });
  }
  return bytes[0];
}

function isTyped(field: string): boolean {
  return !missingText(field) && (!Number.isNaN(numberOf(field, '.')) || !Number.isNaN(numberOf(field, ',')) || isDate(field));
}

/** The delimiter that gives rows of the same length with the most fields that are numbers or times. */
function bestDelimiter(bytes: Uint8Array, from: number, comment: number, ends: boolean, report: string[]): string {
  let best = ',';
  let bestScore = 0;
  let bestWidth = 1;
  for (const delimiter of [',', ';', '\t', '|']) {
    const { rows } = firstRows(bytes, from, delimiter.charCodeAt(0), comment, GLANCE, ends);
    const widths = new Map<number, number>();
    for (const row of rows) widths.set(row.length, (widths.get(row.length) ?? 0) + 1);
    const [width, count] = [...widths].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [1, 0];
    if (width < 2) continue;
    let typed = 0;
    for (const row of rows) if (row.length === width) typed += row.filter(isTyped).length;
    const score = (count / rows.length) * (typed / count + 0.1 * width);
    if (score > bestScore) [best, bestScore, bestWidth] = [delimiter, score, width];
  }
  report.push(bestScore === 0 ? 'one column: no delimiter was found' : `fields are parted by ${NAMES[best]}: that gives ${bestWidth} columns`);
  return best;
}

/** Where commas part the fields, a comma within one may part thousands: only what cannot be a group of three counts. */
const NO_THOUSANDS = /^\s*[+-]?(?:(?:0|\d{4,}),\d+|\d*,(?:\d{1,2}|\d{4,}))\s*$/;
const DECIMAL_COMMA = /^\s*[+-]?\d*,\d+\s*$/;

function decimalOf(rows: string[][], delimiter: string): '.' | ',' {
  const pattern = delimiter === ',' ? NO_THOUSANDS : DECIMAL_COMMA;
  let commas = 0;
  let points = 0;
  for (const row of rows) {
    for (const field of row) {
      if (pattern.test(field)) commas++;
      else if (/^\s*[+-]?\d*\.\d+\s*$/.test(field)) points++;
    }
  }
  return commas > points ? ',' : '.';
}

/** A header is a first row with a text over a column of numbers or times, or with names that do not come again. */
function hasHeader(rows: string[][], decimal: '.' | ',', report: string[]): boolean {
  if (rows.length === 0) return false;
  const [first, ...rest] = rows;
  const typed = (field: string) => !Number.isNaN(numberOf(field, decimal)) || isDate(field);
  if (rest.length === 0) {
    const names = first.every((field) => !typed(field) && !missingText(field));
    report.push(names ? 'the only row holds no number and no time: a header without rows' : 'no header: the only row holds values');
    return names;
  }
  if (first.some((field) => typed(field))) {
    report.push(`no header: the first row holds values (${first.find(typed)}); columns are named column1, column2, …`);
    return false;
  }
  const over = first.findIndex((field, i) => !missingText(field) && rest.filter((row) => i < row.length && typed(row[i])).length * 2 > rest.length);
  if (over >= 0) {
    report.push(`the first line is a header: "${first[over]}" stands over numbers or times`);
    return true;
  }
  const again = first.every((field, i) => !rest.some((row) => row[i] === field));
  report.push(again ? 'the first line is taken as a header: its words do not come again' : 'no header: the words of the first row come again');
  return again;
}
