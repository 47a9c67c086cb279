#!/usr/bin/env node
/**
 * The screen of the shop floor: one tile a machine. Reads Homeostat (HOMEOSTAT_URL) by one connection, however many screens there are; changes nothing.
 * GET / is the page, /tiles what it shows, /events the same each time it changes (SSE), /metrics what Prometheus scrapes.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { follow } from './homeostat.mjs';
import { Machines, STATES } from './machines.mjs';

const { port, host } = parseArgs({ options: { port: { type: 'string', default: '7071' }, host: { type: 'string', default: '127.0.0.1' } } }).values;
const file = (name) => readFileSync(new URL(name, import.meta.url));
const FILES = {
  '/': { body: file('index.html'), type: 'text/html; charset=utf-8' },
  '/floor.js': { body: file('floor.js'), type: 'text/javascript; charset=utf-8' },
  '/floor.css': { body: file('floor.css'), type: 'text/css; charset=utf-8' },
};
const MOST_SCREENS = 50;

const machines = new Machines();
let isConnected = false;
const view = () => {
  const tiles = machines.tiles(Date.now());
  return { connected: isConnected, tiles };
};

/** Prometheus text: how each machine is, and how near it is to its limit. */
function metrics({ connected, tiles }) {
  const lines = ['# HELP factory_connected 1 while Homeostat answers', '# TYPE factory_connected gauge', `factory_connected ${connected ? 1 : 0}`];
  lines.push('# HELP factory_machine_state 1 for the state that a machine is in', '# TYPE factory_machine_state gauge');
  for (const { line, name, state } of tiles) {
    for (const each of STATES) lines.push(`factory_machine_state{line="${line}",machine="${name}",state="${each}"} ${each === state ? 1 : 0}`);
  }
  lines.push('# HELP factory_machine_score Highest score of a machine as a share of its limit: above 1 is anomalous', '# TYPE factory_machine_score gauge');
  for (const { line, name, share } of tiles) lines.push(`factory_machine_score{line="${line}",machine="${name}"} ${share.toFixed(4)}`);
  return `${lines.join('\n')}\n`;
}

const screens = new Set();
const security = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://floor');
  const send = (status, type, body) => response.writeHead(status, { ...security, 'content-type': type }).end(request.method === 'HEAD' ? undefined : body);
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'text/plain', 'This page only shows.\n');
  if (FILES[pathname] !== undefined) return send(200, FILES[pathname].type, FILES[pathname].body);
  if (pathname === '/tiles') return send(200, 'application/json', JSON.stringify(view()));
  if (pathname === '/metrics') return send(200, 'text/plain; version=0.0.4; charset=utf-8', metrics(view()));
  if (pathname !== '/events') return send(404, 'text/plain', 'There is no such page.\n');
  if (screens.size >= MOST_SCREENS) return send(429, 'text/plain', `There are ${MOST_SCREENS} screens already.\n`);
  response.writeHead(200, { ...security, 'content-type': 'text/event-stream; charset=utf-8' });
  response.write(`data: ${last}\n\n`);
  screens.add(response);
  response.on('close', () => screens.delete(response));
  return undefined;
});

let last = JSON.stringify(view());
const timer = setInterval(() => {
  const now = JSON.stringify(view());
  // Without news an empty comment, so that a screen notices a broken connection.
  const frame = now === last ? ':\n\n' : `data: ${now}\n\n`;
  last = now;
  for (const screen of screens) {
    // A screen that does not read is let go; it comes back by itself.
    if (screen.writableLength > 2 ** 20) screen.destroy();
    else screen.write(frame);
  }
}, 1000);

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    stop.abort();
    clearInterval(timer);
    server.close();
    server.closeAllConnections();
  });
}
server.listen(Number(port), host, () => console.log(`the shop floor is at http://${host}:${server.address().port}`));
await follow(machines, (yes) => (isConnected = yes), stop.signal);
