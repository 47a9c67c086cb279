/** Options of a definition where a suite's case says more than the sample does. */
import { Value } from 'typebox/value';
import type { Definition } from '../core/schema.ts';

/** Defaults, over them the sample, over that what is given (durations in ms); throws when the whole does not fit the schema. */
export function givenOptions(definition: Definition, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const whole = Value.Default(definition.options, { ...structuredClone(definition.sample), ...given }) as Record<string, unknown>;
  for (const error of Value.Errors(definition.options, whole)) {
    throw new Error(`the options of ${definition.name} do not fit: ${error.instancePath} ${error.message}`);
  }
  for (const key of Object.keys(definition.sample)) {
    if (!(key in definition.options.properties)) throw new Error(`the sample of ${definition.name} holds "${key}", which is not an option`);
  }
  return whole;
}
