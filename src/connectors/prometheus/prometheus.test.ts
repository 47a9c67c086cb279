/** Scraping and asking, against servers inside this process. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Value } from 'typebox/value';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Gap, MessageRecords, PushRequest } from '../../core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../../core/events.ts';
import { LabelledDecoder } from '../../formats/labelled.ts';
import { prometheus as format } from '../../formats/prometheus/index.ts';
import { sourceChecks } from '../../testing/index.ts';
import { prometheus, promql } from './index.ts';
import type { ScrapeOptions } from './options.ts';
import { PromqlSource, type PromqlOptions } from './promql.ts';
import { Scraper } from './scraper.ts';

let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const access = { timeout: 2_000, max_body: 2 ** 20 };

function scrapeOptions(given: Record<string, unknown>): ScrapeOptions {
  return Value.Default(prometheus.options, { targets: [`${url}/metrics`], job: 'test', interval: 30, ...access, ...given }) as ScrapeOptions;
}

/** Scrapes until told to stop; what came, in order. */
function scraping(given: Record<string, unknown> = {}) {
  const got = { messages: [] as PushRequest[], gaps: [] as Gap[], health: [] as string[], fail: undefined as Error | undefined };
  const scraper = new Scraper(scrapeOptions(given), {
    pipeline: 'p',
    folder: '.',
    instance: 'i',
    append: async (messages) => {
      if (got.fail !== undefined) throw got.fail;
      got.messages.push(...messages);
    },
    gap: async (gap) => {
      if (got.fail !== undefined) throw got.fail;
      got.gaps.push(gap);
    },
    health: (condition, reason) => void got.health.push(reason === '' ? condition : `${condition}: ${reason}`),
    now: Date.now,
    log: () => undefined,
  });
  closers.push(() => scraper.close());
  return got;
}

/** Rows that the format makes of messages. */
function decoded(messages: readonly PushRequest[]): { rows: string[]; refused: string[]; units: Record<string, string> } {
  const dictionary = new SeriesDictionary();
  const out = new EventBuilder(dictionary);
  let end = 0;
  const records: MessageRecords = {
    kind: 'messages',
    partition: 0,
    offsets: Float64Array.from(messages, (_, i) => i),
    ends: Uint32Array.from(messages, ({ body }) => (end += body.length)),
    bytes: Buffer.concat(messages.map(({ body }) => body)),
    types: messages.map(({ type }) => type),
    arrivals: Float64Array.from(messages, () => 1000),
    labels: messages.map(({ labels }) => labels),
  };
  new LabelledDecoder((into, state) => format.create({} as never, into, state), dictionary, undefined).decode(records, out);
  const rows = Array.from({ length: out.length }, (_, i) => `${dictionary.get(out.series[i]).key} ${out.time[i]} ${out.values[i]}`);
  return { rows, refused: out.bad.map(({ detail }) => detail), units: Object.fromEntries(dictionary.all.map(({ key, unit }) => [key, unit])) };
}

describe('the source prometheus', () => {
  it.each(['text', 'OpenMetrics'])('takes counters, gauges and histograms of prom-client as %s', async (dialect) => {
    const registry = new Registry();
    if (dialect === 'OpenMetrics') registry.setContentType('application/openmetrics-text; version=1.0.0; charset=utf-8' as never);
    new Counter({ name: 'requests_total', help: 'h', labelNames: ['path'], registers: [registry] }).inc({ path: 'a"\\\n' }, 3);
    new Gauge({ name: 'temperature_celsius', help: 'h', registers: [registry] }).set(-1.5);
    new Histogram({ name: 'wait_seconds', help: 'h', buckets: [1], registers: [registry] }).observe(0.5);
    const asked: string[] = [];
    answer = (request, response) => {
      asked.push(String(request.headers.accept));
      void registry.metrics().then((text) => response.writeHead(200, { 'content-type': registry.contentType, 'content-encoding': 'gzip' }).end(gzipSync(text)));
    };
    const got = scraping();
    await vi.waitFor(() => expect(got.messages.length).toBeGreaterThanOrEqual(2), 15_000);
    const { rows, refused, units } = decoded(got.messages.slice(0, 2));
    const labels = `instance=${url.slice(7)},job=test`;
    expect(refused).toEqual([]);
    for (const row of [
      `requests_total{${labels},path=a"\\\n} 1000 3`,
      `temperature_celsius{${labels}} 1000 -1.5`,
      `wait_seconds_bucket{${labels},le=+Inf} 1000 1`,
      `wait_seconds_sum{${labels}} 1000 0.5`,
      `up{${labels}} 1000 1`,
    ])
      expect(rows).toContain(row);
    expect(units[`temperature_celsius{${labels}}`]).toBe('°C');
    expect(units[`wait_seconds_sum{${labels}}`]).toBe('s');
    expect(asked[0]).toContain('application/openmetrics-text;version=1.0.0');
    expect(got.health.at(-1)).toBe('ok');
  });

  it('keeps only metrics whose whole name a pattern matches', async () => {
    answer = (_, response) => response.end('# HELP a x\na 1\nab 2\nb{c="a"} 3\n{"a"} 4\n');
    const got = scraping({ metrics: ['a', 'b.*'] });
    await vi.waitFor(() => expect(got.messages.length).toBeGreaterThanOrEqual(2), 15_000);
    expect(Buffer.from(got.messages[0].body).toString()).toBe('a 1\nb{c="a"} 3\n{"a"} 4\n');
    expect(() => scraping({ metrics: ['(?=a)'] })).toThrow('metrics');
  });

  it('counts failed scrapes as a gap, says up 0 for each, and when it is over', async () => {
    let status = 200;
    answer = (_, response) => void response.writeHead(status).end('a 1\n');
    const got = scraping();
    await vi.waitFor(() => expect(got.messages.length).toBeGreaterThanOrEqual(2), 15_000);
    status = 500;
    await vi.waitFor(() => expect(decoded(got.messages).rows.filter((row) => /^up.* 0$/.test(row)).length).toBeGreaterThan(2), 15_000);
    expect(got.health.at(-1)).toBe(`degraded: ${url}/metrics: HTTP 500`);
    expect(got.gaps.length).toBe(1);
    status = 200;
    await vi.waitFor(() => expect(got.health.at(-1)).toBe('ok'), 15_000);
    expect(got.gaps.length).toBe(2);
    expect(got.gaps[0].reason).toBe(`scrapes of ${url}/metrics failed: HTTP 500`);
    expect(got.gaps[1].from).toBe(got.gaps[0].to);
  });

  it('says where a target has moved to, and what an answer is that is no exposition', async () => {
    answer = ({ url: path }, response) => {
      if (path === '/metrics') response.writeHead(302, { location: '/else/metrics?token=hush' }).end();
      else if (path === '/secured') response.writeHead(401).end();
      else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>\n<body>Metrics</body>\n</html>');
    };
    const got = scraping();
    await vi.waitFor(() => expect(got.health.at(-1)).toContain(`HTTP 302: it has moved to ${url}/else/metrics; name that address`), 15_000);
    expect(JSON.stringify(got.gaps)).not.toContain('hush');
    await expect(prometheus.reach!(scrapeOptions({ targets: [`${url}/secured`] }), { pipeline: 'p', folder: '.' })).rejects.toThrow('user, password or token');
    await expect(prometheus.reach!(scrapeOptions({ targets: [url] }), { pipeline: 'p', folder: '.' })).rejects.toThrow(
      'it answers text/html, which is no exposition; check the path',
    );
  });

  it('tells a name that is too long from a series too many', () => {
    const long = `a{x="${'y'.repeat(70_000)}"} 1\n`;
    const { refused } = decoded([{ body: Buffer.from(long), type: 'text/plain', idempotencyKey: undefined, labels: {} }]);
    expect(refused).toEqual([expect.stringContaining('characters')]);
  });

  it.each([
    ['too many samples', { max_samples: 2 }, 'a 1\nb 1\nc 1\n', '3 samples, more than max_samples 2'],
    ['too long an answer', { max_body: 100 }, 'a 1\n'.repeat(100), 'longer than max_body 100 bytes'],
    ['an answer that does not come', { timeout: 100 }, '', 'no answer within 100 ms'],
  ])('has failed for %s', async (_, given, body, reason) => {
    answer = (__, response) => void (body === '' ? undefined : response.end(body));
    const got = scraping(given);
    await vi.waitFor(() => expect(got.health.at(-1)).toContain(reason), 15_000);
    expect(got.gaps.length).toBeGreaterThan(0);
  });

  it('has failed for OpenMetrics that is cut off', async () => {
    answer = (_, response) => void response.writeHead(200, { 'content-type': 'application/openmetrics-text' }).end('a 1\n');
    const got = scraping();
    await vi.waitFor(() => expect(got.health.at(-1)).toContain('does not end with # EOF'), 15_000);
  });

  it('counts what the journal does not take as a gap once it takes something again', async () => {
    answer = (_, response) => void response.end('a 1\n');
    const got = scraping();
    await vi.waitFor(() => expect(got.messages.length).toBeGreaterThanOrEqual(2), 15_000);
    got.fail = new Error('no room');
    await vi.waitFor(() => expect(got.health.at(-1)).toContain('no room'), 15_000);
    got.fail = undefined;
    await vi.waitFor(() => expect(got.health.at(-1)).toBe('ok'), 15_000);
    expect(got.gaps.length).toBe(1);
    expect(got.gaps[0].reason).toBe('the journal takes nothing: no room');
  });

  it('sends credentials, and says none of them', async () => {
    const got: unknown[] = [];
    answer = (request, response) => (got.push(request.headers.authorization), void response.writeHead(401).end());
    const basic = scraping({ user: 'u', password: 'hidden' });
    await vi.waitFor(() => expect(basic.health.at(-1)).toContain('HTTP 401'), 15_000);
    const bearer = scraping({ token: 'hidden', targets: [url.replace('//', '//x:hidden@')] });
    await vi.waitFor(() => expect(bearer.health.at(-1)).toContain('HTTP 401'), 15_000);
    expect(got).toContain(`Basic ${Buffer.from('u:hidden').toString('base64')}`);
    expect(got).toContain('Bearer hidden');
    expect(JSON.stringify([basic, bearer])).not.toContain('hidden');
  });

  it('is reached where all targets answer', async () => {
    answer = (_, response) => void response.end('a 1\nb 2\n');
    const context = { pipeline: 'p', folder: '.' };
    expect(await prometheus.reach!(scrapeOptions({}) as never, context)).toBe('1 of 1 targets answer with 2 samples');
    expect(await prometheus.reach!(scrapeOptions({ metrics: ['c'] }) as never, context)).toMatchObject({
      warning: expect.stringContaining('metrics') as unknown,
    });
    await expect(prometheus.reach!(scrapeOptions({ targets: ['http://127.0.0.1:9/'] }) as never, context)).rejects.toThrow('ECONNREFUSED');
  });
});

const FROM = Date.UTC(2026, 0, 5, 10);

function promqlOptions(given: Record<string, unknown> = {}): PromqlOptions {
  const from = new Date(FROM).toISOString();
  return Value.Default(promql.options, { url, query: 'q', step: 1_000, from, lag: 0, points: 7, ...access, ...given }) as PromqlOptions;
}

function promqlSource(given: Record<string, unknown> = {}, told: (message: string) => void = () => undefined): PromqlSource {
  const log = (_: string, message: string): void => told(message);
  const context = { pipeline: 'p', folder: '.', dictionary: new SeriesDictionary(), journal: '.', now: Date.now, log };
  return new PromqlSource(promqlOptions(given), context);
}

/** Answers a range query as Prometheus does: two series, of which the second begins later. */
function answersRanges(): void {
  answer = (request, response) => {
    const query = new URL(request.url!, url).searchParams;
    const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(query.get(name)));
    const times = Array.from({ length: Math.floor((end - start) / step + 1e-9) + 1 }, (_, i) => start + i * step);
    const values = (from: number) => times.filter((t) => t * 1000 >= FROM + from).map((t) => [t, t % 5 === 0 ? 'NaN' : String(t % 60)]);
    const result = [
      { metric: { host: 'b' }, values: values(10_000) },
      { metric: { __name__: 'a_total', host: 'x' }, values: values(0) },
    ];
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
  };
}

describe('the source promql', () => {
  const to = new Date(FROM + 60_000).toISOString();
  const lately = new Date(Math.floor(Date.now() / 1000) * 1000 - 40_000).toISOString();
  const cases = [
    { name: 'promql', create: () => promqlSource({ to }) },
    { name: 'promql that follows', create: () => promqlSource({ from: lately }), batches: 5 },
  ];
  for (const check of sourceChecks(cases)) {
    it(check.name, async () => {
      answersRanges();
      await check.run();
    });
  }

  it('gives rows in order of time and of name, NaN as missing, to the end', async () => {
    answersRanges();
    const out = new EventBuilder(new SeriesDictionary());
    const source = promqlSource({ to, name: 'load' });
    for await (const { records } of source.open(undefined, new AbortController().signal)) if (records.kind === 'events') records.fill(out);
    expect(out.length).toBe(61 + 51);
    const rows = Array.from({ length: 14 }, (_, i) => `${out.dictionary.get(out.series[i]).key} ${out.time[i] - FROM} ${out.values[i]} ${out.place[i]}`);
    expect(rows[0]).toBe('a_total{host=x} 0 NaN 0');
    expect(rows.slice(9, 13)).toEqual(['a_total{host=x} 9000 9 0', 'a_total{host=x} 10000 NaN 0', 'load{host=b} 10000 NaN 1', 'a_total{host=x} 11000 11 0']);
    expect(out.time[out.length - 1]).toBe(FROM + 60_000);
  });

  it('says that the server refuses the query, and which other trouble there is', async () => {
    const first = async (given = {}): Promise<void> => {
      for await (const _ of promqlSource({ to, ...given }).open(undefined, new AbortController().signal)) return;
    };
    answer = (_, response) => void response.writeHead(400).end('{"status":"error","errorType":"bad_data","error":"parse error at char 3"}');
    await expect(first()).rejects.toMatchObject({ code: 'SOURCE_OPTIONS', message: expect.stringContaining('parse error at char 3') as unknown });
    answer = (_, response) => void response.writeHead(503).end('no');
    await expect(first()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', message: expect.stringContaining('HTTP 503') as unknown });
    await expect(first({ url: 'http://user:hidden@127.0.0.1:9' })).rejects.toThrow(/127\.0\.0\.1:9\/: .*ECONNREFUSED/);
  });

  it('leaves native histograms out, and says so once', async () => {
    const histogram = { count: '2', sum: '3', buckets: [] };
    const result = [
      { metric: { __name__: 'wait' }, histograms: [[FROM / 1000, histogram]] },
      { metric: { __name__: 'load' }, values: [[FROM / 1000, '7']] },
    ];
    answer = (_, response) => void response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
    const out = new EventBuilder(new SeriesDictionary());
    const said: string[] = [];
    const source = promqlSource({ to, points: 30 }, (message) => said.push(message));
    for await (const { records } of source.open(undefined, new AbortController().signal)) if (records.kind === 'events') records.fill(out);
    expect(new Set(Array.from({ length: out.length }, (_, i) => out.dictionary.get(out.series[i]).key))).toEqual(new Set(['load']));
    expect(said).toEqual([expect.stringContaining('1 of 2 series are native histograms')]);
    expect(said[0]).toContain('histogram_quantile');
  });

  it('refuses times that are none', () => {
    expect(() => promqlSource({ from: 'soon' })).toThrow('from is "soon"');
    expect(() => promqlSource({ to: '2020-01-01T00:00:00Z' })).toThrow('lies before');
    expect(promqlSource({ from: '1h' }).finite).toBe(false);
  });
});
