/** The connector `kafka` against a real broker: promises of all sources and sinks, and what only Kafka has. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MessageRecords } from '../../src/core/contracts.ts';
import type { Verdict } from '../../src/core/verdicts.ts';
import { kafkaSink } from '../../src/connectors/kafka/index.ts';
import type { KafkaSinkOptions } from '../../src/connectors/kafka/options.ts';
import { sinkChecks, sourceChecks, type SinkCase } from '../../src/testing/index.ts';
import { within } from '../../src/testing/source-suite.ts';
import { startService, type Service } from '../support/services/index.ts';
import { Bench, connected, readSome, unconnected } from './kafka.fixture.ts';

let broker: Service;
let bench: Bench;

beforeAll(async () => {
  broker = await startService('kafka');
  bench = await Bench.of(broker);
}, 120_000);
afterAll(async () => {
  await bench?.close();
  await broker?.stop();
});

const numbered = (count: number, from = 0): { value: string }[] => Array.from({ length: count }, (_, i) => ({ value: `record ${from + i}` }));

describe('source, as all sources', () => {
  let topic: string;
  let three: string;
  beforeAll(async () => {
    topic = await bench.topic(1);
    three = await bench.topic(3);
    for (let i = 0; i < 12; i++) await bench.send(topic, numbered(20, i * 20));
    for (let i = 0; i < 12; i++)
      await bench.send(
        three,
        numbered(9, i * 9).map((message, n) => ({ ...message, partition: n % 3 })),
      );
  });
  const small = { max_partition_bytes: 300, max_bytes: 2_000 };
  const cases = [
    { name: 'one partition', create: () => connected(broker.url, { ...small, topic, group: `suite-${Math.random()}` }), batches: 12 },
    {
      name: 'chosen partitions',
      create: () => connected(broker.url, { ...small, topic: three, partitions: [1], group: `suite-${Math.random()}` }),
      batches: 4,
    },
  ];
  for (const check of sourceChecks(cases)) it(check.name, check.run, 60_000);

  it('hands over every record of several partitions once, from any cut on', async () => {
    for (const cut of [1, 40, 100]) {
      const first = await readSome(await connected(broker.url, { ...small, topic: three }), cut);
      const second = await readSome(await connected(broker.url, { ...small, topic: three }), 108 - first.texts.length, first.position);
      const all = [...first.places, ...second.places];
      expect(new Set(all).size).toBe(108);
      expect(all.length).toBe(108);
    }
  });
});

describe('sink, as all sinks', () => {
  const sinks = (name: string, more: Partial<KafkaSinkOptions>, repeats: SinkCase['repeats']): SinkCase => ({
    name,
    repeats,
    async receiver() {
      const topic = await bench.topic(1);
      return {
        create: (only) => kafkaSink.create({ brokers: broker.url, topic, only, ...more } as KafkaSinkOptions, { pipeline: 'suite', folder: '.' }),
        received: async () => {
          const end = await bench.end(topic);
          if (end === 0) return [];
          const source = await connected(broker.url, { topic });
          const texts: string[] = [];
          const abort = new AbortController();
          for await (const batch of source.open(undefined, abort.signal)) {
            const records = batch.records as MessageRecords;
            let at = 0;
            for (const to of records.ends) texts.push(Buffer.from(records.bytes.subarray(at, (at = to))).toString());
            if ((batch.position as { next: Record<string, number> }).next[0] >= end) break;
          }
          await source.close();
          return texts.map((text) => JSON.parse(text) as Verdict);
        },
        close: async () => undefined,
      };
    },
  });
  const cases = [
    sinks('idempotent', {}, 'same ids'),
    sinks('transactional', { transactional: true }, 'once'),
    ...(['gzip', 'snappy', 'lz4'] as const).map((compression) => sinks(compression, { compression, batch: 100 }, 'same ids')),
  ];
  for (const check of sinkChecks(cases)) it(check.name, check.run, 60_000);

  it('creates a topic only when asked', async () => {
    const context = { pipeline: 'suite', folder: '.' };
    const lost = kafkaSink.create({ brokers: broker.url, topic: 'not-there', transactional: true } as KafkaSinkOptions, context);
    await expect(lost.open(undefined)).rejects.toMatchObject({ code: 'RECEIVER_FAILED', message: expect.stringContaining('there is no topic "not-there"') });
    expect(await bench.admin.listTopics()).not.toContain('not-there');
    const sink = kafkaSink.create({ brokers: broker.url, topic: 'made', create: { partitions: 3, replication: 1 } } as KafkaSinkOptions, context);
    await sink.open(undefined);
    await sink.close();
    const { topics } = await bench.admin.fetchTopicMetadata({ topics: ['made'] });
    expect(topics[0].partitions.length).toBe(3);
  });
});

describe('transactions', () => {
  it('hands over committed records alone, whatever lies between, and gets past what is left out', async () => {
    const topic = await bench.topic(1);
    const producers = ['a', 'b', 'c'].map((id) => bench.kafka.producer({ transactionalId: `${topic}-${id}`, idempotent: true, maxInFlightRequests: 1 }));
    for (const producer of producers) await producer.connect();
    const want: string[] = [];
    for (let round = 0; round < 8; round++) {
      const open = await Promise.all(producers.map((producer) => producer.transaction()));
      for (let i = 0; i < 5; i++) {
        for (const [p, transaction] of open.entries()) await transaction.send({ topic, messages: [{ value: `${round} ${p} ${i}` }] });
        await bench.send(topic, [{ value: `${round} plain ${i}` }]);
        for (const p of [0, 1, 2]) if ((p + round) % 3 !== 0) want.push(`${round} ${p} ${i}`);
        want.push(`${round} plain ${i}`);
      }
      for (const [p, transaction] of open.entries()) await ((p + round) % 3 === 0 ? transaction.abort() : transaction.commit());
    }
    const end = await bench.end(topic);
    // Small answers, so that markers lie outside of the answer that holds the records.
    for (const max_partition_bytes of [150, 400, 1 << 20]) {
      const source = await connected(broker.url, { topic, max_partition_bytes });
      const { texts } = await readSome(source, want.length);
      expect([...texts].sort()).toEqual([...want].sort());
    }
    const source = await connected(broker.url, { topic });
    const abort = new AbortController();
    for await (const batch of source.open(undefined, abort.signal)) if ((batch.position as { next: Record<string, number> }).next[0] === end) break;
    expect(source.remaining()).toBe(0);
    await source.close();
    const dirty = await connected(broker.url, { topic, isolation: 'read_uncommitted' });
    expect((await readSome(dirty, 8 * 20)).texts.length).toBe(160);
    for (const producer of producers) await producer.disconnect();
  }, 60_000);
});

describe('records', () => {
  it.each(['gzip', 'snappy', 'lz4'])('are unpacked as the broker packs them: %s', async (type) => {
    const topic = await bench.topic(1, { 'compression.type': type });
    const messages = Array.from({ length: 3_000 }, (_, i) => ({ value: `{"time":${1_700_000_000_000 + i},"series":"machine-${i % 7}","value":${i}}` }));
    await bench.send(topic, messages);
    const { texts } = await readSome(await connected(broker.url, { topic }), messages.length);
    expect(texts).toEqual(messages.map(({ value }) => value));
  });

  it('carry labels of key, headers, topic and partition, their timestamp as arrival; those without a value are left out', async () => {
    const topic = await bench.topic(2);
    await bench.send(topic, [
      { key: 'm1', value: '{"value":1}', partition: 1, timestamp: '1700000000123', headers: { region: 'north', other: 'x' } },
      { key: 'm1', value: null, partition: 1, timestamp: '1700000000124' },
      { key: null, value: '{"value":2}', partition: 1, timestamp: '1700000000125', headers: { other: 'y' } },
      { key: 'm1', value: '{"value":3}', partition: 1, timestamp: '1700000000126', headers: { region: 'north' } },
    ]);
    const labels = { machine: 'key', region: 'header.region', from: 'topic', part: 'partition' };
    const { batches, places } = await readSome(await connected(broker.url, { topic, labels, partitions: [1] }), 3);
    const records = batches.map((batch) => batch.records as MessageRecords);
    expect(places).toEqual(['1:0', '1:2', '1:3']);
    expect(records.flatMap(({ arrivals }) => [...arrivals!])).toEqual([1700000000123, 1700000000125, 1700000000126]);
    const given = records.flatMap((one) => one.labels!);
    expect(given).toEqual([
      { from: topic, part: '1', machine: 'm1', region: 'north' },
      { from: topic, part: '1' },
      { from: topic, part: '1', machine: 'm1', region: 'north' },
    ]);
    expect(given[0]).toBe(given[2]);
  });

  it('larger than an answer come alone', async () => {
    const topic = await bench.topic(1, { 'max.message.bytes': '3000000' });
    const large = 'x'.repeat(900_000);
    await bench.send(topic, [{ value: 'before' }]);
    await bench.send(topic, [{ value: large }]);
    await bench.send(topic, [{ value: 'after' }]);
    const { texts } = await readSome(await connected(broker.url, { topic, max_partition_bytes: 1_000, max_bytes: 1_000 }), 3);
    expect(texts.map(({ length }) => length)).toEqual([6, 900_000, 5]);
  });

  it('begin at the newest, or at a time, when asked, and a crash before the first record does not move that', async () => {
    const topic = await bench.topic(1);
    await bench.send(
      topic,
      [1, 2, 3].map((n) => ({ value: `old ${n}`, timestamp: String(Date.parse('2024-05-01') + n * 60_000) })),
    );
    const timed = await readSome(await connected(broker.url, { topic, start: '2024-05-01T00:02:00Z' }), 2);
    expect(timed.texts).toEqual(['old 2', 'old 3']);
    const source = await connected(broker.url, { topic, start: 'latest' });
    const abort = new AbortController();
    const first = await within(source.open(undefined, abort.signal)[Symbol.asyncIterator]().next(), 'the first position');
    await source.close();
    await bench.send(topic, [{ value: 'new' }]);
    const { texts } = await readSome(await connected(broker.url, { topic, start: 'latest' }), 1, first.value!.position);
    expect(texts).toEqual(['new']);
  });

  it('that the retention has deleted are an error in words, or a counted gap', async () => {
    const topic = await bench.topic(1);
    await bench.send(topic, numbered(10));
    const { position } = await readSome(await connected(broker.url, { topic, max_partition_bytes: 50 }), 10);
    const behind = { ...(position as object), next: { 0: 3 } };
    await bench.deleteBefore(topic, 7);
    await expect(readSome(await connected(broker.url, { topic }), 1, behind)).rejects.toThrow(
      /begins at offset 7: its retention has deleted 4 records from 3 on/,
    );
    const { texts, batches } = await readSome(await connected(broker.url, { topic, on_lost: 'gap' }), 3, behind);
    expect(texts).toEqual(['record 7', 'record 8', 'record 9']);
    expect(batches.flatMap(({ gaps }) => gaps ?? []).map(({ reason }) => reason)).toEqual([
      `kafka ${topic}: records 3 to 6 of partition 0 were deleted by its retention before they were read`,
    ]);
    await expect(readSome(await connected(broker.url, { topic, on_lost: 'gap' }), 1, { topic, next: { 0: 99 } })).rejects.toThrow(
      /ends at offset 10, before the position 99/,
    );
  });
});

describe('partitions', () => {
  it('that are new end the run with a retried error; the next run reads them from their oldest record', async () => {
    const topic = await bench.topic(1);
    await bench.send(topic, [{ value: 'old' }]);
    const source = await connected(broker.url, { topic, refresh: 200, start: 'latest' });
    const abort = new AbortController();
    const batches = source.open(undefined, abort.signal)[Symbol.asyncIterator]();
    const first = await within(batches.next(), 'the first position');
    await bench.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    // A producer of its own, since the other one knows the topic as it was.
    const later = await Bench.of(broker);
    await later.send(topic, [{ value: 'new', partition: 2 }]);
    await later.close();
    await expect(within(batches.next(), 'the end')).rejects.toMatchObject({
      code: 'SOURCE_GREW',
      retried: true,
      message: expect.stringContaining('3 partitions, 1 before'),
    });
    await source.close();
    const next = await connected(broker.url, { topic, start: 'latest' });
    expect(next.partitions).toBe(3);
    expect((await readSome(next, 1, first.value!.position)).texts).toEqual(['new']);
  });

  it('that are not there are refused', async () => {
    const topic = await bench.topic(2);
    await expect(connected(broker.url, { topic, partitions: [0, 5] })).rejects.toMatchObject({
      code: 'SOURCE_OPTIONS',
      message: expect.stringContaining('no partition 5'),
    });
    await expect(unconnected(broker.url, { topic: 'nowhere' }).connect(new AbortController().signal)).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      message: expect.stringContaining('there is no topic "nowhere"'),
    });
    const made = await connected(broker.url, { topic: 'made-by-source', create: { partitions: 2, replication: 1 } });
    expect(made.partitions).toBe(2);
    await made.close();
  });
});
