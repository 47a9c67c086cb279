/** Options of a component as a configuration gives them: what is written, and the defaults. */
import type { Static, TObject } from '../../src/core/schema.ts';
import { parseQuantity } from '../../src/core/units.ts';

type Schema = { properties: Record<string, { default?: unknown; unit?: 'duration' | 'size' | 'rate' }> };

/** `given` with the defaults of `schema`; durations and sizes as numbers. */
export function optionsOf<O extends TObject>(schema: O, given: object): Static<O> {
  const filled: Record<string, unknown> = { ...given };
  for (const [name, { default: value, unit }] of Object.entries((schema as unknown as Schema).properties)) {
    if (filled[name] !== undefined || value === undefined) continue;
    filled[name] = unit === undefined ? value : parseQuantity(unit, value as string);
  }
  return filled as Static<O>;
}
