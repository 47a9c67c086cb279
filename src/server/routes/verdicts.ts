/** Committed verdicts, in order of time. */
import { Type } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { ref } from '../schemas.ts';
import { ALWAYS, answers, closed, cursor, interval, limit, page, pipelineName, pipelineOf, seriesKey, sendTagged, seriesOf, time } from './common.ts';

const query = Type.Object(
  {
    pipeline: pipelineName,
    series: Type.Optional(seriesKey),
    from: Type.Optional(time('Begin')),
    to: Type.Optional(time('End')),
    anomalous: Type.Boolean({ description: 'Only anomalous ones', default: false }),
    limit: limit(100, 1000),
    cursor,
  },
  closed,
);

export function verdicts(app: App, { running }: Context): void {
  app.get(
    '/verdicts',
    {
      schema: {
        tags: ['verdicts'],
        summary: 'Committed verdicts in order of time',
        description: 'As far as the pipeline stores them: `store: anomalies` keeps the anomalous ones only.',
        querystring: query,
        response: answers({ 200: page(ref('Verdict')) }),
      },
    },
    async (request, reply) => {
      const { pipeline, series, anomalous, ...rest } = request.query;
      pipelineOf(running, pipeline);
      if (series !== undefined) seriesOf(running, pipeline, series);
      const { limit, cursor } = rest;
      const found = await running.reader.verdicts({ pipeline, series, anomalousOnly: anomalous, limit, cursor, ...interval(rest, ALWAYS) });
      return sendTagged(request, reply, found);
    },
  );
}
