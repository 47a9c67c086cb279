/** MQTT: a source that journals what it subscribes to before it acknowledges it, and a sink that publishes verdicts. */
import { addressProblem } from '../../core/address.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import { definePushSource, defineSink, type Reached } from '../../core/schema.ts';
import { tlsProblem } from '../../core/tls.ts';
import { MqttListener } from './listener.ts';
import { mqttSinkOptions, mqttSourceOptions } from './options.ts';
import { reachBroker } from './reach.ts';
import { MqttSink } from './sink.ts';

async function reached(source: string, reach: () => Promise<Reached>): Promise<Reached> {
  try {
    return await reach();
  } catch (thrown) {
    throw new HomeostatError('SOURCE_UNREACHABLE', { source, detail: messageOf(thrown) }, thrown);
  }
}

export const mqtt = definePushSource({
  name: 'mqtt',
  summary: 'Messages of MQTT topics (3.1.1 and 5, QoS 0 and 1), kept in a journal before they are acknowledged; levels of the topic become labels.',
  options: mqttSourceOptions,
  sample: { url: 'mqtt://127.0.0.1:1883', topics: [{ filter: 'factory/+/+/temperature', qos: 1, labels: ['_', 'line', 'machine', 'series'] }] },
  delivers: 'journal',
  format: 'json',
  formats: {
    'application/json': 'json',
    'application/x-ndjson': 'ndjson',
    'application/ndjson': 'ndjson',
    'text/csv': 'csv',
    'text/plain': 'value',
  },
  listen(options, context) {
    return new MqttListener(options, context);
  },
  check({ url, tls }) {
    return addressProblem('url', [url]) ?? tlsProblem(tls, [url]);
  },
  reach(options) {
    return reached('mqtt', () => reachBroker(options, options));
  },
});

export const mqttSink = defineSink({
  name: 'mqtt',
  summary: 'Publishes each verdict as JSON to a topic of its series; QoS 1 with many on their way, at least once, with the same ids.',
  options: mqttSinkOptions,
  sample: { url: 'mqtt://127.0.0.1:1883', topic: 'homeostat/{pipeline}/{series}', only: 'anomalies' },
  create(options, context) {
    return new MqttSink(options, context);
  },
  check({ url, tls }) {
    return addressProblem('url', [url]) ?? tlsProblem(tls, [url]);
  },
  async reach(options) {
    try {
      return await reachBroker(options);
    } catch (thrown) {
      throw new HomeostatError('RECEIVER_FAILED', { target: 'mqtt', what: 'verdicts', detail: messageOf(thrown) }, thrown);
    }
  },
});
