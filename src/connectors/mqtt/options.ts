/** Options that the source and the sink `mqtt` share: where the broker is, and how it is reached. */
import { LONGEST_TIMER, Type, quantity, type Static } from '../../core/schema.ts';
import { tlsOptions } from '../../core/tls.ts';

/** A topic filter: `+` for one level, `#` for all that follow, at its end; `$share/GROUP/FILTER` for a shared subscription. */
const FILTER = '^(?:(?:\\+|[^+#/]*)/)*(?:#|\\+|[^+#/]*)$';
/** A topic to publish to: no wildcards. */
const TOPIC = '^[^+#]+$';

const qos = (description: string) => Type.Union([Type.Literal(0), Type.Literal(1)], { description, default: 1 });

export const connectionFields = {
  url: Type.String({ pattern: '^(mqtts?|wss?)://.', description: 'Broker: mqtt://, mqtts://, ws:// or wss://, with host and port.' }),
  user: Type.String({ description: 'Name at the broker; empty: none.', default: '' }),
  password: Type.String({ description: 'Password at the broker.', default: '', secret: true }),
  tls: Type.Optional(tlsOptions),
  version: Type.Union([Type.Literal(5), Type.Literal(4)], { description: 'Version of the protocol: 5 is MQTT 5, 4 is MQTT 3.1.1.', default: 5 }),
  client_id: Type.String({ maxLength: 200, description: 'Name of this client at the broker; empty: one of its own.', default: '' }),
  keepalive: quantity('duration', 'A connection that is silent for longer is looked after; dead ones are noticed within one and a half times of it.', '30s', {
    minimum: 1_000,
    maximum: 64_800_000,
  }),
  timeout: quantity('duration', 'Longest wait for the broker to answer.', '10s', { minimum: 100, maximum: LONGEST_TIMER }),
};

const topic = Type.Object(
  {
    filter: Type.String({
      minLength: 1,
      maxLength: 4096,
      pattern: FILTER,
      description: 'Topics to take: `+` stands for one level, `#` for all that follow; `$share/GROUP/FILTER` shares them with other clients.',
    }),
    qos: qos('0: at most once; 1: at least once.'),
    labels: Type.Array(Type.String({ maxLength: 100 }), {
      maxItems: 64,
      description:
        'A label per level of the topic; `_` leaves a level out, `series` names the series, the label at `#` takes the rest. Empty: the label `topic`.',
      default: [],
    }),
  },
  { additionalProperties: false },
);

const status = Type.Object(
  {
    topic: Type.String({ description: 'Topic of the status; empty: none is published.', default: '' }),
    online: Type.String({ description: 'Said once connected.', default: 'online' }),
    offline: Type.String({ description: 'Said when the pipeline stops, and by the broker (last will) when its reader is gone.', default: 'offline' }),
    qos: qos('Of both messages.'),
    retain: Type.Boolean({ description: 'The broker keeps the last one for those that come later.', default: true }),
  },
  { additionalProperties: false, description: 'Tells others whether this pipeline is there to read.', default: {} },
);

export const mqttSourceOptions = Type.Object({
  ...connectionFields,
  topics: Type.Array(topic, { minItems: 1, maxItems: 100, description: 'What is subscribed to; the filters should not overlap.' }),
  session: Type.Union([Type.Literal('persistent'), Type.Literal('clean')], {
    description: 'persistent: the broker keeps QoS 1 messages while the reader is away; clean: it keeps nothing.',
    default: 'persistent',
  }),
  session_expiry: quantity('duration', 'How long the broker keeps the session of a reader that is away (MQTT 5); with 3.1.1 the broker decides.', '7d'),
  receive_maximum: Type.Integer({
    minimum: 1,
    maximum: 65_535,
    description: 'QoS 1 messages that may be on their way to the journal at once (MQTT 5).',
    default: 5_000,
  }),
  buffer: quantity('size', 'Messages waiting for the journal; beyond it QoS 1 waits at the broker, and QoS 0 is lost and counted as a gap.', '16MiB'),
  max_message: quantity('size', 'Longest message; a longer one is not kept, and counted as a gap.', '1MiB'),
  retained: Type.Union([Type.Literal('skip'), Type.Literal('take')], {
    description: 'Messages that the broker kept from before the subscription: they say how it was, not how it is.',
    default: 'skip',
  }),
  key_property: Type.String({ description: 'User property (MQTT 5) by which a message that comes twice is recognised; empty: none.', default: '' }),
  key_field: Type.String({ description: 'The same as a field at the top of the JSON message.', default: '' }),
  status,
});

export const mqttSinkOptions = Type.Object({
  ...connectionFields,
  topic: Type.String({
    pattern: TOPIC,
    maxLength: 4096,
    description: 'Topic of each verdict; {pipeline} and {series} stand for their names, with / + # and control characters replaced by _.',
    default: 'homeostat/{pipeline}/{series}',
  }),
  only: Type.Union([Type.Literal('all'), Type.Literal('anomalies')], { description: 'Every verdict, or anomalous ones alone.', default: 'all' }),
  qos: qos('0: at most once; 1: at least once.'),
  retain: Type.Boolean({ description: 'The broker keeps the last verdict of each topic.', default: false }),
  in_flight: Type.Integer({ minimum: 1, maximum: 65_000, description: 'Verdicts on their way at once; fewer where the broker asks for fewer.', default: 500 }),
});

export type MqttSourceOptions = Static<typeof mqttSourceOptions>;
export type MqttSinkOptions = Static<typeof mqttSinkOptions>;
export type ConnectionOptions = Pick<MqttSourceOptions, keyof typeof connectionFields>;
