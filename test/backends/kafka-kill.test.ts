/** A pipeline from Kafka to Kafka whose process is killed again and again, and whose broker is killed meanwhile, ends as the calm one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pace } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MessageRecords } from '../../src/core/contracts.ts';
import { freePort, runWithKills, seeded, type Kill } from '../support/kill.ts';
import { project, type Projection } from '../support/oracle.ts';
import { startService, type Service } from '../support/services/index.ts';
import { Bench, connected } from './kafka.fixture.ts';

const EVENTS = 16_000;
const SERIES = 40;
const KILLS = 4;
const START = 1_700_000_000_000;
const AWAY_MS = 10_000;

let broker: Service;
beforeAll(async () => {
  broker = await startService('kafka');
}, 120_000);
afterAll(() => broker?.stop());

/** Noise, and stretches that are anomalous long enough to open incidents; every thousandth record is none. */
function record(n: number): { key: string; value: string; partition: number; timestamp: string } {
  const [series, i] = [n % SERIES, Math.floor(n / SERIES)];
  const noise = Math.sin(i * 12.9898 + series * 78.233) * 43758.5453;
  const value = 100 + (noise - Math.floor(noise)) * 10 + ((i + series * 37) % 200 >= 185 ? 80 : 0);
  const time = START + i * 1_000;
  const text = n % 1_000 === 999 ? 'broken' : JSON.stringify({ time, value: Math.round(value * 100) / 100 });
  // A series stays in its partition.
  return { key: `s${series}`, value: text, partition: series % 3, timestamp: String(Date.now()) };
}

function configOf(topic: string, verdicts: string): string {
  return `data: ./data
pipelines:
  machines:
    source: { kafka: { brokers: "${broker.url}", topic: ${topic}, group: kill, labels: { series: key, part: partition }, session_timeout: 6s } }
    order: { idle: 1h }
    detect: { detector: ema, learn: never }
    incident: { open: 3 of 5, resolve_after: 30s, max_alert_age: 3650d }
    sinks: [ { kafka: { brokers: "${broker.url}", topic: ${verdicts}, transactional: true, compression: lz4 } } ]
    restart: { attempts: 1000, max_backoff: 1s }
`;
}

interface Ended {
  projection: Projection;
  written: string[];
  log: Kill[];
  exit: number | null;
}

async function run(topic: string, verdicts: string, kills: number, bench: Bench, onKill: (count: number) => void, total: () => number): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-kafka-'));
  const config = join(folder, 'homeostat.yaml');
  const port = await freePort();
  writeFileSync(config, configOf(topic, verdicts));
  const done = (): Promise<boolean> => isAtEnd(port, total());
  try {
    const { log, exit } = await runWithKills(config, port, kills, seeded(5), done, onKill);
    return { projection: project(join(folder, 'data'), 'machines'), written: await readAll(verdicts, bench), log, exit };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function isAtEnd(port: number, total: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/pipelines`, { signal: AbortSignal.timeout(2_000) });
    const { items } = (await answer.json()) as { items: { counts: { records: number } }[] };
    return items[0].counts.records === total;
  } catch {
    return false;
  }
}

/** The first few that only one of two lists holds. */
function differences(a: readonly string[], b: readonly string[]): string[] {
  const [left, right] = [new Set(a), new Set(b)];
  return [
    ...a
      .filter((one) => !right.has(one))
      .slice(0, 3)
      .map((one) => `killed: ${one}`),
    ...b
      .filter((one) => !left.has(one))
      .slice(0, 3)
      .map((one) => `calm: ${one}`),
  ];
}

async function reconnected(): Promise<Bench> {
  for (;;) {
    try {
      return await Bench.of(broker);
    } catch {
      await pace(200);
    }
  }
}

async function readAll(topic: string, bench: Bench): Promise<string[]> {
  const end = await bench.end(topic);
  const source = await connected(bench.url, { topic });
  const texts: string[] = [];
  for await (const batch of source.open(undefined, new AbortController().signal)) {
    const records = batch.records as MessageRecords;
    let at = 0;
    for (const to of records.ends) texts.push(Buffer.from(records.bytes.subarray(at, (at = to))).toString());
    if ((batch.position as { next: Record<string, number> }).next[0] >= end) break;
  }
  await source.close();
  return texts;
}

it(`is killed ${KILLS} times, and its broker for ${AWAY_MS / 1000} s, and ends as if nothing had been`, async () => {
  const bench = await Bench.of(broker);
  const topic = await bench.topic(3);
  const verdicts = [await bench.topic(1), await bench.topic(1)];
  let sent = 0;
  let allowed = EVENTS / 10;
  let outage: Promise<void> | undefined;
  const away = async (): Promise<void> => {
    await broker.kill();
    await pace(AWAY_MS);
    await broker.restart();
  };
  let total = Infinity;
  const sending = (async () => {
    let sender = await Bench.of(broker);
    while (sent < EVENTS) {
      if (sent >= allowed) {
        await pace(20);
        continue;
      }
      const messages = Array.from({ length: 400 }, (_, i) => record(sent + i));
      try {
        await sender.send(topic, messages);
        sent += messages.length;
      } catch {
        // Some of them may be there; both runs read them twice.
        await sender.close().catch(() => undefined);
        sender = await reconnected();
      }
    }
    await outage;
    total = await sender.ends(topic);
    await sender.close();
  })();
  const onKill = (count: number): void => {
    allowed = Math.ceil((EVENTS * (count + 2)) / (KILLS + 1));
    if (count === 2) outage = away();
  };
  const killed = await run(topic, verdicts[0], KILLS, bench, onKill, () => total);
  await sending;
  const calm = await run(
    topic,
    verdicts[1],
    0,
    bench,
    () => undefined,
    () => total,
  );
  console.log(`kill points: ${killed.log.map(({ where, afterMs }) => `${where} after ${afterMs} ms`).join(', ')}`);
  expect(killed.log.length).toBe(KILLS);
  expect(calm.projection.verdicts.length).toBeGreaterThan(EVENTS * 0.99);
  expect(calm.projection.incidents.length).toBeGreaterThan(10);
  expect(calm.projection.deadLetters.length).toBeGreaterThanOrEqual(EVENTS / 1_000);
  for (const part of ['verdicts', 'incidents', 'notices', 'deadLetters'] as const)
    expect([part, ...differences(killed.projection[part], calm.projection[part])]).toEqual([part]);
  expect(new Set(killed.written).size).toBe(killed.written.length);
  expect(differences(killed.written, calm.written)).toEqual([]);
  expect(killed.written.length).toBe(calm.projection.verdicts.length);
  expect([killed.exit, calm.exit]).toEqual([0, 0]);
  await bench.close();
}, 400_000);
