/** Results over logs: the same addresses for a live pipeline and for a job over an uploaded file. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ControlRecord } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { LogResults } from '../../core/log-live.ts';
import { Type, type TObject } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { FORMATS, rowsOf, WHATS } from '../logs/download.ts';
import { ref } from '../schemas.ts';
import { SaysOfSession, TemplateEdit } from '../schemas-logs.ts';
import { nameOf } from '../security.ts';
import type { page } from './common.ts';
import { accepted, ALWAYS, answers as responses, closed, cursor, interval, limit, pipelineName, sendTagged, time } from './common.ts';

/** Where results are: the addresses under it, and whose they are. */
interface Place {
  tag: string;
  /** Address of everything but the overview, and of the overview. */
  base: string;
  overview: string;
  params: { name: typeof pipelineName } | { id: typeof jobId };
  results(params: Record<string, string>): LogResults;
}

export const jobId = Type.String({ description: 'Id of a job', minLength: 1, maxLength: 100 });
const patternName = Type.String({ description: 'Name of a pattern of sessions', minLength: 1, maxLength: 500 });
const answerId = Type.String({ description: 'Id of an answer', minLength: 1, maxLength: 100 });

export function logs(app: App, { running }: Context): void {
  const pipeline: Place = {
    tag: 'logs',
    base: '/pipelines/:name/logs',
    overview: '/pipelines/:name/logs',
    params: { name: pipelineName },
    results: ({ name }) => running.logs.results(name),
  };
  const job: Place = {
    tag: 'log jobs',
    base: '/logs/jobs/:id',
    overview: '/logs/jobs/:id/overview',
    params: { id: jobId },
    results: ({ id }) => running.logs.jobs.results(id),
  };
  for (const place of [pipeline, job]) {
    found(app, place);
    sessions(app, place);
    said(app, place);
    takenBack(app, place);
    edits(app, place);
    download(app, place);
  }
}

const of = (request: FastifyRequest, { results }: Place): LogResults => results(request.params as Record<string, string>);
const paramsOf = (place: Place, more = {}): TObject => Type.Object({ ...place.params, ...more }, closed);
const none = Type.Object({}, closed);

/** What was found out: overview, templates, scores, models. */
function found(app: App, place: Place): void {
  const tags = [place.tag];
  const params = paramsOf(place);
  app.get(
    place.overview,
    { schema: { tags, summary: 'What was found out about the lines', params, querystring: none, response: responses({ 200: ref('LogOverview') }) } },
    async (request, reply) => sendTagged(request, reply, await of(request, place).overview()),
  );
  const query = Type.Object(
    {
      search: Type.Optional(Type.String({ description: 'In text, name or example', maxLength: 500 })),
      sort: Type.Enum(['count', 'first', 'last', 'id'], { description: 'count: the most frequent first; first, last: the newest first', default: 'count' }),
      limit: limit(20_000, 20_000),
    },
    closed,
  );
  app.get(
    `${place.base}/templates`,
    { schema: { tags, summary: 'Templates with counts and trend', params, querystring: query, response: responses({ 200: ref('LogTemplates') }) } },
    async (request, reply) => sendTagged(request, reply, await of(request, place).templates(request.query)),
  );
  app.get(
    `${place.base}/scores`,
    {
      schema: {
        tags,
        summary: 'Scores, and what a dynamic and a static threshold make of them',
        params,
        querystring: none,
        response: responses({ 200: ref('LogScores') }),
      },
    },
    async (request, reply) => sendTagged(request, reply, await of(request, place).scores()),
  );
  app.get(
    `${place.base}/models`,
    {
      schema: { tags, summary: 'Models that judges have learnt', params, querystring: none, response: responses({ 200: list(ref('LogModel'), 'Models') }) },
    },
    async (request, reply) => sendTagged(request, reply, await of(request, place).models()),
  );
}

const list = (item: Parameters<typeof page>[0], description: string) => Type.Array(item, { description });

function sessions(app: App, place: Place): void {
  const tags = [place.tag];
  const query = Type.Object(
    {
      anomalous: Type.Optional(Type.Boolean({ description: 'Only anomalous ones, or only the others' })),
      pattern: Type.Optional(patternName),
      search: Type.Optional(Type.String({ description: 'In the identifier or the reasons', maxLength: 500 })),
      from: Type.Optional(time('Begin')),
      to: Type.Optional(time('End')),
      sort: Type.Enum(['time', 'score'], { description: 'The newest, or those with the highest score, first', default: 'time' }),
      limit: limit(50, 500),
      cursor,
    },
    closed,
  );
  app.get(
    `${place.base}/sessions`,
    {
      schema: {
        tags,
        summary: 'Sessions that were judged',
        description: 'Each with its verdict in force.',
        params: paramsOf(place),
        querystring: query,
        response: responses({ 200: ref('LogSessions') }),
      },
    },
    async (request, reply) => {
      const { from: _from, to: _to, ...rest } = request.query;
      return sendTagged(request, reply, await of(request, place).sessions({ ...rest, ...interval(request.query, ALWAYS) }));
    },
  );
  app.get(
    `${place.base}/sessions/:session`,
    {
      schema: {
        tags,
        summary: 'One session with its lines',
        description: 'Lines are read back from the file that they came from; `text` is null where that cannot be.',
        params: paramsOf(place, { session: Type.String({ description: 'Identifier of a session', minLength: 1, maxLength: 500 }) }),
        querystring: none,
        response: responses({ 200: ref('LogSessionDetail') }),
      },
    },
    async (request, reply) => sendTagged(request, reply, await of(request, place).session((request.params as { session: string }).session)),
  );
}

const question = { pattern: patternName, says: SaysOfSession };
const body = Type.Object(
  {
    ...question,
    reason: Type.String({ maxLength: 2000, default: '' }),
    session: Type.String({ description: 'The session that was looked at', maxLength: 500, default: '' }),
  },
  closed,
);
const given = Type.Object({ ...question, id: answerId, reason: Type.String({ maxLength: 2000 }), session: Type.String({ maxLength: 500 }) }, closed);
const made = Type.Object({ id: Type.String(), sequence: accepted.properties.sequence }, { ...closed, description: 'Durable; applied at the next commit' });
const imported = Type.Object(
  { taken: Type.Number({ description: 'Answers that are new' }), known: Type.Number({ description: 'Answers whose id was there already' }) },
  { ...closed, description: 'Durable; applied at the next commit' },
);

/** What people say of patterns of sessions. */
function said(app: App, place: Place): void {
  const tags = [place.tag];
  const params = paramsOf(place);
  const base = `${place.base}/answers`;
  app.get(
    base,
    {
      schema: {
        tags,
        summary: 'What people answered, newest first',
        params,
        querystring: none,
        response: responses({ 200: list(ref('LogAnswer'), 'Answers') }),
      },
    },
    async (request, reply) => sendTagged(request, reply, await of(request, place).answers()),
  );
  app.post(
    base,
    { schema: { tags, summary: 'Say that sessions of a pattern are normal, or anomalous', params, body, response: responses({ 202: made }) } },
    async (request, reply) => {
      const id = randomUUID();
      return { id, ...(await ask(of(request, place), { type: 'answer-session', answer: { id, ...request.body }, by: nameOf(request) }, reply)) };
    },
  );
  app.post(
    `${base}/preview`,
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        summary: 'What such an answer would have changed',
        description: 'Nothing is changed.',
        params,
        body: Type.Object({ ...question, days: Type.Number({ description: 'Days to look back', minimum: 0.01, maximum: 3650, default: 7 }) }, closed),
        response: responses({ 200: ref('LogAnswerPreview') }),
      },
    },
    (request) => of(request, place).preview(request.body),
  );
}

/** What was exported elsewhere comes in, and what was said is taken back. */
function takenBack(app: App, place: Place): void {
  const tags = [place.tag];
  const params = paramsOf(place);
  const base = `${place.base}/answers`;
  app.post(
    `${base}/import`,
    {
      schema: {
        tags,
        summary: 'Take in answers that were exported',
        description: 'One whose id is known is left out, so that the same may be sent again.',
        params,
        body: Type.Object({ answers: Type.Array(given, { minItems: 1, maxItems: 1000 }) }, closed),
        response: responses({ 202: imported }),
      },
    },
    async (request, reply) => {
      const results = of(request, place);
      const known = new Set((await results.answers()).map(({ id }) => id));
      const fresh = request.body.answers.filter(({ id }) => !known.has(id));
      for (const answer of fresh) await results.control({ type: 'answer-session', answer, by: nameOf(request) });
      reply.code(202);
      return { taken: fresh.length, known: request.body.answers.length - fresh.length };
    },
  );
  app.delete(
    `${base}/:answer`,
    {
      schema: {
        tags,
        summary: 'Take an answer about sessions back',
        params: paramsOf(place, { answer: answerId }),
        response: responses({ 202: accepted }),
      },
    },
    async (request, reply) => {
      const results = of(request, place);
      const { answer: id } = request.params as { answer: string };
      const inForce = (await results.answers()).some((each) => each.id === id && !each.undone);
      if (!inForce) throw new HomeostatError('NOT_FOUND', { what: 'answer in force', name: id });
      return ask(results, { type: 'undo-session-answer', id, by: nameOf(request) }, reply);
    },
  );
}

function edits(app: App, place: Place): void {
  app.post(
    `${place.base}/templates/edits`,
    {
      schema: {
        tags: [place.tag],
        summary: 'Name, pin, ignore, merge or split templates',
        description: 'Lines that were read already keep the template that they have.',
        params: paramsOf(place),
        body: TemplateEdit,
        response: responses({ 202: accepted }),
      },
    },
    async (request, reply) => ask(of(request, place), { type: 'edit-template', edit: request.body, by: nameOf(request) }, reply),
  );
}

function download(app: App, place: Place): void {
  const query = Type.Object(
    {
      what: Type.Enum([...WHATS], { description: 'What to put into the file' }),
      format: Type.Enum([...FORMATS], { description: 'csv: with a line of names; ndjson: an object a line', default: 'csv' }),
    },
    closed,
  );
  const text = { schema: Type.String() };
  app.get(
    `${place.base}/download`,
    {
      schema: {
        tags: [place.tag],
        summary: 'Templates, sessions or answers as a file',
        params: paramsOf(place),
        querystring: query,
        response: responses({ 200: { description: 'The file', content: { 'text/csv': text, 'application/x-ndjson': text } } }),
      },
    },
    async (request, reply) => {
      const { what, format } = request.query;
      const results = of(request, place);
      // Whatever is wrong with the whole of it is said before the file begins.
      await results.overview();
      const type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8';
      reply.header('content-disposition', `attachment; filename="${what}.${format}"`).type(type);
      return reply.send(Readable.from(rowsOf(results, what, format)));
    },
  );
}

async function ask(results: LogResults, record: ControlRecord, reply: FastifyReply): Promise<{ sequence: number }> {
  const sequence = await results.control(record);
  reply.code(202);
  return { sequence };
}
