/** Every format that a configuration can name. */
import type { FormatDefinition } from '../core/schema.ts';
import { auto } from './auto.ts';
import { csv } from './csv/index.ts';
import { json, ndjson } from './json/index.ts';

export { csv, sniffCsv, type ColumnKind, type ColumnRole, type CsvColumn, type CsvLayout, type CsvOptions } from './csv/index.ts';
export { json, ndjson } from './json/index.ts';
export { auto } from './auto.ts';
export { formatFor } from './names.ts';
export { seriesKey } from './keys.ts';

export const formats: readonly FormatDefinition[] = [json, ndjson, csv, auto];

/** Width of the rows that a format makes with these options: 1, or as many as its columns that are scored together. */
export function widthOf(options: { columns?: readonly string[]; together?: boolean }): number {
  return options.together === true && options.columns !== undefined ? Math.max(1, options.columns.length) : 1;
}
