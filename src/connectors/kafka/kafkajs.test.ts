/** What is mended in kafkajs while it is loaded. */
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { kafkajs } from './kafkajs.ts';

it('a connection that is given up again and again while its broker is away gathers no listeners', async () => {
  kafkajs();
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/connection') as { prototype: { disconnect(): Promise<unknown> } };
  const socket = new Socket();
  socket.destroy();
  const requestQueue = { waitForPendingRequests: async () => undefined, destroy: () => undefined };
  const connection = Object.assign(Object.create(prototype) as typeof prototype, { socket, requestQueue, logDebug: () => undefined });
  for (let i = 0; i < 20; i++) await connection.disconnect();
  expect(socket.listenerCount('connect')).toBeLessThanOrEqual(1);
});
