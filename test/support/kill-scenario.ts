/** The run that is killed and the one that is not: a file and several HTTP senders, with incidents and a webhook. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, Gate, pushAll, runWithKills, seeded, type Kill } from './kill.ts';
import { project, type Projection } from './oracle.ts';
import { startReceiver } from './receiver.ts';

const SENDERS = 4;
const FILE_SERIES = 50;
const PUSH_SERIES = 25;

export interface Scenario {
  /** Events through the file, and as many through HTTP. */
  events: number;
  /** Event time of the first one: the same for both runs, so that ids are. */
  start: number;
}

export interface Ended {
  fromFile: Projection;
  fromHttp: Projection;
  /** Keys that the webhook receiver counted itself. */
  webhook: string[];
  /** Keys that reached it more than once without being marked as repeated. */
  unmarked: string[];
  log: Kill[];
  exit: number | null;
  repeats: number;
}

/** Values with noise, a bad row now and then, and stretches that are anomalous long enough to open incidents. */
function valueAt(series: number, i: number): number {
  const noise = Math.sin(i * 12.9898 + series * 78.233) * 43758.5453;
  const anomalous = (i + series * 37) % 200 >= 185;
  return Math.round((100 + (noise - Math.floor(noise)) * 10 + (anomalous ? 80 : 0)) * 100) / 100;
}

/** Rows `from` .. `to - 1`. */
function csv({ start }: Scenario, from: number, to: number): string {
  const rows: string[] = [];
  for (let n = from; n < to; n++) {
    const [series, i] = [n % FILE_SERIES, Math.floor(n / FILE_SERIES)];
    rows.push(n % 1000 === 999 ? `${start + i * 1000},f${series},broken` : `${start + i * 1000},f${series},${valueAt(series, i)}`);
  }
  return `${rows.join('\n')}\n`;
}

/** Bodies of one sender: its own series, times that grow. */
function bodiesOf(sender: number, { events, start }: Scenario): { key: string; body: string }[] {
  const bodies: { key: string; body: string }[] = [];
  const mine = events / SENDERS;
  const size = Math.min(500, Math.max(25, Math.round(events / 400)));
  for (let from = 0; from < mine; from += size) {
    const lines: string[] = [];
    for (let n = from; n < Math.min(mine, from + size); n++) {
      const [series, i] = [n % PUSH_SERIES, Math.floor(n / PUSH_SERIES)];
      lines.push(JSON.stringify({ time: start + i * 1000, series: `h${sender}-${series}`, value: valueAt(series + sender, i) }));
    }
    bodies.push({ key: `${sender}-${from}`, body: lines.join('\n') });
  }
  return bodies;
}

function configOf(webhook: string): string {
  const common = `
    detect: { detector: ema, learn: never }
    incident: { open: 3 of 5, resolve_after: 30s, max_alert_age: 3650d }
    notify: [ { webhook: { url: "${webhook}" } } ]
    state: { cache: 20 }
    restart: { attempts: 1000 }`;
  return `data: ./data
pipelines:
  from-file:
    source: { file: { path: events.csv, follow: true } }
    format: { csv: {} }${common}
  from-http:
    source: { http: {} }
    order: { allowed_lateness: 2m, idle: 5s }${common}
`;
}

/** Runs the scenario to its end, killed `kills` times. */
export async function runScenario(scenario: Scenario, kills: number, seed: number): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-kill-'));
  const receiver = await startReceiver();
  const config = join(folder, 'homeostat.yaml');
  const data = join(folder, 'data');
  const file = join(folder, 'events.csv');
  writeFileSync(file, 'time,series,value\n');
  writeFileSync(config, configOf(receiver.url));
  const port = await freePort();
  const bodies = Array.from({ length: SENDERS }, (_, sender) => bodiesOf(sender, scenario));
  const steps = bodies[0].length;
  const gate = new Gate(SENDERS, 4, steps);
  if (kills > 0) gate.allowed = 0;
  // The file grows as the first sender goes on, so that both are in the middle whenever the process is killed.
  const grow = (i: number): void =>
    appendFileSync(file, csv(scenario, Math.round((scenario.events * i) / steps), Math.round((scenario.events * (i + 1)) / steps)));
  const hold = async (sender: number, i: number): Promise<void> => {
    await gate.pass(sender, i);
    if (sender === 0) grow(i);
    if (kills > 0) await new Promise((resolve) => setTimeout(resolve, (kills * 900) / steps));
  };
  let sent = false;
  let repeats = 0;
  const senders = Promise.all(
    bodies.map(async (mine, sender) => {
      const count = await pushAll(port, 'from-http', mine, (i) => hold(sender, i));
      gate.finish(sender);
      return count;
    }),
  )
    .then((counts) => (repeats = counts.reduce((a, b) => a + b, 0)))
    .finally(() => (sent = true));
  senders.catch(() => {});
  try {
    const done = async (): Promise<boolean> => sent && (await finished(port, scenario.events));
    const { log, exit } = await runWithKills(config, port, kills, seeded(seed), done, (count) => (gate.allowed = (count + 1) / kills));
    await senders;
    const unmarked = [...receiver.received].filter(([, bodies]) => bodies.length > 1 && bodies.slice(1).some((body) => !isMarked(body))).map(([key]) => key);
    const webhook = [...receiver.received.keys()].sort();
    return { fromFile: project(data, 'from-file'), fromHttp: project(data, 'from-http', false), webhook, unmarked, log, exit, repeats };
  } finally {
    await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function isMarked(body: unknown): boolean {
  return JSON.stringify(body).includes('"repeated":"true"');
}

interface Status {
  items: { name: string; condition: string; counts: { events: number; verdicts: number }; queues: { used: number }[] }[];
}

/** Both pipelines have said all they will, and nothing waits to be sent. */
async function finished(port: number, events: number): Promise<boolean> {
  try {
    const get = async (path: string): Promise<unknown> =>
      (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`, { signal: AbortSignal.timeout(2_000) })).json();
    const { items } = (await get('pipelines')) as Status;
    const said = items.every(({ counts, queues }) => counts.verdicts >= events * 0.998 && queues.every(({ used }) => used === 0));
    if (!said) return false;
    const { items: outbox } = (await get('outbox?limit=500')) as { items: { state: string }[] };
    return outbox.every(({ state }) => state !== 'pending');
  } catch {
    return false;
  }
}
