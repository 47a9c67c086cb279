/** A pipeline from a Redis stream into another, calm or with the process and the server killed again and again. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, type Argument, type Reply } from '../../src/connectors/redis/client.ts';
import { freePort, runWithKills, seeded, type Kill } from './kill.ts';
import { project, type Projection } from './oracle.ts';
import { startService, type Service } from './services/index.ts';

const SERIES = 20;
const GROUP = 100;

export interface StreamRun extends Projection {
  /** Ids of the verdicts in the stream of the sink, in its order. */
  delivered: string[];
  log: Kill[];
  /** Entries that the group still waits for. */
  pending: number;
}

/** A client that connects anew after a failure; the command is tried until the server takes it. */
class Persistent {
  readonly #url: string;
  #connection: Connection | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async once(commands: readonly (readonly Argument[])[]): Promise<Reply[]> {
    try {
      this.#connection ??= await Connection.open({ url: this.#url, timeout: 2_000 }, 'sender');
      return await this.#connection.pipeline(commands);
    } catch (thrown) {
      this.close();
      throw thrown;
    }
  }

  async send(...args: Argument[]): Promise<Reply> {
    for (let attempt = 0; ; attempt++) {
      try {
        return (await this.once([args]))[0];
      } catch (thrown) {
        if (attempt > 200) throw thrown;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }
}

function entry(start: number, n: number): Argument[] {
  const [series, i] = [n % SERIES, Math.floor(n / SERIES)];
  const noise = Math.sin(i * 12.9898 + series * 78.233) * 43758.5453;
  const anomalous = (i + series * 7) % 100 >= 92;
  const value = Math.round((100 + (noise - Math.floor(noise)) * 10 + (anomalous ? 80 : 0)) * 100) / 100;
  const body = n % 500 === 499 ? 'broken' : JSON.stringify({ time: start + i * 1000, series: `s${series}`, value });
  // Ids are given, so that a repeat after a lost answer is refused and both runs read the same.
  return ['XADD', 'events', `${start + n}-0`, 'data', body];
}

/** Adds every entry exactly once, however often the server goes away. */
async function feed(client: Persistent, start: number, events: number, allowed: () => number): Promise<void> {
  for (let n = 0; n < events;) {
    while (n >= allowed() * events) await new Promise((resolve) => setTimeout(resolve, 10));
    const count = Math.min(GROUP, events - n);
    try {
      await client.once(Array.from({ length: count }, (_, i) => entry(start, n + i)));
      n += count;
    } catch {
      const newest = (await client.send('XREVRANGE', 'events', '+', '-', 'COUNT', '1')) as [Buffer, Reply][];
      n = newest.length === 0 ? 0 : Number(String(newest[0][0]).split('-')[0]) - start + 1;
    }
  }
}

function configOf(url: string): string {
  return `data: ./data
pipelines:
  p:
    source: { redis-stream: { url: '${url}', streams: [events], create: true, batch: 50, block: 200ms, timeout: 2s } }
    detect: { detector: ema, learn: never }
    incident: { open: 3 of 5, resolve_after: 30s, max_alert_age: 3650d }
    sinks: [ { redis: { url: '${url}', stream: verdicts, timeout: 2s } } ]
    state: { cache: 5 }
    restart: { attempts: 1000, max_backoff: 1s }
`;
}

/** Runs `events` entries through; `start` is the event time of the first. The server is killed at every second kill of the process. */
export async function runStream(events: number, start: number, kills: number, seed: number): Promise<StreamRun> {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-redis-kill-'));
  const server = await startService('redis');
  const config = join(folder, 'homeostat.yaml');
  writeFileSync(config, configOf(server.url));
  const port = await freePort();
  const [sender, looker] = [new Persistent(server.url), new Persistent(server.url)];
  let allowed = kills === 0 ? 1 : 1 / (kills + 1);
  let outage = Promise.resolve();
  const feeding = feed(sender, start, events, () => allowed);
  feeding.catch(() => {});
  const done = async (): Promise<boolean> => (await verdictsAt(port)) >= events - Math.floor(events / 500) && (await left(looker)) === 0;
  try {
    const onKill = (count: number): void => {
      allowed = (count + 1) / (kills + 1);
      if (count % 2 === 0) outage = outage.then(() => breakDown(server));
    };
    const { log } = await runWithKills(config, port, kills, seeded(seed), done, onKill);
    await Promise.all([feeding, outage]);
    const entries = (await looker.send('XRANGE', 'verdicts', '-', '+')) as [Buffer, Buffer[]][];
    const delivered = entries.map(([, fields]) => String(fields[1]));
    return { ...project(join(folder, 'data'), 'p'), delivered, log, pending: await left(looker) };
  } finally {
    sender.close();
    looker.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The server dies while the next life of the process works. */
async function breakDown(server: Service): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 700));
  await server.kill();
  await new Promise((resolve) => setTimeout(resolve, 300));
  await server.restart();
}

async function left(client: Persistent): Promise<number> {
  return Number(((await client.send('XPENDING', 'events', 'homeostat')) as Reply[])[0]);
}

async function verdictsAt(port: number): Promise<number> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/pipelines`, { signal: AbortSignal.timeout(2_000) });
    const { items } = (await answer.json()) as { items: { counts: { verdicts: number } }[] };
    return items[0].counts.verdicts;
  } catch {
    return 0;
  }
}
