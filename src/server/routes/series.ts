/** Series: the list with their latest scores, and the data of one chart. */
import { Type } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { ref } from '../schemas.ts';
import { answers, closed, cursor, interval, limit, page, pipelineName, pipelineOf, seriesKey, sendTagged, seriesOf, time } from './common.ts';

const tags = ['series'];
const HOUR = 3_600_000;

const listQuery = Type.Object(
  {
    pipeline: Type.Optional(pipelineName),
    search: Type.Optional(Type.String({ description: 'Text that the key or a label holds', maxLength: 200 })),
    sort: Type.Enum(['score', 'key'], { description: 'Highest score first, or by key', default: 'score' }),
    limit: limit(100, 1000),
    cursor,
  },
  closed,
);

const rangeQuery = Type.Object(
  {
    key: seriesKey,
    from: Type.Optional(time('Begin; an hour before the end when absent')),
    to: Type.Optional(time('End; the newest stored event when absent')),
    points: Type.Integer({ description: 'Most points in the answer; buckets where there are more rows', minimum: 1, maximum: 5000, default: 1000 }),
  },
  closed,
);

const EMPTY = { resolution: 0, time: [], mean: [], min: [], max: [], expected: [], lower: [], upper: [], score: [], anomalous: [], late: [] };

export function series(app: App, { running }: Context): void {
  app.get(
    '/series',
    { schema: { tags, summary: 'Known series with their latest state', querystring: listQuery, response: answers({ 200: page(ref('Series')) }) } },
    (request) => {
      if (request.query.pipeline !== undefined) pipelineOf(running, request.query.pipeline);
      return running.series(request.query);
    },
  );

  app.get(
    '/series/:pipeline/range',
    {
      schema: {
        tags,
        summary: 'One series as a chart needs it',
        description: 'Raw rows while they fit into `points`, else buckets with mean, min and max; `resolution` says how wide. Carries an ETag.',
        params: Type.Object({ pipeline: pipelineName }, closed),
        querystring: rangeQuery,
        response: answers({ 200: ref('Range') }),
      },
    },
    async (request, reply) => {
      const pipeline = pipelineOf(running, request.params.pipeline);
      const { query } = request;
      const index = seriesOf(running, pipeline.name, query.key);
      const stored = await running.reader.span(pipeline.name, index);
      const to = stored?.to ?? 0;
      const { from, to: end } = interval(query, { from: query.to === undefined ? to - HOUR : -8.64e15, to });
      return sendTagged(request, reply, stored === null ? EMPTY : await running.reader.range(pipeline.name, index, from, end, query.points));
    },
  );
}
