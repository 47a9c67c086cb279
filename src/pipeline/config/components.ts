/** Components without a configuration file: by name with defaults, or from the text `name:key=value,…` and from JSON. */
import { Document, LineCounter, type Node } from 'yaml';
import type { JsonValue } from '../../core/contracts.ts';
import type { Keywords } from './keywords.ts';
import { Problems } from './problems.ts';
import { Reader } from './reader.ts';
import type { ComponentKind, Registry } from './registry.ts';
import { Resolver } from './resolve.ts';
import type { Component } from './schema.ts';

/** The component of this name with the defaults of its options. */
export function defaultComponent(registry: Registry, kind: ComponentKind, name: string): Component {
  return componentOf(registry, kind, name, `the ${kind}`);
}

/** Validates a component given as JSON (`"ema"` or `{ ema: { span: 30 } }`); `where` names it in messages. Throws ConfigErrors. */
export function componentOf(registry: Registry, kind: ComponentKind, value: JsonValue, where: string): Component {
  const document = new Document(value);
  const problems = new Problems(where, new LineCounter());
  const resolver = new Resolver(new Reader(document, {}, problems), registry, '.');
  const component = resolver.value(document.contents as Node | null, { component: kind } as Keywords, { where: kind, offset: 0 });
  problems.throwIfAny();
  return component as unknown as Component;
}
