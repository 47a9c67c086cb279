/** Options of the source `prometheus`. */
import { LONGEST_TIMER, Type, quantity, type Static } from '../../core/schema.ts';
import { accessFields } from './get.ts';

export const scrapeOptions = Type.Object({
  targets: Type.Array(Type.String({ pattern: '^https?://.' }), {
    minItems: 1,
    maxItems: 1000,
    description: 'Addresses that are scraped, with their path: http://host:9100/metrics.',
  }),
  job: Type.String({ minLength: 1, description: 'Label `job` of all series.', default: 'homeostat' }),
  labels: Type.Record(Type.String(), Type.String(), { description: 'Further labels of all series.', default: {}, scalars: true }),
  interval: quantity('duration', 'Time between two scrapes of a target.', '15s', { minimum: 10, maximum: LONGEST_TIMER }),
  ...accessFields,
  metrics: Type.Array(Type.String({ minLength: 1 }), {
    maxItems: 100,
    description: 'Patterns (RE2) of which one must match the whole name of a metric; empty: all are taken.',
    default: [],
  }),
  max_samples: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    description: 'Samples of one scrape that are taken at most; one with more has failed.',
    default: 50_000,
  }),
  together: Type.Integer({ minimum: 1, maximum: 100, description: 'Scrapes going on at once.', default: 16 }),
});

export type ScrapeOptions = Static<typeof scrapeOptions>;
