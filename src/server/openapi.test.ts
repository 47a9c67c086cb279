import { describe, expect, it } from 'vitest';
import type * as api from '../core/api.ts';
import type { IncidentRecord, Range } from '../core/contracts.ts';
import type { Static } from '../core/schema.ts';
import type { Verdict } from '../core/verdicts.ts';
import { renderDocs } from './docs.ts';
import { SCHEMAS } from './schemas.ts';
import { serve } from './serve.fixture.ts';
import { openApiDocument } from './server.ts';

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  security: object[];
  parameters?: { name: string; in: string; required: boolean; schema: object; description?: string }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: { $ref?: string } }> }>;
}
interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: object };
}

/** Everything that a document can hold, one value after another. */
function* within(value: unknown): Generator<Record<string, unknown>> {
  if (value === null || typeof value !== 'object') return;
  yield value as Record<string, unknown>;
  for (const each of Object.values(value)) yield* within(each);
}

const document = (await openApiDocument('1.2.3')) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

/** Holds when both have the same keys and what is sent is what is documented; the compiler looks at it. */
type Documented<Sent, Said> = [keyof Sent] extends [keyof Said] ? ([keyof Said] extends [keyof Sent] ? (Sent extends Said ? true : never) : never) : never;

/** Of what holds other named schemas. */
type Keys<T> = Record<keyof T, true>;

/** What is the same of a log pipeline and of a job, below the address of either. */
const LOG_PATHS = [
  'get /templates',
  'post /templates/edits',
  'get /sessions',
  'get /sessions/{session}',
  'get /scores',
  'get /models',
  'get /answers',
  'post /answers',
  'post /answers/preview',
  'post /answers/import',
  'delete /answers/{answer}',
  'get /download',
];
const logPaths = (base: string) => LOG_PATHS.map((path) => path.replace(' ', ` ${base}`));

describe('the OpenAPI document', () => {
  it('documents exactly the types that the process sends', () => {
    const same: true[] = [
      true satisfies Documented<api.PipelineStatus, Static<typeof SCHEMAS.Pipeline>>,
      true satisfies Documented<api.SeriesStatus, Static<typeof SCHEMAS.Series>>,
      true satisfies Documented<Verdict, Static<typeof SCHEMAS.Verdict>>,
      true satisfies Documented<Range, Static<typeof SCHEMAS.Range>>,
      true satisfies Documented<IncidentRecord, Static<typeof SCHEMAS.Incident>>,
      true satisfies Documented<api.SettingsApplied, Static<typeof SCHEMAS.SettingsApplied>>,
      true satisfies Documented<api.SettingsPreview, Static<typeof SCHEMAS.SettingsPreview>>,
      true satisfies Documented<api.SettingsRevision, Static<typeof SCHEMAS.SettingsRevision>>,
      true satisfies Documented<api.IncidentDetail, Static<typeof SCHEMAS.IncidentDetail>>,
      true satisfies Documented<api.OutboxView, Static<typeof SCHEMAS.Delivery>>,
      true satisfies Documented<api.DeadLetterView, Static<typeof SCHEMAS.DeadLetter>>,
      true satisfies Documented<api.SilenceView, Static<typeof SCHEMAS.Silence>>,
      true satisfies Documented<api.AnswerView, Static<typeof SCHEMAS.Answer>>,
      true satisfies Documented<api.AnswerPreview, Static<typeof SCHEMAS.AnswerPreview>>,
      true satisfies Documented<api.AuditView, Static<typeof SCHEMAS.Audit>>,
      true satisfies Documented<api.Health, Static<typeof SCHEMAS.Health>>,
      true satisfies Documented<api.Problem, Static<typeof SCHEMAS.Problem>>,
      true satisfies Documented<api.Comparison, Static<typeof SCHEMAS.Comparison>>,
      true satisfies Documented<api.DetectorView, Static<typeof SCHEMAS.Detector>>,
      true satisfies Documented<api.ComponentView, Static<typeof SCHEMAS.Component>>,
      true satisfies Documented<api.LogOverview, Static<typeof SCHEMAS.LogOverview>>,
      true satisfies Documented<api.LogTemplate, Static<typeof SCHEMAS.LogTemplate>>,
      true satisfies Documented<Keys<api.LogTemplates>, Keys<Static<typeof SCHEMAS.LogTemplates>>>,
      true satisfies Documented<api.LogSession, Static<typeof SCHEMAS.LogSession>>,
      true satisfies Documented<Keys<api.LogSessions>, Keys<Static<typeof SCHEMAS.LogSessions>>>,
      true satisfies Documented<api.LogSessionDetail, Static<typeof SCHEMAS.LogSessionDetail>>,
      true satisfies Documented<api.LogScores, Static<typeof SCHEMAS.LogScores>>,
      true satisfies Documented<api.LogModel, Static<typeof SCHEMAS.LogModel>>,
      true satisfies Documented<api.LogAnswerShown, Static<typeof SCHEMAS.LogAnswer>>,
      true satisfies Documented<api.LogAnswerPreview, Static<typeof SCHEMAS.LogAnswerPreview>>,
      true satisfies Documented<api.LogJob, Static<typeof SCHEMAS.LogJob>>,
    ];
    expect(same).toHaveLength(31);
  });

  it('is OpenAPI 3.1 of this version, and the same whether served or made without a server', async () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Homeostat', version: '1.2.3' } });
    const { api } = await serve();
    expect(await (await api('/openapi.json')).json()).toEqual(JSON.parse(JSON.stringify(document)));
  });

  it('holds every resource', () => {
    const wanted = [
      'get /api/v1/pipelines',
      'get /api/v1/pipelines/{name}',
      'post /api/v1/pipelines/{name}/events',
      'post /api/v1/pipelines/{name}/savepoint',
      'post /api/v1/pipelines/{name}/receivers/{target}/test',
      'post /api/v1/pipelines/{name}/restart-source',
      'get /api/v1/series',
      'get /api/v1/series/{pipeline}/range',
      'get /api/v1/verdicts',
      'get /api/v1/events',
      'post /api/v1/events',
      'post /api/v1/detect',
      'get /api/v1/detectors',
      'get /api/v1/series/{pipeline}/detector',
      'post /api/v1/series/{pipeline}/compare',
      'get /api/v1/incidents',
      'get /api/v1/incidents/{id}',
      'post /api/v1/incidents/{id}/acknowledge',
      'get /api/v1/silences',
      'post /api/v1/silences',
      'delete /api/v1/silences/{id}',
      'get /api/v1/answers',
      'post /api/v1/answers',
      'post /api/v1/answers/preview',
      'post /api/v1/answers/import',
      'get /api/v1/answers/{id}',
      'delete /api/v1/answers/{id}',
      'get /api/v1/pipelines/{name}/settings',
      'put /api/v1/pipelines/{name}/settings',
      'post /api/v1/pipelines/{name}/settings/preview',
      'post /api/v1/pipelines/{name}/settings/undo',
      'post /api/v1/pipelines/{name}/settings/redo',
      'get /api/v1/pipelines/{name}/settings/revisions',
      'get /api/v1/pipelines/{name}/logs',
      ...logPaths('/api/v1/pipelines/{name}/logs'),
      'get /api/v1/logs/jobs',
      'post /api/v1/logs/jobs',
      'get /api/v1/logs/jobs/{id}',
      'delete /api/v1/logs/jobs/{id}',
      'post /api/v1/logs/jobs/{id}/cancel',
      'head /api/v1/logs/jobs/{id}/content',
      'patch /api/v1/logs/jobs/{id}/content',
      'get /api/v1/logs/jobs/{id}/overview',
      ...logPaths('/api/v1/logs/jobs/{id}'),
      'get /api/v1/dead-letters',
      'post /api/v1/dead-letters/replay',
      'get /api/v1/audit',
      'get /api/v1/outbox',
      'get /api/v1/health',
      'get /api/v1/stream',
      'get /api/v1/session',
      'post /api/v1/session',
      'delete /api/v1/session',
      'get /livez',
      'get /readyz',
      'get /metrics',
      'get /api/v1/openapi.json',
      'get /api/v1/docs',
      'get /api/v1/docs.css',
    ];
    expect(operations.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(wanted.toSorted());
  });

  it('names every operation once, says who may call it, and what comes back when it fails', () => {
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
    for (const { operation } of operations) {
      expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect(operation.summary).toBeTruthy();
      expect(operation.tags).toHaveLength(1);
      expect(operation.security).toBeInstanceOf(Array);
      expect(operation.responses.default.content!['application/problem+json'].schema.$ref).toBe('#/components/schemas/Problem');
      for (const response of Object.values(operation.responses)) expect(response.description).not.toMatch(/^Default/);
    }
  });

  it('has a parameter for every part of a path, and a body for every POST', () => {
    for (const { path, method, operation } of operations) {
      const inPath = (operation.parameters ?? []).filter((each) => each.in === 'path').map((each) => each.name);
      expect(inPath.toSorted()).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted());
      expect(operation.requestBody !== undefined).toBe(method === 'put' || method === 'post' || method === 'patch');
    }
    expect(Object.keys(document.paths['/api/v1/events'].post.requestBody!.content)).toEqual([
      'application/json',
      'application/x-ndjson',
      'application/ndjson',
      'text/csv',
      'application/octet-stream',
    ]);
  });

  it('asks for nothing that has a default', () => {
    const parameters = operations.flatMap(({ operation }) => operation.parameters ?? []);
    const required = parameters.filter(({ required, in: place }) => required && place !== 'path').map(({ name }) => name);
    expect([...new Set(required)].toSorted()).toEqual(['key', 'pipeline', 'series', 'upload-offset', 'what']);
    const body = document.paths['/api/v1/silences'].post.requestBody!.content['application/json'].schema as { required: string[] };
    expect(body.required).toEqual(['pipeline', 'matchers', 'until']);
  });

  it('refers to nothing that it does not hold, and to nothing outside', () => {
    let references = 0;
    for (const { $ref } of within(document)) {
      if (typeof $ref !== 'string') continue;
      references++;
      expect($ref).toMatch(/^#\/components\/schemas\//);
      expect(Object.keys(document.components.schemas)).toContain($ref.split('/').pop());
    }
    expect(references).toBeGreaterThan(30);
    expect(Object.keys(document.components.schemas).toSorted()).toEqual(Object.keys(SCHEMAS).toSorted());
  });
});

describe('the page for people', () => {
  it('shows every operation, schema and error without a script and without a foreign address', () => {
    const html = renderDocs(document);
    for (const { path, operation } of operations) {
      expect(html).toContain(`<code>${path}</code>`);
      expect(html).toContain(operation.summary);
    }
    expect(html).toContain('id="JOURNAL_FULL"');
    expect(html).not.toMatch(/<script|<style|style=|onclick|javascript:|https?:\/\//i);
    const targets = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    for (const [, target] of html.matchAll(/href="#([^"]+)"/g)) expect(targets).toContain(target);
  });

  it('escapes what it shows', () => {
    const html = renderDocs({ info: { title: '<b>&"', version: '1' }, paths: {} });
    expect(html).toContain('&lt;b&gt;&amp;&quot;');
    expect(html).not.toContain('<b>');
  });

  it('is served with its style, and as 304 to whoever has it', async () => {
    const { api } = await serve();
    const page = await api('/docs');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect((await api('/docs', { headers: { 'if-none-match': page.headers.get('etag')! } })).status).toBe(304);
    expect((await api('/docs.css')).headers.get('content-type')).toBe('text/css; charset=utf-8');
  });
});
