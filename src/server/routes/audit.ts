/** Who did what, and what left the process. */
import { Type } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { ref } from '../schemas.ts';
import { answers, closed, cursor, limit, page, pipelineName, pipelineOf } from './common.ts';

const tags = ['audit'];

export function audit(app: App, { running }: Context): void {
  app.get(
    '/audit',
    {
      schema: {
        tags,
        summary: 'What people and actions did, newest first',
        querystring: Type.Object({ limit: limit(50, 500), cursor }, closed),
        response: answers({ 200: page(ref('Audit')) }),
      },
    },
    (request) => running.reader.audit(request.query),
  );

  app.get(
    '/outbox',
    {
      schema: {
        tags,
        summary: 'Notices and actions, newest first',
        querystring: Type.Object({ pipeline: Type.Optional(pipelineName), limit: limit(50, 500), cursor }, closed),
        response: answers({ 200: page(ref('Delivery')) }),
      },
    },
    (request) => {
      if (request.query.pipeline !== undefined) pipelineOf(running, request.query.pipeline);
      return running.reader.outbox(request.query);
    },
  );
}
