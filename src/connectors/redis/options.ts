/** Options of what speaks with Redis. */
import { LONGEST_TIMER, Type, quantity, type Static } from '../../core/schema.ts';
import { tlsOptions } from '../../core/tls.ts';
import { onlyOption } from '../verdict-lines.ts';

/** How a server is reached; part of the options of each component. */
const connection = {
  url: Type.String({
    pattern: '^rediss?://[^\\s]+$',
    description: 'Address: `redis://host:6379`, or `rediss://` with encryption; may hold user, password and number of the database.',
    secret: true,
  }),
  user: Type.Optional(Type.String({ description: 'User of the access control list, where the address names none.', secret: true })),
  password: Type.Optional(Type.String({ description: 'Password, where the address holds none.', secret: true })),
  database: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'Number of the database, where the address names none.' })),
  tls: Type.Optional(tlsOptions),
  timeout: quantity('duration', 'Longest wait for a connection or an answer.', '5s', { minimum: 100, maximum: LONGEST_TIMER }),
};

const connectionObject = Type.Object(connection);
export type ConnectionOptions = Static<typeof connectionObject>;

export const pubSubOptions = Type.Object(
  {
    ...connection,
    channels: Type.Array(Type.String({ minLength: 1 }), { description: 'Channels to listen to.', maxItems: 1000, default: [] }),
    patterns: Type.Array(Type.String({ minLength: 1 }), {
      description: 'Patterns of channels: `*` any characters, `?` one, `[ab]` one of these.',
      maxItems: 1000,
      default: [],
    }),
    channel_labels: Type.Array(Type.String(), {
      description:
        'Names of the labels that the levels of a channel give, in order; `series` names the series, an empty name leaves a level out; levels beyond belong to the last one.',
      maxItems: 32,
      default: [],
    }),
    channel_separator: Type.String({ description: 'What stands between two levels of a channel.', minLength: 1, default: ':' }),
    channel_label: Type.Optional(
      Type.String({
        description: 'Label that holds the whole channel; empty: none. Absent: `channel` where several channels are listened to and `channel_labels` is empty.',
      }),
    ),
    max_waiting: quantity('size', 'Messages that wait for the journal; what comes beyond is dropped and kept as a counted gap.', '32MiB'),
    ping: quantity('duration', 'How often the server is asked whether it is there. An answer that fails is a lost subscription.', '2s', {
      minimum: 10,
      maximum: LONGEST_TIMER,
    }),
    backoff: quantity('duration', 'Wait before the second attempt to reach the server; doubles from attempt to attempt, with jitter.', '200ms', {
      minimum: 10,
      maximum: LONGEST_TIMER,
    }),
    max_backoff: quantity('duration', 'Longest wait between two attempts.', '5s', { minimum: 10, maximum: LONGEST_TIMER }),
  },
  { additionalProperties: false },
);
export type PubSubOptions = Static<typeof pubSubOptions>;

export const streamOptions = Type.Object(
  {
    ...connection,
    streams: Type.Array(Type.String({ minLength: 1 }), {
      description: 'Keys of the streams; each is a partition, in this order. Add new ones at the end.',
      minItems: 1,
      maxItems: 1000,
      uniqueItems: true,
    }),
    group: Type.String({ minLength: 1, description: 'Consumer group.', default: 'homeostat' }),
    consumer: Type.Optional(Type.String({ minLength: 1, description: 'Name in the group; each process needs its own. Absent: the name of the pipeline.' })),
    create: Type.Boolean({ description: 'Make the group, and an empty stream, where there is none.', default: false }),
    start: Type.String({
      pattern: '^(earliest|latest|\\d+(-\\d+)?)$',
      description: 'Where a group that is made begins: `earliest`, `latest`, or behind the entry with this id.',
      default: 'earliest',
    }),
    field: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Field of an entry that holds the message. Absent: `data`, or all fields as one JSON object where an entry has no field of that name.',
      }),
    ),
    label_fields: Type.Array(Type.String({ minLength: 1 }), {
      description: 'Other fields of an entry that become labels; `series` names the series.',
      maxItems: 32,
      default: [],
    }),
    stream_label: Type.String({ description: 'Label that holds the key of the stream; empty: none.', default: '' }),
    batch: Type.Integer({ minimum: 1, maximum: 10_000, description: 'Most entries of one stream read at once.', default: 1000 }),
    block: quantity('duration', 'How long the server holds a read back when there is nothing.', '1s', { minimum: 10, maximum: LONGEST_TIMER }),
    min_idle: Type.Optional(
      quantity(
        'duration',
        'Entries that another consumer of the group took and did not acknowledge for so long are claimed. Longer than the longest stall of a consumer. Absent: none are.',
      ),
    ),
  },
  { additionalProperties: false },
);
export type StreamOptions = Static<typeof streamOptions>;

export const sinkOptions = Type.Object(
  {
    ...connection,
    channel: Type.Optional(Type.String({ minLength: 1, description: 'Channel that the verdicts are published to.' })),
    stream: Type.Optional(Type.String({ minLength: 1, description: 'Key of the stream that the verdicts are added to, as the fields `id` and `data`.' })),
    only: onlyOption,
    max_length: Type.Optional(Type.Integer({ minimum: 1, description: 'Oldest entries of the stream are let go beyond about so many. Absent: none are.' })),
    batch: Type.Integer({ minimum: 1, maximum: 10_000, description: 'Most verdicts under way at once.', default: 500 }),
  },
  { additionalProperties: false },
);
export type SinkOptions = Static<typeof sinkOptions>;
