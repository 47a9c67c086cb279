/** The server: puts the parts together, listens, and ends within a bound. */
import { randomUUID } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import fastify from 'fastify';
import { HomeostatError, messageOf } from '../core/errors.ts';
import type { Running } from '../core/live.ts';
import type { App, Context } from './app.ts';
import { Authority } from './auth.ts';
import { Budget } from './budget.ts';
import { files } from './files.ts';
import { refusal } from './listening.ts';
import { LoopDelay } from './loop-delay.ts';
import { Metrics, type Bound } from './metrics.ts';
import { describe } from './openapi.ts';
import { DEFAULT_LIMITS, isLoopback, type Log, type ServerLimits, type ServerOptions } from './options.ts';
import { errorHandler, problemOf, sendProblem } from './problems.ts';
import { resources } from './routes/index.ts';
import { probes } from './routes/health.ts';
import { pages } from './routes/pages.ts';
import { guard, SECURITY_HEADERS } from './security.ts';
import { Hub } from './stream/hub.ts';
import { validatorCompiler } from './validation.ts';

export { serverOptions } from './options.ts';
export type { ServerOptions, Token } from './options.ts';

/** Longest request line and headers together, bytes. */
const MAX_HEADERS = 16 * 1024;

/** A refusal before there is a request: broken HTTP, too many headers, too slow. */
function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (socket.destroyed || !socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const detail =
    status === 431
      ? `its headers are larger than ${MAX_HEADERS} bytes`
      : status === 408
        ? 'it did not arrive in time (server.request_timeout)'
        : 'it is not HTTP';
  const body = JSON.stringify(problemOf(new HomeostatError('REQUEST_INVALID', { detail }), status));
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function application(log: Log | undefined, limits: ServerLimits): App {
  const app = fastify({
    bodyLimit: limits.max_body,
    requestTimeout: limits.request_timeout,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    genReqId: () => randomUUID(),
    http: { maxHeaderSize: MAX_HEADERS },
    routerOptions: { maxParamLength: 500 },
    clientErrorHandler: refuseConnection,
    frameworkErrors: (error, _request, reply) =>
      void sendProblem(reply.headers(SECURITY_HEADERS), new HomeostatError('REQUEST_INVALID', { detail: messageOf(error) }), error.statusCode),
  });
  app.setValidatorCompiler(validatorCompiler as never);
  // Answers are made of plain data; the tests hold them against their schemas, so nothing is filtered at run time.
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler(errorHandler(log));
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) =>
    body.length === 0 ? done(null, {}) : parse(request, body as string, done),
  );
  return app;
}

async function addRoutes(app: App, context: Context, metrics: Metrics, web: string | undefined): Promise<void> {
  await describe(app, context.version);
  probes(app, context);
  pages(app, metrics);
  await app.register(
    async (api: App) => {
      api.addHook('onSend', async (_request, reply) => void (reply.hasHeader('cache-control') || reply.header('cache-control', 'no-store')));
      for (const add of resources) add(api, context);
    },
    { prefix: '/api/v1' },
  );
  await files(app, web);
  await app.ready();
}

/** Counts connections, and closes those that are too many. */
function countConnections(app: App, most: number): Budget {
  const connections = new Budget(most);
  app.server.on('connection', (socket) => {
    if (!connections.take(1)) return socket.destroy();
    return socket.once('close', () => connections.give(1));
  });
  return connections;
}

function boundsOf({ running, inFlight, waiting, hub, limits }: Context, connections: Budget): Bound[] {
  return [
    { name: 'connections', help: 'Connections open', used: () => connections.used, limit: connections.limit },
    { name: 'log_jobs', help: 'Jobs over uploaded files that are kept', used: () => running.logs.jobs.list().length, limit: limits.max_jobs },
    { name: 'streams', help: 'Event streams open', used: () => hub.open, limit: limits.max_streams },
    { name: 'pushes_waiting', help: 'Pushes that wait for their verdicts', used: () => waiting.used, limit: waiting.limit },
    { name: 'push_bytes_in_flight', help: 'Bytes of pushed bodies in memory', used: () => inFlight.used, limit: inFlight.limit },
  ];
}

/** The server with all its routes, listening nowhere yet. */
async function build(running: Running, options: ServerOptions): Promise<App> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const app = application(options.log, limits);
  const delay = new LoopDelay();
  const context: Context = {
    running,
    limits,
    version: options.version,
    authority: new Authority(options.tokens, limits.session),
    inFlight: new Budget(limits.max_in_flight),
    waiting: new Budget(limits.max_waiting),
    hub: new Hub(running, limits),
    eventLoopDelay: () => delay.p99,
  };
  const metrics = new Metrics(running, context.hub, boundsOf(context, countConnections(app, limits.max_connections)), limits.metrics_series);
  app.decorateRequest('identity', null);
  app.addHook('onRequest', guard(context.authority, options.names ?? []));
  app.addHook('onResponse', async (request, reply) => metrics.answered(request, reply));
  app.addHook('preClose', async () => context.hub.close());
  app.addHook('onClose', async () => delay.close());
  await addRoutes(app, context, metrics, options.web);
  return app;
}

/** The OpenAPI document of this version, made without listening and without a running process. */
export async function openApiDocument(version: string): Promise<object> {
  const app = application(undefined, DEFAULT_LIMITS);
  // Routes are only described here: no handler is ever called, so that nothing else of the context is needed.
  await addRoutes(app, { limits: DEFAULT_LIMITS, version } as Context, {} as Metrics, undefined);
  const document = app.swagger();
  await app.close();
  return document;
}

async function listen(app: App, options: ServerOptions): Promise<string> {
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    throw refusal(options.host, options.port, error);
  }
  const { address, port, family } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Waits for requests under way, but not for ever. */
async function closeWithin(app: App, ms: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), ms);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Starts REST, SSE, metrics and the dashboard for a running process. `url` names the port taken when 0 was asked for.
 * Throws SERVER_NEEDS_TOKEN (an address beyond this machine, and no tokens), SERVER_PORT_TAKEN and SERVER_CANNOT_LISTEN.
 */
export async function startServer(running: Running, options: ServerOptions): Promise<{ url: string; close(): Promise<void> }> {
  if (options.tokens.length === 0 && !isLoopback(options.host)) throw new HomeostatError('SERVER_NEEDS_TOKEN', { address: options.host });
  const app = await build(running, options);
  try {
    const url = await listen(app, options);
    return { url, close: () => closeWithin(app, options.limits?.close_timeout ?? DEFAULT_LIMITS.close_timeout) };
  } catch (error) {
    await app.close();
    throw error;
  }
}
