import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseConfigWith } from './config/load.ts';
import type { Config } from './config/index.ts';
import { pacingsOf, receiversOf } from './deliveries.ts';
import { registry } from './registry.ts';
import { Receivers, testable } from './told.ts';

const configOf = (notify: string, more = ''): Config =>
  parseConfigWith(registry, `pipelines:\n  p: { source: { http: {} }, notify: [${notify}] }\n${more}`, 'f.yaml', {});
const quiet = (): void => {};

describe('receivers of a configuration', () => {
  it('have limits of their own, which differ by kind', () => {
    const { pipelines } = configOf(
      "log, { slack: { url: 'https://hooks.example/x' } }, { webhook: { url: 'https://h.example', rate_limit: { rate: 6/min, burst: 2 }, group: { wait: 1m } } }",
    );
    expect(Object.fromEntries(pacingsOf(pipelines[0]))).toEqual({
      'log#0': { rate: 0, burst: 10, wait: 0 },
      'slack#1': { rate: 0.5, burst: 10, wait: 5_000 },
      'webhook#2': { rate: 0.1, burst: 2, wait: 60_000 },
    });
  });

  it.each([
    [
      `{ webhook: { url: 'http://h', body: '{"a": "{{sevrity}}"}' } }`,
      '',
      'f.yaml:2:75: pipelines.p.notify[0].webhook.body names the unknown field "sevrity"; did you mean "severity"?',
    ],
    [`{ webhook: { url: 'http://h', array: true, content_type: text/plain } }`, '', 'notify[0].webhook.array needs a JSON content_type'],
    [`{ email: { host: mail.example.org, user: u, tls: off, from: a@b.c, to: [a@b.c] } }`, '', 'notify[0].email.tls is off'],
    ['log', "heartbeat: { url: 'http://h', pipelines: [q] }", 'heartbeat.pipelines[0] is q, and there is no such pipeline; there are p'],
  ])('%s %s is refused', (notify, more, problem) => expect(() => configOf(notify, more)).toThrow(problem));
});

it('a receiver is tried out once at a time, and whoever asks meanwhile gets the same answer', async () => {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => bodies.push(chunk.toString())).on('end', () => setTimeout(() => response.end(), 30));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const [pipeline] = configOf(`{ webhook: { url: 'http://127.0.0.1:${(server.address() as AddressInfo).port}' } }`).pipelines;
  const receivers = new Receivers('p', receiversOf(pipeline, registry, '.', quiet));
  const [first, second] = await Promise.all([receivers.test('webhook#0'), receivers.test('webhook#0')]);
  expect(first).toMatchObject({ pipeline: 'p', target: 'webhook#0', ok: true, detail: 'HTTP 200', mend: '' });
  expect(second).toBe(first);
  expect(bodies.length).toBe(1);
  expect(bodies[0]).toContain('This is a test of the receiver webhook#0. Nothing has happened.');
  expect(await receivers.test('webhook#0')).not.toBe(first);
  expect(() => receivers.test('webhook#1')).toThrow('There is no receiver of p "webhook#1"');
});

it('a receiver that is not there is a failed test with what to do, and no exception', async () => {
  const [{ test }] = testable(configOf("{ slack: { url: 'http://127.0.0.1:9/services/T0/secret-4f1c9a' } }").pipelines[0], '.', quiet);
  const outcome = await test();
  expect(outcome).toMatchObject({ target: 'slack#0', ok: false });
  expect(outcome.mend).toContain('Check its address');
  expect(JSON.stringify(outcome)).not.toContain('secret-4f1c9a');
});
