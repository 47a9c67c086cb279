/** The reader of partitions over a cluster that is made up: what a broker does that a test cannot make a real one do. */
import { afterEach, describe, expect, it } from 'vitest';
import { batchOf } from './batch.fixture.ts';
import type { KafkaClient, PartitionInfo } from './client.ts';
import type { FetchedPartition } from './fetch.ts';
import { SOURCE_DEFAULTS, type KafkaSourceOptions } from './options.ts';
import { PartitionReader } from './reader.ts';

const options: KafkaSourceOptions = { ...SOURCE_DEFAULTS, brokers: 'b:9092', topic: 't', max_wait: 5 };
const ended: PartitionReader[] = [];
afterEach(() => {
  for (const reader of ended.splice(0)) reader.stop();
});

interface Asked {
  partition: number;
  offset: number;
}

/** Answers each fetch with what `give` makes of it; `asks` counts how often the topic was looked at. */
function cluster(leaders: () => number[], give: (asked: Asked) => Partial<FetchedPartition> | undefined, delay = 0) {
  const seen = { asks: 0 };
  const client = {
    options,
    async topic() {
      seen.asks++;
      const partitions: PartitionInfo[] = leaders().map((leader, partition) => ({ partition, leader, replicas: 1, inSync: 1 }));
      return { partitions, may: undefined };
    },
    broker: async (nodeId: number) => ({ nodeId, disconnect: async () => undefined }),
    fetchVersion: () => 11,
    async send(_: unknown, { request }: { request: { encode(): Promise<{ buffer: Buffer }> } }) {
      await new Promise((resolve) => (delay === 0 ? setImmediate(resolve) : setTimeout(resolve, delay)));
      const asked = askedIn((await request.encode()).buffer);
      return asked.flatMap((one) => {
        const given = give(one);
        return given === undefined ? [] : [{ partition: one.partition, error: 0, end: 1e9, aborted: [], bytes: Buffer.alloc(0), ...given }];
      });
    },
  };
  return { client: client as unknown as KafkaClient, seen };
}

/** Partitions and offsets of a fetch of version 11 for the topic `t`. */
function askedIn(bytes: Buffer): Asked[] {
  let at = 4 + 4 + 4 + 4 + 1 + 4 + 4 + 4 + 2 + 1;
  const count = bytes.readInt32BE(at);
  at += 4;
  return Array.from({ length: count }, () => {
    const one = { partition: bytes.readInt32BE(at), offset: Number(bytes.readBigInt64BE(at + 8)) };
    at += 4 + 4 + 8 + 8 + 4;
    return one;
  });
}

function reading(client: KafkaClient, partitions: number[], more: Partial<KafkaSourceOptions> = {}): PartitionReader {
  const reader = new PartitionReader(client, { ...options, ...more }, new Map(partitions.map((partition) => [partition, 0])), 2);
  ended.push(reader);
  reader.start();
  return reader;
}

const one = ({ offset }: Asked): Partial<FetchedPartition> => ({ bytes: batchOf({ first: offset, values: ['x'] }) });

describe('the reader of partitions', () => {
  it('waits for room as often as a slow pipeline makes it, and holds nothing of it', async () => {
    const { client } = cluster(() => [1], one);
    const reader = reading(client, [0]);
    // Each turn takes one hand-over, so that the reader waits for room again and again.
    let next = 0;
    for (; next < 20_000; next++) {
      for (let turns = 0; turns < 6; turns++) await new Promise(setImmediate);
      const handed = await reader.take(0);
      expect(handed!.next).toBe(next + 1);
    }
    expect(next).toBe(20_000);
  }, 60_000);

  it('says so when the topic has fewer partitions than before, and does not ask without an end', async () => {
    let leaders = [1, 1];
    const { client, seen } = cluster(
      () => leaders,
      ({ partition, offset }) => (partition === 0 && offset === 0 ? one({ partition, offset }) : undefined),
    );
    const reader = reading(client, [1], { refresh: 10 });
    await expect.poll(() => seen.asks).toBeGreaterThan(0);
    leaders = [1];
    await expect(reader.take(1)).rejects.toMatchObject({ code: 'SOURCE_CHANGED', message: expect.stringContaining('no partition 1') as unknown });
    expect(seen.asks).toBeLessThan(50);
  });

  it('reads on where there is a leader while another partition has none', async () => {
    let leaders = [1, -1];
    const { client } = cluster(() => leaders, one);
    const reader = reading(client, [0, 1]);
    for (let i = 0; i < 20; i++) expect((await reader.take(0))!.partition).toBe(0);
    expect(reader.trouble).toContain('no leader');
    leaders = [1, 2];
    let handed = await reader.take(1);
    while (handed!.partition !== 1) handed = await reader.take(1);
    expect(handed!.next).toBe(1);
    await reader.take(1);
    expect(reader.trouble).toBeUndefined();
  });

  it('tries damaged records again, and says what is the matter meanwhile', async () => {
    let damages = true;
    const { client } = cluster(
      () => [1],
      ({ offset }) => {
        const bytes = batchOf({ first: offset, values: ['value'] });
        if (damages && offset === 1) bytes[bytes.length - 2] ^= 1;
        return { bytes };
      },
    );
    const reader = reading(client, [0]);
    expect((await reader.take(0))!.next).toBe(1);
    const second = reader.take(0);
    await expect.poll(() => reader.trouble).toContain('checksum');
    damages = false;
    expect((await second)!.next).toBe(2);
  });
});
