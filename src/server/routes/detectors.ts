/** Which detectors there are, what one has found out about its series, and several side by side over what is stored. */
import { Type } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { ref } from '../schemas.ts';
import { answers, closed, interval, pipelineName, pipelineOf, seriesKey, seriesOf, time } from './common.ts';

const tags = ['detectors'];
const named = Type.Object({ pipeline: pipelineName }, closed);

const body = Type.Object(
  {
    key: seriesKey,
    from: Type.Optional(time('Begin; the oldest stored event when absent')),
    to: Type.Optional(time('End; the newest stored event when absent')),
    detectors: Type.Array(Type.Union([Type.String({ maxLength: 100 }), Type.Record(Type.String(), Type.Unknown(), { maxProperties: 1 })]), {
      description: 'Names, or `{ name: options }` as in the configuration',
      minItems: 1,
      maxItems: 8,
    }),
  },
  closed,
);

export function detectors(app: App, { running }: Context): void {
  app.get(
    '/detectors',
    { schema: { tags, summary: 'Detectors that there are', response: answers({ 200: Type.Array(ref('Component'), { description: 'Every detector' }) }) } },
    () => running.detectors(),
  );

  app.get(
    '/series/:pipeline/detector',
    {
      schema: {
        tags,
        summary: 'What the detector of a series has found out about it',
        description: 'In words, as of the last commit; none where the detector does not say.',
        params: named,
        querystring: Type.Object({ key: seriesKey }, closed),
        response: answers({ 200: ref('Detector') }),
      },
    },
    (request) => {
      const { name } = pipelineOf(running, request.params.pipeline);
      return running.detectorOf(name, seriesOf(running, name, request.query.key));
    },
  );

  app.post(
    '/series/:pipeline/compare',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        summary: 'Several detectors side by side over what is stored of a series',
        description:
          'Each begins with nothing learnt. At most 5,000 rows, of more the means of as many buckets. Nothing is changed or kept; one comparison at a time.',
        params: named,
        body,
        response: answers({ 200: ref('Comparison') }),
      },
    },
    async (request, _reply) => {
      const { name } = pipelineOf(running, request.params.pipeline);
      const series = seriesOf(running, name, request.body.key);
      const stored = (await running.reader.span(name, series)) ?? { from: 0, to: 0 };
      return running.compare({ pipeline: name, series, ...interval(request.body, stored), detectors: request.body.detectors });
    },
  );
}
