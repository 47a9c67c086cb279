/** Options of the source and the sink `kafka`. */
import { LONGEST_TIMER, Type, quantity, type Static } from '../../core/schema.ts';
import { tlsSwitch } from '../../core/tls.ts';
import { onlyOption } from '../verdict-lines.ts';

const connection = {
  brokers: Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })], {
    description: 'Addresses to begin with, `host:port`; the others of the cluster are learnt from them.',
  }),
  topic: Type.String({ minLength: 1, maxLength: 249, pattern: '^[A-Za-z0-9._-]+$', description: 'Topic, one.' }),
  create: Type.Optional(
    Type.Object(
      {
        partitions: Type.Integer({ minimum: 1, maximum: 10_000, description: 'Partitions of a new topic.', default: 1 }),
        replication: Type.Integer({ minimum: 1, maximum: 100, description: 'Brokers that keep each partition of a new topic.', default: 3 }),
      },
      { description: 'Creates the topic where there is none. Absent: a topic that is not there is an error.' },
    ),
  ),
  client_id: Type.String({ minLength: 1, description: 'Name of this client, as the brokers log it and count quotas by.', default: 'homeostat' }),
  sasl: Type.Optional(
    Type.Object(
      {
        mechanism: Type.Union([Type.Literal('plain'), Type.Literal('scram-sha-256'), Type.Literal('scram-sha-512')], {
          description: 'How the password is proved; `plain` sends it, so only within TLS.',
          default: 'scram-sha-512',
        }),
        user: Type.String({ minLength: 1, description: 'Name to sign in with.' }),
        password: Type.String({ description: 'Password of the user.', secret: true }),
      },
      { description: 'Signs in; absent: not signed in.' },
    ),
  ),
  tls: Type.Optional(tlsSwitch),
  connect_timeout: quantity('duration', 'Longest wait for a connection to a broker.', '5s', { minimum: 100, maximum: LONGEST_TIMER }),
  request_timeout: quantity('duration', 'Longest wait for an answer of a broker.', '15s', { minimum: 100, maximum: LONGEST_TIMER }),
};

const group = Type.Optional(Type.String({ minLength: 1, description: 'Consumer group. Absent: `homeostat-` and the name of the pipeline.' }));

export const kafkaSourceOptions = Type.Object({
  ...connection,
  partitions: Type.Union([Type.Literal('all'), Type.Array(Type.Integer({ minimum: 0, maximum: 100_000 }), { minItems: 1, uniqueItems: true })], {
    description: 'All partitions of the topic, or the numbers of some: so several processes share a topic.',
    default: 'all',
  }),
  group,
  start: Type.Union([Type.Literal('earliest'), Type.Literal('latest'), Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}' })], {
    description: 'Where the very first run begins: the oldest record, only new ones, or the first that is not older than a time (ISO 8601).',
    default: 'earliest',
  }),
  on_lost: Type.Union([Type.Literal('fail'), Type.Literal('gap')], {
    description: 'When the broker has deleted records that were not read yet: stop and say so, or count a gap and go on with the oldest there is.',
    default: 'fail',
  }),
  isolation: Type.Union([Type.Literal('read_committed'), Type.Literal('read_uncommitted')], {
    description: 'Whether records of transactions that are open or were aborted are left out.',
    default: 'read_committed',
  }),
  labels: Type.Record(
    Type.String(),
    Type.String({ pattern: '^(key|topic|partition|header\\..+)$', description: 'like `key`, `topic`, `partition` or `header.NAME`' }),
    {
      description:
        'Labels of the series by name, each from `key`, `topic`, `partition` or `header.NAME`; the label `series` names the series where the record does not.',
      default: {},
    },
  ),
  max_wait: quantity('duration', 'Longest time that a broker waits for new records before it answers.', '500ms', { minimum: 1, maximum: LONGEST_TIMER }),
  min_bytes: quantity('size', 'A broker answers at once when it has as much.', '1B'),
  max_bytes: quantity('size', 'Most bytes of one answer, all partitions together.', '8MiB'),
  max_partition_bytes: quantity('size', 'Most bytes of one partition in an answer; a larger record comes alone.', '1MiB'),
  max_unpacked: quantity('size', 'Most bytes that packed records may take when unpacked.', '64MiB'),
  buffer: quantity('size', 'Most bytes that wait in memory to be processed; then nothing more is asked for.', '32MiB'),
  refresh: quantity('duration', 'How often to look for new partitions.', '30s', { minimum: 10, maximum: LONGEST_TIMER }),
  session_timeout: quantity('duration', 'The group forgets a process that was not heard of for so long; brokers take 6s to 30min.', '30s', {
    minimum: 1_000,
    maximum: 1_800_000,
  }),
});

export const kafkaSinkOptions = Type.Object({
  ...connection,
  only: onlyOption,
  partition_by: Type.Union([Type.Literal('series'), Type.Literal('pipeline'), Type.Literal('none')], {
    description: 'Key of the records, which decides their partition: verdicts of one key keep their order.',
    default: 'series',
  }),
  transactional: Type.Boolean({
    description:
      'Writes each commit of the pipeline as one transaction: readers with `read_committed` see each verdict once, also after a crash. Else at least once, with the same ids.',
    default: false,
  }),
  transaction_id: Type.Optional(
    Type.String({ minLength: 1, description: 'Of one running sink alone. Absent: `homeostat-`, the name of the pipeline, `-` and the topic.' }),
  ),
  compression: Type.Union([Type.Literal('none'), Type.Literal('gzip'), Type.Literal('snappy'), Type.Literal('lz4'), Type.Literal('zstd')], {
    description: 'How records are packed; `zstd` needs Node 22.15.',
    default: 'none',
  }),
  batch: Type.Integer({ minimum: 1, maximum: 100_000, description: 'Most verdicts of one request.', default: 2_000 }),
});

export type KafkaSourceOptions = Static<typeof kafkaSourceOptions>;
export type KafkaSinkOptions = Static<typeof kafkaSinkOptions>;

/** What the connection to a cluster takes. */
export type ConnectionOptions = Pick<KafkaSourceOptions, 'brokers' | 'topic' | 'create' | 'client_id' | 'sasl' | 'tls' | 'connect_timeout' | 'request_timeout'>;

const CONNECTION_DEFAULTS = { client_id: 'homeostat', connect_timeout: 5_000, request_timeout: 15_000 } as const;

/** Defaults as numbers, for those who make a source without a configuration file. */
export const SOURCE_DEFAULTS = {
  ...CONNECTION_DEFAULTS,
  partitions: 'all',
  start: 'earliest',
  on_lost: 'fail',
  isolation: 'read_committed',
  labels: {},
  max_wait: 500,
  min_bytes: 1,
  max_bytes: 8 * 2 ** 20,
  max_partition_bytes: 2 ** 20,
  max_unpacked: 64 * 2 ** 20,
  buffer: 32 * 2 ** 20,
  refresh: 30_000,
  session_timeout: 30_000,
} as const;

export const SINK_DEFAULTS = {
  ...CONNECTION_DEFAULTS,
  only: 'all',
  partition_by: 'series',
  transactional: false,
  compression: 'none',
  batch: 2_000,
} as const;
