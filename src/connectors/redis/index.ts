/** Redis: channels and streams as sources, and as sinks of verdicts. */
import { addressProblem } from '../../core/address.ts';
import { definePushSource, defineSink, defineSource } from '../../core/schema.ts';
import { pubSubOptions, sinkOptions, streamOptions } from './options.ts';
import { tlsProblem } from '../../core/tls.ts';
import { listen } from './pubsub.ts';
import { reachChannels, reachSink, reachStreams } from './reach.ts';
import { RedisSink } from './sink.ts';
import { StreamSource } from './stream-source.ts';

export const redis = definePushSource({
  name: 'redis',
  summary: 'Listens to Redis channels (Pub/Sub), also by pattern; what comes is journaled, and a lost subscription is a counted gap.',
  options: pubSubOptions,
  sample: { url: 'redis://127.0.0.1:6379', channels: ['response-times'] },
  delivers: 'journal',
  format: 'json',
  formats: {},
  listen,
  check({ channels, patterns, url, tls }) {
    if (channels.length + patterns.length === 0) return { option: '', detail: 'names neither channels nor patterns' };
    return addressProblem('url', [url]) ?? tlsProblem(tls, [url]);
  },
  async reach(options, context) {
    return reachChannels(options, context);
  },
});

export const redisStream = defineSource({
  name: 'redis-stream',
  summary:
    'Reads Redis Streams through a consumer group; acknowledges after the commit, and goes on from its position after a crash, neither again nor skipped.',
  options: streamOptions,
  sample: { url: 'redis://127.0.0.1:6379', streams: ['measurements'], create: true },
  delivers: 'records',
  format: 'json',
  create(options, context) {
    return new StreamSource(options, context);
  },
  check({ url, tls }) {
    return addressProblem('url', [url]) ?? tlsProblem(tls, [url]);
  },
  async reach(options, context) {
    return reachStreams(options, context);
  },
});

export const redisSink = defineSink({
  name: 'redis',
  summary: 'Publishes verdicts to a Redis channel, or adds them to a stream, where each is exactly once also after a crash.',
  options: sinkOptions,
  sample: { url: 'redis://127.0.0.1:6379', stream: 'verdicts', only: 'anomalies' },
  create(options, context) {
    return new RedisSink(options, context);
  },
  check({ channel, stream, url, tls }) {
    if ((channel === undefined) !== (stream === undefined)) return addressProblem('url', [url]) ?? tlsProblem(tls, [url]);
    return { option: '', detail: channel === undefined ? 'names neither channel nor stream' : 'names both channel and stream' };
  },
  async reach(options, context) {
    return reachSink(options, context);
  },
});
