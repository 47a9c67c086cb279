/** The example as its README tells it: run for real with all its servers, faults found, verdicts in Cassandra, asked by REST, scraped by Prometheus, nothing left behind. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'cassandra-driver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Page, PipelineStatus, SeriesStatus } from '../../src/core/api.ts';
import type { IncidentRecord } from '../../src/core/contracts.ts';
import type { Verdict } from '../../src/core/verdicts.ts';
import { get } from '../support/api.ts';
import { until } from '../support/program.ts';

const example = fileURLToPath(new URL('../../examples/iot-factory/', import.meta.url));
/** Of one attempt: what another one left would be gone on with. */
let folder: string;
const PIPELINES = ['sensors', 'machines', 'signals'] as const;
const MACHINES = 12;
/** Of event time that the machines publish first. */
const PAST = 12;
let running: Run | undefined;

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'homeostat-example-'))));
afterEach(async () => {
  await running?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Ids of the processes that a process has started. */
const childrenOf = (pid: number): number[] => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

/** `run` as a person starts it, with servers of its own. */
class Run {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  output = '';

  constructor() {
    const env = { ...process.env, MQTT_URL: '', KAFKA_BROKERS: '', CASSANDRA_CONTACT_POINTS: '', CASSANDRA_PORT: '', HOMEOSTAT_TOKEN_FILE: '' };
    const args = ['--port', '0', '--floor-port', '0', '--no-build', '--data', folder, '--past', String(PAST), '--speed', '60', '--seconds', '280'];
    this.#child = spawn(join(example, 'run'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = new Promise((resolve) => this.#child.once('exit', (code) => resolve(code)));
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** What it says, once it does. */
  async says(what: RegExp, patience: number): Promise<string> {
    const [, found] = await until(
      async () => {
        if (this.#child.exitCode !== null) throw new Error(this.output);
        return what.exec(this.output) ?? undefined;
      },
      `run says ${String(what)}`,
      patience,
    );
    return found;
  }

  get processes(): number[] {
    return childrenOf(this.#child.pid!);
  }

  /** Ctrl-C; answers the exit code. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null) this.#child.kill('SIGINT');
    return this.#exited;
  }
}

const answers = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port: Number(/:(\d+)/.exec(address.replace(/^\w+:\/\//, ''))![1]) });
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });

/** The pipelines, when all of them have judged what the machines published of the past. */
async function caughtUp(page: string, began: number): Promise<PipelineStatus[]> {
  return until(
    async () => {
      const { items } = await get<{ items: PipelineStatus[] }>(page, 'pipelines');
      // A fault that has only just begun counts and is not found yet; a leak begins slowly.
      return items.every(({ watermark, truth }) => (watermark ?? 0) >= began && truth!.found / truth!.faults >= 0.8) ? items : undefined;
    },
    'all that was published is judged, and the faults are found',
    120_000,
  );
}

/** Truth and counts of the three pipelines, as the README gives them. */
function checkTruth(pipelines: readonly PipelineStatus[]): void {
  expect(pipelines.map(({ name, condition }) => [name, condition])).toEqual(PIPELINES.map((name) => [name, 'ok']));
  for (const { name, counts, truth } of pipelines) {
    const { faults, found, alerts, right } = truth!;
    console.log(`${name}: recall ${found} of ${faults}, precision ${right} of ${alerts}`, truth!.kinds.map((each) => Object.values(each).join(' ')).join(', '));
    expect([counts.late, counts.deadLetters, counts.gaps]).toEqual([0, 0, 0]);
    expect(found / faults, `recall of ${name}`).toBeGreaterThanOrEqual(0.8);
    expect(right / alerts, `precision of ${name}`).toBeGreaterThanOrEqual(0.8);
  }
  const [sensors, machines, signals] = pipelines;
  for (const kind of ['overheating', 'humidity-jump', 'bearing', 'stuck'])
    expect(sensors.truth!.kinds.find((each) => each.kind === kind)?.found, kind).toBeGreaterThan(0);
  expect(machines.truth!.kinds.map(({ kind }) => kind).toSorted()).toEqual(['bearing', 'humidity-jump', 'overheating']);
  expect(signals.truth!.found).toBeGreaterThan(0);
  expect(sensors.counts.events).toBeGreaterThan(PAST * 60 * MACHINES * 3 * 0.97);
}

/** The rows of Cassandra beside what REST says of the same series. */
async function checkHistory(page: string, cassandra: string): Promise<void> {
  const [host, port] = cassandra.split(':');
  const client = new Client({ contactPoints: [host], localDataCenter: 'datacenter1', keyspace: 'factory', protocolOptions: { port: Number(port) } });
  try {
    for (const [pipeline, series] of [
      ['sensors', 'sound{line=milling,machine=milling-2}'],
      ['machines', 'machine=milling-2'],
    ]) {
      const { rows: days } = await client.execute('SELECT day FROM days WHERE pipeline = ? AND series = ?', [pipeline, series], { prepare: true });
      const counted = async (): Promise<number> => {
        let rows = 0;
        for (const { day } of days as unknown as { day: unknown }[]) {
          const found = await client.execute('SELECT count(*) AS n FROM verdicts WHERE pipeline = ? AND series = ? AND day = ?', [pipeline, series, day], {
            prepare: true,
          });
          rows += Number((found.first() as unknown as { n: unknown }).n);
        }
        return rows;
      };
      // What the history has not taken yet waits in a file.
      await expect.poll(counted, { timeout: 60_000, message: `rows of ${series}` }).toBeGreaterThanOrEqual(PAST * 60 * 0.9);
      const rows = await counted();
      const { items } = await get<Page<Verdict>>(page, `verdicts?pipeline=${pipeline}&series=${encodeURIComponent(series)}&limit=1000`);
      expect(items.length).toBeGreaterThanOrEqual(Math.min(rows, 1000));
    }
  } finally {
    await client.shutdown();
  }
}

interface Asked<T> {
  status: string;
  error?: string;
  data: T;
}

/** Prometheus scrapes both, has the rules, and finds something for every panel of the Grafana board. */
async function checkPrometheus(url: string): Promise<void> {
  const ask = async <T>(path: string): Promise<T> => {
    const answer = (await (await fetch(`${url}/api/v1/${path}`)).json()) as Asked<T>;
    expect(answer.status, `${path}: ${answer.error}`).toBe('success');
    return answer.data;
  };
  const { groups } = await ask<{ groups: { rules: { name: string; health: string; state?: string }[] }[] }>('rules');
  const rules = groups.flatMap((group) => group.rules);
  expect(rules.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['HomeostatPipelineFailed', 'HomeostatLag', 'HomeostatNoCommit', 'HomeostatRecallDrop', 'homeostat:recall:ratio']),
  );
  expect(rules.filter(({ health }) => health === 'err')).toEqual([]);
  const board = JSON.parse(readFileSync(join(example, 'grafana/dashboards/factory.json'), 'utf8')) as {
    panels: { title: string; targets?: { expr: string }[] }[];
  };
  const empty = async (): Promise<string[]> => {
    const without: string[] = [];
    for (const { title, targets = [] } of board.panels) {
      for (const { expr } of targets) {
        const query = expr.replaceAll(/\$(?:pipeline|line)\b/g, '.*');
        const { result } = await ask<{ result: unknown[] }>(`query?query=${encodeURIComponent(query)}`);
        if (result.length === 0) without.push(`${title}: ${expr}`);
      }
    }
    return without;
  };
  let last: string[] = [];
  await until(async () => ((last = await empty()).length === 0 ? true : undefined), 'every panel has data', 60_000).catch(() => expect(last).toEqual([]));
  const { activeTargets } = await ask<{ activeTargets: { labels: { job: string }; health: string }[] }>('targets');
  expect(activeTargets.map(({ labels, health }) => `${labels.job} ${health}`).toSorted()).toEqual(['floor up', 'homeostat up']);
}

/** The screen shows each machine once, says why one is red, and changes nothing. */
async function checkFloor(floor: string, page: string): Promise<void> {
  interface Tile {
    name: string;
    state: string;
    why: string;
    since: number;
    sensors: Record<string, { value: number; unit: string }>;
  }
  const { connected, tiles } = (await (await fetch(`${floor}/tiles`)).json()) as { connected: boolean; tiles: Tile[] };
  expect(connected).toBe(true);
  expect(tiles).toHaveLength(MACHINES);
  for (const { name, state, since, sensors } of tiles) {
    expect(['green', 'amber', 'red'], name).toContain(state);
    expect(Object.keys(sensors).toSorted()).toEqual(['humidity', 'sound', 'temperature']);
    expect(Math.abs(Date.now() - since)).toBeLessThan((PAST + 2) * 60_000);
  }
  const { items } = await get<Page<IncidentRecord>>(page, 'incidents?limit=500');
  expect(items.length).toBeGreaterThan(5);
  for (const { group } of items) expect(Object.keys(group)).toEqual(['machine']);
  const alerting = new Set(items.filter(({ state }) => state === 'Alerting').map(({ group }) => group['machine']));
  // An incident may begin or end between the two questions.
  const red = tiles.filter(({ state }) => state === 'red').map(({ name }) => name);
  expect(red.filter((name) => !alerting.has(name)).length).toBeLessThanOrEqual(1);
  expect(await (await fetch(floor)).text()).toContain('<h1>Shop floor</h1>');
  expect((await fetch(floor, { method: 'POST' })).status).toBe(405);
  const stream = await fetch(`${floor}/events`);
  const { value } = await stream.body!.getReader().read();
  expect(Buffer.from(value as Uint8Array).toString()).toMatch(/^data: \{"connected":true,"tiles":\[\{"name":"milling-1"/);
}

describe('the example iot-factory', () => {
  it('has rules that promtool finds right', () => {
    const promtool = (...args: string[]): string => execFileSync('promtool', args, { cwd: join(example, 'prometheus'), encoding: 'utf8' });
    expect(promtool('check', 'config', '--syntax-only', 'prometheus.yml')).toContain('SUCCESS');
    expect(promtool('check', 'rules', 'rules.yml')).toContain('SUCCESS');
    expect(promtool('test', 'rules', 'rules.test.yml')).toContain('SUCCESS');
  });

  it('finds the faults, keeps the verdicts in Cassandra, answers the factory, and leaves nothing behind', { timeout: 300_000 }, async () => {
    const run = (running = new Run());
    const page = await run.says(/Homeostat: +(http:\S+)/, 120_000);
    const began = Date.now();
    const floor = await run.says(/shop floor: +(http:\S+)/, 15_000);
    const prometheus = await run.says(/Prometheus: +(http:\/\/[^/\s]+)/, 15_000);
    const [mqtt, kafka, cassandra] = await Promise.all(
      ['mqtt', 'kafka', 'cassandra'].map((kind) => run.says(new RegExp(`${kind}: started at (\\S+)`), 15_000)),
    );

    checkTruth(await caughtUp(page, began));
    await checkHistory(page, cassandra);
    const { items: series } = await get<Page<SeriesStatus>>(page, 'series?pipeline=sensors&limit=1000');
    expect(series).toHaveLength(MACHINES * 3);

    const { stdout } = await promisify(execFile)(process.execPath, [join(example, 'factory-client.mjs'), 'milling-2'], {
      env: { ...process.env, HOMEOSTAT_URL: page },
    });
    expect(stdout).toMatch(/^POST \/api\/v1\/detect: 80 measurements, 1 anomalous\n {2}number 62: 80\.0 dB, expected 74\.\d dB, score \d/);
    expect(stdout).toMatch(
      /GET \/api\/v1\/verdicts, sensors, sound\{line=milling,machine=milling-2\}: (?:599|[67]\d\d) verdicts, [1-9]\d* anomalous\n {2}most unusual at /,
    );
    expect(stdout).toMatch(
      /GET \/api\/v1\/verdicts, machines, machine=milling-2: (?:599|[67]\d\d) verdicts, [1-9].*\n.*% of it is (?:temperature|humidity|sound)/,
    );

    await checkFloor(floor, page);
    await checkPrometheus(prometheus);

    const left = run.processes;
    expect(left.length).toBeGreaterThanOrEqual(7);
    expect(await run.stop()).toBe(0);
    expect(left.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect(await Promise.all([page, floor, prometheus, mqtt, kafka, cassandra].map(answers))).toEqual(Array.from({ length: 6 }, () => false));
  });
});
