/** A real server on a free port over a process in memory, and the ways in which the tests talk to it. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { afterEach, expect } from 'vitest';
import { Check } from 'typebox/value';
import type { Problem } from '../core/api.ts';
import type { TSchema } from '../core/schema.ts';
import { FixtureRunning } from './running.fixture.ts';
import { SCHEMAS } from './schemas.ts';
import { startServer, type ServerOptions } from './server.ts';

export const VIEWER = { name: 'vera', role: 'viewer', token: 'viewer-token-0123456789' } as const;
export const OPERATOR = { name: 'olga', role: 'operator', token: 'operator-token-0123456789' } as const;
export const JSON_TYPE = { 'content-type': 'application/json' };

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const running: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

export interface Served {
  url: string;
  process: FixtureRunning;
  close(): Promise<void>;
  /** GET of a path under /api/v1, or POST when there is a body. */
  api(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
}

export async function serve(options: Partial<ServerOptions> = {}, process = new FixtureRunning()): Promise<Served> {
  const server = await startServer(process, { host: '127.0.0.1', port: 0, tokens: [], version: '1.2.3', ...options });
  running.push(server);
  const api = (path: string, init?: RequestInit) => fetch(`${server.url}/api/v1${path}`, init);
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    api(path, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) });
  return { url: server.url, process, close: server.close, api, post };
}

/** Holds a refusal against the one shape that all have. */
export async function problem(response: Response, status: number, code: string): Promise<Problem> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const body = (await response.json()) as Problem;
  expect(body).toMatchObject({ status, code, type: `/api/v1/docs#${code}` });
  expect(response.status).toBe(status);
  expect(Check(SCHEMAS.Problem, body)).toBe(true);
  expect(body.detail).not.toMatch(/\{\w+\}/);
  return body;
}

/** True when a value fits a schema that may name others. */
export function fits(schema: TSchema, value: unknown): boolean {
  const named = Object.fromEntries(Object.entries(SCHEMAS).map(([name, each]) => [`${name}#`, each]));
  return Check(named, schema, value);
}

/** A request with headers that fetch does not let one set. */
export function raw(
  url: string,
  method: string,
  headers: IncomingHttpHeaders,
  body = '',
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method, headers, setHost: headers.host === undefined }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
