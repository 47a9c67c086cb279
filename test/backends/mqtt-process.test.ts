/** The whole program behind mosquitto: killed itself, with the broker killed, and with a full disk. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { status, untilStatus } from '../support/api.ts';
import { project } from '../support/oracle.ts';
import { startServer, type Server } from '../support/program.ts';
import { startService, type Service } from '../support/services/index.ts';
import { smallDisk, type SmallDisk } from '../support/small-disk.ts';
import { holds } from '../../src/testing/holds.ts';

let folder: string;
let broker: Service;
let server: Server | undefined;
let disk: SmallDisk | undefined;
const clients: MqttClient[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-mqtt-'));
  broker = await startService('mqtt');
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
  await broker.stop();
  disk?.unmount();
  disk = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** A pipeline `p` over `m/+` at QoS 1 with keys, and `q` over `z/+` at QoS 0. */
async function started(data = './data'): Promise<string> {
  writeFileSync(
    join(folder, 'homeostat.yaml'),
    `data: ${data}
pipelines:
  p:
    source:
      mqtt:
        url: ${broker.url}
        topics: [{ filter: m/+, qos: 1, labels: [_, machine] }]
        key_field: id
        status: { topic: status/p }
    detect: { detector: ema }
    order: { allowed_lateness: 1h, idle: 100ms }
    restart: { backoff: 50ms, max_backoff: 200ms }
  q:
    source: { mqtt: { url: '${broker.url}', topics: [{ filter: z/+, qos: 0 }] } }
    format: value
    detect: { detector: ema }
    order: { idle: 100ms }
`,
  );
  server = await startServer(['run', 'homeostat.yaml'], folder);
  return server.address;
}

async function publisher(options: object = {}): Promise<MqttClient> {
  const client = await connectAsync(broker.url, { reconnectPeriod: 50, clean: false, clientId: 'sender', ...options });
  clients.push(client);
  client.on('error', () => undefined);
  return client;
}

const listening = (address: string, pipeline = 'p') =>
  vi.waitFor(async () => expect((await status(address, pipeline)).parts.find(({ part }) => part === 'listener mqtt')?.condition).toBe('ok'), 20_000);

const START = Date.now() - 3_600_000;
const message = (i: number, more = {}): string => JSON.stringify({ id: `id-${i}`, time: START + i, value: i, ...more });

/** Numbers that the verdicts of `p` are about, each as often as it is there. */
const judged = (data: string): number[] =>
  project(data, 'p')
    .verdicts.map((text) => (JSON.parse(text) as { values: number[] }).values[0])
    .sort((a, b) => a - b);

describe('a pipeline over mosquitto', () => {
  it('loses nothing of QoS 1 and doubles nothing that has a key, while both are killed again and again; QoS 0 is a counted gap', async () => {
    const COUNT = 6_000;
    const sender = await publisher();
    let address = await started();
    await listening(address);
    await listening(address, 'q');
    let sent = 0;
    let acknowledged = 0;
    let isPaused = false;
    const pace = setInterval(() => {
      for (let n = 0; n < 10 && sent < COUNT && !isPaused; n++, sent++) sender.publish(`m/${sent % 3}`, message(sent), { qos: 1 }, () => acknowledged++);
    }, 10);
    const reach = (count: number) => vi.waitFor(() => expect(sent).toBeGreaterThanOrEqual(count), { timeout: 30_000 });
    try {
      for (const [i, at] of [1_000, 2_000, 3_000, 4_000].entries()) {
        await reach(at);
        server!.child.kill('SIGKILL');
        await vi.waitFor(() => expect(server!.child.signalCode).toBe('SIGKILL'), 15_000);
        if (i % 2 === 1) {
          // The broker writes down each second what it has acknowledged; what it has not written is lost with it.
          isPaused = true;
          await vi.waitFor(() => expect(acknowledged).toBe(sent), { timeout: 30_000 });
          await holds(2_500, () => acknowledged === sent);
          await broker.kill();
          isPaused = false;
          await holds(200, () => !broker.running);
          await broker.restart();
        }
        isPaused = i < 2;
        address = await started();
        isPaused = false;
      }
      await reach(COUNT);
    } finally {
      clearInterval(pace);
    }
    await untilStatus(address, ({ counts }) => counts.verdicts >= COUNT, 'all is judged', 60_000);
    const gaps = (await status(address, 'q')).counts.gaps;
    await server!.stop();
    server = undefined;
    expect(judged(join(folder, 'data'))).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    expect(gaps).toBeGreaterThan(0);
  }, 120_000);

  it('waits with what the disk has no room for: the broker keeps it', async (context) => {
    disk = smallDisk(join(folder, 'disk'), 'size=6m', context);
    const data = join(disk.path, 'data');
    const address = await started(data);
    await listening(address);
    const sender = await publisher();
    const COUNT = 4_000;
    const padding = 'x'.repeat(3_000);
    for (let i = 0; i < COUNT; i++) sender.publish(`m/0`, message(i, { note: padding }), { qos: 1 });
    await untilStatus(address, ({ parts }) => parts.some(({ part, condition }) => part === 'listener mqtt' && condition === 'degraded'), 'degraded', 60_000);
    await vi.waitFor(() => expect(Object.keys(sender.queue).length).toBe(0), 15_000);
    disk.remount('size=256m');
    await untilStatus(address, ({ counts }) => counts.verdicts >= COUNT, 'all is judged', 60_000);
    await server!.stop();
    server = undefined;
    expect(judged(data)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
  }, 180_000);

  it('lets the broker say that its reader is gone', async () => {
    const said: string[] = [];
    const watcher = await publisher({ clientId: 'watcher' });
    watcher.on('message', (_, text) => void said.push(text.toString()));
    await watcher.subscribeAsync('status/p', { qos: 1 });
    await listening(await started());
    await vi.waitFor(() => expect(said).toEqual(['online']), 15_000);
    server!.child.kill('SIGKILL');
    await vi.waitFor(() => expect(said).toEqual(['online', 'offline']), 10_000);
    await listening(await started());
    await vi.waitFor(() => expect(said).toEqual(['online', 'offline', 'online']), 10_000);
    await server!.stop();
    await vi.waitFor(() => expect(said.at(-1)).toBe('offline'), 10_000);
    expect(said.length).toBe(4);
  });
});
