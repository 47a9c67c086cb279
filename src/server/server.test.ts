import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, serverOptions } from './options.ts';
import { FixtureRunning } from './running.fixture.ts';
import { JSON_TYPE, OPERATOR, problem, raw, serve } from './serve.fixture.ts';
import { startServer } from './server.ts';

describe('options', () => {
  const UNITS: Record<string, number> = { GiB: 1024 ** 3, MiB: 1024 * 1024, KiB: 1024, s: 1000, h: 3_600_000, d: 86_400_000 };

  it('have the same defaults in the configuration and in the server', () => {
    for (const [name, value] of Object.entries(DEFAULT_LIMITS)) {
      const written = (serverOptions.properties as unknown as Record<string, { default: string | number }>)[name].default;
      const [, number, unit] = /^(\d+)(\w+)$/.exec(String(written)) ?? [];
      expect(typeof written === 'number' ? written : Number(number) * UNITS[unit], name).toBe(value);
    }
  });

  it('name every bound of the server', () => {
    const { host, port, tokens, names, ...limits } = serverOptions.properties;
    expect([host, port, tokens, names].every((each) => 'default' in each)).toBe(true);
    expect(Object.keys(limits).toSorted()).toEqual(Object.keys(DEFAULT_LIMITS).toSorted());
  });
});

describe('starting and ending', () => {
  it('says which port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const process = new FixtureRunning();
    await expect(startServer(process, { host: '127.0.0.1', port, tokens: [], version: '1' })).rejects.toMatchObject({
      code: 'SERVER_PORT_TAKEN',
      message: `Port ${port} on 127.0.0.1 is taken`,
    });
    expect(process.listeners.size).toBe(0);
    await new Promise((resolve) => other.close(resolve));
  });

  it('says which address this machine does not have', async () => {
    const token = { name: 'a', role: 'operator' as const, token: 'abcdefghijklmnopqrst' };
    await expect(startServer(new FixtureRunning(), { host: '203.0.113.9', port: 7070, tokens: [token], version: '1' })).rejects.toMatchObject({
      code: 'SERVER_CANNOT_LISTEN',
      message: 'The server cannot listen on port 7070 of 203.0.113.9: this machine has no such address',
    });
  });

  it('finishes requests under way and ends streams', async () => {
    const { api, process, close } = await serve();
    let open = () => {};
    process.journals.checkout.gate = new Promise((resolve) => (open = resolve));
    const stream = await api('/stream');
    const push = api('/pipelines/checkout/events', { method: 'POST', headers: JSON_TYPE, body: '[1]' });
    await expect.poll(async () => /in_flight 3$/m.test(await (await api('/../../metrics')).text())).toBe(true);
    const closed = close();
    await stream.text();
    open();
    expect((await push).status).toBe(202);
    await closed;
    await expect(api('/health')).rejects.toThrow('fetch failed');
  });

  it('does not wait for ever', async () => {
    const { api, process, close } = await serve({ limits: { close_timeout: 50 } });
    process.journals.checkout.gate = new Promise(() => {});
    const push = api('/pipelines/checkout/events', { method: 'POST', headers: JSON_TYPE, body: '[1]' }).catch(() => 'cut off');
    await expect.poll(async () => /in_flight 3$/m.test(await (await api('/../../metrics')).text())).toBe(true);
    await close();
    expect(await push).toBe('cut off');
  });
});

it('closes connections that are too many, and takes others when one has gone', async () => {
  const { url } = await serve({ limits: { max_connections: 1 } });
  const { port } = new URL(url);
  const first = createConnection(Number(port), '127.0.0.1');
  await new Promise((resolve) => first.once('connect', resolve));
  await expect(raw(`${url}/livez`, 'GET', {})).rejects.toThrow(/ECONNRESET|socket hang up/);
  first.destroy();
  await expect
    .poll(() =>
      raw(`${url}/livez`, 'GET', {}).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200);
});

describe('metrics', () => {
  it('hold what the issue of an operator needs, per pipeline, and of the process', async () => {
    const { url, api } = await serve();
    await api('/pipelines/checkout');
    await api('/nowhere/at/all');
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    const lines = (await response.text()).split('\n');
    for (const line of [
      'homeostat_events_total{pipeline="checkout"} 11',
      'homeostat_verdicts_total{pipeline="checkout"} 10',
      'homeostat_anomalies_total{pipeline="checkout"} 3',
      'homeostat_late_total{pipeline="checkout"} 2',
      'homeostat_dead_letters_total{pipeline="checkout"} 1',
      'homeostat_lag_seconds{pipeline="checkout"} 1.5',
      'homeostat_events_per_second{pipeline="checkout"} 10',
      'homeostat_checkpoint_duration_seconds{pipeline="checkout"} 0.003',
      'homeostat_checkpoint_bytes{pipeline="checkout"} 900',
      'homeostat_queue_used{pipeline="checkout",queue="decoded"} 3',
      'homeostat_queue_limit{pipeline="checkout",queue="decoded"} 8',
      'homeostat_series{pipeline="checkout"} 2',
      'homeostat_open_incidents{pipeline="host"} 1',
      'homeostat_condition{pipeline="host",condition="ok"} 1',
      'homeostat_condition{pipeline="host",condition="failed"} 0',
      'homeostat_stored_bytes{store="ledger"} 1000',
      'homeostat_streams 0',
      'homeostat_streams_limit 100',
      'homeostat_pushes_waiting 0',
      'homeostat_connections_limit 1000',
      'homeostat_push_bytes_in_flight 0',
      'homeostat_http_request_seconds_count{method="GET",route="/api/v1/pipelines/:name",status="200"} 1',
      'homeostat_http_request_seconds_count{method="GET",route="none",status="404"} 1',
    ])
      expect(lines).toContain(line);
    const names = lines.map((line) => line.split(/[{ ]/)[0]);
    for (const name of ['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes', 'process_cpu_seconds_total']) expect(names).toContain(name);
    expect(lines.some((line) => line.startsWith('homeostat_lag_bytes{'))).toBe(false);
  });

  it('are those of now, and forget pipelines that are gone', async () => {
    const { url, process } = await serve();
    await fetch(`${url}/metrics`);
    process.statuses = [{ ...process.statuses[0], counts: { ...process.statuses[0].counts, events: 12 } }];
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('homeostat_events_total{pipeline="checkout"} 12');
    expect(text).not.toContain('pipeline="host"');
  });
});

describe('the dashboard', () => {
  let web: string;
  const script = 'console.log("homeostat")'.repeat(50);

  beforeAll(async () => {
    web = await mkdtemp(join(tmpdir(), 'homeostat-web-'));
    await mkdir(join(web, 'assets'));
    await writeFile(join(web, 'index.html'), '<!doctype html><title>Homeostat</title>');
    await writeFile(join(web, 'icon.svg'), '<svg/>');
    await writeFile(join(web, 'assets/main-B4x_9zQ1.js'), script);
    await writeFile(join(web, 'assets/main-B4x_9zQ1.js.br'), brotliCompressSync(script));
    await writeFile(join(web, 'assets/main-B4x_9zQ1.js.gz'), gzipSync(script));
  });
  afterAll(() => rm(web, { recursive: true }));

  it('is given without a token: it holds nothing, and asks for one', async () => {
    const { url } = await serve({ web, tokens: [OPERATOR] });
    const page = await fetch(`${url}/`);
    expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-cache']);
    expect(await page.text()).toContain('<title>Homeostat</title>');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  });

  it('keeps hashed files for ever, and sends them as packed as the browser takes', async () => {
    const { url } = await serve({ web });
    for (const [accepted, used] of [
      ['br, gzip', 'br'],
      ['gzip', 'gzip'],
      ['identity', undefined],
    ] as const) {
      const answer = await raw(`${url}/assets/main-B4x_9zQ1.js`, 'GET', { 'accept-encoding': accepted });
      expect([answer.status, answer.headers['content-encoding'], answer.headers['cache-control']]).toEqual([200, used, 'public, max-age=31536000, immutable']);
      expect(answer.headers['content-type']).toMatch(/javascript/);
    }
    expect((await fetch(`${url}/icon.svg`)).headers.get('cache-control')).toBe('no-cache');
  });

  it('opens at each of its pages, and is no answer to programs', async () => {
    const { url } = await serve({ web });
    const page = await fetch(`${url}/incidents/feed0001`, { headers: { accept: 'text/html,*/*' } });
    expect([page.status, await page.text()]).toEqual([200, '<!doctype html><title>Homeostat</title>']);
    await problem(await fetch(`${url}/incidents/feed0001`), 404, 'NOT_FOUND');
    await problem(await fetch(`${url}/assets/gone-12345678.js`, { headers: { accept: 'text/html' } }), 404, 'NOT_FOUND');
    await problem(await fetch(`${url}/api/v1/nope`, { headers: { accept: 'text/html' } }), 404, 'NOT_FOUND');
    await problem(await fetch(`${url}/`, { method: 'POST', headers: JSON_TYPE, body: '{}' }), 404, 'NOT_FOUND');
  });

  it('gives no file from outside its folder', async () => {
    const { url } = await serve({ web });
    for (const path of ['/..%2f..%2fetc/passwd', '/assets/..%2f..%2f..%2fetc%2fpasswd', '/%2e%2e/%2e%2e/etc/passwd']) {
      const answer = await raw(url + path, 'GET', {});
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.text).not.toContain('root:');
    }
  });

  it('can be missing', async () => {
    const { url } = await serve({ web: join(web, 'not-there') });
    await problem(await fetch(`${url}/`), 404, 'NOT_FOUND');
  });
});
