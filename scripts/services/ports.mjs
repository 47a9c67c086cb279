/** Free loopback ports. Plain Node. */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** True when nothing listens there now. */
export function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Where the system begins to take ports for outgoing connections. A server's port below it cannot be taken by a client while the server is down. */
function firstEphemeral() {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0]);
  } catch {
    return 32_768;
  }
}

/**
 * So many free ports that differ from each other.
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  const last = Math.max(20_000, firstEphemeral());
  const found = new Set();
  for (let tries = 0; found.size < count; tries++) {
    if (tries > 1000) throw new Error(`no ${count} free ports between 10000 and ${last} on 127.0.0.1`);
    const port = randomInt(10_000, last);
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}
