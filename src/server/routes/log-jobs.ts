/** Jobs over uploaded files: made, sent in parts, watched, cancelled, removed. */
import type { Readable } from 'node:stream';
import { Type } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { ref } from '../schemas.ts';
import { answers, closed, nothing, page } from './common.ts';
import { jobId } from './logs.ts';

const tags = ['log jobs'];
const params = Type.Object({ id: jobId }, closed);
const none = Type.Object({}, closed);

const made = Type.Object(
  {
    file: Type.String({ description: 'Name of the file', minLength: 1, maxLength: 500 }),
    size: Type.Integer({ description: 'Its size, bytes', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    session: Type.Optional(Type.String({ description: '`auto`, or how lines become sessions, as `session.by` of a pipeline', minLength: 1, maxLength: 1000 })),
  },
  closed,
);

export function logJobs(app: App, context: Context): void {
  const { running, limits } = context;
  lists(app, context);
  content(app, context);
  app.post(
    '/logs/jobs',
    {
      schema: {
        tags,
        summary: 'Make a job for a file that is about to be sent',
        description:
          'Its content follows by PATCH. Jobs run one at a time, in the order in which their uploads ended, and go on after a restart. ' +
          'At most server.max_jobs are kept, each for server.keep_jobs: what ended first makes room. 413 beyond server.max_upload, 507 where the disk has no room.',
        body: made,
        response: answers({ 201: ref('LogJob') }),
      },
    },
    async (request, reply) => {
      const bounds = { maxUpload: limits.max_upload, maxJobs: limits.max_jobs, keep: limits.keep_jobs };
      reply.code(201);
      return running.logs.jobs.create(request.body, bounds);
    },
  );
  app.post(
    '/logs/jobs/:id/cancel',
    {
      schema: {
        tags,
        summary: 'Stop a job for good',
        description: 'What was read until then can still be looked at.',
        params,
        body: nothing,
        response: answers({ 200: ref('LogJob') }),
      },
    },
    (request) => running.logs.jobs.cancel(request.params.id),
  );
  app.delete(
    '/logs/jobs/:id',
    {
      schema: {
        tags,
        summary: 'Remove a job with its file and its results',
        params,
        response: answers({ 204: Type.Unsafe<void>({ type: 'null', description: 'It is gone' }) }),
      },
    },
    async (request, reply) => {
      await running.logs.jobs.remove(request.params.id);
      return reply.code(204).send();
    },
  );
}

function lists(app: App, { running }: Context): void {
  app.get(
    '/logs/jobs',
    { schema: { tags, summary: 'Every job, the newest first', querystring: none, response: answers({ 200: page(ref('LogJob')) }) } },
    () => ({ items: running.logs.jobs.list(), next: null }),
  );
  app.get('/logs/jobs/:id', { schema: { tags, summary: 'One job', params, querystring: none, response: answers({ 200: ref('LogJob') }) } }, (request) =>
    running.logs.jobs.get(request.params.id),
  );
}

const offset = Type.Integer({ description: 'Byte of the file at which the body begins', minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** The upload itself, in the manner of tus (resumable uploads): parts of any size, each acknowledged once it is on the disk. */
function content(app: App, { running }: Context): void {
  app.head(
    '/logs/jobs/:id/content',
    {
      config: { role: 'viewer', swagger: { exposeHeadRoute: true } },
      schema: {
        tags,
        summary: 'How much of the file has arrived',
        description: 'In the headers Upload-Offset and Upload-Length.',
        params,
        response: answers({ 200: { description: 'No body' } }),
      },
    },
    (request, reply) => {
      const { uploaded, size } = running.logs.jobs.get(request.params.id);
      return reply.header('upload-offset', String(uploaded)).header('upload-length', String(size)).header('cache-control', 'no-store').send();
    },
  );
  app.register(async (uploads: App) => {
    // Streamed to the disk: no parser, and no bound but the size that was announced.
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser('application/offset+octet-stream', (_request, payload, done) => done(null, payload));
    uploads.patch(
      '/logs/jobs/:id/content',
      {
        schema: {
          tags,
          summary: 'Send a part of the file',
          description:
            'Answered with Upload-Offset once it is on the disk; 409, with the true one, where it does not fit. What came of a body that broke off is kept: ask by HEAD and go on. ' +
            'A request has to arrive within server.request_timeout, so send parts (8 MiB, say). The last one puts the job into the queue.',
          params,
          headers: Type.Object({ 'upload-offset': offset }),
          body: { content: { 'application/offset+octet-stream': { schema: Type.String({ format: 'binary' }) } } } as never,
          response: answers({ 204: Type.Unsafe<void>({ type: 'null', description: 'On the disk' }) }),
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const { jobs } = running.logs;
        try {
          const at = await jobs.append(id, request.headers['upload-offset'], request.body as Readable);
          return reply.code(204).header('upload-offset', String(at)).send();
        } catch (thrown) {
          if (jobs.list().some((job) => job.id === id)) reply.header('upload-offset', String(jobs.get(id).uploaded));
          throw thrown;
        }
      },
    );
  });
}
