/** Servers for one test or one run of an example: each fresh, on its own port, in its own temporary folder, and gone when this process is. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kinds } from './kinds/index.mjs';
import { programs } from './needs.mjs';
import { freePorts } from './ports.mjs';
import { startOf } from './process.mjs';
import { Server } from './server.mjs';

const prefix = 'homeostat-service-';

/** Servers of this process that were not stopped yet. */
const started = new Set();
let watching = false;

function watchExit() {
  if (watching) return;
  watching = true;
  sweep();
  process.once('exit', () => {
    for (const server of started) {
      server.signal('SIGKILL');
      rmSync(server.folder, { recursive: true, force: true, maxRetries: 3 });
    }
  });
}

/** Removes the folders of processes that were killed before they could. */
function sweep() {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || startOf(Number(owner)) !== undefined) continue;
    const folder = join(tmpdir(), name);
    try {
      if (Date.now() - statSync(folder).mtimeMs > 600_000) rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another process sweeps too, or it belongs to another user.
    }
  }
}

async function attempt(kind, options) {
  const ports = await freePorts(kind.ports);
  if (options.port !== undefined) ports[0] = options.port;
  const server = new Server(kind, { folder: mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`)), ports, options });
  started.add(server);
  try {
    await server.up();
  } catch (error) {
    await discard(server);
    throw error;
  }
  return server;
}

async function discard(server) {
  await server.kill();
  started.delete(server);
  rmSync(server.folder, { recursive: true, force: true, maxRetries: 3 });
}

const portTaken = (error) => /address (is )?already in use|failed to bind|bind.*in use/i.test(error.message);

/**
 * A fresh server on a free loopback port, ready to answer; it ends with this process at the latest, also when this process is killed.
 * @param {import('./types.d.mts').ServiceKind} name
 * @param {import('./types.d.mts').ServiceOptions} [options]
 * @returns {Promise<import('./start.d.mts').Service>}
 * @throws {import('./failure.mjs').ServiceFailure} what is missing and how to install it; or what the server said when it did not start
 */
export async function startService(name, options = {}) {
  const kind = kinds[name];
  programs(kind.needs);
  watchExit();
  let server;
  for (let tries = 1; server === undefined; tries++) {
    try {
      server = await attempt(kind, options);
    } catch (error) {
      if (options.port !== undefined || tries === 3 || !portTaken(error)) throw error;
    }
  }
  return service(server);
}

/** @param {Server} server */
function service(server) {
  return {
    ...server.address,
    kind: server.kind.kind,
    folder: server.folder,
    settings: server.kind.settings(server.address),
    get pid() {
      return server.pid;
    },
    get running() {
      return server.running;
    },
    kill: () => server.kill(),
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    async restart() {
      await server.terminate();
      await server.up();
    },
    stop: () => discard(server),
    log: () => server.log(),
  };
}
