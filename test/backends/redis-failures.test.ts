/** What only a real Redis server shows: gone and back, standing still, out of memory, rights, TLS, dead consumers, trimmed streams. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Gap, PushRequest, SourceBatch } from '../../src/core/contracts.ts';
import { SeriesDictionary } from '../../src/core/events.ts';
import { emptyVerdicts } from '../../src/core/verdicts.ts';
import { Connection, type Argument, type Reply } from '../../src/connectors/redis/client.ts';
import { redis, redisSink, redisStream } from '../../src/connectors/redis/index.ts';
import { within } from '../../src/testing/index.ts';
import { startService, type Service, type ServiceOptions } from '../support/services/index.ts';
import { optionsOf } from '../support/redis.ts';
import { until } from '../support/program.ts';

const ended: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).toReversed()) await end();
});

async function server(options?: ServiceOptions): Promise<Service> {
  const started = await startService('redis', options);
  ended.push(() => started.stop());
  return started;
}

interface Connected {
  send(args: readonly Argument[]): Promise<Reply>;
  pipeline(commands: readonly (readonly Argument[])[]): Promise<Reply[]>;
}

async function client(options: { url: string } & object): Promise<Connected> {
  const connection = await Connection.open({ timeout: 5_000, ...options }, 'test');
  ended.push(() => connection.close());
  return connection;
}

/** A listener and what it put into the journal. */
function listening(options: object, journal: { accept?: () => Promise<void> } = {}) {
  const items: (string | Gap)[] = [];
  const health: { condition: string; reason: string }[] = [];
  const labels: unknown[] = [];
  const listener = redis.listen!(optionsOf(redis.options, { backoff: 20, max_backoff: 200, ping: 100, timeout: 500, ...options }), {
    pipeline: 'p',
    folder: '.',
    instance: 'i',
    async append(messages: readonly PushRequest[]) {
      await journal.accept?.();
      for (const message of messages) {
        items.push(Buffer.from(message.body).toString());
        labels.push(message.labels);
      }
    },
    async gap(gap: Gap) {
      items.push(gap);
    },
    health: (condition, reason) => health.push({ condition, reason }),
    now: Date.now,
    log: () => undefined,
  });
  ended.push(() => listener.close());
  const is = (condition: string) => until(async () => (health.at(-1)?.condition === condition ? true : undefined), condition, 15_000);
  return { items, health, labels, listener, is, gaps: () => items.filter((item) => typeof item !== 'string') };
}

const context = { pipeline: 'p', folder: '.', dictionary: new SeriesDictionary(), journal: '.', now: Date.now, log: () => undefined };

function reading(options: object) {
  const source = redisStream.create(optionsOf(redisStream.options, { block: 30, timeout: 500, create: true, ...options }), context);
  ended.push(() => source.close());
  const abort = new AbortController();
  return { source, abort, batches: (from?: SourceBatch['position']) => source.open(from, abort.signal)[Symbol.asyncIterator]() };
}

function textsOf({ records }: SourceBatch): string[] {
  if (records.kind !== 'messages') throw new Error('no messages');
  return Array.from(records.ends, (end, i) => Buffer.from(records.bytes.subarray(i === 0 ? 0 : records.ends[i - 1], end)).toString());
}

/** Reads until so many messages are there. */
async function take(batches: AsyncIterator<SourceBatch>, count: number): Promise<{ texts: string[]; offsets: number[]; last: SourceBatch; gaps: Gap[] }> {
  const [texts, offsets, gaps]: [string[], number[], Gap[]] = [[], [], []];
  for (;;) {
    const step = await within(batches.next(), `${count} messages (there are ${texts.length})`, 15_000);
    if (step.done === true) throw new Error('it ended');
    texts.push(...textsOf(step.value));
    offsets.push(...(step.value.records as { offsets: Float64Array }).offsets);
    gaps.push(...(step.value.gaps ?? []));
    if (texts.length >= count) return { texts, offsets, last: step.value, gaps };
  }
}

const add = (key: string, ...texts: string[]) => texts.map((text) => ['XADD', key, '*', 'data', text]);

/** Waits until an entry of the stream `s` is with a consumer for so long, ms: the source claims only while its own entries are younger. */
async function leftBehind(asked: Connected, ms: number): Promise<void> {
  await until(
    async () => (((await asked.send(['XPENDING', 's', 'g', 'IDLE', String(ms), '-', '+', '1'])) as Reply[]).length > 0 ? true : undefined),
    'an old entry',
  );
}

describe('channels', () => {
  it('are heard by name and by pattern, with the levels as labels', async () => {
    const { url } = await server();
    const heard = listening({ url, channels: ['plain'], patterns: ['plant:*:temperature'], channel_labels: ['site', 'machine', 'series'] });
    await heard.is('ok');
    const sender = await client({ url });
    await sender.pipeline([
      ['PUBLISH', 'plain', '1'],
      ['PUBLISH', 'plant:m7:temperature', '2'],
      ['PUBLISH', 'plant:m7:sound', '3'],
    ]);
    await until(async () => (heard.items.length === 2 ? true : undefined), 'two messages');
    expect(heard.items).toEqual(['1', '2']);
    expect(heard.labels).toEqual([{ site: 'plain' }, { site: 'plant', machine: 'm7', series: 'temperature' }]);
  });

  it('count a gap from the last sign of life to the new subscription when the server is killed', async () => {
    const service = await server();
    const heard = listening({ url: service.url, channels: ['c'] });
    await heard.is('ok');
    await (await client({ url: service.url })).send(['PUBLISH', 'c', 'before']);
    await until(async () => (heard.items.length === 1 ? true : undefined), 'a message');
    const killedAt = Date.now();
    await service.kill();
    await heard.is('degraded');
    await service.restart();
    await heard.is('ok');
    await (await client({ url: service.url })).send(['PUBLISH', 'c', 'after']);
    await until(async () => (heard.items.length === 3 ? true : undefined), 'the message after');
    const [before, gap, after] = heard.items as [string, Gap, string];
    expect([before, after]).toEqual(['before', 'after']);
    expect(gap.from).toBeLessThanOrEqual(killedAt);
    expect(gap.from).toBeGreaterThan(killedAt - 2_000);
    expect(gap.to).toBeGreaterThanOrEqual(gap.from);
    expect(gap.reason).toContain('nobody was subscribed');
  });

  it('notice a server that stands still, though nothing is published', async () => {
    const service = await server();
    const heard = listening({ url: service.url, channels: ['c'] });
    await heard.is('ok');
    service.pause();
    await heard.is('degraded');
    expect(heard.health.at(-1)!.reason).toContain('no answer within');
    service.resume();
    await heard.is('ok');
    await until(async () => (heard.gaps().length > 0 ? true : undefined), 'a gap');
  });

  it('wait for a server that is not there yet, and say why', async () => {
    const service = await server();
    await service.kill();
    const heard = listening({ url: service.url, channels: ['c'] });
    await heard.is('degraded');
    expect(heard.health.at(-1)!.reason).toContain('nothing answers at this address');
    await service.restart();
    await heard.is('ok');
    expect(heard.gaps()).toEqual([]);
  });

  it('are bounded in memory while the journal is behind: what is dropped is a counted gap', async () => {
    const { url } = await server();
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    const heard = listening({ url, channels: ['c'], max_waiting: 20_000 }, { accept: () => opened });
    await heard.is('ok');
    const sender = await client({ url });
    for (let i = 0; i < 10; i++) await sender.pipeline(Array.from({ length: 50 }, (_, n) => ['PUBLISH', 'c', `${i * 50 + n}`.padStart(100, '0')]));
    open();
    await until(async () => (heard.gaps().length > 0 ? true : undefined), 'a gap');
    const kept = heard.items.filter((item): item is string => typeof item === 'string').map(Number);
    const dropped = heard.gaps().reduce((sum, gap) => sum + Number(/^(\d+) messages were dropped/.exec(gap.reason)?.[1]), 0);
    expect(kept.length).toBeLessThan(200);
    expect(kept.length + dropped).toBe(500);
    expect(kept).toEqual(kept.toSorted((a, b) => a - b));
  });

  it('are a gap where the server throws a slow subscriber out', async () => {
    const service = await server({ config: 'client-output-buffer-limit pubsub 200kb 100kb 1' });
    const heard = listening({ url: service.url, channels: ['c'] });
    await heard.is('ok');
    const sender = await client({ url: service.url });
    // In one script, within which the server sends nothing: so much waits that it meets the limit, however quick the subscriber is.
    const script = "for i = 1, 400 do redis.call('PUBLISH', 'c', string.rep('x', 50000)) end";
    await sender.pipeline([['EVAL', script, '0']]);
    await until(async () => (heard.gaps().length > 0 ? true : undefined), 'a subscriber thrown out', 20_000);
    await heard.is('ok');
  });

  it('try the journal again until it takes what waits, and lose nothing', async () => {
    const { url } = await server();
    let refusals = 3;
    const heard = listening(
      { url, channels: ['c'] },
      {
        async accept() {
          if (refusals-- > 0) throw new Error('the journal is full');
        },
      },
    );
    await heard.is('ok');
    await (await client({ url })).pipeline(Array.from({ length: 20 }, (_, n) => ['PUBLISH', 'c', `${n}`]));
    await until(async () => (heard.items.length === 20 ? true : undefined), 'all messages');
    expect(heard.items).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`));
    expect(heard.health.some(({ reason }) => reason.includes('the journal is full'))).toBe(true);
    await heard.is('ok');
  });
});

describe('streams', () => {
  it('go on behind a kill of the server with what was not acknowledged, neither again nor skipped', async () => {
    const service = await server();
    await (await client({ url: service.url })).pipeline(add('s', '1', '2', '3', '4', '5', '6'));
    const first = reading({ url: service.url, streams: ['s'], batch: 2 });
    const { last } = await take(first.batches(), 2);
    await first.source.acknowledge!(last.position);
    await service.kill();
    await expect(take(first.batches(last.position), 6)).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    await service.restart();
    const second = reading({ url: service.url, streams: ['s'], batch: 2 });
    const { texts, offsets } = await take(second.batches(last.position), 4);
    expect(texts).toEqual(['3', '4', '5', '6']);
    expect(offsets).toEqual([2, 3, 4, 5]);
  });

  it('acknowledge after the commit, and then alone', async () => {
    const { url } = await server();
    const redisClient = await client({ url });
    await redisClient.pipeline(add('s', '1', '2', '3'));
    const { source, batches } = reading({ url, streams: ['s'], group: 'g', batch: 3 });
    const { last } = await take(batches(), 3);
    const pending = async () => ((await redisClient.send(['XPENDING', 's', 'g'])) as Reply[])[0];
    expect(await pending()).toBe(3);
    await source.acknowledge!(last.position);
    expect(await pending()).toBe(0);
  });

  it('acknowledge at the next start what was committed before a crash', async () => {
    const { url } = await server();
    const redisClient = await client({ url });
    await redisClient.pipeline(add('s', '1', '2', '3', '4'));
    const first = reading({ url, streams: ['s'], group: 'g', batch: 2 });
    const { last } = await take(first.batches(), 2);
    await first.source.close();
    const second = reading({ url, streams: ['s'], group: 'g', batch: 2 });
    const rest = await take(second.batches(last.position), 2);
    expect(rest.texts).toEqual(['3', '4']);
    const pending = (await redisClient.send(['XPENDING', 's', 'g', '-', '+', '10'])) as Reply[];
    expect(pending.length).toBe(2);
  });

  it('say that a server stands still, and a name does not resolve', async () => {
    const service = await server();
    const { batches } = reading({ url: service.url, streams: ['s'] });
    const next = batches().next();
    service.pause();
    await expect(within(next, 'the failure', 15_000)).rejects.toThrow(/no answer within/);
    service.resume();
    await expect(
      within(
        reading({ url: 'redis://no-such-host.invalid:6379', streams: ['s'] })
          .batches()
          .next(),
        'the failure',
      ),
    ).rejects.toThrow(/name does not resolve/);
  });

  it('hand over once what a dead consumer left behind, also when it lies before the position, and again only where that was not committed', async () => {
    const { url } = await server();
    const redisClient = await client({ url });
    await redisClient.send(['XGROUP', 'CREATE', 's', 'g', '0', 'MKSTREAM']);
    await redisClient.pipeline(add('s', 'dead 1', 'dead 2'));
    await redisClient.send(['XREADGROUP', 'GROUP', 'g', 'other', 'COUNT', '2', 'STREAMS', 's', '>']);
    await leftBehind(redisClient, 300);
    await redisClient.pipeline(add('s', 'ours'));
    const options = { url, streams: ['s'], group: 'g', min_idle: 300 };
    const first = reading(options);
    const all = await take(first.batches(), 3);
    expect(all.texts).toEqual(['ours', 'dead 1', 'dead 2']);
    expect(all.offsets).toEqual([0, 2 ** 52, 2 ** 52 + 1]);
    // It ends before the acknowledgement, but after the commit.
    await first.source.close();
    await redisClient.pipeline(add('s', 'next'));
    const second = reading(options);
    const rest = await take(second.batches(all.last.position), 1);
    expect(rest.texts).toEqual(['next']);
    await second.source.acknowledge!(rest.last.position);
    await second.source.close();
    expect(((await redisClient.send(['XPENDING', 's', 'g'])) as Reply[])[0]).toBe(0);
  });

  it('hand over again what was claimed and not committed', async () => {
    const { url } = await server();
    const redisClient = await client({ url });
    await redisClient.send(['XGROUP', 'CREATE', 's', 'g', '0', 'MKSTREAM']);
    await redisClient.pipeline(add('s', 'dead'));
    await redisClient.send(['XREADGROUP', 'GROUP', 'g', 'other', 'COUNT', '2', 'STREAMS', 's', '>']);
    await leftBehind(redisClient, 100);
    await redisClient.pipeline(add('s', 'ours'));
    const options = { url, streams: ['s'], group: 'g', min_idle: 100 };
    const first = reading(options);
    const batches = first.batches();
    const ours = await take(batches, 1);
    expect((await take(batches, 1)).texts).toEqual(['dead']);
    await first.source.close();
    const second = reading(options);
    const again = await take(second.batches(ours.last.position), 1);
    expect([again.texts, again.offsets]).toEqual([['dead'], [2 ** 52]]);
  });

  it('count what was trimmed before it was read', async () => {
    const { url } = await server();
    const redisClient = await client({ url });
    await redisClient.pipeline(add('s', '1', '2', '3', '4', '5', '6'));
    const first = reading({ url, streams: ['s'], group: 'g', batch: 1 });
    const { last } = await take(first.batches(), 1);
    await first.source.close();
    await redisClient.send(['XTRIM', 's', 'MAXLEN', '1']);
    const rest = await take(reading({ url, streams: ['s'], group: 'g', batch: 1 }).batches(last.position), 1);
    expect(rest.texts).toEqual(['6']);
    expect(rest.gaps.map(({ reason }) => reason).join(' ')).toMatch(
      /4 entries of the stream s between .* were trimmed|3 entries .* trimmed.*1 entries .* trimmed/,
    );
    await redisClient.pipeline(add('s', '7', '8'));
    await redisClient.send(['XTRIM', 's', 'MAXLEN', '2']);
    const more = await take(reading({ url, streams: ['s'], group: 'g', batch: 2 }).batches(rest.last.position), 2);
    expect([more.texts, more.gaps]).toEqual([['7', '8'], []]);
  });

  it('make a group again that is gone, at their position', async () => {
    const { url } = await server();
    const redisClient = await client({ url });
    await redisClient.pipeline(add('s', '1', '2'));
    const first = reading({ url, streams: ['s'], group: 'g', batch: 1 });
    const { last } = await take(first.batches(), 1);
    await first.source.close();
    await redisClient.send(['XGROUP', 'DESTROY', 's', 'g']);
    expect((await take(reading({ url, streams: ['s'], group: 'g' }).batches(last.position), 1)).texts).toEqual(['2']);
    const absent = reading({ url, streams: ['other'], group: 'g', create: false });
    await expect(within(absent.batches().next(), 'the failure')).rejects.toThrow(/no such group.*create: true/);
  });

  it('count a gap where the server has lost the stream, and say nothing of it again and again', async () => {
    const { url } = await server();
    const redisClient = await client({ url });
    const said: string[] = [];
    const log = (_: string, message: string): void => void said.push(message);
    const open = (from?: SourceBatch['position']) => {
      const source = redisStream.create(optionsOf(redisStream.options, { block: 30, timeout: 500, create: true, url, streams: ['s'], group: 'g', batch: 1 }), {
        ...context,
        log,
      });
      ended.push(() => source.close());
      return { source, batches: source.open(from, new AbortController().signal)[Symbol.asyncIterator]() };
    };
    await redisClient.pipeline(['5-0', '6-0', '7-0'].map((id) => ['XADD', 's', id, 'data', id]));
    const first = open();
    const { last } = await take(first.batches, 2);
    await redisClient.send(['FLUSHALL']);
    await expect(take(first.batches, 9)).rejects.toThrow(/no such group/);
    await first.source.close();
    const second = open(last.position);
    const begins = await within(second.batches.next(), 'the gap', 15_000);
    // Its ids begin anew, before the position.
    await redisClient.pipeline(['1-0', '2-0'].map((id) => ['XADD', 's', id, 'data', id]));
    const { texts, offsets } = await take(second.batches, 2);
    const gaps = (begins.value as SourceBatch).gaps;
    expect(texts).toEqual(['1-0', '2-0']);
    expect(offsets[0]).toBeGreaterThanOrEqual(2);
    expect(gaps).toEqual([expect.objectContaining({ reason: expect.stringContaining('the server has lost the stream s') as unknown })]);
    const begun = performance.now();
    await until(async () => (performance.now() - begun > 2_500 ? true : undefined), 'some looks');
    expect(new Set(said).size).toBe(said.length);
  });

  it('that are read on behind a lost group are a gap only where something may be missing', async () => {
    const { url } = await server();
    const redisClient = await client({ url });
    await redisClient.pipeline(add('s', '1', '2', '3'));
    const first = reading({ url, streams: ['s'], group: 'g', batch: 1 });
    const { last } = await take(first.batches(), 1);
    await first.source.close();
    await redisClient.send(['XGROUP', 'DESTROY', 's', 'g']);
    const whole = reading({ url, streams: ['s'], group: 'g', batch: 1 });
    expect((await take(whole.batches(last.position), 2)).gaps).toEqual([]);
    await whole.source.close();
    await redisClient.send(['XGROUP', 'DESTROY', 's', 'g']);
    await redisClient.send(['XTRIM', 's', 'MAXLEN', '1']);
    const { texts, gaps } = await take(reading({ url, streams: ['s'], group: 'g', batch: 1 }).batches(last.position), 1);
    expect(texts).toEqual(['3']);
    expect(gaps).toEqual([expect.objectContaining({ reason: expect.stringContaining('lost the group g') as unknown })]);
  });

  it('are not read on as another consumer', async () => {
    const { url } = await server();
    await (await client({ url })).pipeline(add('s', '1'));
    const { last } = await take(reading({ url, streams: ['s'] }).batches(), 1);
    await expect(
      reading({ url, streams: ['s'], consumer: 'another' })
        .batches(last.position)
        .next(),
    ).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });
});

describe('the sink', () => {
  function verdicts(count: number) {
    const batch = emptyVerdicts(1, count);
    batch.length = count;
    for (let i = 0; i < count; i++) batch.idLow[i] = i + 1;
    return batch;
  }
  const dictionary = new SeriesDictionary();
  dictionary.intern('a');

  it('leaves out what arrived before the connection broke', async () => {
    const service = await server();
    const redisClient = await client({ url: service.url });
    const sink = redisSink.create(optionsOf(redisSink.options, { url: service.url, stream: 'v', timeout: 500 }), { pipeline: 'p', folder: '.' });
    ended.push(() => sink.close());
    await sink.open(undefined);
    await sink.flush();
    await sink.write(verdicts(5), 'p', dictionary);
    // The answer to this one is lost on the way, and so is whether it was written.
    await redisClient.send(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
    await expect(sink.write(verdicts(5), 'p', dictionary)).rejects.toMatchObject({ code: 'RECEIVER_FAILED' });
    await sink.write(verdicts(8), 'p', dictionary);
    await sink.flush();
    expect(await redisClient.send(['XLEN', 'v'])).toBe(8);
  });

  it('says that the memory of the server is full, and goes on when there is room', async () => {
    const service = await server({ memory: '3mb', config: 'maxmemory-policy noeviction' });
    const redisClient = await client({ url: service.url });
    await redisClient.pipeline(Array.from({ length: 30 }, (_, n) => ['SET', `fill${n}`, 'x'.repeat(100_000)])).catch(() => undefined);
    const sink = redisSink.create(optionsOf(redisSink.options, { url: service.url, stream: 'v' }), { pipeline: 'p', folder: '.' });
    ended.push(() => sink.close());
    await sink.open(undefined);
    await sink.flush();
    await expect(sink.write(verdicts(500), 'p', dictionary)).rejects.toThrow(/memory limit of the server/);
    await redisClient.send(['FLUSHALL']);
    await sink.write(verdicts(3), 'p', dictionary);
    await sink.flush();
    expect(await redisClient.send(['XLEN', 'v'])).toBe(3);
  });

  it('says that a replica takes no writes', async () => {
    const service = await server();
    await (await client({ url: service.url })).send(['REPLICAOF', '127.0.0.1', '1']);
    const sink = redisSink.create(optionsOf(redisSink.options, { url: service.url, channel: 'v' }), { pipeline: 'p', folder: '.' });
    ended.push(() => sink.close());
    const stream = redisSink.create(optionsOf(redisSink.options, { url: service.url, stream: 'v' }), { pipeline: 'p', folder: '.' });
    ended.push(() => stream.close());
    await stream.open(undefined);
    await expect(stream.write(verdicts(3), 'p', dictionary)).rejects.toThrow(/replica/);
  });
});

describe('rights and encryption', () => {
  const users = [
    { name: 'reader', password: 'right', rules: ['~s', '&c', '+xreadgroup', '+xack', '+multi', '+discard', '+subscribe', '+ping', '+xinfo'] },
    { name: 'all', password: 'everything' },
  ];

  it('name a wrong password and a missing right, without the password', async () => {
    const { host, port } = await server({ users });
    const reach = (user: string, password: string, more: object = {}) =>
      redisStream.reach!(optionsOf(redisStream.options, { url: `redis://${user}:${password}@${host}:${port}`, streams: ['s'], ...more }), context);
    const wrong = await reach('reader', 'hush').catch((thrown: Error) => thrown);
    expect(wrong).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect((wrong as Error).message).toContain('user or password is wrong');
    expect((wrong as Error).message).not.toContain('hush');
    const all = await client({ url: `redis://all:everything@${host}:${port}` });
    await all.send(['XGROUP', 'CREATE', 's', 'homeostat', '0', 'MKSTREAM']);
    expect(JSON.stringify(await reach('reader', 'right'))).toContain('may read the stream s');
    await expect(reach('reader', 'right', { min_idle: 1_000 })).rejects.toThrow(/a right is missing.*xautoclaim/i);
    await expect(reach('reader', 'right', { streams: ['other'] })).rejects.toThrow(/a right is missing/);
    const channel = (name: string) =>
      redis.reach!(optionsOf(redis.options, { url: `redis://${host}:${port}`, user: 'reader', password: 'right', channels: [name] }), context);
    expect(await channel('c')).toContain('may listen to c');
    await expect(channel('d')).rejects.toThrow(/a right is missing/);
    const sink = redisSink.reach!(optionsOf(redisSink.options, { url: `redis://reader:right@${host}:${port}`, stream: 's' }), context);
    await expect(sink).rejects.toThrow(/a right is missing.*xadd/i);
    expect(await all.send(['XLEN', 's'])).toBe(0);
  });

  it('that do not hold PING leave a subscription alone', async () => {
    const { host, port } = await server({ users: [...users, { name: 'deaf', password: 'right', rules: ['&c', '+subscribe'] }] });
    const heard = listening({ url: `redis://${host}:${port}`, user: 'deaf', password: 'right', channels: ['c'], ping: 20 });
    await heard.is('ok');
    const all = await client({ url: `redis://all:everything@${host}:${port}` });
    for (let n = 0; n < 5; n++) {
      await all.send(['PUBLISH', 'c', String(n)]);
      await until(async () => (heard.items.length > n ? true : undefined), 'a message');
      const begun = performance.now();
      await until(async () => (performance.now() - begun > 60 ? true : undefined), 'some pings');
    }
    expect(heard.items).toEqual(['0', '1', '2', '3', '4']);
  });

  it('warn where the server can lose what it acknowledged', async () => {
    const { url } = await server({ memory: '64mb', config: ['maxmemory-policy allkeys-lru', 'appendonly no'] });
    const reached = await redisSink.reach!(optionsOf(redisSink.options, { url, stream: 's' }), context);
    expect(reached).toMatchObject({ warning: expect.stringMatching(/appendonly is off.*maxmemory-policy is allkeys-lru/) as string });
  });

  it('speak TLS with the authority of the server, and with no other', async () => {
    const service = await server({ tls: true });
    const { host, port, ca } = service as Service & { ca: string };
    const reach = (tls: object) =>
      redis.reach!(optionsOf(redis.options, { url: `rediss://${host}:${port}`, channels: ['c'], tls: { verify: true, ...tls } }), context);
    expect(await reach({ ca: readFileSync(ca, 'utf8') })).toContain('rediss://');
    await expect(reach({})).rejects.toThrow(/TLS does not come about.*; name the authority of the server in tls\.ca_file/);
    expect(await reach({ verify: false })).toContain('may listen');
  });

  it('say so where a source is to be reached and is not', async () => {
    const service = await server();
    await service.kill();
    await expect(redis.reach!(optionsOf(redis.options, { url: service.url, channels: ['c'] }), context)).rejects.toThrow(/nothing answers at this address/);
    const nobody = optionsOf(redis.options, { url: 'redis://no-such-host.invalid', channels: ['c'] });
    await expect(redis.reach!(nobody, context)).rejects.toThrow(/name does not resolve/);
  });
});
