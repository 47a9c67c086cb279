/** Events pushed over HTTP. The server takes them, the pipeline's journal keeps them, and only then are they acknowledged. */
import { definePushSource, Type } from '../../core/schema.ts';

export const http = definePushSource({
  name: 'http',
  summary: 'Events that senders push to POST /api/v1/pipelines/NAME/events as JSON, NDJSON or CSV, kept in a journal before they are acknowledged.',
  options: Type.Object({}, { additionalProperties: false }),
  sample: {},
  delivers: 'journal',
  format: 'json',
  formats: {
    'application/json': 'json',
    'application/x-ndjson': 'ndjson',
    'application/ndjson': 'ndjson',
    'text/csv': 'csv',
  },
});
