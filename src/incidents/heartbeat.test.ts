import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import type { PartHealth } from '../core/api.ts';
import { Heartbeat, type HeartbeatOptions } from './heartbeat.ts';
import { Receiver, status } from './receiver.fixture.ts';

let receiver: Receiver;
let url: string;
let trouble = '';
beforeEach(async () => {
  trouble = '';
  receiver = new Receiver();
  url = await receiver.start();
});
afterEach(() => receiver.stop());

function started(more: Partial<HeartbeatOptions> = {}): { heartbeat: Heartbeat; parts: PartHealth[]; logged: string[] } {
  const parts: PartHealth[] = [];
  const logged: string[] = [];
  const options: HeartbeatOptions = { url: `${url}/ping/0123456789abcdef`, method: 'GET', interval: 40, timeout: 1_000, pipelines: [], headers: {}, ...more };
  const heartbeat = new Heartbeat(options, { trouble: () => trouble, report: (part) => parts.push(part), log: (_, message) => logged.push(message) });
  onTestFinished(() => heartbeat.stop(false));
  heartbeat.start();
  return { heartbeat, parts, logged };
}

it('beats at once and then again and again', async () => {
  const began = Date.now();
  started();
  await receiver.arrived(4);
  expect(Date.now() - began).toBeGreaterThanOrEqual(100);
  expect(receiver.received[0].path).toBe('/ping/0123456789abcdef');
});

it('does not beat while something is wrong, says why, and beats again once it is well', async () => {
  trouble = 'pipeline p has failed';
  const { parts, logged } = started();
  await receiver.quiet(100);
  expect(receiver.received).toEqual([]);
  expect(parts).toMatchObject([{ part: 'heartbeat', condition: 'degraded', reason: 'no beat: pipeline p has failed' }]);
  trouble = '';
  await receiver.arrived(2);
  expect(parts.at(-1)).toMatchObject({ condition: 'ok' });
  expect(logged).toEqual(['heartbeat: no beat: pipeline p has failed', 'heartbeat: beats are taken again']);
});

it('begins to beat as soon as all is well, and says nothing of what only starts', async () => {
  trouble = 'engine of pipeline p: starting';
  const { logged } = started({ interval: 600 });
  await receiver.quiet(50);
  trouble = '';
  const began = Date.now();
  await receiver.arrived(1);
  expect(Date.now() - began).toBeLessThan(400);
  expect(logged).toEqual([]);
});

it('tries a beat that was not taken again before the next is due, and shows no secret', async () => {
  receiver.answers = [status(503), status(503)];
  const { parts, logged } = started({ interval: 400 });
  const began = Date.now();
  await receiver.arrived(3);
  expect(Date.now() - began).toBeLessThan(400);
  expect(parts[0]).toMatchObject({ condition: 'degraded', reason: 'a beat was not taken: HTTP 503 Service Unavailable' });
  expect(logged.join()).not.toContain('0123456789abcdef');
});

it('shows no part of its address, whatever the other side says', async () => {
  receiver.always = (_, response) => void response.writeHead(400, { 'content-type': 'text/plain' }).end('no token query-key-1 for fedcba9876543210');
  const { logged } = started({ url: `${url}/ping/fedcba9876543210/start?token=query-key-1&v=2` });
  await receiver.arrived(1);
  await vi.waitFor(() => expect(logged.length).toBeGreaterThan(0), 15_000);
  expect(logged).toEqual(['heartbeat: a beat was not taken: HTTP 400 Bad Request: no token *** for ***']);
});

it('says at a planned end that it ends, and not otherwise', async () => {
  const { heartbeat } = started({ interval: 60_000, end_url: `${url}/end` });
  await receiver.arrived(1);
  await heartbeat.stop(true);
  expect(receiver.received.map(({ path }) => path)).toEqual(['/ping/0123456789abcdef', '/end']);
  const other = started({ interval: 60_000, end_url: `${url}/end` });
  await receiver.arrived(3);
  await other.heartbeat.stop(false);
  expect(receiver.received.length).toBe(3);
});
