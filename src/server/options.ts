/** What the server can be told: the `server` section of the configuration, and what `startServer` takes. */
import { LONGEST_TIMER, quantity, Type, type Static } from '../core/schema.ts';

export type Role = 'viewer' | 'operator';

/** A bearer token as the server holds it in memory. */
export interface Token {
  /** Who it is: shown in the audit. */
  name: string;
  /** `viewer` reads; `operator` also writes and pushes. */
  role: Role;
  token: string;
}

/** The `server` section of the configuration; durations and sizes reach the server in ms and bytes. */
export const serverOptions = Type.Object(
  {
    host: Type.String({ description: 'Address to listen on. Any other than a loopback address needs tokens.', default: '127.0.0.1' }),
    port: Type.Integer({ description: 'Port to listen on; 0 takes a free one.', minimum: 0, maximum: 65535, default: 7070 }),
    tokens: Type.Array(
      Type.Object(
        {
          name: Type.String({ description: 'Who holds it; the audit names it.', minLength: 1, maxLength: 64 }),
          role: Type.Enum(['viewer', 'operator'], { description: 'viewer reads; operator also acknowledges, silences, replays and pushes.' }),
          token: Type.Optional(
            Type.String({ description: 'The token itself, at least 16 characters; better from the environment.', minLength: 16, maxLength: 1024 }),
          ),
          token_file: Type.Optional(Type.String({ description: 'File that holds the token.' })),
        },
        { additionalProperties: false },
      ),
      { description: 'Bearer tokens. Without any, everybody who reaches the (loopback) address is operator.', default: [] },
    ),
    names: Type.Array(Type.String(), { description: 'Further host names that requests may use while there are no tokens.', default: [] }),
    max_upload: quantity('size', 'Largest log file that may be uploaded; larger ones are answered 413.', '20GiB'),
    max_jobs: Type.Integer({
      description: 'Jobs over uploaded files kept at once; those that ended first make room for new ones.',
      minimum: 1,
      maximum: 10_000,
      default: 50,
    }),
    keep_jobs: quantity('duration', 'Jobs that ended so long ago, and uploads that stopped so long ago, are removed when a new one is made.', '30d'),
    max_body: quantity('size', 'Largest request body as it is sent; larger ones are answered 413.', '8MiB'),
    max_expanded: quantity('size', 'Largest request body once unpacked; unpacking stops there and answers 413.', '32MiB'),
    max_in_flight: quantity('size', 'Bodies held at once, unpacked; beyond it pushes are answered 429.', '128MiB'),
    max_connections: Type.Integer({ description: 'Connections open at once; further ones are closed.', minimum: 1, default: 1000 }),
    max_waiting: Type.Integer({ description: 'Pushes that wait for their verdicts at once; beyond it they are answered 429.', minimum: 1, default: 1000 }),
    max_points: Type.Integer({ description: 'Most points that one POST /api/v1/detect scores.', minimum: 1, default: 20_000 }),
    max_streams: Type.Integer({ description: 'Event streams (SSE) open at once; beyond it they are answered 429.', minimum: 1, default: 100 }),
    metrics_series: Type.Integer({
      description:
        'Series of each pipeline that /metrics shows with value, score and limit, in the order of their keys; further ones are only counted. 0: none.',
      minimum: 0,
      maximum: 100_000,
      default: 1000,
    }),
    stream_buffer: quantity('size', 'Bytes that wait for one slow stream; beyond it events are left out and a reset is sent.', '1MiB'),
    stream_replay: Type.Integer({ description: 'Verdicts, series and incidents kept for streams that come back.', minimum: 0, default: 20_000 }),
    heartbeat: quantity('duration', 'Time between two comments that keep an idle stream open.', '15s', { minimum: 100, maximum: LONGEST_TIMER }),
    request_timeout: quantity('duration', 'Longest time in which a request must have arrived.', '30s', { minimum: 0, maximum: LONGEST_TIMER }),
    close_timeout: quantity('duration', 'Longest time that requests under way get at the end.', '5s', { minimum: 0, maximum: LONGEST_TIMER }),
    session: quantity('duration', 'How long a browser stays signed in.', '12h'),
  },
  { additionalProperties: false },
);

type Configured = Static<typeof serverOptions>;

/** Every bound of the server under its name in the configuration. */
export type ServerLimits = Omit<Configured, 'host' | 'port' | 'tokens' | 'names'>;

const KIB = 1024;
const MIB = 1024 * KIB;

/** The defaults of `serverOptions` in bytes and ms; a test holds the two equal. */
export const DEFAULT_LIMITS: ServerLimits = {
  max_upload: 20 * 1024 * MIB,
  max_jobs: 50,
  keep_jobs: 30 * 24 * 3_600_000,
  max_body: 8 * MIB,
  max_expanded: 32 * MIB,
  max_in_flight: 128 * MIB,
  max_connections: 1000,
  max_waiting: 1000,
  max_points: 20_000,
  max_streams: 100,
  metrics_series: 1000,
  stream_buffer: MIB,
  stream_replay: 20_000,
  heartbeat: 15_000,
  request_timeout: 30_000,
  close_timeout: 5_000,
  session: 12 * 3_600_000,
};

/** Where the server writes what failed; pino's loggers fit. */
export interface Log {
  error(fields: object, message: string): void;
}

export interface ServerOptions {
  host: string;
  /** 0 takes a free port. */
  port: number;
  tokens: readonly Token[];
  /** Further host names that requests may use while there are no tokens. */
  names?: readonly string[];
  version: string;
  /** Folder of the dashboard's files; without, the server has no page but /api/v1/docs. */
  web?: string;
  log?: Log;
  limits?: Partial<ServerLimits>;
}

/** Loopback addresses and names: only processes of this machine reach them. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || name === '::ffff:127.0.0.1' || /^127(\.\d{1,3}){3}$/.test(name);
}
