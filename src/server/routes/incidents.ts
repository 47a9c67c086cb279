/** Incidents: the list, one with everything that belongs to it, and its acknowledgement. */
import { HomeostatError } from '../../core/errors.ts';
import { Type } from '../../core/schema.ts';
import type { IncidentDetail } from '../../core/api.ts';
import type { App, Context } from '../app.ts';
import { ref } from '../schemas.ts';
import { nameOf } from '../security.ts';
import { accepted, answers, ask, closed, cursor, limit, page, pipelineName, pipelineOf } from './common.ts';

const tags = ['incidents'];
const byId = Type.Object({ id: Type.String({ description: 'Id of an incident', minLength: 1, maxLength: 100 }) }, closed);

const query = Type.Object(
  {
    pipeline: Type.Optional(pipelineName),
    open: Type.Optional(Type.Boolean({ description: 'Only open ones, or only ended ones' })),
    limit: limit(50, 500),
    cursor,
  },
  closed,
);

export function incidents(app: App, { running }: Context): void {
  const known = (id: string): IncidentDetail => {
    const incident = running.reader.incident(id);
    if (incident === undefined) throw new HomeostatError('NOT_FOUND', { what: 'incident', name: id });
    return incident;
  };

  app.get(
    '/incidents',
    { schema: { tags, summary: 'Incidents, newest first', querystring: query, response: answers({ 200: page(ref('Incident')) }) } },
    (request) => {
      if (request.query.pipeline !== undefined) pipelineOf(running, request.query.pipeline);
      return running.reader.incidents(request.query);
    },
  );

  app.get(
    '/incidents/:id',
    {
      schema: {
        tags,
        summary: 'One incident with transitions, notices and actions',
        params: byId,
        querystring: Type.Object({}, closed),
        response: answers({ 200: ref('IncidentDetail') }),
      },
    },
    (request) => known(request.params.id),
  );

  app.post(
    '/incidents/:id/acknowledge',
    {
      schema: {
        tags,
        summary: 'Say that somebody takes care of it',
        params: byId,
        body: Type.Object({ comment: Type.String({ maxLength: 2000, default: '' }) }, closed),
        response: answers({ 202: accepted }),
      },
    },
    (request, reply) => {
      const { id, pipeline } = known(request.params.id);
      return ask(running, pipeline, { type: 'acknowledge', incident: id, by: nameOf(request), comment: request.body.comment }, reply);
    },
  );
}
