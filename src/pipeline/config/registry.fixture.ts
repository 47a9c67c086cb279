/** A small registry for the tests of the configuration. */
import type { DetectorDefinition, FormatDefinition, ReadSourceDefinition } from '../../core/schema.ts';
import { quantity, Type } from '../../core/schema.ts';
import { detectors } from '../../detectors/index.ts';
import { thresholds } from '../../thresholds/index.ts';
import type { Registry } from './registry.ts';

const strict = { additionalProperties: false };
const never = (): never => {
  throw new Error('is only validated');
};

const numbers = {
  name: 'numbers',
  summary: 'Numbers.',
  options: Type.Object({ rate: quantity('rate', 'How many.', '10/s'), seed: Type.Integer({ description: 'Seed.', default: 1 }) }, strict),
  sample: {},
  delivers: 'events',
  create: never,
} as ReadSourceDefinition;

const lines = {
  name: 'lines',
  summary: 'Lines.',
  options: Type.Object({ path: Type.String({ description: 'Path.', default: 'lines.csv' }) }, strict),
  sample: {},
  delivers: 'records',
  format: 'csv',
  create: never,
} as ReadSourceDefinition;

const csv = {
  name: 'csv',
  summary: 'CSV.',
  options: Type.Object({ delimiter: Type.String({ description: 'Delimiter.', default: ',' }) }, strict),
  sample: {},
  create: never,
} as FormatDefinition;

const free = { ...detectors[0], name: 'free', scale: 'free', threshold: { name: 'static', options: { limit: 1 } }, onsets: true } as DetectorDefinition;

export const registry: Registry = {
  sources: [numbers, lines],
  formats: [csv],
  detectors: [...detectors, free],
  thresholds: thresholds,
  sinks: [],
  notifiers: [],
  actions: [],
  judges: [],
  logs: { parse: Type.Object({}, strict), rate: Type.Object({}, strict), session: Type.Object({}, strict), judging: Type.Object({}, strict) },
  incident: Type.Object(
    {
      open: Type.Optional(
        Type.Union([Type.String({ pattern: '^\\d+ of \\d+$', description: '3 of 5' }), Type.Object({ for: quantity('duration', 'How long.') }, strict)]),
      ),
      resolve_after: quantity('duration', 'How long.', '30s'),
    },
    strict,
  ),
  server: Type.Object(
    {
      host: Type.String({ default: '127.0.0.1' }),
      tokens: Type.Array(
        Type.Object(
          {
            name: Type.String(),
            role: Type.Enum(['viewer', 'operator']),
            token: Type.Optional(Type.String({ minLength: 16 })),
            token_file: Type.Optional(Type.String()),
          },
          strict,
        ),
        { default: [] },
      ),
    },
    strict,
  ),
};
