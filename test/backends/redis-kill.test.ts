/** Real processes, real kills: streams end as if nothing had happened, channels as if nothing had happened but for the gaps that were counted. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pace } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Connection } from '../../src/connectors/redis/client.ts';
import { openReader } from '../../src/stores/sqlite/reader.ts';
import { startServer, until } from '../support/program.ts';
import { runStream } from '../support/redis-kill.ts';
import { startService } from '../support/services/index.ts';

const KILLS = 6;
const EVENTS = 9_000;

it(`a stream: the process is killed ${KILLS} times and the server meanwhile, and it ends as if neither had been`, { timeout: 400_000 }, async () => {
  const start = Math.floor(Date.now() / 60_000) * 60_000 - 86_400_000;
  const calm = await runStream(EVENTS, start, 0, 3);
  const killed = await runStream(EVENTS, start, KILLS, 3);
  console.log(`kill points: ${killed.log.map(({ where, afterMs }) => `${where} after ${afterMs} ms`).join(', ')}`);
  expect(calm.verdicts.length).toBe(EVENTS - EVENTS / 500);
  expect(calm.incidents.length).toBeGreaterThan(10);
  expect(killed.log.length).toBe(KILLS);
  expect(killed.verdicts).toEqual(calm.verdicts);
  expect(killed.incidents).toEqual(calm.incidents);
  expect(killed.deadLetters).toEqual(calm.deadLetters);
  expect(new Set(killed.delivered).size).toBe(killed.delivered.length);
  expect(killed.delivered.toSorted()).toEqual(calm.delivered.toSorted());
  expect([calm.pending, killed.pending]).toEqual([0, 0]);
});

/** Publishes numbered messages until told to stop; answers when each was under way. */
function publisher(url: string) {
  const sent: { n: number; from: number; to: number }[] = [];
  let isOver = false;
  const run = async (): Promise<void> => {
    let connection: Connection | undefined;
    for (let n = 0; !isOver; n++) {
      const from = Date.now();
      try {
        connection ??= await Connection.open({ url, timeout: 1_000 }, 'publisher');
        await connection.send(['PUBLISH', 'numbers', JSON.stringify({ time: from, series: 's', value: n })]);
        sent.push({ n, from, to: Date.now() });
      } catch {
        connection?.close();
        connection = undefined;
        await pace(20);
      }
      if (n % 10 === 9) await pace(5);
    }
    connection?.close();
  };
  const running = run();
  return {
    sent,
    async stop() {
      isOver = true;
      await running;
    },
  };
}

it('a channel: the server is killed three times and the process once, and all that is missing lies in a counted gap', { timeout: 200_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-redis-channel-'));
  const service = await startService('redis');
  const config = `data: ./data
pipelines:
  p:
    source: { redis: { url: '${service.url}', channels: [numbers], ping: 200ms, timeout: 1s } }
    order: { allowed_lateness: 0s }
    detect: { detector: ema }
`;
  writeFileSync(join(folder, 'homeostat.yaml'), config);
  let server = await startServer(['run', 'homeostat.yaml'], folder);
  try {
    const status = async () => {
      const { items } = (await (await fetch(`${server.address}/api/v1/pipelines`)).json()) as {
        items: { parts: { part: string; condition: string }[]; counts: { gaps: number; events: number } }[];
      };
      return items[0];
    };
    const listens = () =>
      until(
        async () => ((await status()).parts.some(({ part, condition }) => part === 'listener redis' && condition === 'ok') ? true : undefined),
        'listening',
      );
    await listens();
    const numbers = publisher(service.url);
    for (let kill = 1; kill <= 4; kill++) {
      const before = numbers.sent.length;
      await until(async () => (numbers.sent.length > before + 200 ? true : undefined), 'messages');
      if (kill === 4) {
        const gone = new Promise((resolve) => server.child.once('exit', resolve));
        server.child.kill('SIGKILL');
        await gone;
        server = await startServer(['run', 'homeostat.yaml'], folder);
      } else {
        await service.kill();
        await service.restart();
      }
      await until(async () => ((await status()).counts.gaps === kill ? true : undefined), 'a counted gap');
      await listens();
    }
    const before = numbers.sent.length;
    await until(async () => (numbers.sent.length > before + 200 ? true : undefined), 'messages');
    await numbers.stop();
    const last = numbers.sent[numbers.sent.length - 1].n;
    const reader = openReader(join(folder, 'data'));
    try {
      const got = (): number[] =>
        reader.verdicts({ pipeline: 'p', from: -Infinity, to: Infinity, anomalousOnly: false, limit: 20_000 }).items.map(({ values }) => values[0]!);
      await until(async () => (got().includes(last) ? true : undefined), 'the last message');
      const values = got();
      const gaps = reader.audit({ limit: 100 }).items.filter(({ what }) => what === 'gap');
      const spans = gaps.map(({ detail }) => /^(\S+) to (\S+):/.exec(detail)!.slice(1).map(Date.parse));
      const missing = numbers.sent.filter(({ n }) => !values.includes(n));
      const outside = missing.filter(({ from, to }) => !spans.some(([begin, end]) => to >= begin && from <= end));
      console.log(`${numbers.sent.length} published, ${values.length} judged, ${missing.length} missing, ${spans.length} gaps`);
      expect(new Set(values).size).toBe(values.length);
      expect(outside).toEqual([]);
      expect(spans.length).toBe(4);
    } finally {
      reader.close();
    }
  } finally {
    await server.stop();
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
