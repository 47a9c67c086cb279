import { describe, expect, it } from 'vitest';
import { isLoopback } from './options.ts';
import { JSON_TYPE, OPERATOR, bearer, raw, serve } from './serve.fixture.ts';

const SAVEPOINT = '/api/v1/pipelines/checkout/savepoint';

describe('every answer', () => {
  it('forbids the browser to load, run or frame anything foreign', async () => {
    const { url } = await serve({ tokens: [OPERATOR] });
    for (const path of ['/livez', '/api/v1/docs', '/api/v1/health', '/nowhere', '/api/v1/openapi.json']) {
      const { headers } = await fetch(url + path);
      const policy = headers.get('content-security-policy')!;
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('is not kept by caches unless it says so', async () => {
    const { api } = await serve();
    expect((await api('/health')).headers.get('cache-control')).toBe('no-store');
    expect((await api('/incidents/none')).headers.get('cache-control')).toBe('no-store');
    expect((await api('/verdicts?pipeline=checkout')).headers.get('cache-control')).toBe('private, no-cache');
  });
});

describe('writes from other sites', () => {
  const foreign: [string, Record<string, string>][] = [
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
    ['a foreign Origin', { origin: 'https://evil.example' }],
    ['another port as Origin', { origin: 'http://127.0.0.1:1' }],
    ['an opaque Origin', { origin: 'null' }],
  ];
  it.each(foreign)('are refused: %s', async (_name, headers) => {
    for (const tokens of [[], [OPERATOR]]) {
      const { url, process } = await serve({ tokens });
      const answer = await raw(url + SAVEPOINT, 'POST', { ...JSON_TYPE, ...bearer(OPERATOR.token), ...headers });
      expect([answer.status, (JSON.parse(answer.text) as { code: string }).code]).toEqual([403, 'CROSS_SITE']);
      expect((await raw(`${url}/api/v1/silences/s1`, 'DELETE', headers)).status).toBe(403);
      expect(process.said).toEqual([]);
    }
  });

  it.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'are refused when a form could send them: %s',
    async (type) => {
      const { url, process } = await serve();
      const answer = await raw(url + SAVEPOINT, 'POST', type === undefined ? {} : { 'content-type': type });
      expect([answer.status, (JSON.parse(answer.text) as { code: string }).code]).toEqual([415, 'MEDIA_TYPE_REFUSED']);
      expect(process.said).toEqual([]);
    },
  );

  it('are told apart from those of the dashboard itself', async () => {
    const { url, process } = await serve();
    const headers = { ...JSON_TYPE, origin: url, 'sec-fetch-site': 'same-origin' };
    expect((await raw(url + SAVEPOINT, 'POST', headers)).status).toBe(202);
    expect(process.said).toHaveLength(1);
  });
});

describe('names of the server', () => {
  const answerTo = async (host: string, options = {}) => {
    const { url } = await serve(options);
    return raw(`${url}/api/v1/health`, 'GET', { host });
  };

  it('are those of this machine while anybody who reaches it may do everything', async () => {
    for (const host of ['localhost', 'localhost:7070', '127.0.0.1:1', '[::1]:7070', 'box.localhost']) expect((await answerTo(host)).status).toBe(200);
    for (const host of ['evil.example', 'evil.example:7070', 'localhost.evil.example', '127.0.0.1.evil.example', '192.168.1.1']) {
      const answer = await answerTo(host);
      expect([answer.status, (JSON.parse(answer.text) as { code: string }).code]).toEqual([421, 'HOST_UNKNOWN']);
    }
  });

  it('can be added, and are free once there are tokens', async () => {
    expect((await answerTo('box.example:7070', { names: ['Box.example'] })).status).toBe(200);
    expect((await answerTo('box.example', { tokens: [OPERATOR] })).status).toBe(401);
  });

  it('are checked for files and unknown addresses too', async () => {
    const { url } = await serve();
    expect((await raw(`${url}/`, 'GET', { host: 'evil.example' })).status).toBe(421);
  });
});

it('knows which addresses only this machine reaches', () => {
  for (const host of ['127.0.0.1', '127.8.9.1', 'localhost', '::1', '[::1]', '::ffff:127.0.0.1', 'LOCALHOST']) expect(isLoopback(host)).toBe(true);
  for (const host of ['', '0.0.0.0', '::', '10.0.0.1', '1127.0.0.1', '127.0.0.1.evil.example', 'notlocalhost']) expect(isLoopback(host)).toBe(false);
});
