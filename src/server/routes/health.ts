/** Health of the process, for people and for whoever keeps it running. */
import type { Condition, Health } from '../../core/api.ts';
import { Type } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { ref } from '../schemas.ts';
import { answers, closed } from './common.ts';

const tags = ['health'];

/** From bad to good: the process is as its worst pipeline. */
const WORST_FIRST: Condition[] = ['failed', 'degraded', 'starting', 'stopped', 'ok', 'finished'];

const state = (description: string, ...states: string[]) => Type.Object({ status: Type.Enum(states) }, { ...closed, description });

export function health(app: App, { running, version, eventLoopDelay }: Context): void {
  app.get(
    '/health',
    { schema: { tags, summary: 'Health of every part', querystring: Type.Object({}, closed), response: answers({ 200: ref('Health') }) } },
    (): Health => {
      const pipelines = running.pipelines().map(({ name, condition, parts }) => ({ name, condition, parts }));
      const sizes = running.reader.sizes();
      return {
        condition: WORST_FIRST.find((condition) => pipelines.some((pipeline) => pipeline.condition === condition)) ?? 'ok',
        version,
        node: process.version,
        uptimeSeconds: process.uptime(),
        rssBytes: process.memoryUsage.rss(),
        eventLoopDelayMs: eventLoopDelay(),
        ledgerBytes: sizes.ledger,
        historyBytes: sizes.history,
        pipelines,
      };
    },
  );
}

/** For orchestrators; they say nothing that needs a token. */
export function probes(app: App, { running }: Context): void {
  app.get(
    '/livez',
    { config: { role: 'anyone' }, schema: { tags, summary: 'Answers while the process lives', response: answers({ 200: state('It lives', 'ok') }) } },
    () => ({ status: 'ok' }),
  );

  app.get(
    '/readyz',
    {
      config: { role: 'anyone' },
      schema: {
        tags,
        summary: 'Whether every pipeline has started',
        response: answers({ 200: state('Ready', 'ready'), 503: state('Not ready', 'starting', 'failed') }),
      },
    },
    (_request, reply) => {
      const conditions = new Set(running.pipelines().map((pipeline) => pipeline.condition));
      if (conditions.has('failed')) return reply.code(503).send({ status: 'failed' });
      if (conditions.has('starting')) return reply.code(503).send({ status: 'starting' });
      return { status: 'ready' };
    },
  );
}
