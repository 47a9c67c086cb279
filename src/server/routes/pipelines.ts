/** Pipelines: how they are, and what an operator may ask of them. */
import { Type } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { ref } from '../schemas.ts';
import { nameOf } from '../security.ts';
import { accepted, answers, ask, closed, namedPipeline, nothing, page, pipelineOf } from './common.ts';

const tags = ['pipelines'];

export function pipelines(app: App, { running }: Context): void {
  app.get(
    '/pipelines',
    { schema: { tags, summary: 'How every pipeline is', querystring: Type.Object({}, closed), response: answers({ 200: page(ref('Pipeline')) }) } },
    () => ({
      items: running.pipelines(),
      next: null,
    }),
  );

  app.get(
    '/pipelines/:name',
    {
      schema: {
        tags,
        summary: 'How one pipeline is',
        params: namedPipeline,
        querystring: Type.Object({}, closed),
        response: answers({ 200: ref('Pipeline') }),
      },
    },
    (request) => pipelineOf(running, request.params.name),
  );

  app.post(
    '/pipelines/:name/savepoint',
    {
      schema: {
        tags,
        summary: 'Make a savepoint',
        description: 'A whole copy of the ledger, which survives upgrades.',
        params: namedPipeline,
        body: nothing,
        response: answers({ 202: accepted }),
      },
    },
    (request, reply) => {
      const { name } = pipelineOf(running, request.params.name);
      return ask(running, name, { type: 'savepoint', by: nameOf(request) }, reply);
    },
  );

  app.post(
    '/pipelines/:name/restart-source',
    {
      schema: {
        tags,
        summary: 'Open the source anew',
        description: 'It reads on from the last commit.',
        params: namedPipeline,
        body: nothing,
        response: answers({ 202: accepted }),
      },
    },
    (request, reply) => {
      const { name } = pipelineOf(running, request.params.name);
      return ask(running, name, { type: 'restart-source', by: nameOf(request) }, reply);
    },
  );
}
