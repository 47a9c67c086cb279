/** Components without a configuration file: by name with defaults, or given as JSON. */
import { Document, LineCounter } from 'yaml';
import type { JsonValue } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { TObject } from '../../core/schema.ts';
import { Problems } from './problems.ts';
import { Reader } from './reader.ts';
import { definitionOf, type ComponentKind, type Registry } from './registry.ts';
import { Resolver } from './resolve.ts';
import type { Component } from './schema.ts';

/** The component of this name with the defaults of its options. */
export function defaultComponent(registry: Registry, kind: ComponentKind, name: string): Component {
  return componentOf(registry, kind, name);
}

const notFitting = (detail: string): Error => new HomeostatError('OPTION_INVALID', { detail });

/** The threshold that suits a detector, for where none is named. */
export function thresholdFor(registry: Registry, detector: string): Component {
  const { name, options } = definitionOf(registry, 'detector', detector)!.threshold;
  return componentOf(registry, 'threshold', { [name]: options });
}

/** The dynamic threshold that suits a judge. */
export function thresholdOfJudge(registry: Registry, judge: string): Component {
  const { name, options } = definitionOf(registry, 'judge', judge)!.threshold;
  return componentOf(registry, 'threshold', { [name]: options });
}

/** The options of a section with their defaults. */
export function defaultSection(registry: Registry, schema: TObject): Record<string, JsonValue> {
  const document = new Document({});
  const resolver = new Resolver(new Reader(document, {}, new Problems('', new LineCounter())), registry, '.');
  return resolver.value(document.contents, schema, { where: '', offset: 0 }) as Record<string, JsonValue>;
}

/** Validates a component given as JSON: `"ema"` or `{ ema: { span: 30 } }`. Throws what `refuse` makes of the first problem. */
export function componentOf(registry: Registry, kind: ComponentKind, value: JsonValue, refuse: (detail: string) => Error = notFitting): Component {
  const document = new Document(value);
  const problems = new Problems('', new LineCounter());
  const resolver = new Resolver(new Reader(document, {}, problems), registry, '.');
  const component = resolver.value(document.contents, { component: kind }, { where: kind, offset: 0 });
  const [first] = problems.found;
  if (first === undefined) return component as unknown as Component;
  const { where, detail, key, hint, known } = first.details;
  throw refuse(first.code === 'CONFIG_UNKNOWN_KEY' ? `unknown name "${key}" in ${where}${hint}; known: ${known}` : `${where} ${detail}`);
}
