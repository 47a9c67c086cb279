/** A receiver as bad as real ones: answers as its script says (`hang`, or a status), and 200 once the script is over. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Delivery {
  key: string;
  body: string;
  answered: 'hang' | number;
}

export interface TroubledReceiver {
  url: string;
  deliveries: Delivery[];
  close(): Promise<void>;
}

export async function startTroubledReceiver(script: readonly ('hang' | number)[]): Promise<TroubledReceiver> {
  const deliveries: Delivery[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const answered = script[deliveries.length] ?? 200;
    deliveries.push({ key: String(request.headers['idempotency-key']), body, answered });
    if (answered !== 'hang') response.writeHead(answered).end();
  };
  const server = createServer((request, response) => void take(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, deliveries, close };
}
