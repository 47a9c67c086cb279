/** Silences: no notices about incidents whose labels match, until a time. */
import { randomUUID } from 'node:crypto';
import { HomeostatError } from '../../core/errors.ts';
import { Type } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { ref } from '../schemas.ts';
import { nameOf } from '../security.ts';
import { accepted, answers, ask, closed, page, pipelineName, pipelineOf } from './common.ts';

const tags = ['silences'];

const body = Type.Object(
  {
    pipeline: pipelineName,
    matchers: Type.Record(Type.String(), Type.String({ maxLength: 500 }), {
      description: 'Labels and the values that they must have; none means every incident',
      maxProperties: 20,
    }),
    until: Type.Number({ description: 'End, ms since 1970' }),
    comment: Type.String({ maxLength: 2000, default: '' }),
  },
  closed,
);

const made = Type.Object({ id: Type.String(), sequence: accepted.properties.sequence }, { ...closed, description: 'Durable; applied at the next commit' });

export function silences(app: App, { running }: Context): void {
  app.get(
    '/silences',
    {
      schema: {
        tags,
        summary: 'Silences in force',
        querystring: Type.Object({ pipeline: Type.Optional(pipelineName) }, closed),
        response: answers({ 200: page(ref('Silence')) }),
      },
    },
    (request) => {
      if (request.query.pipeline !== undefined) pipelineOf(running, request.query.pipeline);
      return { items: running.reader.silences(request.query.pipeline), next: null };
    },
  );

  app.post('/silences', { schema: { tags, summary: 'Silence incidents', body, response: answers({ 202: made }) } }, async (request, reply) => {
    const { pipeline, matchers, until, comment } = request.body;
    pipelineOf(running, pipeline);
    if (until <= Date.now()) throw new HomeostatError('REQUEST_INVALID', { detail: `"until" is ${until}, which has passed (ms since 1970)` });
    const id = randomUUID();
    return { id, ...(await ask(running, pipeline, { type: 'silence', id, matchers, until, by: nameOf(request), comment }, reply)) };
  });

  app.delete(
    '/silences/:id',
    {
      schema: {
        tags,
        summary: 'End a silence',
        params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) }, closed),
        response: answers({ 202: accepted }),
      },
    },
    (request, reply) => {
      const { id } = request.params;
      const silence = running.reader.silences().find((each) => each.id === id);
      if (silence === undefined) throw new HomeostatError('NOT_FOUND', { what: 'silence', name: id });
      return ask(running, silence.pipeline, { type: 'unsilence', id, by: nameOf(request) }, reply);
    },
  );
}
