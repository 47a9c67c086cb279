/** Dead letters: records that could not become events, and their replay. */
import { HomeostatError } from '../../core/errors.ts';
import type { Running } from '../../core/live.ts';
import { Type } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { ref } from '../schemas.ts';
import { nameOf } from '../security.ts';
import { answers, closed, cursor, limit, page, pipelineName, pipelineOf } from './common.ts';

const tags = ['dead letters'];

/** The pipelines that these dead letters belong to. Throws NOT_FOUND when one is not there. */
function owners(running: Running, ids: readonly number[]): Map<string, number[]> {
  const missing = new Set(ids);
  const found = new Map<string, number[]>();
  let at: string | undefined;
  while (missing.size > 0) {
    const { items, next } = running.reader.deadLetters({ limit: 1000, cursor: at });
    for (const letter of items) {
      if (!missing.delete(letter.id)) continue;
      const known = found.get(letter.pipeline);
      if (known === undefined) found.set(letter.pipeline, [letter.id]);
      else known.push(letter.id);
    }
    if (next === null) break;
    at = next;
  }
  const [first] = missing;
  if (first !== undefined) throw new HomeostatError('NOT_FOUND', { what: 'dead letter', name: first });
  return found;
}

export function deadLetters(app: App, { running }: Context): void {
  app.get(
    '/dead-letters',
    {
      schema: {
        tags,
        summary: 'Records that could not become events, newest first',
        querystring: Type.Object({ pipeline: Type.Optional(pipelineName), limit: limit(50, 500), cursor }, closed),
        response: answers({ 200: page(ref('DeadLetter')) }),
      },
    },
    (request) => {
      if (request.query.pipeline !== undefined) pipelineOf(running, request.query.pipeline);
      return running.reader.deadLetters(request.query);
    },
  );

  app.post(
    '/dead-letters/replay',
    {
      schema: {
        tags,
        summary: 'Feed dead letters in again',
        description: 'They keep their origin, so that none is counted twice.',
        body: Type.Object({ ids: Type.Array(Type.Integer({ minimum: 0 }), { minItems: 1, maxItems: 1000, uniqueItems: true }) }, closed),
        response: answers({ 202: Type.Object({ accepted: Type.Number() }, { ...closed, description: 'Durable; applied at the next commit' }) }),
      },
    },
    async (request, reply) => {
      const { ids } = request.body;
      for (const [pipeline, own] of owners(running, ids)) await running.control(pipeline, { type: 'replay-dead-letters', ids: own, by: nameOf(request) });
      reply.code(202);
      return { accepted: ids.length };
    },
  );
}
