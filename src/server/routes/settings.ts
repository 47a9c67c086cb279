/** Detector, threshold and rules of a pipeline, changed while it runs and kept in its configuration file. */
import type { FastifyReply } from 'fastify';
import type { JsonValue } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { SettingChanges, SettingsApplied } from '../../core/settings-api.ts';
import { Type } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { ref } from '../schemas.ts';
import { nameOf } from '../security.ts';
import { answers, closed, namedPipeline, nothing, page, pipelineOf } from './common.ts';

const tags = ['settings'];
const MOST_CHANGES = 100;

const body = Type.Object(
  {
    changes: Type.Record(Type.String({ maxLength: 200 }), Type.Unknown(), {
      description:
        'Values by key: `{ "detect.detector.ema.span": 40 }`, `{ "detect.detector": "zscore" }`, `{ "incident.open": "2 of 3" }`. null takes a key out of the file, so that its default holds',
      minProperties: 1,
      maxProperties: MOST_CHANGES,
    }),
  },
  closed,
);
const matched = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'The ETag of the settings that the change was made on', maxLength: 200 })),
});

const SETTINGS = '/pipelines/:name/settings';

export function settings(app: App, { running }: Context): void {
  reads(app, running);

  app.put(
    SETTINGS,
    {
      schema: {
        tags,
        summary: 'Change settings',
        description:
          'Writes the configuration file, all else in it as it was, and puts the change in force between two commits. Needs `If-Match`: 412 when the file is another one by now.',
        params: namedPipeline,
        headers: matched,
        body,
        response: answers({ 200: ref('SettingsApplied') }),
      },
    },
    async (request, reply) => {
      const { name } = pipelineOf(running, request.params.name);
      const revision = revisionOf(request.headers['if-match']);
      return applied(reply, await running.settings.change(name, changesOf(request.body.changes), revision, nameOf(request)));
    },
  );

  for (const [direction, summary] of [
    ['undo', 'Take the last change of a pipeline back'],
    ['redo', 'Make the change again that was taken back last'],
  ] as const) {
    app.post(
      `${SETTINGS}/${direction}`,
      {
        schema: {
          tags,
          summary,
          description: 'The lines that it changed become what they were; other changes of the file stay. It is a change itself.',
          params: namedPipeline,
          body: nothing,
          response: answers({ 200: ref('SettingsApplied') }),
        },
      },
      async (request, reply) => {
        const { name } = pipelineOf(running, request.params.name);
        return applied(reply, await running.settings.step(name, direction, nameOf(request)));
      },
    );
  }
}

function reads(app: App, running: Context['running']): void {
  app.get(
    SETTINGS,
    {
      schema: {
        tags,
        summary: 'What of a pipeline can be changed while it runs',
        description: 'With the options of every detector and threshold as JSON Schema, and whether the file can be written.',
        params: namedPipeline,
        querystring: Type.Object({}, closed),
        response: answers({ 200: ref('Settings') }),
      },
    },
    async (request, reply) => {
      const view = await running.settings.view(pipelineOf(running, request.params.name).name);
      reply.header('etag', `"${view.revision}"`).header('cache-control', 'private, no-cache');
      return view;
    },
  );

  app.post(
    `${SETTINGS}/preview`,
    {
      schema: {
        tags,
        summary: 'What a change of settings would do',
        description: 'The diff of the file, what is wrong with it, and which series would warm up again. Nothing is changed.',
        params: namedPipeline,
        body,
        response: answers({ 200: ref('SettingsPreview') }),
      },
    },
    (request) => running.settings.preview(pipelineOf(running, request.params.name).name, changesOf(request.body.changes)),
  );

  app.get(
    `${SETTINGS}/revisions`,
    {
      schema: {
        tags,
        summary: 'Changes of settings, newest first',
        params: namedPipeline,
        querystring: Type.Object({}, closed),
        response: answers({ 200: page(ref('SettingsRevision')) }),
      },
    },
    async (request) => ({ items: await running.settings.revisions(pipelineOf(running, request.params.name).name), next: null }),
  );
}

function changesOf(changes: Record<string, unknown>): SettingChanges {
  return changes as Record<string, JsonValue>;
}

/** Throws REQUEST_INVALID. */
function revisionOf(header: string | undefined): string {
  const revision = /^\s*(?:W\/)?"([^"]*)"\s*$/.exec(header ?? '')?.[1];
  if (revision !== undefined) return revision;
  throw new HomeostatError('REQUEST_INVALID', {
    detail: 'the header If-Match is missing; send the ETag of the settings, so that no change of others is overwritten',
  });
}

function applied(reply: FastifyReply, result: SettingsApplied): SettingsApplied {
  reply.header('etag', `"${result.file}"`);
  return result;
}
