/** Source and sink against a broker inside this process. */
import { createServer, type AddressInfo } from 'node:net';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HomeostatError } from '../../core/errors.ts';
import { SeriesDictionary } from '../../core/events.ts';
import { emptyVerdicts, type Verdict } from '../../core/verdicts.ts';
import { sinkChecks, within } from '../../testing/index.ts';
import { Journal, listen, sinkOptions, sourceOptions, startBroker, type Broker } from './broker.fixture.ts';
import { mqtt } from './index.ts';
import type { MqttListener } from './listener.ts';
import { MqttSink } from './sink.ts';
import { holds } from '../../testing/holds.ts';

let broker: Broker;
let journal: Journal;
let listener: MqttListener | undefined;
const clients: MqttClient[] = [];

beforeEach(async () => {
  broker = await startBroker();
  journal = new Journal();
});

afterEach(async () => {
  journal.release();
  await listener?.close();
  listener = undefined;
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
  await broker.close();
});

const topics = [{ filter: 'factory/+/+/temperature', qos: 1, labels: ['_', 'line', 'machine', 'series'] }];

/** Versions of the protocol that aedes speaks: 3.1.1. */
const given = { version: 4, topics };

async function reading(more: Record<string, unknown> = {}, keptAt?: number): Promise<void> {
  listener = listen(journal, { url: broker.url, ...given, ...more }, keptAt);
  await ok();
}

const ok = (): Promise<void> => vi.waitFor(() => expect(journal.health.at(-1)).toBe('ok'), 10_000);
const kept = (count: number): Promise<void> => vi.waitFor(() => expect(journal.kept.length).toBeGreaterThanOrEqual(count), 10_000);

async function publisher(): Promise<MqttClient> {
  const client = await connectAsync(broker.url);
  clients.push(client);
  return client;
}

async function publish(texts: readonly string[], topic = 'factory/a/7/temperature', qos: 0 | 1 = 1): Promise<void> {
  const client = await publisher();
  await Promise.all(texts.map((text) => client.publishAsync(topic, text, { qos })));
}

describe('a broker of MQTT 5 that ends the connection', () => {
  it.each([
    [0x8e, 'another client with the same client_id'],
    [0x8b, 'it is shutting down'],
    [0xa0, 'for no reason that is known (reason code 160)'],
  ])('with the reason code %i says so in words', async (code, words) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      // CONNACK, and DISCONNECT at once.
      socket.once('data', () => socket.write(Buffer.from([0x20, 3, 0, 0, 0, 0xe0, 2, code, 0])));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    listener = listen(journal, { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, version: 5, topics });
    await vi.waitFor(() => expect(journal.health.join('\n')).toContain(words), 10_000);
    server.close();
  });
});

describe('the source mqtt', () => {
  it('keeps messages in their order, with the levels of their topic as labels', async () => {
    await reading();
    const texts = Array.from({ length: 500 }, (_, i) => String(i));
    await publish(texts);
    await kept(500);
    expect(journal.texts()).toEqual(texts);
    expect(journal.kept[3].labels).toEqual({ line: 'a', machine: '7', series: 'temperature' });
    expect(journal.groups.length).toBeLessThan(250);
    expect(journal.gaps).toEqual([]);
  });

  it('acknowledges nothing that is not durable, and all of it in order once it is', async () => {
    const acked: string[] = [];
    broker.aedes.on('ack', (packet) => void acked.push(String((packet as { payload?: Buffer }).payload)));
    await reading();
    journal.hold();
    await publish(['1', '2', '3']);
    await vi.waitFor(() => expect(acked).toEqual([]), 15_000);
    await holds(100, () => acked.length === 0);
    expect(acked).toEqual([]);
    expect(journal.kept).toEqual([]);
    journal.release();
    await vi.waitFor(() => expect(acked).toEqual(['1', '2', '3']), 15_000);
  });

  it('acknowledges nothing while the journal has no room, says so, and goes on by itself', async () => {
    await reading();
    journal.fail = new HomeostatError('DISK_FULL', { path: '/data', detail: 'no space left' });
    await publish(['1', '2']);
    await vi.waitFor(() => expect(journal.health.at(-1)).toContain('degraded: No room on the disk of /data'), 15_000);
    journal.fail = undefined;
    await kept(2);
    await ok();
    expect(journal.texts()).toEqual(['1', '2']);
  });

  it('loses nothing where the connection breaks before the journal has it', async () => {
    await reading();
    journal.hold();
    await publish(['1', '2']);
    await vi.waitFor(() => expect(journal.asked).toBeGreaterThan(0), 15_000);
    await holds(100, () => journal.kept.length === 0);
    broker.cut();
    await vi.waitFor(() => expect(journal.health.at(-1)).toContain('degraded'), 15_000);
    await ok();
    journal.release();
    await publish(['3']);
    await vi.waitFor(() => expect(journal.texts().at(-1)).toBe('3'), 5_000);
    // This broker does not say that it sends them again.
    expect([...new Set(journal.texts())]).toEqual(['1', '2', '3']);
    expect(journal.gaps).toEqual([]);
  });

  it('gets after a restart what came meanwhile', async () => {
    await reading();
    await listener?.close();
    await publish(['1', '2', '3']);
    journal.health.length = 0;
    await reading();
    await kept(3);
    expect(journal.texts()).toEqual(['1', '2', '3']);
  });

  it('counts a gap where QoS 0 was away, and none where only QoS 1 was', async () => {
    await reading({ topics: [...topics, { filter: 'noise/#', qos: 0, labels: [] }] });
    await broker.shut();
    await vi.waitFor(() => expect(journal.health.at(-1)).toContain('ECONNREFUSED'), 15_000);
    await broker.open();
    await ok();
    expect(journal.gaps.length).toBe(1);
    expect(journal.gaps[0].reason).toBe('QoS 0 messages of noise/# while not connected');
    expect(journal.gaps[0].to).toBeGreaterThan(journal.gaps[0].from);
  });

  it('counts as a gap of QoS 0 the time in which no process ran', async () => {
    const keptAt = Date.now() - 60_000;
    await reading({ topics: [...topics, { filter: 'noise/#', qos: 0, labels: [] }] }, keptAt);
    expect(journal.gaps.map(({ from, reason }) => [from, reason])).toEqual([
      [keptAt, expect.stringContaining('QoS 0 messages of noise/# while not connected')],
    ]);
  });

  it('counts a gap where the broker has forgotten the session', async () => {
    await reading({ session: 'clean' });
    broker.cut();
    await vi.waitFor(() => expect(journal.gaps.length).toBe(1), 5_000);
    expect(journal.gaps[0].reason).toContain('no session of this reader any more');
  });

  it('loses QoS 0 beyond the buffer as one gap, and makes QoS 1 wait', async () => {
    await reading({ buffer: 10_000, topics: [...topics, { filter: 'noise/#', qos: 0, labels: [] }] });
    journal.hold();
    await publish(
      Array.from({ length: 200 }, (_, i) => String(i)),
      'noise/x',
      0,
    );
    await vi.waitFor(() => expect(broker.aedes.connectedClients).toBe(2), 15_000);
    await publish(Array.from({ length: 60 }, (_, i) => `one ${i}`));
    await holds(100, () => journal.kept.length === 0);
    journal.release();
    await vi.waitFor(() => expect(journal.texts().at(-1)).toBe('one 59'), 5_000);
    expect(journal.texts().filter((text) => text.startsWith('one')).length).toBe(60);
    expect(journal.kept.length).toBeLessThan(260);
    expect(journal.gaps.length).toBe(1);
    expect(journal.gaps[0].reason).toContain('faster than the journal takes them');
  });

  it.each([
    ['skip', []],
    ['take', ['old']],
  ] as const)('with retained: %s keeps %j of what the broker kept', async (retained, want) => {
    const client = await publisher();
    await client.publishAsync('factory/a/7/temperature', 'old', { qos: 1, retain: true });
    await reading({ retained });
    await publish(['new']);
    await vi.waitFor(() => expect(journal.texts().at(-1)).toBe('new'), 15_000);
    expect(journal.texts()).toEqual([...want, 'new']);
  });

  it('says that it is there, and the broker that it is gone', async () => {
    const said: string[] = [];
    const client = await publisher();
    await client.subscribeAsync('status/p', { qos: 1 });
    client.on('message', (_, text) => void said.push(text.toString()));
    await reading({ status: { topic: 'status/p', online: 'here', offline: 'gone', qos: 1, retain: true } });
    await vi.waitFor(() => expect(said).toEqual(['here']), 15_000);
    Object.values((broker.aedes as unknown as { clients: Record<string, { id: string; conn: { destroy(): void } }> }).clients)
      .find(({ id }) => id.startsWith('homeostat-'))
      ?.conn.destroy();
    await vi.waitFor(() => expect(said).toEqual(['here', 'gone', 'here']), 5_000);
    await listener?.close();
    await vi.waitFor(() => expect(said).toEqual(['here', 'gone', 'here', 'gone']), 15_000);
  });

  it('knows a message by a field of it', async () => {
    await reading({ key_field: 'id' });
    await publish(['{"id":"a-1","value":3}', '{"value":3}', 'no json']);
    await kept(3);
    expect(journal.kept.map(({ key }) => key)).toEqual(['factory/a/7/temperature\0a-1', undefined, undefined]);
  });

  it('counts a message that is too long as a gap, acknowledges it and goes on', async () => {
    await reading({ max_message: 10 });
    await publish(['1', 'x'.repeat(100), '2']);
    await kept(2);
    expect(journal.texts()).toEqual(['1', '2']);
    expect(journal.gaps.map(({ reason }) => reason)).toEqual(['messages of factory/a/7/temperature longer than max_message 10 bytes']);
  });

  it('leaves out what comes by a subscription of an earlier configuration, and says so once', async () => {
    await reading({ topics: [{ filter: 'old/#', qos: 1, labels: [] }] });
    await listener?.close();
    await reading();
    await publish(['1', '2'], 'old/x');
    await publish(['3']);
    await kept(1);
    expect(journal.texts()).toEqual(['3']);
    expect(journal.logs.filter((line) => line.includes('old/x')).length).toBe(1);
  });

  it('waits for a broker that is not there, and for a refused name, without a secret in what it says', async () => {
    await broker.shut();
    listener = listen(journal, { url: broker.url.replace('//', '//user:hidden@'), ...given });
    await vi.waitFor(() => expect(journal.health.at(-1)).toContain('ECONNREFUSED'), 5_000);
    await broker.open();
    await ok();
    broker.aedes.authenticate = (_client, _name, _password, done) => done(Object.assign(new Error('no'), { returnCode: 5 }) as never, false);
    broker.cut();
    await vi.waitFor(() => expect(journal.health.at(-1)).toContain('Not authorized'), 5_000);
    expect(journal.health.join()).not.toContain('hidden');
  });

  it('stops while it connects, and while nothing can be kept', async () => {
    listener = listen(journal, { url: 'mqtt://127.0.0.1:9', ...given });
    await within(listener.close(), 'close', 2_000);
    await reading();
    journal.fail = new Error('no');
    await publish(['1']);
    await vi.waitFor(() => expect(journal.health.at(-1)).toContain('degraded'), 15_000);
    await within(listener.close(), 'close', 9_000);
    await listener.close();
  });

  it('is reached where its subscriptions are granted, and says why not', async () => {
    const options = sourceOptions({ url: broker.url, ...given, timeout: 5_000, keepalive: 30_000 });
    const reach = mqtt.reach!.bind(mqtt);
    expect(await reach(options as never, { pipeline: 'p', folder: '.' })).toMatchObject({ found: expect.stringContaining('1 of 1 filters') as unknown });
    broker.aedes.authorizeSubscribe = (_client, _subscription, done) => done(null, null);
    await expect(reach(options as never, { pipeline: 'p', folder: '.' })).rejects.toThrow('refuses the subscription of factory/+/+/temperature (code 128)');
    await broker.shut();
    await expect(reach(options as never, { pipeline: 'p', folder: '.' })).rejects.toThrow('ECONNREFUSED');
  });
});

describe('the sink mqtt', () => {
  const cases = {
    name: 'mqtt',
    repeats: 'same ids' as const,
    async receiver() {
      const own = await startBroker();
      const got: Verdict[] = [];
      own.aedes.on('publish', (packet, client) => {
        if (client !== null) got.push(JSON.parse(packet.payload.toString()) as Verdict);
      });
      return {
        create: (only: 'all' | 'anomalies') => new MqttSink(sinkOptions({ url: own.url, version: 4, only, in_flight: 50 }), { pipeline: 'p' }),
        received: () => got,
        close: () => own.close(),
      };
    },
  };
  for (const check of sinkChecks([cases])) it(check.name, check.run);

  it('says why when the broker is gone, and connects anew', async () => {
    const sink = new MqttSink(sinkOptions({ url: broker.url, version: 4 }), { pipeline: 'p' });
    await sink.open();
    await broker.shut();
    await vi.waitFor(async () => expect(sink.flush()).rejects.toThrow('connection'), 15_000);
    await expect(sink.open()).rejects.toThrow('ECONNREFUSED');
    await broker.open();
    await sink.open();
    await sink.flush();
    await sink.close();
  });

  it('does not wait for ever for an acknowledgement', async () => {
    broker.aedes.authorizePublish = () => undefined;
    const sink = new MqttSink(sinkOptions({ url: broker.url, version: 4, timeout: 200, only: 'all' }), { pipeline: 'p' });
    await sink.open();
    const dictionary = new SeriesDictionary();
    dictionary.intern('a');
    const batch = emptyVerdicts(1, 1);
    batch.length = 1;
    await sink.write(batch, 'p', dictionary);
    await expect(sink.flush()).rejects.toThrow('no acknowledgement within 200 ms');
    await sink.close();
  });
});
