/** Options of a definition as a person would get them. */
import { Value } from 'typebox/value';
import type { Definition } from '../core/schema.ts';

/** The sample with its defaults filled in; throws when it does not fit the schema or holds a key that nobody reads. */
export function sampleOptions(definition: Definition): Record<string, unknown> {
  const filled = Value.Default(definition.options, structuredClone(definition.sample));
  for (const error of Value.Errors(definition.options, filled)) {
    throw new Error(`the sample of ${definition.name} does not fit its options: ${error.instancePath} ${error.message}`);
  }
  for (const key of Object.keys(definition.sample)) {
    if (!(key in definition.options.properties)) throw new Error(`the sample of ${definition.name} holds "${key}", which is not an option`);
  }
  return filled as Record<string, unknown>;
}
