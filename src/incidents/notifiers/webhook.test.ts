import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome } from '../../core/contracts.ts';
import { incidentOf, noticeOf } from '../notice.fixture.ts';
import { retryAfterMs } from '../post.ts';
import { Receiver, status } from '../receiver.fixture.ts';
import { webhook } from './webhook.ts';

const SECRET = 'the signing secret';

let receiver: Receiver;
let url: string;

beforeEach(async () => {
  receiver = new Receiver();
  url = await receiver.start();
});
afterEach(() => receiver.stop());

function send(
  options: { url?: string; secret?: string; headers?: Record<string, string> } = {},
  notice = noticeOf('key-1', incidentOf('0123456789abcdef')),
): Promise<Outcome> {
  const logged: string[] = [];
  const notifier = webhook.create(
    {
      url: `${url}/hook`,
      secret: '',
      timeout: 2_000,
      headers: {},
      method: 'POST',
      content_type: 'application/json',
      array: false,
      external_url: 'https://homeostat.example',
      ...options,
    },
    { target: 'webhook#0', log: (_, message) => logged.push(message) },
  );
  return notifier.send(notice, new AbortController().signal);
}

describe('webhook', () => {
  it('posts an Alertmanager body, version 4', async () => {
    expect(await send()).toEqual({ ok: true, detail: 'HTTP 200' });
    const { body, headers, path } = receiver.received[0];
    expect(path).toBe('/hook');
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': 'key-1' });
    await expect(`${JSON.stringify(JSON.parse(body), null, 2)}\n`).toMatchFileSnapshot('webhook.body.json');
  });

  it('closes the alert that it opened: same fingerprint and labels, status resolved, with an end', async () => {
    await send();
    await send({}, noticeOf('key-2', incidentOf('0123456789abcdef', { state: 'Normal', endedAt: Date.UTC(2026, 0, 5, 10, 1) }), 'resolved'));
    const [opened, closed] = receiver.received.map(({ body }) => (JSON.parse(body) as { alerts: Record<string, unknown>[] }).alerts[0]);
    expect(closed['fingerprint']).toBe(opened['fingerprint']);
    expect(closed['labels']).toEqual(opened['labels']);
    expect([closed['status'], closed['endsAt']]).toEqual(['resolved', '2026-01-05T10:01:00.000Z']);
  });

  it('signs the body with the time, so that the receiver can tell who sent it and when', async () => {
    await send({ secret: SECRET });
    const { headers, body } = receiver.received[0];
    const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['homeostat-signature']))!;
    expect(digest).toBe(createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex'));
    expect(Math.abs(Date.now() / 1000 - Number(seconds))).toBeLessThan(60);
    expect(body).not.toContain(SECRET);
  });

  it('sends no signature without a secret, and the headers it is given', async () => {
    await send({ headers: { authorization: 'Bearer abc' } });
    expect(receiver.received[0].headers['homeostat-signature']).toBeUndefined();
    expect(receiver.received[0].headers['authorization']).toBe('Bearer abc');
  });

  it('sends the credentials of the address as a header', async () => {
    await send({ url: url.replace('http://', 'http://ana:p%40ss@') });
    expect(receiver.received[0].headers['authorization']).toBe(`Basic ${Buffer.from('ana:p@ss').toString('base64')}`);
  });

  it('follows a redirect on the same host and none to another', async () => {
    receiver.answers = [status(308, { location: '/moved' })];
    expect(await send()).toMatchObject({ ok: true });
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook', '/moved']);
    const other = new Receiver();
    const elsewhere = await other.start();
    receiver.answers = [status(307, { location: `${elsewhere}/hook` })];
    expect(await send({ secret: SECRET })).toMatchObject({ ok: false, retry: false });
    expect(other.received).toEqual([]);
    await other.stop();
  });

  it('does not go round in circles', async () => {
    receiver.always = status(307, { location: '/hook' });
    expect(await send()).toMatchObject({ ok: false, retry: false });
    expect(receiver.received.length).toBe(4);
  });

  it.each([
    [200, { ok: true }],
    [204, { ok: true }],
    [301, { ok: false, retry: false }],
    [401, { ok: false, retry: false }],
    [408, { ok: false, retry: true }],
    [429, { ok: false, retry: true }],
    [500, { ok: false, retry: true }],
    [503, { ok: false, retry: true }],
  ])('takes HTTP %i for what it means', async (code, outcome) => {
    receiver.always = status(code);
    expect(await send()).toMatchObject(outcome);
  });

  it('names no secret when it fails', async () => {
    await receiver.stop();
    const outcome = await send({
      url: url.replace('http://', `http://ana:${encodeURIComponent(SECRET)}@`),
      secret: SECRET,
      headers: { authorization: SECRET },
    });
    expect(outcome).toMatchObject({ ok: false, retry: true });
    expect(JSON.stringify(outcome)).not.toContain(SECRET);
    expect(JSON.stringify(outcome)).not.toContain(encodeURIComponent(SECRET));
    await receiver.start();
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['Mon, 05 Jan 2026 10:00:30 GMT', 30_000],
    ['Mon, 05 Jan 2026 09:00:00 GMT', 0],
    ['soon', undefined],
    [null, undefined],
  ])('%s is %s ms', (header, ms) => {
    expect(retryAfterMs(header, Date.UTC(2026, 0, 5, 10))).toBe(ms);
  });
});
