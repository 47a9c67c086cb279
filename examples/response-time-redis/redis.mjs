/** The connection of generator and picture: REDIS_URL, and patience. */
import { createClient } from '@redis/client';

/** Connects, and again whenever the connection is lost; says so on stderr once for each time. */
export async function connect(name) {
  const url = process.env.REDIS_URL || 'redis://127.0.0.1:6379';
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: (tries) => Math.min(200 * 2 ** tries, 3000) * (0.5 + Math.random() / 2) },
  });
  let told = false;
  client.on('error', ({ message, code }) => {
    if (!told) console.error(`${name}: Redis cannot be reached (${message || code}); trying again`);
    told = true;
  });
  client.on('ready', () => (told = false));
  await client.connect();
  return client;
}
