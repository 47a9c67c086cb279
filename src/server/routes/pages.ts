/** Metrics, the OpenAPI document and its human page: made for tools and people, not part of the document itself. */
import type { App } from '../app.ts';
import { DOCS_CSS, renderDocs } from '../docs.ts';
import type { Metrics } from '../metrics.ts';
import { Type } from '../../core/schema.ts';
import { answers, matches, tagOf } from './common.ts';

const tags = ['documents'];
const text = (type: string, description: string) => ({ description, content: { [type]: { schema: Type.String() } } }) as never;

export function pages(app: App, metrics: Metrics): void {
  let document: { json: string; html: string; tag: string } | undefined;
  const made = () => {
    if (document === undefined) {
      const json = JSON.stringify(app.swagger());
      document = { json, html: renderDocs(JSON.parse(json)), tag: tagOf(json) };
    }
    return document;
  };

  app.get(
    '/metrics',
    { schema: { tags, summary: 'Metrics for Prometheus', response: answers({ 200: text('text/plain', 'Text format of Prometheus') }) } },
    async (_request, reply) =>
      reply
        .type(metrics.contentType)
        .header('cache-control', 'no-store')
        .send(await metrics.text()),
  );

  app.get(
    '/api/v1/openapi.json',
    { config: { role: 'anyone' }, schema: { tags, summary: 'This document', response: answers({ 200: Type.Unknown({ description: 'OpenAPI 3.1' }) }) } },
    (request, reply) => (matches(request, reply, made().tag) ? reply.send() : reply.type('application/json').send(made().json)),
  );

  app.get(
    '/api/v1/docs',
    { config: { role: 'anyone' }, schema: { tags, summary: 'This document for people', response: answers({ 200: text('text/html', 'A page') }) } },
    (request, reply) => (matches(request, reply, made().tag) ? reply.send() : reply.type('text/html; charset=utf-8').send(made().html)),
  );

  app.get(
    '/api/v1/docs.css',
    { config: { role: 'anyone' }, schema: { tags, summary: 'Its style', response: answers({ 200: text('text/css', 'A style sheet') }) } },
    (_request, reply) => reply.type('text/css; charset=utf-8').header('cache-control', 'no-cache').send(DOCS_CSS),
  );
}
