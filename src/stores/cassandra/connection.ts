/** One client of the cluster: connected when first used, connected anew until it succeeds, and what is wrong said since when. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, DseClientOptions } from 'cassandra-driver';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import { tlsAdvice, tlsSettings } from '../../core/tls.ts';
import type { CassandraOptions } from './options.ts';

type Driver = typeof import('cassandra-driver');

/** Longest time until connected, with the tables made or checked, ms. */
const CONNECTING = 60_000;
/** A request that does not fit the schema, and one that cannot be prepared for it any more. */
const INVALID = 0x2200;
const UNPREPARED = 0x2500;

export class Connection {
  readonly target: string;
  readonly options: CassandraOptions;
  readonly #prepare: (client: Client, options: CassandraOptions) => Promise<void>;
  /** How often the schema was looked at: what was written before may be gone with its tables. */
  connected = 0;
  #connecting: Promise<Client> | undefined;
  #closed = false;
  /** Wall clock since which nothing was answered, ms; undefined while all is well. */
  #since: number | undefined;

  /** `prepare` has the schema made or checked before the first use. */
  constructor(options: CassandraOptions, prepare: (client: Client, options: CassandraOptions) => Promise<void>) {
    this.options = options;
    this.#prepare = prepare;
    this.target = `cassandra at ${options.contact_points.join(', ')} port ${options.port}`;
  }

  /** Since when it does not answer, ISO 8601. */
  get since(): string {
    return new Date(this.#since ?? Date.now()).toISOString();
  }

  /** Runs `work` on the connected client; `asks`: it asks the cluster for something. Throws HISTORY_UNREACHABLE, HISTORY_SCHEMA. */
  async use<T>(work: (client: Client) => Promise<T>, asks = true): Promise<T> {
    try {
      const result = await work(await this.#client());
      if (asks) this.#since = undefined;
      return result;
    } catch (thrown) {
      this.#since ??= Date.now();
      if (isMisfit(thrown)) this.#hangUp();
      if (thrown instanceof HomeostatError && thrown.code !== 'HISTORY_UNREACHABLE') throw thrown;
      throw new HomeostatError('HISTORY_UNREACHABLE', { target: this.target, since: this.since, detail: reasonOf(thrown) }, thrown);
    }
  }

  /** One request, tried again where that may help; each is idempotent. */
  async send<T>(request: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await request();
      } catch (thrown) {
        if (this.#closed || attempt >= this.options.attempts || !isPassing(thrown)) throw thrown;
        await sleep(Math.min(2_000, 50 * 2 ** attempt) * (0.5 + Math.random() / 2));
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#hangUp();
  }

  #client(): Promise<Client> {
    if (this.#closed) return Promise.reject(new Error('the history is closed'));
    this.#connecting ??= this.#connect().catch((thrown: unknown) => {
      this.#connecting = undefined;
      throw thrown;
    });
    return this.#connecting;
  }

  /** The next use connects anew: then the schema is looked at, and made where it may be. */
  #hangUp(): void {
    const connecting = this.#connecting;
    this.#connecting = undefined;
    connecting?.then((client) => client.shutdown()).catch(() => {});
  }

  async #connect(): Promise<Client> {
    const driver = (await import('cassandra-driver')).default;
    const client = new driver.Client(clientOptions(driver, this.options));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no connection within ${CONNECTING / 1000} s`)), CONNECTING);
    });
    try {
      await Promise.race([late, client.connect().then(() => this.#prepare(client, this.options))]);
      this.connected++;
      return client;
    } catch (thrown) {
      // Not awaited: what hangs while it connects may hang while it closes.
      client.shutdown().catch(() => {});
      throw thrown;
    } finally {
      clearTimeout(timer);
    }
  }
}

function clientOptions(driver: Driver, options: CassandraOptions): DseClientOptions {
  const { contact_points, port, local_datacenter, user, password, tls, consistency, timeout } = options;
  const { policies, types } = driver;
  const levels: Record<CassandraOptions['consistency'], number> = {
    one: types.consistencies.one,
    local_one: types.consistencies.localOne,
    two: types.consistencies.two,
    quorum: types.consistencies.quorum,
    local_quorum: types.consistencies.localQuorum,
    each_quorum: types.consistencies.eachQuorum,
    all: types.consistencies.all,
  };
  return {
    contactPoints: contact_points.map((point) => (point.includes(':') ? `[${point}]:${port}` : `${point}:${port}`)),
    localDataCenter: local_datacenter,
    ...(user === undefined ? {} : { authProvider: new driver.auth.PlainTextAuthProvider(user, password ?? '') }),
    ...(tls === undefined || tls === false ? {} : { sslOptions: tlsSettings(tls) }),
    policies: {
      // Retries are ours: a time-out is followed by the same row again, never by another answer.
      retry: new policies.retry.FallthroughRetryPolicy(),
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(200, 5_000, false),
    },
    socketOptions: { connectTimeout: timeout, readTimeout: timeout },
    queryOptions: { consistency: levels[consistency], prepare: true, isIdempotent: true },
    pooling: { maxRequestsPerConnection: 2048, heartBeatInterval: 10_000 },
    encoding: { useBigIntAsLong: true },
  };
}

/** Whether the same request may succeed in a moment: nobody there, no answer in time, too much to do. */
function isPassing(thrown: unknown): boolean {
  const { name, code } = thrown as { name?: string; code?: number };
  if (name === 'NoHostAvailableError' || name === 'OperationTimedOutError' || name === 'BusyConnectionError') return true;
  // Unavailable, overloaded, bootstrapping, truncate, write time-out, read time-out, read failure, write failure.
  return code !== undefined && [0x1000, 0x1001, 0x1002, 0x1003, 0x1100, 0x1200, 0x1300, 0x1500].includes(code);
}

/** Whether keyspace, table or column are not there (any more). */
function isMisfit(thrown: unknown): boolean {
  const { innerErrors = {} } = thrown as { innerErrors?: Record<string, unknown> };
  return [thrown, ...Object.values(innerErrors)].some((error) => {
    const { code } = (error ?? {}) as { code?: unknown };
    return code === INVALID || code === UNPREPARED;
  });
}

/** Says what each node answered, for the driver only says that none did. */
export function reasonOf(thrown: unknown): string {
  const inner = (thrown as { innerErrors?: Record<string, unknown> }).innerErrors;
  const each = Object.entries(inner ?? {}).map(([host, error]) => `${host}: ${messageOf(error)}${tlsAdvice(error)}`);
  return each.length > 0 ? each.join('; ') : `${messageOf(thrown)}${tlsAdvice(thrown)}`;
}
