/** Verdicts as lines for programs: NDJSON with the verdict's fields, or CSV. */
import type { SeriesDictionary } from '../../core/events.ts';
import { ANOMALOUS, LATE, verdictAt, type VerdictBatch } from '../../core/verdicts.ts';

/** Rows that go out. */
export interface Rows {
  /** Written once before everything else; empty for none. */
  head(width: number): string;
  row(batch: VerdictBatch, i: number, dictionary: SeriesDictionary): string;
}

export const ndjsonRows: Rows = {
  head: () => '',
  row: (batch, i, dictionary) => `${JSON.stringify(verdictAt(batch, i, 'detect', dictionary))}\n`,
};

/** CSV after RFC 4180; empty fields where there is no number. `columns` name the values of rows wider than one; `file` adds a column. */
export function csvRows(columns: readonly string[], file: boolean): Rows {
  return {
    head: (width) => {
      const values = width === 1 ? ['value'] : columns.slice(0, width);
      const names = ['time', ...(file ? ['file'] : []), 'series', ...values, 'score', 'threshold', 'anomalous', 'onset', 'expected', 'lower', 'upper', 'late'];
      return `${names.map(quoted).join(',')}\n`;
    },
    row: (batch, i, dictionary) => {
      const { key, labels } = dictionary.get(batch.series[i]);
      const flags = batch.flags[i];
      let line = isoTime(batch.time[i]);
      if (file) line += `,${quoted(labels['file'] ?? '')}`;
      line += `,${quoted(key)}`;
      for (let c = 0; c < batch.width; c++) line += `,${number(batch.values[i * batch.width + c])}`;
      line += `,${number(batch.score[i])},${number(batch.limit[i])},${(flags & ANOMALOUS) !== 0},${number(batch.onset[i])}`;
      return `${line},${number(batch.expected[i])},${number(batch.lower[i])},${number(batch.upper[i])},${(flags & LATE) !== 0}\n`;
    },
  };
}

function number(x: number): string {
  return Number.isFinite(x) ? String(x) : '';
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
