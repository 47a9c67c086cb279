/** Source and sink `mqtt` against mosquitto. */
import { readFileSync } from 'node:fs';
import { connect as dial, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Journal, listen, sinkOptions, sourceOptions } from '../../src/connectors/mqtt/broker.fixture.ts';
import { mqtt } from '../../src/connectors/mqtt/index.ts';
import type { MqttListener } from '../../src/connectors/mqtt/listener.ts';
import { MqttSink } from '../../src/connectors/mqtt/sink.ts';
import type { Verdict } from '../../src/core/verdicts.ts';
import { sinkChecks } from '../../src/testing/index.ts';
import { startService, type Service } from '../support/services/index.ts';
import { holds } from '../../src/testing/holds.ts';

let broker: Service;
let journal: Journal;
let listener: MqttListener | undefined;
let count = 0;
const clients: MqttClient[] = [];

beforeAll(async () => void (broker = await startService('mqtt')));
afterAll(() => broker?.stop());
beforeEach(() => {
  journal = new Journal();
  count++;
});
afterEach(async () => {
  journal.release();
  await listener?.close();
  listener = undefined;
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
});

const ok = (): Promise<void> => vi.waitFor(() => expect(journal.health.at(-1)).toBe('ok'), 15_000);
const says = (text: string, patience = 15_000): Promise<void> => vi.waitFor(() => expect(journal.health.at(-1)).toContain(text), patience);

/** Each test has its own topics and its own session. */
const topic = (name = 'x'): string => `t${count}/${name}`;

async function reading(more: Record<string, unknown> = {}): Promise<void> {
  listener = listen(journal, { url: broker.url, client_id: `reader-${count}`, topics: [{ filter: topic('#'), qos: 1, labels: [] }], ...more });
  await ok();
}

async function client(url = broker.url, options: object = {}): Promise<MqttClient> {
  const made = await connectAsync(url, options);
  clients.push(made);
  return made;
}

async function publish(texts: readonly string[], to = topic(), qos: 0 | 1 = 1): Promise<void> {
  const publisher = await client();
  await Promise.all(texts.map((text) => publisher.publishAsync(to, text, { qos })));
}

/** A way to the broker that can be cut. */
async function startProxy(port: number): Promise<{ port: number; cut(): void; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    const other = dial(port, '127.0.0.1');
    for (const each of [socket, other]) {
      sockets.add(each);
      each.on('error', () => undefined).on('close', () => sockets.delete(each));
    }
    socket.pipe(other).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  const close = (): Promise<void> => new Promise((resolve) => (server.close(() => resolve()), cut()));
  return { port: (server.address() as AddressInfo).port, cut, close };
}

describe.each([5, 4] as const)('the source mqtt, version %i of the protocol', (version) => {
  it('keeps a message that comes again over a new connection once, and nothing is lost', async () => {
    const proxy = await startProxy(broker.port);
    await reading({ version, url: `mqtt://127.0.0.1:${proxy.port}` });
    journal.hold();
    await publish(['1', '2', '3']);
    await vi.waitFor(() => expect(journal.asked).toBeGreaterThan(0), 15_000);
    await holds(200, () => journal.kept.length === 0);
    proxy.cut();
    await says('degraded');
    await ok();
    await publish(['4']);
    journal.release();
    await vi.waitFor(() => expect(journal.texts().at(-1)).toBe('4'), 10_000);
    expect(journal.texts()).toEqual(['1', '2', '3', '4']);
    expect(journal.gaps).toEqual([]);
    await listener?.close();
    await proxy.close();
  });

  it('gets what was published while it was away, also over a kill of the broker, and nothing that it had', async () => {
    await reading({ version });
    await publish(['1', '2']);
    await vi.waitFor(() => expect(journal.texts()).toEqual(['1', '2']), 15_000);
    await listener?.close();
    await publish(['3', '4']);
    // The broker writes its sessions each second.
    await holds(2_500, () => journal.kept.length === 2);
    await broker.kill();
    await broker.restart();
    await reading({ version });
    await vi.waitFor(() => expect(journal.texts()).toEqual(['1', '2', '3', '4']), 10_000);
    expect(journal.gaps).toEqual([]);
  });
});

describe('the source mqtt', () => {
  it('counts QoS 0 that was away as a gap, from before the broker was gone', async () => {
    await reading({ topics: [{ filter: topic('#'), qos: 0, labels: [] }] });
    const before = Date.now();
    await broker.kill();
    await says('degraded');
    await broker.restart();
    await ok();
    expect(journal.gaps.length).toBe(1);
    expect(journal.gaps[0].from).toBeLessThanOrEqual(before + 50);
    await publish(['1'], topic(), 0);
    await vi.waitFor(() => expect(journal.texts()).toEqual(['1']), 15_000);
  });

  it('counts a session that the broker has forgotten as a gap', async () => {
    const forgetful = await startService('mqtt', { config: 'persistent_client_expiration 1h' });
    try {
      await reading({ url: forgetful.url });
      // A clean connection under the same name ends the session.
      await client(forgetful.url, { clientId: `reader-${count}`, clean: true, reconnectPeriod: 0 });
      await vi.waitFor(() => expect(journal.gaps.length).toBe(1), 10_000);
      expect(journal.gaps[0].reason).toContain('no session of this reader any more');
    } finally {
      await listener?.close();
      await forgetful.stop();
    }
  });

  it('has properties of MQTT 5: the key of the sender and the media type', async () => {
    await reading({ key_property: 'id' });
    const publisher = await client(broker.url, { protocolVersion: 5 });
    await publisher.publishAsync(topic(), '1', { qos: 1, properties: { contentType: 'Text/CSV; charset=utf-8', userProperties: { id: 'm-1' } } });
    await vi.waitFor(() => expect(journal.kept.length).toBe(1), 15_000);
    expect(journal.kept[0]).toMatchObject({ key: `${topic()}\0m-1`, type: 'text/csv', labels: { topic: topic() } });
  });

  it('shares a subscription with another reader', async () => {
    const topics = [{ filter: `$share/g/${topic('+')}`, qos: 1, labels: [] }];
    const other = new Journal();
    const second = listen(other, { url: broker.url, client_id: `other-${count}`, topics });
    await reading({ topics });
    await vi.waitFor(() => expect(other.health.at(-1)).toBe('ok'), 15_000);
    const texts = Array.from({ length: 100 }, (_, i) => String(i));
    await publish(texts);
    await vi.waitFor(() => expect(journal.kept.length + other.kept.length).toBe(100), 15_000);
    expect([...journal.texts(), ...other.texts()].sort()).toEqual(texts.toSorted());
    expect(Math.min(journal.kept.length, other.kept.length)).toBeGreaterThan(0);
    await second.close();
  });

  it('notices a broker that hangs, and goes on with it afterwards', async () => {
    await reading({ keepalive: 1_000, timeout: 1_000 });
    broker.pause();
    try {
      await says('Keepalive timeout', 10_000);
      await says('no answer within 1000 ms', 10_000);
    } finally {
      broker.resume();
    }
    await ok();
    await publish(['1']);
    await vi.waitFor(() => expect(journal.texts()).toEqual(['1']), 15_000);
  });

  it('says that a name does not resolve, and that credentials are wrong', async () => {
    listener = listen(journal, { url: 'mqtt://no-such-host.invalid:1883' });
    await says('degraded: mqtt://no-such-host.invalid:1883: ');
    expect(journal.health.at(-1)).toMatch(/ENOTFOUND|EAI_AGAIN/);
    await listener.close();
    const guarded = await startService('mqtt', { users: [{ name: 'reader', password: 'right' }] });
    try {
      listener = listen(journal, { url: guarded.url, user: 'reader', password: 'not-right' });
      await says('Not authorized');
      expect(journal.health.join()).not.toContain('not-right');
      await listener.close();
      await reading({ url: guarded.url, user: 'reader', password: 'right' });
      const options = sourceOptions({ url: guarded.url, timeout: 5_000, keepalive: 30_000 });
      await expect(mqtt.reach!(options as never, { pipeline: 'p', folder: '.' })).rejects.toThrow('Not authorized');
    } finally {
      await listener?.close();
      await guarded.stop();
    }
  });

  it('speaks TLS with a broker that it can trust, and with no other', async () => {
    const secure = await startService('mqtt', { tls: true });
    const tls = { ca: readFileSync(secure.ca!, 'utf8'), verify: true };
    try {
      listener = listen(journal, { url: secure.url, tls: { verify: true } });
      await vi.waitFor(() => expect(journal.health.at(-1)).toMatch(/certificate.*; name the authority of the server in tls\.ca_file/), 10_000);
      await listener.close();
      await reading({ url: secure.url, tls });
      const publisher = await client(secure.url, { ca: readFileSync(secure.ca!) });
      await publisher.publishAsync(topic(), '1', { qos: 1 });
      await vi.waitFor(() => expect(journal.texts()).toEqual(['1']), 15_000);
      const options = sourceOptions({ url: secure.url, timeout: 5_000, keepalive: 30_000, session_expiry: 60_000, tls });
      expect(await mqtt.reach!(options as never, { pipeline: 'p', folder: '.' })).toContain('answers MQTT 5, 1 of 1 filters');
    } finally {
      await listener?.close();
      await secure.stop();
    }
  });
});

describe('the sink mqtt', () => {
  const received = {
    name: 'mqtt',
    repeats: 'same ids' as const,
    async receiver() {
      const got: Verdict[] = [];
      const to = `sink${count++}`;
      const subscriber = await connectAsync(broker.url);
      subscriber.on('message', (_, text) => void got.push(JSON.parse(text.toString()) as Verdict));
      await subscriber.subscribeAsync(`${to}/#`, { qos: 1 });
      return {
        create: (only: 'all' | 'anomalies') => new MqttSink(sinkOptions({ url: broker.url, only, topic: `${to}/{pipeline}/{series}` }), { pipeline: 'p' }),
        async received() {
          // What the sink was told of may be on its way to the subscriber still; a message behind it shows that all is there.
          const passed = new Promise<void>((resolve) => subscriber.on('message', (at) => at.endsWith('/mark') && resolve()));
          await subscriber.publishAsync(`${to}/mark`, 'null', { qos: 1 });
          await passed;
          return got.filter((verdict) => verdict !== null);
        },
        close: () => subscriber.endAsync(true),
      };
    },
  };
  for (const check of sinkChecks([received])) it(check.name, check.run);

  it('is told by MQTT 5 that it may not publish, and connects anew after a kill', async () => {
    const guarded = await startService('mqtt', { users: [{ name: 'writer', password: 'w', rules: ['topic write allowed/#'] }] });
    const { SeriesDictionary } = await import('../../src/core/events.ts');
    const { emptyVerdicts } = await import('../../src/core/verdicts.ts');
    const dictionary = new SeriesDictionary();
    dictionary.intern('a');
    const batch = emptyVerdicts(1, 1);
    batch.length = 1;
    const write = async (sink: MqttSink): Promise<void> => {
      await sink.open();
      await sink.write(batch, 'p', dictionary);
      await sink.flush();
    };
    const options = { url: guarded.url, user: 'writer', password: 'w', only: 'all' };
    const refused = new MqttSink(sinkOptions({ ...options, topic: 'other/{series}' }), { pipeline: 'p' });
    const sink = new MqttSink(sinkOptions({ ...options, topic: 'allowed/{series}' }), { pipeline: 'p' });
    try {
      await expect(write(refused)).rejects.toThrow('Not authorized');
      await write(sink);
      await guarded.kill();
      await expect(write(sink).then(() => write(sink))).rejects.toThrow();
      await guarded.restart();
      await write(sink);
    } finally {
      await Promise.all([refused.close(), sink.close()]);
      await guarded.stop();
    }
  });
});
