/** Who reads which partitions of a topic: members of a group, those that come too late, and those that come back. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { within } from '../../src/testing/source-suite.ts';
import { freePort, start } from '../support/kill.ts';
import { until } from '../support/program.ts';
import { startService, type Service } from '../support/services/index.ts';
import { Bench, connected, readSome, take, unconnected, type Read } from './kafka.fixture.ts';
import { holds } from '../../src/testing/holds.ts';

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

const never = new AbortController().signal;
const members = async (group: string) => (await bench.admin.describeGroups([group])).groups[0].members;

it('a second member is refused and told who reads; when the first has left it gets its turn', async () => {
  const topic = await bench.topic(2);
  const first = await connected(broker.url, { topic }, { pipeline: 'shop' });
  const second = unconnected(broker.url, { topic, partitions: [1] }, { pipeline: 'shop' });
  await expect(second.connect(never)).rejects.toMatchObject({
    code: 'SOURCE_BUSY',
    retried: true,
    message: expect.stringMatching(
      /the group "homeostat-shop" has a member homeostat from 127\.0\.0\.1: pipeline "shop", process \d+ on .+ with partitions 0-1/,
    ),
  });
  expect((await members('homeostat-shop')).length).toBe(1);
  await first.close();
  const third = await connected(broker.url, { topic, partitions: [1] }, { pipeline: 'shop' });
  await third.close();
});

it('of two that join at the same moment one is refused, there or when it begins to read', async () => {
  const topic = await bench.topic(1);
  const sources = [1, 2].map(() => unconnected(broker.url, { topic, group: 'race' }));
  const stop = new AbortController();
  const reads = sources.map(async (source) => {
    await source.connect(stop.signal);
    // The topic is empty, so whoever has it waits.
    await source.open(undefined, stop.signal)[Symbol.asyncIterator]().next();
  });
  await expect(within(Promise.race(reads), 'one of them is refused', 30_000)).rejects.toMatchObject({ code: 'SOURCE_BUSY' });
  await until(async () => ((await members('race')).length === 1 ? true : undefined), 'one member is left');
  stop.abort();
  await Promise.all(sources.map((source) => source.close()));
  expect((await Promise.allSettled(reads)).map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
});

it('two with partitions of their own work side by side, and the group shows how far both are', async () => {
  const topic = await bench.topic(4);
  const send = (n: number) =>
    bench.send(
      topic,
      [0, 1, 2, 3].map((partition) => ({ value: `${n}`, partition })),
    );
  const sources = [
    await connected(broker.url, { topic, partitions: [0, 2], group: 'pair' }),
    await connected(broker.url, { topic, partitions: [1, 3], group: 'pair' }),
  ];
  expect(sources.map(({ partitions, absent }) => [partitions, absent])).toEqual([
    [3, [1]],
    [4, [0, 2]],
  ]);
  await send(1);
  const reads: Read[] = sources.map(() => ({ texts: [], places: [], batches: [], position: undefined }));
  const iterators = sources.map((source) => source.open(undefined, never)[Symbol.asyncIterator]());
  const fill = (enough: number) =>
    Promise.all(
      iterators.map(async (iterator, i) => {
        while (reads[i].texts.length < enough) take(reads[i], (await within(iterator.next(), 'the next batch', 20_000)).value);
      }),
    );
  await fill(2);
  await send(2);
  await fill(4);
  expect(reads.map(({ places }) => [...places].sort())).toEqual([
    ['0:0', '0:1', '2:0', '2:1'],
    ['1:0', '1:1', '3:0', '3:1'],
  ]);
  for (const [i, source] of sources.entries()) source.acknowledge(reads[i].position!);
  for (const source of sources) await source.close();
  const [{ partitions }] = await bench.admin.fetchOffsets({ groupId: 'pair', topics: [topic] });
  expect(partitions.map(({ offset }) => offset)).toEqual(['2', '2', '2', '2']);
});

it('a run over the same data folder takes the place of the one before at once, which is fenced', async () => {
  const topic = await bench.topic(1);
  let clock = Date.now();
  const around = { journal: 'the-same', now: () => clock++ };
  const dead = await connected(broker.url, { topic, group: 'again', session_timeout: 60_000 }, around);
  const iterator = dead.open(undefined, never)[Symbol.asyncIterator]();
  const next = iterator.next().catch((thrown: unknown) => thrown);
  const began = performance.now();
  const source = await connected(broker.url, { topic, group: 'again', session_timeout: 60_000 }, around);
  expect(performance.now() - began).toBeLessThan(15_000);
  expect((await members('again')).length).toBe(1);
  // It hears of it with its next heartbeat, and hands over nothing after that.
  let ended = false;
  void next.then(() => (ended = true));
  await holds(4_000, () => !ended);
  await bench.send(topic, [{ value: 'x' }]);
  expect(await within(next, 'the end of the one before', 10_000)).toMatchObject({ code: 'LEDGER_FENCED' });
  expect((await readSome(source, 1)).texts).toEqual(['x']);
  await dead.close();
}, 60_000);

it('a slow pipeline stays in the group, and holds no more than its bound', async () => {
  const topic = await bench.topic(1);
  await bench.send(
    topic,
    Array.from({ length: 20_000 }, (_, i) => ({ value: `${i} ${'x'.repeat(200)}` })),
  );
  const source = await connected(broker.url, { topic, group: 'slow', buffer: 100_000, max_partition_bytes: 50_000 });
  const [{ memberId }] = await members('slow');
  const read: Read = { texts: [], places: [], batches: [], position: undefined };
  const iterator = source.open(undefined, never)[Symbol.asyncIterator]();
  take(read, (await iterator.next()).value);
  const before = process.memoryUsage().arrayBuffers;
  const first = read.texts.length;
  await holds(9_000, () => read.texts.length === first);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000);
  expect((await members('slow')).map((member) => member.memberId)).toEqual([memberId]);
  while (read.texts.length < 20_000) take(read, (await within(iterator.next(), 'the next batch')).value);
  expect(read.texts.every((text, i) => text.startsWith(`${i} `))).toBe(true);
  await source.close();
}, 60_000);

it('a group of consumers of another kind is refused', async () => {
  const topic = await bench.topic(1);
  const consumer = bench.kafka.consumer({ groupId: 'foreign' });
  await consumer.connect();
  await consumer.subscribe({ topic });
  const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve));
  await consumer.run({ eachMessage: async () => undefined });
  await joined;
  await expect(unconnected(broker.url, { topic, group: 'foreign' }).connect(never)).rejects.toMatchObject({
    code: 'SOURCE_BUSY',
    message: expect.stringContaining('the group "foreign" is used by kafkajs on 127.0.0.1 (protocol RoundRobinAssigner)'),
  });
  await consumer.disconnect();
}, 60_000);

it('a process that was stopped, lost its place and comes back reads nothing more, and leaves the offsets of its successor alone', async () => {
  const topic = await bench.topic(1);
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-kafka-zombie-'));
  const lives = await Promise.all(
    ['a', 'b'].map(async (name) => {
      const config = join(folder, `${name}.yaml`);
      writeFileSync(
        config,
        `data: ./${name}
pipelines:
  p:
    source: { kafka: { brokers: "${broker.url}", topic: ${topic}, group: zombie, session_timeout: 6s } }
    detect: { detector: ema }
    restart: { attempts: 1000, max_backoff: 500ms }
`,
      );
      return { config, port: await freePort() };
    }),
  );
  const status = async (port: number) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/pipelines`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    return ((await answer?.json()) as { items: { counts: { records: number } }[] } | undefined)?.items[0];
  };
  const hasRead = (port: number, records: number) =>
    until(async () => ((await status(port))?.counts.records === records ? true : undefined), `${records} records at ${port}`, 60_000);
  const message = (n: number) => ({ value: JSON.stringify({ time: 1_700_000_000_000 + n, series: 's', value: n }) });
  const [a, b] = lives;
  const zombie = start(a.config, a.port);
  let successor: ReturnType<typeof start> | undefined;
  try {
    await bench.send(topic, [message(1)]);
    await hasRead(a.port, 1);
    zombie.child.kill('SIGSTOP');
    successor = start(b.config, b.port);
    await bench.send(topic, [message(2), message(3)]);
    await hasRead(b.port, 3);
    zombie.child.kill('SIGCONT');
    await until(async () => (/being read by another process/.test(zombie.output()) ? true : undefined), 'the refusal', 30_000);
    await bench.send(topic, [message(4)]);
    await hasRead(b.port, 4);
    expect((await status(a.port))?.counts.records).toBe(1);
    const offset = async () => (await bench.admin.fetchOffsets({ groupId: 'zombie', topics: [topic] }))[0].partitions[0].offset;
    await until(async () => ((await offset()) === '4' ? true : undefined), 'the offset of the successor');
  } finally {
    for (const life of [zombie, successor]) {
      life?.child.kill('SIGKILL');
      await life?.exited;
    }
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
