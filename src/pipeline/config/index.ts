/** Configuration files: load, validate, canonical form, JSON Schema, description. */
export { ConfigErrors } from './problems.ts';
export type { Component, Config, LogConfig, PipelineConfig } from './config.ts';
export type { Registry } from './registry.ts';
export { definitionOf } from './registry.ts';
export { componentOf, defaultComponent, thresholdFor } from './components.ts';
export { loadConfigWith, parseConfigWith, readConfigText } from './load.ts';
export { canonical, configHash } from './canonical.ts';
export { printComponent, printConfig } from './print.ts';
export { configSchema } from './json-schema.ts';
export { describeComponent, describePlan } from './describe.ts';
export { DEFAULT_DETECTOR } from './schema.ts';
