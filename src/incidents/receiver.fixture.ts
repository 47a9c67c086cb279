/** A real HTTP receiver on this machine that can be told to misbehave. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  key: string;
  headers: IncomingMessage['headers'];
  body: string;
  path: string;
}

type Answer = (received: Received, response: ServerResponse, request: IncomingMessage) => void;

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    void response.writeHead(code, headers).end();

/** Refuses, and says all that it was sent. */
export const repeatsEverything: Answer = ({ headers, body, path }, response) =>
  void response.writeHead(400, { 'content-type': 'text/plain' }).end(`${path} ${JSON.stringify(headers)} ${body}`);

/** Refuses in a text that never ends. */
export const withoutEnd: Answer = (_, response) => {
  response.writeHead(400, { 'content-type': 'text/plain' });
  const more = (): void => {
    while (!response.destroyed && response.write('no '.repeat(10_000)));
  };
  response.on('drain', more).on('error', () => {});
  more();
};

export const hang: Answer = () => {};

export const dropConnection: Answer = (_, __, request) => void request.socket.destroy();

export class Receiver {
  /** Everything that arrived, in order; counted by Idempotency-Key with `times`. */
  readonly received: Received[] = [];
  /** Answers to the next requests; when used up, 200. */
  answers: Answer[] = [];
  /** Answer to all further requests. */
  always: Answer = status(200);
  /** What is wrong with a request; it is then refused with 400. */
  judge: (received: Received) => string[] = () => [];
  readonly #server: Server;
  #waiting: (() => void)[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { headers, url = '' } = request;
        const received = { key: String(headers['idempotency-key']), headers, body: Buffer.concat(chunks).toString('utf8'), path: url };
        this.received.push(received);
        const problems = this.judge(received);
        if (problems.length > 0) response.writeHead(400, { 'content-type': 'text/plain' }).end(problems.join('; '));
        else (this.answers.shift() ?? this.always)(received, response, request);
        for (const wake of this.#waiting.splice(0)) wake();
      });
    });
  }

  /** Resolves after `ms` in which nothing has arrived; rejects at once when something does. */
  async quiet(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const arrived = new Promise<never>((_, reject) => this.#waiting.push(() => reject(new Error(`${this.received.at(-1)!.path} arrived`))));
    const passed = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
    await Promise.race([arrived, passed]).finally(() => clearTimeout(timer));
    arrived.catch(() => {});
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  times(key: string): number {
    return this.received.filter((one) => one.key === key).length;
  }

  async arrived(count: number): Promise<void> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
