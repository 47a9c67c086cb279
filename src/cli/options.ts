/** Options of a component as rows for people, from its schema. */
import type { TObject } from '../core/schema.ts';

export interface OptionRow {
  name: string;
  /** As it is written in a configuration; `–` where it may be left out without one. */
  fallback: string;
  description: string;
}

interface Schema {
  description?: string;
  default?: unknown;
  properties?: Readonly<Record<string, Schema>>;
}

/** One row an option; those of an option that holds options follow it as `outer.inner`. */
export function optionsOf(options: TObject, prefix = ''): OptionRow[] {
  return Object.entries((options as Schema).properties ?? {}).flatMap(([name, option]) => [
    { name: prefix + name, fallback: fallbackOf(option.default), description: option.description ?? '' },
    ...optionsOf(option as TObject, `${prefix}${name}.`),
  ]);
}

function fallbackOf(value: unknown): string {
  if (value === undefined) return '–';
  return typeof value === 'string' ? value || '(empty)' : JSON.stringify(value);
}
