/** up, down, status: what `npm run services` does. Nothing is printed here; `say(kind, text)` is told what happens. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { existing, fromVariables, settingsOfExisting, shownUrl } from './existing.mjs';
import { ServiceFailure } from './failure.mjs';
import { kinds } from './kinds/index.mjs';
import { programs } from './needs.mjs';
import { freePorts, isFree } from './ports.mjs';
import { end, isStill, memoryOf } from './process.mjs';
import { ownVariables, writeVariables } from './record.mjs';
import { Server } from './server.mjs';

export const names = Object.keys(kinds);

const settled = (promise) =>
  promise.then(
    () => undefined,
    (error) => error,
  );

const ask = (entry, patience) => settled(kinds[entry.kind].ask({ ...(entry.existing ? existing(entry.kind, entry.url) : entry), patience }));

/** Writes what is up into the `.env`. */
function publish(record, envFile) {
  const variables = record.all().map((entry) => (entry.existing ? settingsOfExisting(entry.kind, entry.url) : kinds[entry.kind].settings(entry)));
  writeVariables(envFile, Object.assign({}, ...variables));
}

/** The URL of a server that somebody else runs, if one is named: by an option, by a variable, by a line in `.env` that is not ours. */
function named(kind, urls, record, envFile) {
  if (urls[kind] !== undefined) return urls[kind];
  const text = fromVariables(kind, { ...ownVariables(envFile), ...process.env });
  const known = record.get(kind);
  return known !== undefined && !known.existing && known.url === text ? undefined : text;
}

async function portsFor(kind, record) {
  const before = record.portsOf(kind.kind);
  if (before?.length === kind.ports && (await Promise.all(before.map((port) => isFree(port)))).every(Boolean)) return before;
  return freePorts(kind.ports);
}

const since = () => new Date().toISOString();

async function take(kind, url, record, say) {
  const entry = { kind, url, existing: true, since: record.get(kind)?.url === url ? record.get(kind).since : since() };
  existing(kind, url);
  const why = await ask(entry, 5000);
  if (why !== undefined) throw new ServiceFailure(`${kind} does not answer at ${shownUrl(url)}: ${why.message}`);
  await forget(kind, record, say);
  record.set(entry);
  say(kind, `answers at ${shownUrl(url)}; it was there already and is not stopped by down`);
}

/** Ends a server of ours and takes it off the record. */
async function forget(kind, record, say) {
  const entry = record.get(kind);
  if (entry === undefined) return;
  if (!entry.existing && isStill(entry.pid, entry.start)) {
    say(kind, `stopping process ${entry.pid}`);
    await end(entry.pid, entry.start);
  }
  record.remove(kind);
}

/** True when a server of ours is there and answers; one that does not is ended. */
async function alreadyUp(kind, record, say) {
  const entry = record.get(kind);
  if (entry === undefined || entry.existing) return false;
  if (isStill(entry.pid, entry.start)) {
    const why = await ask(entry, 5000);
    if (why === undefined) {
      say(kind, `answers at ${entry.url} already`);
      return true;
    }
    say(kind, `process ${entry.pid} does not answer (${why.message}): it is started again`);
  }
  await forget(kind, record, say);
  return false;
}

async function start(name, record, say, mine) {
  const kind = kinds[name];
  const folder = join(record.folder, 'data', name);
  mkdirSync(folder, { recursive: true });
  const began = performance.now();
  const server = new Server(kind, {
    folder,
    ports: await portsFor(kind, record),
    options: { fullSpeed: true, say: (text) => say(name, text) },
    stays: true,
    spawned: () => {
      const { url, host, port, ports } = server.address;
      record.set({ kind: name, url, host, port, ports, pid: server.pid, start: server.start, since: since() });
    },
  });
  mine.add(server);
  say(name, 'starting', 'begin');
  try {
    await server.up();
    say(name, `answers at ${server.address.url} (${((performance.now() - began) / 1000).toFixed(1)} s)`, 'end');
  } catch (error) {
    say(name, 'ended before it answered', 'end');
    record.remove(name);
    throw error;
  }
}

/**
 * Brings servers up: takes those that are named by URL, leaves those that answer, starts the others, writes the `.env`.
 * @param {{ asked: string[], urls: Record<string, string>, record: import('./record.mjs').Record, envFile: string, say: (kind: string, text: string, step?: 'begin' | 'end') => void, mine: Set<Server> }} how
 *   `mine` is filled with the servers that are started
 * @throws {ServiceFailure} the first one, when all have been tried
 */
export async function up({ asked, urls, record, envFile, say, mine }) {
  const existingOnes = new Map(asked.map((kind) => [kind, named(kind, urls, record, envFile)]));
  const own = asked.filter((kind) => existingOnes.get(kind) === undefined);
  programs(own.flatMap((kind) => kinds[kind].needs));
  const work = async (kind) => {
    const url = existingOnes.get(kind);
    if (url !== undefined) await take(kind, url, record, say);
    else if (!(await alreadyUp(kind, record, say))) await start(kind, record, say, mine);
  };
  const failures = (await Promise.all(asked.map((kind) => settled(work(kind))))).filter((error) => error !== undefined);
  publish(record, envFile);
  if (failures.length > 0) throw failures.length === 1 ? failures[0] : new ServiceFailure(failures.map(({ message }) => message).join('\n'));
}

/**
 * Stops what `up` started; a server of somebody else is only forgotten. `wipe` removes the data too.
 * @param {{ asked: string[], record: import('./record.mjs').Record, envFile: string, say: (kind: string, text: string) => void, wipe?: boolean }} how
 */
export async function down({ asked, record, envFile, say, wipe = false }) {
  await Promise.all(
    asked.map(async (kind) => {
      const entry = record.get(kind);
      await forget(kind, record, say);
      if (wipe) rmSync(join(record.folder, 'data', kind), { recursive: true, force: true });
      if (entry !== undefined) say(kind, entry.existing ? 'is left running: it was there before' : 'stopped');
    }),
  );
  publish(record, envFile);
}

/**
 * How each service is: `running`, `silent` (its process is there and does not answer), `gone` (its process ended by itself), `stopped`, or `existing`.
 * @param {{ asked: string[], record: import('./record.mjs').Record }} how
 */
export function status({ asked, record }) {
  return Promise.all(
    asked.map(async (kind) => {
      const entry = record.get(kind);
      if (entry === undefined) return { kind, state: 'stopped', up: false };
      const there = entry.existing || isStill(entry.pid, entry.start);
      const why = there ? await ask(entry, 2000) : new Error('its process has ended');
      const state = why === undefined ? (entry.existing ? 'existing' : 'running') : there ? 'silent' : 'gone';
      const { pid, since } = entry;
      return { kind, state, up: why === undefined, pid, url: shownUrl(entry.url), rss: there ? memoryOf(pid) : undefined, since, why: why?.message };
    }),
  );
}
