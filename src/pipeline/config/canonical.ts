/** What of a pipeline's configuration can change its verdicts and incidents, in one form, and the hash that names it. */
import type { JsonValue } from '../../core/contracts.ts';
import { hashId } from '../../core/hash.ts';
import type { Component, PipelineConfig } from './config.ts';
import { alternativeOf, isSecretName, type Keywords } from './keywords.ts';
import { definitionOf, type ComponentKind, type Registry } from './registry.ts';

/**
 * Options that can change output, with defaults filled and the versions of detector and threshold; keys in order.
 * Left out: receivers, sinks, actions, storage, checkpoints, bounds of caches, restarts, secrets, engine, parallelism, data folder and server.
 */
export function canonical(pipeline: PipelineConfig, registry: Registry): JsonValue {
  const { name, labels, unit, order, maxSeries, aggregate, align, detect, logs, incident } = pipeline;
  return sorted({
    name,
    source: withoutSecrets(pipeline.source, 'source', registry),
    format: pipeline.format ? withoutSecrets(pipeline.format, 'format', registry) : null,
    labels,
    unit,
    order: { ...order },
    maxSeries,
    aggregate: aggregate ? { ...aggregate, unit: aggregate.unit ?? null } : null,
    align: align ? { ...align } : null,
    ...(logs === undefined
      ? {}
      : { logs: { ...logs, judge: versioned('judge', logs.judge, registry), threshold: versioned('threshold', logs.threshold, registry) } }),
    detect: {
      detector: versioned('detector', detect.detector, registry),
      threshold: versioned('threshold', detect.threshold, registry),
      learn: detect.learn,
      learnOneIn: detect.learnOneIn,
      adaptAfter: detect.adaptAfter,
    },
    incident,
  });
}

/** A component with the version of it and of each that its options name. */
function versioned(kind: 'detector' | 'threshold' | 'judge', component: Component, registry: Registry): JsonValue {
  const { version, options } = definitionOf(registry, kind, component.name)!;
  const whole = withoutSecrets(component, kind, registry);
  const properties = (options as Keywords).properties ?? {};
  const named = Object.entries(component.options).filter(([key]) => (properties[key].items as Keywords | undefined)?.component === 'detector');
  const within = named.map(([key, members]) => [key, (members as unknown as Component[]).map((one) => versioned('detector', one, registry))]);
  return { name: whole.name, options: { ...(whole.options as Record<string, JsonValue>), ...Object.fromEntries(within) }, version };
}

/** 16 hex digits that name the configuration in force. */
export function configHash(pipeline: PipelineConfig, registry: Registry): string {
  return hashId(JSON.stringify(canonical(pipeline, registry)));
}

function withoutSecrets(component: Component, kind: ComponentKind, registry: Registry): { name: string; options: JsonValue } {
  return { name: component.name, options: kept(component.options, definitionOf(registry, kind, component.name)!.options) };
}

/** Without secrets and certificates, also in maps within: renewing one changes no verdict. */
function kept(options: Readonly<Record<string, JsonValue>>, { properties = {} }: Keywords): JsonValue {
  const result: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(options)) {
    const property: Keywords = properties[key] ?? {};
    if (isSecretName(key) || property.secret === true || property.file === true) continue;
    const within = property.anyOf ? alternativeOf(value, property.anyOf) : property;
    result[key] = within.properties && value !== null && typeof value === 'object' && !Array.isArray(value) ? kept(value, within) : value;
  }
  return result;
}

/** The same value with the keys of every map in the order of their code units. */
function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.filter((key) => value[key] !== undefined).map((key) => [key, sorted(value[key])]));
}
