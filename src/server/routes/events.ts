/** Events: what is stored of a series, and the way in for senders that push. */
import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JournalWriter } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { Verdict } from '../../core/verdicts.ts';
import { Type } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { LINES_TYPE, MEDIA_TYPES, mediaTypeOf, readBody } from '../bodies.ts';
import { ref } from '../schemas.ts';
import {
  ALWAYS,
  answers,
  closed,
  cursor,
  interval,
  limit,
  namedPipeline,
  page,
  pipelineName,
  pipelineOf,
  seriesKey,
  sendTagged,
  seriesOf,
  time,
} from './common.ts';

const tags = ['events'];

const listQuery = Type.Object(
  { pipeline: pipelineName, series: seriesKey, from: Type.Optional(time('Begin')), to: Type.Optional(time('End')), limit: limit(100, 1000), cursor },
  closed,
);

const waiting = {
  wait: Type.Optional(Type.Enum(['verdicts'], { description: 'Answer after the commit, with the verdicts' })),
  timeout: Type.Integer({ description: 'Longest wait, ms; then the answer is 202', minimum: 1, maximum: 60_000, default: 10_000 }),
};
interface Waiting {
  wait?: string;
  timeout: number;
}

const taken = {
  position: Type.Number({ description: 'Where it stands in the journal' }),
  repeated: Type.Boolean({ description: 'True when the Idempotency-Key was known: nothing was written' }),
};

const pushSchema = {
  tags,
  description:
    'A body of one or many events, as JSON, NDJSON or CSV, for a pipeline over logs as lines of text, also packed (gzip, deflate, br). Answered once it is durable; a record that cannot be decoded goes to the dead letters and the rest goes on. ' +
    'With `Idempotency-Key` a repeat writes nothing and is answered with the first position. 507 with Retry-After when there is no room.',
  headers: Type.Object({
    'idempotency-key': Type.Optional(Type.String({ description: 'Names this body; a repeat of it is recognised', maxLength: 255, pattern: '^[!-~]+$' })),
  }),
  body: {
    content: Object.fromEntries([...MEDIA_TYPES, LINES_TYPE].map((type) => [type, { schema: type === 'application/json' ? Type.Unknown() : Type.String() }])),
  },
  response: answers({
    200: Type.Object({ ...taken, verdicts: Type.Array(ref('Verdict')) }, { ...closed, description: 'Committed, with what was found (`wait=verdicts`)' }),
    202: Type.Object(taken, { ...closed, description: 'Durable' }),
  }),
};

/** Takes pushes. */
class Intake {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  async push(pipeline: string, query: Waiting, request: FastifyRequest, reply: FastifyReply) {
    const { running, waiting } = this.#context;
    const { logs } = pipelineOf(running, pipeline);
    const journal = running.journal(pipeline);
    if (journal === undefined) throw new HomeostatError('NOT_FOUND', { what: 'pipeline that is pushed to', name: pipeline });
    const type = mediaTypeOf(request.headers, logs);
    if (query.wait === undefined) return reply.code(202).send(await this.#append(journal, type, request));
    if (!waiting.take(1)) throw new HomeostatError('OVERLOADED', { what: 'The number of pushes that wait (server.max_waiting)', limit: waiting.limit });
    const done = running.expectVerdicts();
    try {
      const kept = await this.#append(journal, type, request);
      const verdicts = await this.#verdictsOf(pipeline, kept.position, query.timeout);
      return verdicts === undefined ? reply.code(202).send(kept) : { ...kept, verdicts };
    } finally {
      done();
      waiting.give(1);
    }
  }

  async #append(journal: JournalWriter, type: string, request: FastifyRequest): Promise<{ position: number; repeated: boolean }> {
    const { limits, inFlight } = this.#context;
    const body = await readBody(request.body as Readable, request.headers, limits, inFlight);
    try {
      if (body.bytes.length === 0) throw new HomeostatError('REQUEST_INVALID', { detail: 'the body is empty' });
      const idempotencyKey = request.headers['idempotency-key'] as string | undefined;
      const { offset, repeated } = await journal.append({ body: body.bytes, type, idempotencyKey });
      return { position: offset, repeated };
    } finally {
      body.release();
    }
  }

  /** Undefined when the wait was too long: the events are kept all the same, so it is no error. */
  async #verdictsOf(pipeline: string, position: number, timeout: number): Promise<Verdict[] | undefined> {
    try {
      return await this.#context.running.verdictsOf(pipeline, position, timeout);
    } catch (error) {
      if (error instanceof HomeostatError && error.code === 'OVERLOADED') return undefined;
      throw error;
    }
  }
}

export function events(app: App, context: Context): void {
  const { running } = context;
  const intake = new Intake(context);

  app.get(
    '/events',
    {
      schema: {
        tags,
        summary: 'Stored events of a series in order of time',
        description: 'As far as the pipeline stores them: `store: anomalies` keeps the anomalous ones only.',
        querystring: listQuery,
        response: answers({ 200: page(ref('Event')) }),
      },
    },
    async (request, reply) => {
      const { pipeline, series, ...rest } = request.query;
      pipelineOf(running, pipeline);
      seriesOf(running, pipeline, series);
      const { limit, cursor } = rest;
      const found = await running.reader.verdicts({ pipeline, series, anomalousOnly: false, limit, cursor, ...interval(rest, ALWAYS) });
      const items = found.items.map((verdict) => ({ time: Date.parse(verdict.time), values: verdict.values, late: verdict.late }));
      return sendTagged(request, reply, { items, next: found.next });
    },
  );

  app.register(async (pushes: App) => {
    // The body stays a stream till the handler has checked everything else.
    pushes.removeAllContentTypeParsers();
    pushes.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

    pushes.post(
      '/events',
      { schema: { ...pushSchema, summary: 'Push events', querystring: Type.Object({ pipeline: pipelineName, ...waiting }, closed) } },
      (request, reply) => intake.push(request.query.pipeline, request.query, request, reply),
    );

    pushes.post(
      '/pipelines/:name/events',
      { schema: { ...pushSchema, summary: 'Push events to a pipeline', params: namedPipeline, querystring: Type.Object(waiting, closed) } },
      (request, reply) => intake.push(request.params.name, request.query, request, reply),
    );
  });
}
