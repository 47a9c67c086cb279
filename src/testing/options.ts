/** Options of a definition as a person would get them. */
import { Value } from 'typebox/value';
import type { JsonValue } from '../core/contracts.ts';
import type { Definition, TSchema, Unit } from '../core/schema.ts';
import { parseQuantity } from '../core/units.ts';

/** What of a schema says how a value is written. */
interface Written {
  unit?: Unit;
  component?: string;
  default?: JsonValue;
  properties?: Record<string, Written>;
  items?: Written;
}

/**
 * The sample with its defaults filled in, quantities as numbers, and components that it names (found among `components`)
 * filled likewise; throws when it does not fit the schema or holds a key that nobody reads.
 */
export function sampleOptions(definition: Definition, components: readonly Definition[] = []): Record<string, unknown> {
  return filled(definition, definition.sample, components);
}

function filled(definition: Definition, given: Record<string, JsonValue>, components: readonly Definition[]): Record<string, unknown> {
  const properties = definition.options.properties as Record<string, TSchema & Written>;
  const whole: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(properties)) {
    const value = given[key] ?? schema.default;
    if (value !== undefined) whole[key] = asRead(structuredClone(value), schema, components);
  }
  for (const error of Value.Errors(definition.options, Value.Default(definition.options, whole))) {
    throw new Error(`the sample of ${definition.name} does not fit its options: ${error.instancePath} ${error.message}`);
  }
  for (const key of Object.keys(given)) {
    if (!(key in properties)) throw new Error(`the sample of ${definition.name} holds "${key}", which is not an option`);
  }
  return whole;
}

function asRead(value: JsonValue, schema: Written, components: readonly Definition[]): unknown {
  if (schema.unit !== undefined && typeof value === 'string') return parseQuantity(schema.unit, value);
  if (schema.component !== undefined) {
    const [[name, options]] = typeof value === 'string' ? [[value, {}] as const] : Object.entries(value as Record<string, Record<string, JsonValue>>);
    const definition = components.find((one) => one.name === name);
    if (definition === undefined) throw new Error(`a sample names ${name}, which is not known here`);
    return { name, options: filled(definition, options ?? {}, components) };
  }
  if (Array.isArray(value)) return value.map((item) => asRead(item, schema.items ?? {}, components));
  return value;
}
