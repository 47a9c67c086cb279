/** Configuration files: load, validate, canonical form, JSON Schema, description. */
export { ConfigErrors } from './problems.ts';
export type { AggregateFunction, Component, Config, PipelineConfig } from './config.ts';
export type { ComponentKind, Registry } from './registry.ts';
export { definitionOf, definitionsOf } from './registry.ts';
export { componentOf, defaultComponent } from './components.ts';
export { loadConfigWith, parseConfigWith } from './load.ts';
export { parseQuantity, printQuantity } from './units.ts';
