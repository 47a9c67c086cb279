/** A configuration written out as a file with every default; secrets are left out of sight. */
import { stringify } from 'yaml';
import type { JsonValue } from '../../core/contracts.ts';
import type { Component, Config, PipelineConfig } from './config.ts';
import { withoutReferences } from './env.ts';
import { alternativeOf, isSecretName, type Keywords } from './keywords.ts';
import { componentOf } from './components.ts';
import { definitionOf, type ComponentKind, type Registry } from './registry.ts';
import { fileSchema } from './schema.ts';
import { printQuantity } from '../../core/units.ts';

/** YAML that reads back as the same configuration, but for secrets, which are shown as `***`. */
export function printConfig(config: Config, registry: Registry): string {
  const pipelines = Object.fromEntries(config.pipelines.map(({ name, ...pipeline }) => [name, sectionsOf(pipeline)]));
  const tree = written({ ...config, pipelines } as unknown as JsonValue, fileSchema(registry) as Keywords, registry);
  return stringify(tree, { lineWidth: 0, flowCollectionPadding: true });
}

/** The sections of a pipeline as they stand in a file: over logs there are others in the place of `detect`. */
function sectionsOf({ logs, ...pipeline }: Omit<PipelineConfig, 'name'>): object {
  if (logs === undefined) return pipeline;
  const { detect: _, ...rest } = pipeline;
  const { threshold, judging, ...sections } = logs;
  return { ...rest, ...sections, judging: { ...judging, threshold } };
}

/** Options as a person writes them, by the schema that they were read with. */
export function printOptions(options: Record<string, JsonValue>, schema: object, registry: Registry): Record<string, JsonValue> {
  return written(options, schema, registry) as Record<string, JsonValue>;
}

/** A component as a person would write it: its name alone, or with the options that differ from their defaults. */
export function printComponent(kind: ComponentKind, { name, options }: Component, registry: Registry): JsonValue {
  const schema = definitionOf(registry, kind, name)!.options;
  const usual = printOptions(componentOf(registry, kind, name).options, schema, registry);
  const chosen = Object.entries(printOptions(options, schema, registry)).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(usual[key]));
  return chosen.length === 0 ? name : { [name]: Object.fromEntries(chosen) };
}

function written(value: JsonValue, schema: Keywords, registry: Registry): JsonValue {
  if (schema.component) return component(value as unknown as Component, schema, registry);
  if (schema.unit && typeof value === 'number') return printQuantity(schema.unit, value);
  if (schema.anyOf) return written(value, alternativeOf(value, schema.anyOf), registry);
  if (Array.isArray(value)) return value.map((item) => written(item, (schema.items ?? {}) as Keywords, registry));
  if (value !== null && typeof value === 'object') return map(value, schema, registry);
  return typeof value === 'string' ? withoutReferences(value) : value;
}

function component(value: Component, schema: Keywords, registry: Registry): JsonValue {
  const definition = definitionOf(registry, schema.component!, value.name)!;
  return { [value.name]: written(value.options, definition.options, registry) };
}

function map(value: Record<string, JsonValue>, schema: Keywords, registry: Registry): JsonValue {
  const result: Record<string, JsonValue> = {};
  if (!schema.properties) {
    const inner = schema.patternProperties ? Object.values(schema.patternProperties)[0] : {};
    for (const [key, item] of Object.entries(value)) result[key] = written(item, inner, registry);
    return result;
  }
  for (const [key, property] of Object.entries(schema.properties)) {
    const item = value[key] ?? value[camel(key)];
    if (item !== undefined) result[key] = property.secret || isSecretName(key) ? '***' : written(item, property, registry);
  }
  return result;
}

function camel(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
