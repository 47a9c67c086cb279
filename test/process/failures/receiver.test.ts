/** Receivers that hang or are down: detection goes on, the status says since when, and notices arrive once they can. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutboxView } from '../../../src/core/api.ts';
import { get, part, push, status, untilStatus } from '../../support/api.ts';
import { csv } from '../../support/failing.ts';
import { freePort } from '../../support/kill.ts';
import { startServer, until, type Server } from '../../support/program.ts';

let folder: string;
let server: Server | undefined;
let receiver: HttpServer | undefined;
/** Bodies by Idempotency-Key. */
let received: Map<string, string[]>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-receiver-'));
  received = new Map();
});
afterEach(async () => {
  await server?.stop();
  receiver?.closeAllConnections();
  receiver?.close();
  server = receiver = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function listen(port: number, isHanging: () => boolean): Promise<number> {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (isHanging()) return;
      const key = String(request.headers['idempotency-key']);
      received.set(key, [...(received.get(key) ?? []), Buffer.concat(chunks).toString()]);
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => receiver!.listen(port, '127.0.0.1', resolve));
  return (receiver.address() as AddressInfo).port;
}

async function run(port: number): Promise<string> {
  writeFileSync(join(folder, 'events.csv'), csv(3_000));
  writeFileSync(
    join(folder, 'homeostat.yaml'),
    `data: ./data
pipelines:
  p:
    source: { file: { path: events.csv, follow: true } }
    detect: { detector: ema }
    incident: { open: 2 of 5, resolve_after: 20s, max_alert_age: 36500d }
    notify: [ { webhook: { url: "http://127.0.0.1:${port}/", timeout: 300ms } } ]
`,
  );
  server = await startServer(['run', 'homeostat.yaml'], folder);
  return server.address;
}

const notices = async (address: string): Promise<OutboxView[]> => (await get<{ items: OutboxView[] }>(address, 'outbox?limit=500')).items;

/** Every notice has reached its receiver, each marked as repeated after its first attempt. */
async function allArrive(address: string): Promise<void> {
  const items = await until(
    async () => {
      const found = await notices(address);
      return found.length > 0 && found.every(({ state }) => state !== 'pending') ? found : undefined;
    },
    'every notice has left',
    60_000,
  );
  expect(items.every(({ state }) => state === 'delivered')).toBe(true);
  expect([...received.keys()].sort()).toEqual(items.map(({ key }) => key).sort());
  await untilStatus(address, (now) => part(now, 'receiver webhook#0')?.condition === 'ok', 'the receiver is well again');
}

describe('a webhook that hangs', () => {
  it('keeps no event waiting; the status says since when, and its notices arrive when it answers again', async () => {
    let isHanging = true;
    const began = Date.now();
    const address = await run(await listen(0, () => isHanging));
    const judged = await untilStatus(address, ({ counts }) => counts.verdicts === 3_000, 'all is judged');
    expect(judged.openIncidents).toBeGreaterThan(0);
    const hung = await untilStatus(address, (now) => part(now, 'receiver webhook#0')?.condition === 'degraded', 'the receiver is degraded');
    const { reason, since } = part(hung, 'receiver webhook#0')!;
    expect(reason).toContain('no answer within 300 ms');
    expect(since).toBeGreaterThanOrEqual(began);
    expect(since).toBeLessThanOrEqual(Date.now());
    expect(hung.condition).toBe('degraded');
    const later = await untilStatus(address, () => received.size === 0, 'a later look');
    expect(part(later, 'receiver webhook#0')!.since).toBe(since);
    const health = await get<{ condition: string; pipelines: { parts: { part: string; since: number }[] }[] }>(address, 'health');
    expect(health.condition).toBe('degraded');
    expect(health.pipelines[0].parts.find((each) => each.part === 'receiver webhook#0')!.since).toBe(since);
    isHanging = false;
    await allArrive(address);
    expect((await status(address)).condition).toBe('ok');
  });
});

describe('a receiver that is down', () => {
  it('gets every notice when it is up, also after a restart of the process', async () => {
    const port = await freePort();
    const address = await run(port);
    await untilStatus(address, ({ counts }) => counts.verdicts === 3_000, 'all is judged');
    await untilStatus(address, (now) => part(now, 'receiver webhook#0')?.condition === 'degraded', 'the receiver is degraded');
    expect((await notices(address)).every(({ state }) => state === 'pending')).toBe(true);
    expect(await server!.stop()).toBe(0);
    server = await startServer(['run', 'homeostat.yaml'], folder);
    await untilStatus(server.address, (now) => part(now, 'receiver webhook#0')?.condition === 'degraded', 'it is still down');
    await listen(port, () => false);
    await allArrive(server.address);
    // The earlier life may have sent any of them, so each says so.
    expect([...received.values()].every(([first]) => first.includes('"repeated":"true"'))).toBe(true);
  });
});

describe('a push that is repeated with its Idempotency-Key', () => {
  it('is recognised after a restart and after a kill: the first position is answered, and it is judged once', async () => {
    writeFileSync(join(folder, 'homeostat.yaml'), 'data: ./data\npipelines:\n  p:\n    source: { http: {} }\n');
    server = await startServer(['run', 'homeostat.yaml'], folder);
    const body = (i: number): string => JSON.stringify({ time: 1_700_000_000_000 + i * 1000, series: 's', value: i });
    const first = [];
    for (let i = 0; i < 10; i++) first.push(await push(server.address, body(i), `key-${i}`));
    expect(first.every(({ status: code, repeated }) => code === 202 && repeated === false)).toBe(true);
    const stops = [
      async (running: Server): Promise<void> => void (await running.stop()),
      async ({ child }: Server): Promise<void> => {
        const exited = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await exited;
      },
    ];
    for (const stop of stops) {
      await stop(server);
      server = await startServer(['run', 'homeostat.yaml'], folder);
      for (let i = 0; i < 10; i++) expect(await push(server.address, body(i), `key-${i}`)).toEqual({ ...first[i], repeated: true });
    }
    expect(await push(server.address, body(10), 'key-10')).toMatchObject({ status: 202, repeated: false });
    await untilStatus(server.address, ({ counts }) => counts.verdicts >= 11, 'all is judged');
    expect((await status(server.address)).counts).toMatchObject({ records: 11, events: 11, verdicts: 11 });
  });
});
