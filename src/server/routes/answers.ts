/** What people say of verdicts: false alarm, or missed. Shown first, taken in, listed, taken back. */
import { randomUUID } from 'node:crypto';
import type { AnswerView } from '../../core/api.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { AnswerQuery, Running } from '../../core/live.ts';
import { Type, type Static } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { ref } from '../schemas.ts';
import { AnswerPart, AnswerWhen, Says } from '../schemas-answers.ts';
import { nameOf } from '../security.ts';
import { accepted, answers as responses, ask, closed, cursor, limit, page, pipelineName, pipelineOf, sendTagged, seriesKey, time, timeOf } from './common.ts';

const tags = ['answers'];
const DAY = 86_400_000;

const answered = {
  says: Says,
  when: Type.Union([AnswerWhen], { default: 'always' }),
  incident: Type.Optional(Type.String({ description: 'Id of the incident that it is about; in place of a series', minLength: 1, maxLength: 100 })),
  pipeline: Type.Optional(pipelineName),
  series: Type.Optional(seriesKey),
  from: Type.Optional(time('Event time that it is about, or at which that begins')),
  to: Type.Optional(time('Event time at which that ends; the begin when absent')),
  days: Type.Number({ description: 'Days of history in which to look for what it would have changed', minimum: 0.01, maximum: 90, default: 7 }),
};
const question = Type.Object(answered, closed);
const body = Type.Object(
  {
    ...answered,
    until: Type.Optional(time('Event time from which on it counts no more; never when absent')),
    comment: Type.String({ maxLength: 2000, default: '' }),
  },
  closed,
);
const given = Type.Object(
  {
    id: Type.String({ minLength: 1, maxLength: 100 }),
    says: Says,
    when: AnswerWhen,
    until: Type.Union([Type.Number(), Type.Null()]),
    comment: Type.String({ maxLength: 2000 }),
    parts: Type.Array(AnswerPart, { minItems: 1, maxItems: 100 }),
  },
  closed,
);

const byId = Type.Object({ id: Type.String({ description: 'Id of an answer', minLength: 1, maxLength: 100 }) }, closed);
const made = Type.Object({ id: Type.String(), sequence: accepted.properties.sequence }, { ...closed, description: 'Durable; applied at the next commit' });
const imported = Type.Object(
  { taken: Type.Number({ description: 'Answers that are new' }), known: Type.Number({ description: 'Answers whose id was there already' }) },
  { ...closed, description: 'Durable; applied at the next commit' },
);

export function answers(app: App, { running }: Context): void {
  const known = (id: string): AnswerView => {
    const answer = running.reader.answer(id);
    if (answer === undefined) throw new HomeostatError('NOT_FOUND', { what: 'answer', name: id });
    return answer;
  };
  lists(app, running, known);
  others(app, running, known);

  app.post(
    '/answers/preview',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        summary: 'What an answer would have changed',
        description:
          'Judges stored verdicts anew with the answer: at most 20,000, the newest. What the detector would have learnt otherwise is not looked at. ' +
          'Nothing is changed.',
        body: question,
        response: responses({ 200: ref('AnswerPreview') }),
      },
    },
    (request) => running.previewAnswer(questionOf(running, request.body)),
  );

  app.post(
    '/answers',
    { schema: { tags, summary: 'Say that an alert was none, or that one was missed', body, response: responses({ 202: made }) } },
    async (request, reply) => {
      const { says, when, incident = null, until, comment } = request.body;
      const query = questionOf(running, request.body);
      const { parts } = await running.previewAnswer(query);
      const id = randomUUID();
      const end = until === undefined ? null : timeOf(until, 'until');
      const by = nameOf(request);
      return { id, ...(await ask(running, query.pipeline, { type: 'answer', id, says, when, until: end, incident, parts, by, comment }, reply)) };
    },
  );
}

/** What was exported elsewhere comes in, and what was said is taken back. */
function others(app: App, running: Running, known: (id: string) => AnswerView): void {
  app.post(
    '/answers/import',
    {
      schema: {
        tags,
        summary: 'Take in answers that were exported',
        description: 'With the factors that they have. One whose id is known is left out, so that the same may be sent again.',
        body: Type.Object({ pipeline: pipelineName, answers: Type.Array(given, { minItems: 1, maxItems: 1000 }) }, closed),
        response: responses({ 202: imported }),
      },
    },
    async (request, reply) => {
      const { name } = pipelineOf(running, request.body.pipeline);
      const fresh = request.body.answers.filter(({ id }) => running.reader.answer(id) === undefined);
      for (const answer of fresh) await running.control(name, { type: 'answer', ...answer, incident: null, by: nameOf(request) });
      reply.code(202);
      return { taken: fresh.length, known: request.body.answers.length - fresh.length };
    },
  );

  app.delete(
    '/answers/:id',
    {
      schema: {
        tags,
        summary: 'Take an answer back',
        description: 'From then on everything is as if it had never been given.',
        params: byId,
        response: responses({ 202: accepted }),
      },
    },
    (request, reply) => {
      const { id, pipeline, active } = known(request.params.id);
      if (!active) throw new HomeostatError('NOT_FOUND', { what: 'answer in force', name: id });
      return ask(running, pipeline, { type: 'undo-answer', id, by: nameOf(request) }, reply);
    },
  );
}

function lists(app: App, running: Running, known: (id: string) => AnswerView): void {
  const query = Type.Object(
    {
      pipeline: Type.Optional(pipelineName),
      series: Type.Optional(seriesKey),
      active: Type.Optional(Type.Boolean({ description: 'Only those in force, or only the others' })),
      limit: limit(50, 500),
      cursor,
    },
    closed,
  );
  app.get(
    '/answers',
    { schema: { tags, summary: 'What people answered, newest first', querystring: query, response: responses({ 200: page(ref('Answer')) }) } },
    (request, reply) => {
      if (request.query.pipeline !== undefined) pipelineOf(running, request.query.pipeline);
      return sendTagged(request, reply, running.reader.answers(request.query));
    },
  );
  app.get(
    '/answers/:id',
    { schema: { tags, summary: 'One answer', params: byId, querystring: Type.Object({}, closed), response: responses({ 200: ref('Answer') }) } },
    (request, reply) => sendTagged(request, reply, known(request.params.id)),
  );
}

/** Throws REQUEST_INVALID where it is not one thing that is answered, NOT_FOUND. */
function questionOf(running: Running, asked: Static<typeof question>): AnswerQuery {
  const { says, when, incident, series, from, to, days } = asked;
  const back = days * DAY;
  if (incident !== undefined) {
    if (series !== undefined) throw new HomeostatError('REQUEST_INVALID', { detail: 'name an incident or a series, not both' });
    const found = running.reader.incident(incident);
    if (found === undefined) throw new HomeostatError('NOT_FOUND', { what: 'incident', name: incident });
    return { pipeline: found.pipeline, says, when, of: { incident }, back };
  }
  if (asked.pipeline === undefined || series === undefined || from === undefined) {
    throw new HomeostatError('REQUEST_INVALID', { detail: 'name an incident, or a pipeline, a series and a time (from)' });
  }
  const { name } = pipelineOf(running, asked.pipeline);
  const begin = timeOf(from, 'from');
  const end = to === undefined ? begin : timeOf(to, 'to');
  if (end < begin) throw new HomeostatError('REQUEST_INVALID', { detail: '"from" is after "to"' });
  return { pipeline: name, says, when, of: { series, from: begin, to: end }, back };
}
