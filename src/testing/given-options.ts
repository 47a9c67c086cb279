/** Options of a definition where a suite's case says more than the sample does. */
import { Value } from 'typebox/value';
import type { Definition, Unit } from '../core/schema.ts';
import { parseQuantity } from '../core/units.ts';

/** Defaults, over them the sample, over that what is given (durations in ms); throws when the whole does not fit the schema. */
export function givenOptions(definition: Definition, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const whole = measured(Value.Default(definition.options, { ...structuredClone(definition.sample), ...given }), definition.options) as Record<string, unknown>;
  for (const error of Value.Errors(definition.options, whole)) {
    throw new Error(`the options of ${definition.name} do not fit: ${error.instancePath} ${error.message}`);
  }
  for (const key of Object.keys(definition.sample)) {
    if (!(key in definition.options.properties)) throw new Error(`the sample of ${definition.name} holds "${key}", which is not an option`);
  }
  return whole;
}

interface Schema {
  unit?: Unit;
  properties?: Readonly<Record<string, Schema>>;
}

/** Quantities that are written as a person would, as a component gets them. */
function measured(value: unknown, { unit, properties }: Schema): unknown {
  if (unit !== undefined && typeof value === 'string') return parseQuantity(unit, value) ?? value;
  if (properties === undefined || value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, name in properties ? measured(inner, properties[name]) : inner]));
}
