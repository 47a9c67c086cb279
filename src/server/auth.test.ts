import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Authority } from './auth.ts';
import { bearer, JSON_TYPE, OPERATOR, problem, raw, serve, VIEWER } from './serve.fixture.ts';
import { startServer } from './server.ts';
import { FixtureRunning } from './running.fixture.ts';

const tokens = [VIEWER, OPERATOR];

async function signIn(api: (path: string, init?: RequestInit) => Promise<Response>, token: string): Promise<string> {
  const response = await api('/session', { method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ token }) });
  expect(response.status).toBe(200);
  return response.headers.get('set-cookie')!.split(';')[0];
}

describe('tokens', () => {
  it.each(['192.168.1.5', '0.0.0.0', '::', 'example.org'])('an address beyond this machine (%s) is refused without any', async (host) => {
    const start = startServer(new FixtureRunning(), { host, port: 0, tokens: [], version: '1' });
    await expect(start).rejects.toMatchObject({ code: 'SERVER_NEEDS_TOKEN' });
  });

  it('are needed for everything that shows or changes something', async () => {
    const { api, url, process } = await serve({ tokens });
    for (const path of ['/pipelines', '/series', '/verdicts?pipeline=checkout', '/incidents', '/dead-letters', '/audit', '/health', '/stream', '/session']) {
      const response = await api(path);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      await problem(response, 401, 'UNAUTHORIZED');
    }
    await problem(await fetch(`${url}/metrics`), 401, 'UNAUTHORIZED');
    await problem(await api('/pipelines/checkout/savepoint', { method: 'POST', headers: JSON_TYPE }), 401, 'UNAUTHORIZED');
    await problem(await api('/pipelines/checkout/events', { method: 'POST', headers: JSON_TYPE, body: '[]' }), 401, 'UNAUTHORIZED');
    expect([process.said, process.journals.checkout.kept]).toEqual([[], []]);
  });

  it('are not needed for probes and documents', async () => {
    const { url } = await serve({ tokens });
    for (const path of ['/livez', '/readyz', '/api/v1/openapi.json', '/api/v1/docs', '/api/v1/docs.css']) expect((await fetch(url + path)).status).toBe(200);
  });

  it.each(['', 'Bearer', 'Bearer ', 'Bearer wrong', `Basic ${OPERATOR.token}`, `Bearer ${OPERATOR.token}x`, `Bearer ${OPERATOR.token.slice(1)}`])(
    'are refused when wrong: "%s"',
    async (authorization) => {
      const { api } = await serve({ tokens });
      await problem(await api('/pipelines', { headers: { authorization } }), 401, 'UNAUTHORIZED');
    },
  );

  it('let a viewer read and try detection, and not write', async () => {
    const { api, post, process } = await serve({ tokens });
    const headers = bearer(VIEWER.token);
    expect((await api('/pipelines', { headers })).status).toBe(200);
    expect((await post('/detect', { values: [1] }, headers)).status).toBe(200);
    for (const path of ['/pipelines/checkout/savepoint', '/pipelines/checkout/restart-source', '/incidents/feed0001/acknowledge']) {
      expect((await problem(await post(path, {}, headers), 403, 'FORBIDDEN')).detail).toMatch(/"vera" has the role viewer/);
    }
    await problem(await post('/silences', { pipeline: 'checkout', matchers: {}, until: 9e12 }, headers), 403, 'FORBIDDEN');
    await problem(await post('/dead-letters/replay', { ids: [1] }, headers), 403, 'FORBIDDEN');
    await problem(await post('/pipelines/checkout/events', [], headers), 403, 'FORBIDDEN');
    await problem(await post('/events?pipeline=checkout', [], headers), 403, 'FORBIDDEN');
    await problem(await api('/silences/s1', { method: 'DELETE', headers }), 403, 'FORBIDDEN');
    expect([process.said, process.journals.checkout.kept]).toEqual([[], []]);
  });

  it('let an operator write, under the name of the token', async () => {
    const { post, process } = await serve({ tokens });
    expect((await post('/pipelines/checkout/savepoint', {}, bearer(OPERATOR.token))).status).toBe(202);
    expect(process.said[0].record).toEqual({ type: 'savepoint', by: 'olga' });
  });
});

describe('sessions', () => {
  it('stand for the token in a browser, by a cookie that scripts and other sites cannot use', async () => {
    const { api, post } = await serve({ tokens });
    const response = await post('/session', { token: VIEWER.token });
    expect(await response.json()).toMatchObject({ name: 'vera', role: 'viewer', signedIn: true });
    const cookie = response.headers.get('set-cookie')!;
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    expect(cookie).not.toContain(VIEWER.token);
    const headers = { cookie: `theme=dark; ${cookie.split(';')[0]}` };
    expect(await (await api('/session', { headers })).json()).toMatchObject({ name: 'vera', role: 'viewer' });
    await problem(await api('/pipelines/checkout/savepoint', { method: 'POST', headers: { ...JSON_TYPE, ...headers } }), 403, 'FORBIDDEN');
  });

  it('are refused for a wrong token', async () => {
    const { post } = await serve({ tokens });
    const response = await post('/session', { token: 'not-the-token' });
    expect(response.headers.get('set-cookie')).toBeNull();
    await problem(response, 401, 'UNAUTHORIZED');
  });

  it('outlive a restart of the process and die with their token', async () => {
    const cookie = await signIn((await serve({ tokens })).api, OPERATOR.token);
    expect((await (await serve({ tokens })).api('/health', { headers: { cookie } })).status).toBe(200);
    const changed = await serve({ tokens: [VIEWER, { ...OPERATOR, token: 'another-token-0123456789' }] });
    await problem(await changed.api('/health', { headers: { cookie } }), 401, 'UNAUTHORIZED');
  });

  it('take the role that the token has now', async () => {
    const cookie = await signIn((await serve({ tokens })).api, OPERATOR.token);
    const { api } = await serve({ tokens: [{ ...OPERATOR, role: 'viewer' }] });
    expect(await (await api('/session', { headers: { cookie } })).json()).toMatchObject({ name: 'olga', role: 'viewer' });
  });

  it('end when they are ended and when their time is over', async () => {
    const { url } = await serve({ tokens });
    const ended = await raw(`${url}/api/v1/session`, 'DELETE', {});
    expect([ended.status, ended.headers['set-cookie']![0]]).toEqual([204, 'homeostat_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0']);
    let now = 1_000_000;
    const authority = new Authority(tokens, 60_000, () => now);
    const cookie = authority.signIn(VIEWER.token).cookie.split(';')[0];
    expect(authority.identify({ cookie })).toEqual({ name: 'vera', role: 'viewer', expires: 1_060_000 });
    now += 60_000;
    expect(() => authority.identify({ cookie })).toThrow(/token is needed/);
  });

  it('cannot be made or stretched by whoever does not hold the token', () => {
    const authority = new Authority(tokens, 60_000);
    const [name, end, sum] = authority.signIn(VIEWER.token).cookie.split(';')[0].split('=')[1].split('.') as [string, string, string];
    const refused = (cookie: string): void => {
      expect(() => authority.identify({ cookie: `homeostat_session=${cookie}` })).toThrow(/token is needed/);
    };
    refused(`${name}.${Number(end) + 1}.${sum}`);
    refused(`${Buffer.from('olga').toString('base64url')}.${end}.${sum}`);
    fc.assert(fc.property(fc.string(), (text) => refused(text)));
  });

  it('tell a page without tokens that nobody needs to sign in', async () => {
    const { api } = await serve();
    expect(await (await api('/session')).json()).toEqual({ name: 'local', role: 'operator', expires: null, signedIn: false });
  });
});
