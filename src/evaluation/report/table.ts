/** Tables of figures, for the terminal and for Markdown. */
import type { Estimate } from '../measures/bootstrap.ts';

export interface Table {
  title: string;
  /** What is to be known when reading it. */
  note: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

export const NONE = '–';

/** A share or an average precision with three digits, without the 0 before the point. */
export function share(x: number): string {
  return Number.isNaN(x) ? NONE : x.toFixed(3).replace(/^(-?)0\./, '$1.');
}

export function withInterval({ value, low, high }: Estimate): string {
  return Number.isNaN(low) ? share(value) : `${share(value)} (${share(low)} to ${share(high)})`;
}

export function percentage(x: number): string {
  return Number.isNaN(x) ? NONE : `${Math.round(100 * x)}%`;
}

export function decimal(x: number, digits = 1): string {
  return Number.isFinite(x) ? x.toFixed(digits) : NONE;
}

/** 1,234,567 as 1.23 M. */
export function rate(x: number): string {
  if (!Number.isFinite(x)) return NONE;
  if (x >= 1e6) return `${(x / 1e6).toPrecision(3)} M`;
  return x >= 1e3 ? `${(x / 1e3).toPrecision(3)} k` : x.toPrecision(3);
}

const cell = (text: string): string => text.replaceAll('|', String.raw`\|`);

export function markdownOf({ title, note, head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [`### ${title}`, '', ...(note === '' ? [] : [note, '']), line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}
