/** What several resources share. */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PipelineStatus } from '../../core/api.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { ControlRecord } from '../../core/contracts.ts';
import type { Running } from '../../core/live.ts';
import { Type, type TSchema } from '../../core/schema.ts';
import { ref } from '../schemas.ts';

export const closed = { additionalProperties: false } as const;

export const pipelineName = Type.String({ description: 'Name of a pipeline', minLength: 1, maxLength: 200 });
export const seriesKey = Type.String({ description: 'Key of a series', minLength: 1, maxLength: 2000 });
export const time = (description: string) => Type.String({ description: `${description}: ms since 1970 or ISO 8601`, maxLength: 40 });
export const limit = (fallback: number, most: number) =>
  Type.Integer({ description: 'Most items in the answer', minimum: 1, maximum: most, default: fallback });
export const cursor = Type.Optional(Type.String({ description: '`next` of the page before', maxLength: 2000 }));
export const namedPipeline = Type.Object({ name: pipelineName }, closed);

/** A page of items: `next` is the cursor of the page after it. */
export const page = (item: TSchema) =>
  Type.Object(
    {
      items: Type.Array(item),
      next: Type.Union([Type.String(), Type.Null()], { description: 'Cursor of the next page; null at the end' }),
      total: Type.Optional(Type.Number()),
    },
    { ...closed, description: 'A page' },
  );

/** The answers of a route: its own, and a problem for everything else. */
export function answers(own: Record<number, TSchema>) {
  return { ...own, default: { description: 'A problem', content: { 'application/problem+json': { schema: ref('Problem') } } } };
}

/** The body of a write that needs none. */
export const nothing = Type.Object({}, { ...closed, description: 'An empty object, or no body' });

/** What a write answers: it is durable, and applied at the next commit. */
export const accepted = Type.Object(
  { sequence: Type.Number({ description: 'Place among everything that people asked of this pipeline' }) },
  { ...closed, description: 'Durable; applied at the next commit' },
);

/** Throws NOT_FOUND. */
export function pipelineOf(running: Running, name: string): PipelineStatus {
  const found = running.pipelines().find((status) => status.name === name);
  if (found === undefined) throw new HomeostatError('NOT_FOUND', { what: 'pipeline', name });
  return found;
}

/** Index of a series of an existing pipeline. Throws NOT_FOUND. */
export function seriesOf(running: Running, pipeline: string, key: string): number {
  const index = running.seriesIndex(pipeline, key);
  if (index < 0) throw new HomeostatError('NOT_FOUND', { what: `series of ${pipeline}`, name: key });
  return index;
}

/** Asks something of a pipeline and answers 202. */
export async function ask(running: Running, pipeline: string, record: ControlRecord, reply: FastifyReply): Promise<{ sequence: number }> {
  const sequence = await running.control(pipeline, record);
  reply.code(202);
  return { sequence };
}

/** ms since 1970 of a time in a query; throws REQUEST_INVALID. */
export function timeOf(text: string, name: string): number {
  const ms = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text);
  if (Math.abs(ms) <= 8.64e15) return ms;
  throw new HomeostatError('REQUEST_INVALID', {
    detail: `the query parameter "${name}" is "${text.slice(0, 40)}", which is neither ms since 1970 nor ISO 8601`,
  });
}

/** Both ends of an interval; throws REQUEST_INVALID when it is turned around. */
export function interval(query: { from?: string; to?: string }, fallback: { from: number; to: number }): { from: number; to: number } {
  const to = query.to === undefined ? fallback.to : timeOf(query.to, 'to');
  const from = query.from === undefined ? Math.min(fallback.from, to) : timeOf(query.from, 'from');
  if (from > to) throw new HomeostatError('REQUEST_INVALID', { detail: '"from" is after "to"' });
  return { from, to };
}

/** Every event time there can be. */
export const ALWAYS = { from: 0, to: 8.64e15 };

/**
 * Answers with JSON under an ETag of its content, or with 304 when the client already has it. Made of the content, not of the
 * last checkpoint: what the process knows of that one may be a moment older than what the stores hold.
 */
export function sendTagged(request: FastifyRequest, reply: FastifyReply, value: object): FastifyReply {
  const json = JSON.stringify(value);
  if (matches(request, reply, tagOf(json))) return reply.send();
  return reply.type('application/json').send(json);
}

export function tagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}

/** Sets the ETag; true (and status 304) when the client's is the same. */
export function matches(request: FastifyRequest, reply: FastifyReply, tag: string): boolean {
  reply.header('etag', tag).header('cache-control', 'private, no-cache');
  const known = request.headers['if-none-match'];
  const same = known !== undefined && known.split(',').some((each) => each.trim().replace(/^W\//, '') === tag);
  if (same) reply.code(304);
  return same;
}
