/** How the history reaches Cassandra: the options of `history: { cassandra: … }`. */
import { quantity, Type, type Static } from '../../core/schema.ts';
import { tlsSwitch } from '../../core/tls.ts';

const strict = { additionalProperties: false };
const text = (description: string, more = {}) => Type.String({ description, minLength: 1, ...more });

/** Cassandra takes 20 years, and the tables that say where others are live two days longer; ms. */
const LONGEST_LIFE = 7_298 * 86_400_000;

export const CONSISTENCIES = ['one', 'local_one', 'two', 'quorum', 'local_quorum', 'each_quorum', 'all'] as const;

export const cassandraOptions = Type.Object(
  {
    contact_points: Type.Array(Type.String({ minLength: 1 }), {
      description: 'Nodes that are asked first; the others are found through them.',
      minItems: 1,
      maxItems: 100,
      default: ['127.0.0.1'],
    }),
    port: Type.Integer({ description: 'Port of the native protocol.', minimum: 1, maximum: 65535, default: 9042 }),
    local_datacenter: text('Data center whose nodes are used.', { default: 'datacenter1' }),
    keyspace: Type.String({ description: 'Keyspace of its own for this process.', pattern: '^[a-z][a-z0-9_]{0,47}$', default: 'homeostat' }),
    user: Type.Optional(text('Role to log in as.')),
    password: Type.Optional(text('Its password.')),
    tls: Type.Optional(tlsSwitch),
    consistency: Type.Enum(CONSISTENCIES, {
      description: 'Copies that must have a row before it counts as written, and that are asked.',
      default: 'local_quorum',
    }),
    create: Type.Boolean({ description: 'Makes the keyspace and the tables that are missing; false: they are only checked.', default: true }),
    replication: Type.Record(Type.String(), Type.Integer({ minimum: 1, maximum: 100 }), {
      description: 'Copies by data center, where the keyspace is made; one in local_datacenter when empty.',
      default: {},
    }),
    ttl: quantity('duration', 'Verdicts are forgotten so long after they were written. 0s: never.', '90d', { maximum: LONGEST_LIFE }),
    rollup_ttl: quantity('duration', 'The same for the downsampled values of charts.', '730d', { maximum: LONGEST_LIFE }),
    in_flight: Type.Integer({ description: 'Requests that may be under way at once.', minimum: 1, maximum: 2048, default: 256 }),
    batch_rows: Type.Integer({ description: 'Most rows of one partition in a request.', minimum: 1, maximum: 1000, default: 100 }),
    batch_partitions: Type.Integer({
      description: 'Most partitions in a request, all with the same replicas; 1: never more than one.',
      minimum: 1,
      maximum: 50,
      default: 10,
    }),
    timeout: quantity('duration', 'Longest wait for the answer to one request.', '5s', { minimum: 100, maximum: 600_000 }),
    waiting: quantity('size', 'While Cassandra is away, so much waits in the data folder and detection goes on; then the pipelines wait too.', '256MiB'),
    attempts: Type.Integer({ description: 'Attempts of a request before Cassandra counts as away.', minimum: 1, maximum: 20, default: 3 }),
  },
  { ...strict, description: 'Keeps the history in Apache Cassandra (tested with 5.0).' },
);

export type CassandraOptions = Static<typeof cassandraOptions>;
