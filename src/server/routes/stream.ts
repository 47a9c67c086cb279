/** The one event stream (SSE): everything that happens, filtered by what the client asks for. */
import { HomeostatError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { Type } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { TOPICS, type Topic } from '../stream/filter.ts';
import { answers, closed, pipelineName, pipelineOf, seriesKey } from './common.ts';

const query = Type.Object(
  {
    topics: Type.String({ description: `What to send, separated by commas: ${TOPICS.join(', ')}`, default: TOPICS.join(','), maxLength: 200 }),
    pipeline: Type.Optional(pipelineName),
    series: Type.Optional(seriesKey),
    lastEventId: Type.Optional(Type.String({ description: 'As the header Last-Event-ID, for clients that cannot set it', maxLength: 100 })),
  },
  closed,
);

function topicsOf(text: string): Set<Topic> {
  const topics = new Set<Topic>();
  for (const name of text.split(',')) {
    const topic = TOPICS.find((each) => each === name.trim());
    if (topic === undefined) {
      const guess = nearest(name, TOPICS);
      throw new HomeostatError('REQUEST_INVALID', {
        detail: `unknown topic "${name}"${guess === undefined ? '' : `, did you mean "${guess}"?`} (known: ${TOPICS.join(', ')})`,
      });
    }
    topics.add(topic);
  }
  return topics;
}

export function stream(app: App, { running, hub }: Context): void {
  app.get(
    '/stream',
    {
      exposeHeadRoute: false,
      schema: {
        tags: ['stream'],
        summary: 'What happens, as it happens (server-sent events)',
        description:
          'Events `status`, `verdicts`, `incident` and `series`, each after the commit that made it so, and `log-job` as a job over an uploaded file goes on. Begins with a `status`. With Last-Event-ID what was missed is sent first; ' +
          'a `reset` says that something was left out and that everything is to be fetched anew.',
        querystring: query,
        response: answers({ 200: { description: 'The stream', content: { 'text/event-stream': { schema: Type.String() } } } }),
      },
    },
    (request, reply) => {
      const { pipeline, series, topics, lastEventId } = request.query;
      if (pipeline !== undefined) pipelineOf(running, pipeline);
      const filter = { topics: topicsOf(topics), pipeline, series };
      hub.admit();
      const missed = (request.headers['last-event-id'] as string | undefined) ?? lastEventId;
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      hub.add(raw, filter, missed, request.identity?.expires ?? Infinity);
    },
  );
}
