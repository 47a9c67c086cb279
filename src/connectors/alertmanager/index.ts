/** Alerts that another system's Alertmanager posts: the server takes them, the pipeline's journal keeps them, and only then are they acknowledged. */
import { Type, definePushSource } from '../../core/schema.ts';

export const alertmanager = definePushSource({
  name: 'alertmanager',
  summary: 'Alerts that Alertmanager posts to POST /api/v1/pipelines/NAME/events (webhook, version 4): 1 while one fires, 0 once it is resolved.',
  options: Type.Object({}, { additionalProperties: false }),
  sample: {},
  delivers: 'journal',
  format: 'alertmanager',
  formats: { 'application/json': 'alertmanager' },
});
