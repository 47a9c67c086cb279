import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import type { Notice, Outcome } from '../../core/contracts.ts';
import { CERTIFICATE, MailServer, type MailServerOptions } from '../mail-server.fixture.ts';
import { incidentOf, noticeOf } from '../notice.fixture.ts';
import { email } from './email.ts';

const PASSWORD = 'the password of the mail server';
const firing = noticeOf('key-1', incidentOf('abc'));
const resolved: Notice = { ...noticeOf('key-2', incidentOf('abc', { state: 'Normal', endedAt: Date.UTC(2026, 0, 5, 10, 12) }), 'resolved'), first: 'key-1' };

type Options = Partial<Parameters<typeof email.create>[0]>;

async function started(options: MailServerOptions = {}): Promise<{ server: MailServer; send(notices: Notice[], more?: Options): Promise<Outcome> }> {
  const server = new MailServer(options);
  const port = await server.start();
  onTestFinished(() => server.stop());
  const send = (notices: Notice[], more: Options = {}): Promise<Outcome> => {
    const given: Parameters<typeof email.create>[0] = {
      host: 'localhost',
      port,
      tls: 'off',
      password: '',
      from: 'Homeostat <homeostat@example.org>',
      to: ['ana@example.org'],
      timeout: 5_000,
    };
    const notifier = email.create({ ...given, ...more }, { target: 'email#0', log: () => {} });
    const never = new AbortController().signal;
    return notices.length === 1 ? notifier.send(notices[0], never) : notifier.sendTogether!(notices, never);
  };
  return { server, send };
}

const ca = /-----BEGIN CERTIFICATE[^]*/.exec(readFileSync(CERTIFICATE, 'utf8'))![0];
const trusting = (mode: 'required' | 'implicit' | 'starttls'): Options => ({ tls: { mode, ca, verify: true } });
const signedIn: Options = { user: 'homeostat', password: PASSWORD };

it('says everything in text and in HTML', async () => {
  const { server, send } = await started();
  expect(await send([firing], { to: ['ana@example.org', 'Bob <bob@example.org>'], external_url: 'https://h.example' })).toEqual({
    ok: true,
    detail: 'taken for 2 of 2',
  });
  const [{ from, to, headers, parts }] = server.mails;
  expect([from, to]).toEqual(['homeostat@example.org', ['ana@example.org', 'bob@example.org']]);
  expect(headers).toMatchObject({ subject: 'Alerting: response_time [critical] (p)', 'auto-submitted': 'auto-generated', 'message-id': '<key-1@example.org>' });
  for (const text of [parts['text/plain'], parts['text/html']]) {
    for (const part of ['812 ms', '203 ms', 'critical', 'host=x', '2026-01-05 10:00:00 UTC', 'https://h.example/#/incidents/abc']) expect(text).toContain(part);
  }
});

it('makes one thread of the first and the last mail about an incident', async () => {
  const { server, send } = await started();
  await send([firing]);
  await send([resolved]);
  const [first, last] = server.mails.map(({ headers }) => headers);
  expect(last).toMatchObject({ 'in-reply-to': first['message-id'], references: first['message-id'] });
  expect(last['message-id']).toBe('<key-2@example.org>');
  expect(server.mails[1].parts['text/plain']).toContain('Resolved after 12m: response_time');
});

it('keeps the id of a mail over its repeats, and says that it may be one', async () => {
  const { server, send } = await started();
  await send([firing]);
  await send([{ ...firing, repeated: true }]);
  const [first, second] = server.mails;
  expect(second.headers['message-id']).toBe(first.headers['message-id']);
  expect([first.headers['x-homeostat-repeated'], second.headers['x-homeostat-repeated']]).toEqual([undefined, 'true']);
  expect(second.parts['text/plain']).toContain('May have been sent before.');
});

it('lists several in one mail, which belongs to the threads of all', async () => {
  const { server, send } = await started();
  await send([firing, { ...resolved, key: 'key-3', first: 'key-0' }]);
  const [{ headers, parts }] = server.mails;
  expect(headers).toMatchObject({ subject: '2 notices: 1 Alerting, 1 Resolved', references: '<key-1@example.org> <key-0@example.org>' });
  expect(headers['in-reply-to']).toBeUndefined();
  expect(parts['text/plain']).toContain('Alerting: response_time');
  expect(parts['text/plain']).toContain('Resolved after 12m: response_time');
});

it('escapes what a mail would take for markup, and puts no line into the subject', async () => {
  const { server, send } = await started();
  await send([noticeOf('k', incidentOf('abc', { series: ['<script>x</script>\r\nBcc: eve@example.org'] }))]);
  const [{ headers, parts, to }] = server.mails;
  expect(headers['bcc']).toBeUndefined();
  expect(to).toEqual(['ana@example.org']);
  expect(parts['text/html']).not.toContain('<script>');
});

it.each([
  ['STARTTLS where it is required', { starttls: true }, 'required', true],
  ['STARTTLS where the server offers it', { starttls: true }, 'starttls', true],
  ['plain text where the server offers nothing else', {}, 'starttls', false],
  ['TLS from the first byte', { implicit: true }, 'implicit', true],
] as const)('speaks %s', async (_, options, tls, secure) => {
  const { server, send } = await started({ ...options, user: 'homeostat', password: PASSWORD });
  expect(await send([firing], { ...signedIn, ...trusting(tls) })).toMatchObject({ ok: true });
  expect(server.mails[0]).toMatchObject({ secure, user: 'homeostat' });
});

it('sends nothing readable where TLS is required and not offered', async () => {
  const { server, send } = await started({ user: 'homeostat', password: PASSWORD });
  expect(await send([firing], { ...signedIn, ...trusting('required') })).toMatchObject({ ok: false });
  expect(server.mails).toEqual([]);
});

it('sends nothing to a server whose certificate nobody vouches for', async () => {
  const { server, send } = await started({ starttls: true });
  const outcome = await send([firing], { tls: 'required' });
  expect(outcome).toMatchObject({ ok: false });
  expect((outcome as { detail: string }).detail).toMatch(/certificate.*; name the authority of the server in tls\.ca_file/);
  expect(server.mails).toEqual([]);
});

it('does not try again with a password that is wrong, and does not say it', async () => {
  const { send } = await started({ starttls: true, user: 'homeostat', password: 'another' });
  const outcome = await send([firing], { ...signedIn, ...trusting('required') });
  expect(outcome).toMatchObject({ ok: false, retry: false });
  expect(JSON.stringify(outcome)).not.toContain(PASSWORD);
});

it.each([
  [421, true],
  [451, true],
  [550, false],
  [554, false],
])('takes %i for what it means', async (code, retry) => {
  const { server, send } = await started();
  server.always = code;
  expect(await send([firing])).toMatchObject({ ok: false, retry });
});

it('is delivered when some of its addresses are unknown, and names them; when all are, it is refused', async () => {
  const { server, send } = await started();
  server.unknown.add('bob@example.org');
  expect(await send([firing], { to: ['ana@example.org', 'bob@example.org'] })).toEqual({ ok: true, detail: 'taken for 1 of 2, refused for bob@example.org' });
  expect(await send([firing], { to: ['bob@example.org'] })).toMatchObject({ ok: false, retry: false });
});

it('refuses a configuration with which a password would cross the network readable', () => {
  const options: Parameters<typeof email.create>[0] = {
    host: 'mail.example.org',
    port: 587,
    tls: 'starttls',
    user: 'u',
    password: 'p',
    from: 'a@b.c',
    to: ['a@b.c'],
    timeout: 1,
  };
  expect(email.check!(options)).toMatchObject({ option: 'tls' });
  expect(email.check!({ ...options, tls: { mode: 'off', verify: true } })).toMatchObject({
    option: 'tls',
    detail: expect.stringContaining('is off') as string,
  });
  expect(email.check!({ ...options, tls: 'required' })).toBeUndefined();
  expect(email.check!({ ...options, host: '127.0.0.1' })).toBeUndefined();
  expect(email.check!({ ...options, user: undefined })).toBeUndefined();
});
