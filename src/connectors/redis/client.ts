/** One connection to Redis that ends at its first failure: whoever holds it decides what was lost and when to try again. */
import { plainOf } from '../../core/address.ts';
import { tlsSettings } from '../../core/tls.ts';
import type { ConnectionOptions } from './options.ts';
import { inWords } from './words.ts';

export type Reply = null | number | string | Buffer | Reply[];
export type Argument = string | Buffer;
type Heard = (message: Buffer, channel: Buffer) => void;

/** What is used of the client. */
interface Client {
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: 'error' | 'terminated' | 'end', listener: (thrown?: Error) => void): unknown;
  sendCommand(args: readonly Argument[], options?: object): Promise<unknown>;
  withTypeMapping(mapping: object): { multi(): Pipeline };
  subscribe(channels: readonly string[], listener: Heard, buffers: true): Promise<void>;
  pSubscribe(patterns: readonly string[], listener: Heard, buffers: true): Promise<void>;
}

interface Pipeline {
  addCommand(args: readonly Argument[]): unknown;
  execAsPipeline(): Promise<unknown>;
}

/** Where a server is. */
interface Address {
  host: string;
  port: number;
  tls: boolean;
  user: string | undefined;
  password: string | undefined;
  database: number;
}

/** Longest time that Node.js takes to try the addresses of a name one after another, ms. */
const LEAST_PATIENCE = 250;

function addressOf(options: ConnectionOptions): Address {
  const url = new URL(options.url);
  const path = url.pathname.replace(/^\//, '');
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1',
    port: url.port === '' ? 6379 : Number(url.port),
    tls: url.protocol === 'rediss:',
    user: options.user ?? (url.username === '' ? undefined : plainOf(url.username)),
    password: options.password ?? (url.password === '' ? undefined : plainOf(url.password)),
    database: options.database ?? (/^\d+$/.test(path) ? Number(path) : 0),
  };
}

/** The server as it stands in messages: without anything secret. */
export function nameOf(options: ConnectionOptions): string {
  const { host, port, database, tls } = addressOf(options);
  return `${tls ? 'rediss' : 'redis'}://${host.includes(':') ? `[${host}]` : host}:${port}${database === 0 ? '' : `/${database}`}`;
}

/** What the socket is made with. */
function socketOf(options: ConnectionOptions, { host, port, tls }: Address): object {
  const socket = { host, port, connectTimeout: Math.max(LEAST_PATIENCE, options.timeout), reconnectStrategy: false };
  return tls ? { ...socket, tls: true, ...tlsSettings(options.tls) } : socket;
}

export class Connection {
  /** Resolves with the reason once the connection is gone. */
  readonly lost: Promise<Error>;
  readonly #client: Client;
  readonly #timeout: number;
  readonly #mapping: object;
  #reason: Error | undefined;
  #lose: (reason: Error) => void = () => {};

  private constructor(client: Client, mapping: object, timeout: number) {
    this.#client = client;
    this.#mapping = mapping;
    this.#timeout = timeout;
    this.lost = new Promise((resolve_) => (this.#lose = resolve_));
    client.on('error', (thrown) => this.end(thrown ?? new Error('the connection failed')));
    client.on('end', () => this.end(new Error('the connection was closed')));
  }

  /** Connects and logs in. Rejects with an error whose message says why, without secrets. */
  static async open(options: ConnectionOptions, name: string, signal?: AbortSignal): Promise<Connection> {
    const { createClient, RESP_TYPES } = await import('@redis/client');
    const address = addressOf(options);
    try {
      const client = createClient({
        RESP: 3,
        socket: socketOf(options, address),
        database: address.database,
        // With a password alone the user is `default`.
        ...(address.password === undefined ? {} : { password: address.password, username: address.user ?? 'default' }),
        name: name.replace(/[^\x21-\x7e]/g, '-'),
        disableOfflineQueue: true,
        disableClientInfo: true,
        maintNotifications: 'disabled',
      }) as unknown as Client;
      const mapping = { [RESP_TYPES.MAP]: Array, [RESP_TYPES.BLOB_STRING]: Buffer };
      const connection = new Connection(client, mapping, Math.max(LEAST_PATIENCE, options.timeout));
      const stop = (): void => connection.end(new Error('stopped'));
      if (signal?.aborted === true) throw new Error('stopped');
      signal?.addEventListener('abort', stop, { once: true });
      try {
        await connection.#answered(client.connect(), connection.#timeout);
      } catch (thrown) {
        connection.close();
        throw thrown;
      } finally {
        signal?.removeEventListener('abort', stop);
      }
      return connection;
    } catch (thrown) {
      throw inWords(thrown, nameOf(options));
    }
  }

  /** One command; texts of the answer are bytes. The connection ends where there is no answer within `patience` ms. */
  send(args: readonly Argument[], patience = this.#timeout): Promise<Reply> {
    return this.#answered(this.#client.sendCommand(args, { typeMapping: this.#mapping }) as Promise<Reply>, patience);
  }

  /** All commands in one go; answers in their order. Rejects with the first error among them. */
  pipeline(commands: readonly (readonly Argument[])[]): Promise<Reply[]> {
    const multi = this.#client.withTypeMapping(this.#mapping).multi();
    for (const args of commands) multi.addCommand(args);
    return this.#answered(multi.execAsPipeline() as Promise<Reply[]>, this.#timeout);
  }

  async subscribe(channels: readonly string[], patterns: readonly string[], heard: Heard): Promise<void> {
    if (channels.length > 0) await this.#answered(this.#client.subscribe(channels, heard, true), this.#timeout);
    if (patterns.length > 0) await this.#answered(this.#client.pSubscribe(patterns, heard, true), this.#timeout);
  }

  end(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#lose(reason);
    this.#client.destroy();
  }

  close(): void {
    this.end(new Error('closed'));
  }

  /** What the work answers; where the connection ends meanwhile, the reason of that. */
  async #answered<T>(work: Promise<T>, patience: number): Promise<T> {
    const timer = setTimeout(() => this.end(new Error(`no answer within ${patience} ms`)), patience);
    try {
      return await work;
    } catch (thrown) {
      throw this.#reason ?? thrown;
    } finally {
      clearTimeout(timer);
    }
  }
}
