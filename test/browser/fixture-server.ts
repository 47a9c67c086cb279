/**
 * A stand-in for the server with known data, so that looks which need ten thousand series, no data or failures are there at once.
 * Serves the built dashboard with the strict Content-Security-Policy of the real one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { AnswerView, AuditView, IncidentDetail, LiveEvent, SeriesStatus, SilenceView } from '../../src/core/api.ts';
import { answerGiven, answerShown } from './fixture-answers.ts';
import { comparison, DETECTOR, DETECTORS } from './fixture-compare.ts';
import { inGap, keyOf, MINUTE, pipelinesAt, rangeOf, seriesAt, verdictAt } from './fixture-data.ts';
import { LOG_PIPELINE, LogState, type Answer } from './fixture-logs.ts';
import { deadLettersAt, incidentsAt } from './fixture-incidents.ts';

export const DIST = fileURLToPath(new URL('../../dist/web/', import.meta.url));
const CSP = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const TYPES: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

export interface FixtureOptions {
  /** How many series; 0: pipelines without any. */
  series?: number;
  /** `empty`: no pipeline; `error`: every route answers 503; `token`: asks for the token `secret`. */
  mode?: 'normal' | 'empty' | 'error' | 'token';
  port?: number;
  /** How many templates and sessions of logs there are; without, no pipeline reads logs and no file was uploaded. */
  logs?: { templates: number; sessions: number };
}

export interface Fixture {
  url: string;
  port: number;
  logs: LogState;
  /** What was posted: path and body. */
  posted: { path: string; body: unknown }[];
  /** Sends an event to all that listen. */
  send(event: LiveEvent): void;
  /** Ends everything at once, open streams too. */
  stop(): Promise<void>;
}

interface Listener {
  response: ServerResponse;
  topics: Set<string>;
  pipeline: string | null;
  series: string | null;
}

class State {
  readonly #series: number;
  readonly mode: NonNullable<FixtureOptions['mode']>;
  readonly incidents: IncidentDetail[];
  readonly silences: SilenceView[] = [];
  readonly answers: AnswerView[] = [];
  readonly audit: AuditView[] = [];
  readonly letters = deadLettersAt(Date.now());
  readonly posted: Fixture['posted'] = [];
  readonly listeners = new Set<Listener>();
  readonly indexes = new Map<string, number>();
  readonly logs: LogState;
  readonly #logs: boolean;

  constructor({ series = 300, mode = 'normal', logs }: FixtureOptions) {
    this.logs = new LogState(logs?.templates ?? 0, logs?.sessions ?? 0);
    this.#logs = logs !== undefined;
    this.#series = mode === 'empty' ? 0 : series;
    this.mode = mode;
    this.incidents = this.#series === 0 ? [] : incidentsAt(Date.now());
    for (let i = 0; i < this.#series; i++) this.indexes.set(keyOf(i), i);
    if (this.#series > 0) {
      this.silences.push({
        id: 's1',
        pipeline: 'hosts',
        matchers: { host: 'host-0002' },
        until: Date.now() + 50 * MINUTE,
        by: 'maria',
        comment: 'new disks are being built in',
      });
      this.audit.push({ at: Date.now() - 4 * MINUTE, by: 'maria', what: 'acknowledge', detail: 'incident-1: looking at it' });
    }
  }

  pipelines() {
    return this.mode === 'empty'
      ? []
      : [...pipelinesAt(Date.now(), Math.max(1, this.#series)), ...(this.#logs ? [this.#logPipeline()] : [])].map((status) =>
          this.#series === 0 ? { ...status, series: { ...status.series, known: 0 } } : status,
        );
  }

  /** Grows by a line each tenth of a second. */
  #logPipeline() {
    const [status] = pipelinesAt(Date.now(), 1);
    const events = Math.floor(Date.now() / 100);
    return { ...status, name: LOG_PIPELINE, source: 'simulate', logs: true, counts: { ...status.counts, events } };
  }

  allSeries(query: URLSearchParams): SeriesStatus[] {
    const now = Date.now();
    const words = (query.get('search') ?? '').toLowerCase();
    const pipeline = query.get('pipeline');
    const all = Array.from({ length: this.#series }, (_, i) => seriesAt(i, now)).filter(
      (status) => (!pipeline || status.pipeline === pipeline) && status.key.includes(words),
    );
    if (query.get('sort') !== 'key') all.sort((a, b) => (b.score ?? -1) - (a.score ?? -1));
    return all;
  }

  send(event: LiveEvent): void {
    for (const { response, topics, pipeline, series } of this.listeners) {
      const topic = event.type === 'incident' ? 'incidents' : event.type;
      if (topic !== 'reset' && !topics.has(topic)) continue;
      if (event.type === 'verdicts') {
        const verdicts = event.verdicts.filter(
          (verdict) => (pipeline === null || verdict.pipeline === pipeline) && (series === null || verdict.series === series),
        );
        if (verdicts.length > 0) response.write(`event: verdicts\ndata: ${JSON.stringify({ ...event, verdicts })}\n\n`);
      } else response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    }
  }

  /** One second of life: a verdict for each stream that is looked at, and news of a hundred series. */
  tick(): void {
    // As the server does: one event a pipeline.
    for (const status of this.pipelines()) this.send({ type: 'status', pipelines: [status] });
    if (this.#series === 0) return;
    const time = Math.floor(Date.now() / 1000) * 1000;
    const looked = new Set([...this.listeners].map(({ series }) => series).filter((key) => key !== null));
    for (const key of looked) {
      const index = this.indexes.get(key);
      if (index !== undefined && !inGap(time))
        this.send({ type: 'verdicts', pipeline: seriesAt(index, time).pipeline, checkpoint: 1, verdicts: [verdictAt(index, time)], skipped: 0 });
    }
    const first = (time / 1000) % Math.max(1, this.#series);
    const items = Array.from({ length: Math.min(500, this.#series) }, (_, i) => seriesAt((first + i * 7) % this.#series, time));
    this.send({ type: 'series', pipeline: 'hosts', items });
  }
}

const page = <T>(items: T[], query: URLSearchParams, limit: number) => {
  const size = Number(query.get('limit') ?? limit);
  const at = Number(query.get('cursor') ?? 0);
  return { items: items.slice(at, at + size), next: at + size < items.length ? String(at + size) : null, total: items.length };
};

/** The answer of a GET route, or undefined. */
function read(state: State, route: string[], query: URLSearchParams): unknown {
  const [name, id] = route;
  const now = Date.now();
  switch (name) {
    case 'pipelines':
      return { items: state.pipelines(), next: null };
    case 'series':
      if (id === undefined) return page(state.allSeries(query), query, 100);
      if (route[2] === 'detector') return DETECTOR;
      return rangeOf(
        state.indexes.get(query.get('key') ?? '') ?? 0,
        Number(query.get('from')),
        Number(query.get('to')),
        Number(query.get('points') ?? 1000),
        now,
      );
    case 'verdicts': {
      const index = state.indexes.get(query.get('series') ?? '') ?? 0;
      const range = rangeOf(index, Number(query.get('from')), Number(query.get('to')), 1e9, now);
      return page(
        range.time.filter((_, i) => range.anomalous[i] > 0).map((time) => verdictAt(index, time)),
        query,
        100,
      );
    }
    case 'incidents':
      if (id !== undefined) return state.incidents.find((incident) => incident.id === id);
      return page(
        state.incidents.filter(
          ({ endedAt, pipeline }) => (query.get('open') !== 'true' || endedAt === null) && (query.get('pipeline') ?? pipeline) === pipeline,
        ),
        query,
        50,
      );
    case 'detectors':
      return DETECTORS;
    case 'silences':
      return { items: state.silences, next: null };
    case 'answers':
      return { items: state.answers.filter(({ parts }) => parts[0].series === query.get('series')), next: null };
    case 'dead-letters':
      return page(state.indexes.size === 0 ? [] : state.letters, query, 50);
    case 'audit':
      return page(state.audit, query, 50);
    case 'health':
      return {
        condition: 'ok',
        version: '0.1.0',
        node: process.version,
        uptimeSeconds: 5400,
        rssBytes: 142 * 2 ** 20,
        eventLoopDelayMs: 1.4,
        ledgerBytes: 9.1 * 2 ** 20,
        historyBytes: 733 * 2 ** 20,
        pipelines: [],
      };
    default:
      return undefined;
  }
}

/** Does what a POST or DELETE asks for. */
function write(state: State, method: string, route: string[], body: Record<string, unknown>): unknown {
  const [name, id, verb] = route;
  if (name === 'series' && verb === 'compare') return comparison(body.detectors as string[]);
  if (name === 'answers' && id === 'preview') return answerShown(body);
  if (name === 'answers' && method === 'POST') {
    const given = answerGiven(body, state.incidents, state.answers.length);
    state.answers.unshift(given);
    return { id: given.id, sequence: 1 };
  }
  if (name === 'answers') state.answers.splice(0, state.answers.length, ...state.answers.filter((each) => each.id !== id));
  else if (name === 'incidents' && verb === 'acknowledge') {
    const incident = state.incidents.find((each) => each.id === id);
    if (incident === undefined) return undefined;
    incident.acknowledgedBy = 'local';
    state.audit.unshift({ at: Date.now(), by: 'local', what: 'acknowledge', detail: `${id}: ${String(body.comment)}` });
  } else if (name === 'silences' && method === 'POST')
    state.silences.push({ id: `s${state.silences.length + 2}`, by: 'local', ...body } as unknown as SilenceView);
  else if (name === 'silences') state.silences.splice(0, state.silences.length, ...state.silences.filter((silence) => silence.id !== id));
  else if (name === 'dead-letters') for (const letter of state.letters) letter.replayed ||= (body.ids as number[]).includes(letter.id);
  else if (name !== 'pipelines') return undefined;
  return { sequence: 1 };
}

const problem = (status: number, code: string, detail: string, mend: string) => ({
  type: `https://homeostat.dev/errors/${code}`,
  title: detail,
  status,
  detail,
  code,
  mend,
});

function answer(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': status >= 400 ? 'application/problem+json' : 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

async function api(state: State, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const route = url.pathname.replace('/api/v1/', '').split('/').map(decodeURIComponent);
  const method = request.method ?? 'GET';
  if (state.mode === 'error') return answer(response, 503, problem(503, 'OVERLOADED', 'The engine does not answer', 'Wait; it starts again by itself.'));
  if (route[0] === 'session') {
    const right = (await bodyOf(request)).token === 'secret';
    if (right) return answer(response, 200, { name: 'maria', role: 'operator' }, { 'set-cookie': 'homeostat_session=1; HttpOnly; SameSite=Strict; Path=/' });
    return answer(response, 401, problem(401, 'UNAUTHORIZED', 'A token is needed; the one sent is not known', 'Send one of server.tokens.'));
  }
  if (state.mode === 'token' && !(request.headers.cookie ?? '').includes('homeostat_session=1'))
    return answer(response, 401, problem(401, 'UNAUTHORIZED', 'A token is needed', 'Sign in.'));
  if (route[0] === 'logs' || (route[0] === 'pipelines' && route[2] === 'logs')) return logs(state, request, response, route, url.searchParams);
  if (route[0] === 'stream') return stream(state, response, url.searchParams);
  const body = method === 'GET' ? {} : await bodyOf(request);
  if (method !== 'GET') state.posted.push({ path: url.pathname, body });
  const found = method === 'GET' ? read(state, route, url.searchParams) : write(state, method, route, body);
  if (found === undefined) return answer(response, 404, problem(404, 'NOT_FOUND', `There is no ${route[0]} "${route[1] ?? ''}"`, 'Check the name.'));
  return answer(response, method === 'GET' ? 200 : 202, found);
}

async function logs(state: State, request: IncomingMessage, response: ServerResponse, route: string[], query: URLSearchParams): Promise<void> {
  const method = request.method ?? 'GET';
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    if (method !== 'PATCH' || state.logs.cuts === 0) continue;
    state.logs.cuts--;
    state.logs.cut(route[2], Number(request.headers['upload-offset']), Buffer.concat(chunks));
    request.socket.destroy();
    return;
  }
  const body = Buffer.concat(chunks);
  const parsed = (): Record<string, unknown> => (body.length === 0 ? {} : (JSON.parse(body.toString()) as Record<string, unknown>));
  if (method === 'POST') state.posted.push({ path: `/api/v1/${route.join('/')}`, body: parsed() });
  const found: Answer =
    route[0] === 'logs' ? state.logs.jobs(method, route.slice(2), body, query, request.headers) : state.logs.results(method, route.slice(3), parsed(), query);
  if (found.problem !== undefined) {
    const [code, detail, mend] = found.problem;
    return answer(response, found.status ?? 400, problem(found.status ?? 400, code, detail, mend), found.headers);
  }
  if (found.body !== undefined) return answer(response, found.status ?? 200, found.body, found.headers);
  response.writeHead(found.status ?? 200, found.headers);
  response.end();
}

function stream(state: State, response: ServerResponse, query: URLSearchParams): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const listener = { response, topics: new Set((query.get('topics') ?? '').split(',')), pipeline: query.get('pipeline'), series: query.get('series') };
  state.listeners.add(listener);
  response.on('close', () => state.listeners.delete(listener));
  response.write(': hello\n\n');
  if (listener.topics.has('status')) response.write(`event: status\ndata: ${JSON.stringify({ type: 'status', pipelines: state.pipelines() })}\n\n`);
}

/** The dashboard's files, compressed; read once, so that a build meanwhile changes nothing. */
function readFiles(): Map<string, Buffer> {
  const names = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((name) => TYPES[extname(name)] !== undefined);
  return new Map(names.map((name) => [name, gzipSync(readFileSync(join(DIST, name)))]));
}

function file(files: Map<string, Buffer>, response: ServerResponse, path: string): void {
  const name = path === '/' ? 'index.html' : path.slice(1);
  const bytes = files.get(name);
  if (bytes === undefined) return answer(response, 404, problem(404, 'NOT_FOUND', `There is no file "${name}"`, 'Build the dashboard.'));
  response.writeHead(200, {
    'content-type': TYPES[extname(name)],
    'content-encoding': 'gzip',
    'content-security-policy': CSP,
    'x-content-type-options': 'nosniff',
  });
  response.end(bytes);
}

export async function startFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const state = new State(options);
  const files = readFiles();
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://fixture');
    if (!url.pathname.startsWith('/api/v1/')) return file(files, response, url.pathname);
    api(state, request, response, url).catch((error: unknown) => answer(response, 500, problem(500, 'INTERNAL', String(error), '')));
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const timer = setInterval(() => state.tick(), 1000);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    logs: state.logs,
    posted: state.posted,
    send: (event) => state.send(event),
    async stop() {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
