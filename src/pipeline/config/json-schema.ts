/** JSON Schema (draft 2020-12) of a configuration file, for editors. */
import type { JsonValue } from '../../core/contracts.ts';
import type { Definition } from '../../core/schema.ts';
import { isFromFile, type Keywords } from './keywords.ts';
import { definitionsOf, type ComponentKind, type Registry } from './registry.ts';
import { fileSchema } from './schema.ts';
import { UNIT_EXAMPLES, UNIT_PATTERNS } from '../../core/units.ts';

type Schema = Record<string, JsonValue>;

const REFERENCE = { type: 'string', pattern: '\\$\\{' };
const KINDS: readonly ComponentKind[] = ['source', 'format', 'detector', 'threshold', 'judge', 'sink', 'notifier', 'action'];

/** The schema of a whole file, each kind of component once under `$defs`. */
export function configSchema(registry: Registry): Schema {
  const $defs = Object.fromEntries(KINDS.map((kind) => [kind, componentSchema(definitionsOf(registry, kind))]));
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Homeostat configuration', ...converted(fileSchema(registry) as Keywords), $defs };
}

/** JSON Schema of one option or section, as it is written in a file. */
export function optionsSchema(schema: Keywords): Schema {
  return converted(schema);
}

/** `{ name: options }` of one of the definitions, or the bare name of one that needs no options. */
function componentSchema(definitions: readonly Definition[]): Schema {
  const bare = definitions.filter(({ options }) => needsNothing(options as Keywords)).map(({ name, summary }) => ({ const: name, description: summary }));
  const maps = definitions.map(({ name, summary, options }) => ({
    type: 'object',
    description: summary,
    properties: {
      [name]: { anyOf: [{ ...converted(options as Keywords), description: summary }, ...(needsNothing(options as Keywords) ? [{ type: 'null' }] : [])] },
    },
    required: [name],
    additionalProperties: false,
  }));
  return { anyOf: [...bare, ...maps] as JsonValue[] };
}

function needsNothing(schema: Keywords): boolean {
  return (schema.required ?? []).every((key) => fillable(schema.properties![key]));
}

/** True for a property that may be left out of a file. */
function fillable(schema: Keywords): boolean {
  return schema.default !== undefined || (schema.type === 'object' && schema.properties !== undefined && needsNothing(schema));
}

function converted(schema: Keywords): Schema {
  const { description } = schema;
  const about = { ...(description === undefined ? {} : { description }), ...(schema.default === undefined ? {} : { default: schema.default }) };
  if (schema.component) return { ...about, $ref: `#/$defs/${schema.component}` };
  if (schema.unit)
    return {
      ...about,
      unit: schema.unit,
      anyOf: [{ type: 'string', pattern: UNIT_PATTERNS[schema.unit], description: UNIT_EXAMPLES[schema.unit] }, { const: 0 }, REFERENCE],
    };
  if (schema.anyOf) return { ...about, anyOf: schema.anyOf.map(converted) };
  if (schema.type === 'object') return { ...about, ...objectSchema(schema) };
  if (schema.type === 'array') {
    const { minItems, maxItems, uniqueItems } = schema;
    return defined({ ...about, type: 'array', items: converted((schema.items ?? {}) as Keywords), minItems, maxItems, uniqueItems });
  }
  if (schema.type === 'string' && schema.scalars) return { ...about, type: ['string', 'number', 'boolean'] };
  const plain = Object.fromEntries<JsonValue>(
    Object.entries(schema).filter(([key]) => !['description', 'default', 'scalars', 'secret', 'names', 'file'].includes(key)),
  );
  const withReference =
    schema.type === 'number' || schema.type === 'integer' || schema.type === 'boolean' || schema.enum !== undefined || schema.pattern !== undefined;
  return withReference ? { ...about, anyOf: [plain, REFERENCE] } : { ...about, ...plain };
}

function objectSchema(schema: Keywords): Schema {
  if (!schema.properties) {
    const inner = schema.patternProperties ? Object.values(schema.patternProperties)[0] : {};
    const values = converted(schema.scalars ? { ...inner, scalars: true } : inner);
    return defined({
      type: 'object',
      additionalProperties: values,
      minProperties: schema.minProperties,
      propertyNames: schema.names === undefined ? undefined : { pattern: schema.names },
    });
  }
  const properties: Schema = {};
  for (const [key, property] of Object.entries(schema.properties)) {
    properties[key] = converted(property);
    const file = `${key}_file`;
    if (isFromFile(key, property) && !schema.properties[file]) {
      properties[file] = { type: 'string', description: `File that holds the ${key}.` };
    }
  }
  const required = (schema.required ?? []).filter((key) => !fillable(schema.properties![key]) && !(`${key}_file` in properties));
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}), additionalProperties: false };
}

function defined(schema: Record<string, JsonValue | undefined>): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined)) as Schema;
}
