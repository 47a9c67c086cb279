/** Every format that a configuration can name. */
import type { FormatDefinition } from '../core/schema.ts';
import { alertmanager } from './alertmanager/index.ts';
import { auto } from './auto.ts';
import { csv } from './csv/index.ts';
import { json, ndjson } from './json/index.ts';
import { line } from './line/index.ts';
import { prometheus } from './prometheus/index.ts';
import { value } from './value/index.ts';

export { sniffCsv } from './csv/index.ts';
export { formatFor } from './names.ts';

export const formats: readonly FormatDefinition[] = [json, ndjson, csv, auto, line, value, prometheus, alertmanager];
