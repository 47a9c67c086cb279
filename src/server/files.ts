/** The dashboard's files: hashed ones for ever, the page itself asked for anew each time, precompressed where the build made it so. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HomeostatError } from '../core/errors.ts';
import type { App } from './app.ts';
import { sendProblem } from './problems.ts';

const YEAR = 31_536_000;

/** Names with a hash of their content, as Vite gives them under assets/. */
const HASHED = /[\\/]assets[\\/][^\\/]+-[\w-]{8,}\.[a-z0-9.]+$/;

/** True where a browser goes to a page of the dashboard: those are made in the browser, from index.html. */
function isPage(request: FastifyRequest): boolean {
  const path = request.url.split('?', 1)[0];
  const last = path.slice(path.lastIndexOf('/') + 1);
  const reads = request.method === 'GET' || request.method === 'HEAD';
  return reads && !path.startsWith('/api/') && !last.includes('.') && (request.headers.accept ?? '').includes('text/html');
}

/** Serves the dashboard, if there is one, and answers 404 in our form everywhere else. */
export async function files(app: App, folder: string | undefined): Promise<void> {
  const served = folder !== undefined && existsSync(join(folder, 'index.html'));
  if (served) {
    // The last routes of all: what they hold is public, and a browser needs it to sign in.
    app.addHook('onRoute', (route) => {
      route.config = { ...route.config, role: 'anyone' };
    });
    await app.register(fastifyStatic, {
      root: folder,
      wildcard: true,
      preCompressed: true,
      cacheControl: false,
      setHeaders(reply, path) {
        reply.header('cache-control', HASHED.test(path.replace(/\.(br|gz)$/, '')) ? `public, max-age=${YEAR}, immutable` : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    if (served && isPage(request)) return reply.code(200).sendFile('index.html');
    return sendProblem(reply, new HomeostatError('NOT_FOUND', { what: `address for ${request.method}`, name: request.url.split('?', 1)[0].slice(0, 200) }));
  });
}
