/** The sources and sinks of Redis keep the promises of all sources and sinks, against a real server. */
import { afterAll, describe, it } from 'vitest';
import type { Position, Source } from '../../src/core/contracts.ts';
import { SeriesDictionary } from '../../src/core/events.ts';
import type { Verdict } from '../../src/core/verdicts.ts';
import { Connection, type Reply } from '../../src/connectors/redis/client.ts';
import { redisSink, redisStream } from '../../src/connectors/redis/index.ts';
import { sinkChecks, sourceChecks, type SinkCase } from '../../src/testing/index.ts';
import { startService } from '../support/services/index.ts';
import { optionsOf } from '../support/redis.ts';

const server = await startService('redis');
const connection = await Connection.open({ url: server.url, timeout: 5000 }, 'test');
afterAll(async () => {
  connection.close();
  await server.stop();
});

const context = { pipeline: 'p', folder: '.', dictionary: new SeriesDictionary(), journal: '.', now: Date.now, log: () => undefined };

let groups = 0;

/** A source that begins in a group of its own, as one does that is read for the first time, and goes on in the group of the one before it. */
function streams(keys: readonly string[], more: object = {}): () => Source {
  let group = '';
  return () => {
    let inner: Source | undefined;
    return {
      partitions: keys.length,
      finite: false,
      open(from: Position | undefined, signal: AbortSignal) {
        if (from === undefined) group = `g${groups++}`;
        inner = redisStream.create(
          { ...optionsOf(redisStream.options, { url: server.url, streams: keys, group, create: true, batch: 10, block: 20 }), ...more },
          context,
        );
        return inner.open(from, signal);
      },
      acknowledge: (position) => inner?.acknowledge?.(position),
      close: async () => inner?.close(),
    };
  };
}

async function fill(key: string, count: number): Promise<void> {
  const text = (i: number): string => JSON.stringify({ series: 's', value: i, more: 'x'.repeat(i % 30) });
  await connection.pipeline(Array.from({ length: count }, (_, i) => ['XADD', key, '*', 'data', text(i)]));
}

await fill('one', 200);
await fill('two', 90);

let sinks = 0;

function sinkCase(name: string, only: { stream?: string; channel?: string }, repeats: SinkCase['repeats']): SinkCase {
  return {
    name,
    repeats,
    async receiver() {
      const target = `verdicts-${sinks++}`;
      const got: Verdict[] = [];
      const reader = await Connection.open({ url: server.url, timeout: 5000 }, 'reader');
      if (only.channel !== undefined) await reader.subscribe([target], [], (body) => got.push(JSON.parse(body.toString()) as Verdict));
      const to = only.channel === undefined ? { stream: target } : { channel: target };
      return {
        create: (which) => redisSink.create(optionsOf(redisSink.options, { url: server.url, ...to, only: which, batch: 64 }), { pipeline: 'p', folder: '.' }),
        async received() {
          if (only.channel !== undefined) {
            // The answer to this comes behind everything that was published.
            await reader.send(['PING']);
            return got;
          }
          const entries = (await reader.send(['XRANGE', target, '-', '+'])) as [Buffer, Reply[]][];
          return entries.map(([, fields]) => JSON.parse(String(fields[3])) as Verdict);
        },
        close: async () => reader.close(),
      };
    },
  };
}

describe('sources', () => {
  const cases = [
    { name: 'redis-stream', create: streams(['one']), batches: 15 },
    { name: 'redis-stream, two streams', create: streams(['one', 'two']), batches: 20 },
    { name: 'redis-stream that claims', create: streams(['one'], { min_idle: 60_000 }), batches: 15 },
  ];
  for (const check of sourceChecks(cases)) it(check.name, check.run);
});

describe('sinks', () => {
  const cases = [sinkCase('redis, a stream', { stream: '' }, 'once'), sinkCase('redis, a channel', { channel: '' }, 'same ids')];
  for (const check of sinkChecks(cases)) it(check.name, check.run);
});
