/** Every source and sink that a configuration can name. */
import type { SinkDefinition, SourceDefinition } from '../core/schema.ts';
import { http } from './http/index.ts';
import { simulate } from './simulate/index.ts';

export const sources: readonly SourceDefinition[] = [http, simulate];
export const sinks: readonly SinkDefinition[] = [];
