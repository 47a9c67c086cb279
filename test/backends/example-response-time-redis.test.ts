/** The example as its README tells it: run for real, notices received, settings changed, kept over a restart and undone, nothing left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@redis/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PipelineStatus, SettingsApplied, SettingsView } from '../../src/core/api.ts';
import type { Verdict } from '../../src/core/verdicts.ts';
import { get } from '../support/api.ts';
import { until } from '../support/program.ts';

const example = fileURLToPath(new URL('../../examples/response-time-redis/', import.meta.url));
/** Of one attempt: what another one left would be gone on with. */
let folder: string;
const clients: { destroy(): void }[] = [];
let running: Run | undefined;

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'homeostat-example-'))));
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
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
  page = '';
  redis = '';

  constructor(detector: 'sma' | 'ema', more: string[]) {
    const env = { ...process.env, REDIS_URL: '', SLACK_URL: '', SMTP_HOST: '' };
    const args = [detector, '--port', '0', '--no-build', '--data', folder, '--seconds', '100', ...more];
    this.#child = spawn(join(example, 'run'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = new Promise((resolve) => this.#child.once('exit', (code) => resolve(code)));
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** Resolves once it says what to open. */
  async ready(): Promise<this> {
    const [, page, redis] = await until(
      async () => {
        if (this.#child.exitCode !== null) throw new Error(this.output);
        return /Open (http:\/\/127[.\d]+:\d+)\/#\/stream\/response-times\/checkout\n[^]*Redis: (\S+),/.exec(this.output) ?? undefined;
      },
      'run says what to open',
      60_000,
    );
    this.page = page;
    this.redis = redis;
    return this;
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

async function start(detector: 'sma' | 'ema', ...more: string[]): Promise<Run> {
  running = new Run(detector, more);
  return running.ready();
}

/** Verdicts as they come on the channel. */
async function listen(url: string): Promise<Verdict[]> {
  const client = createClient({ url });
  client.on('error', () => {});
  clients.push(client);
  await client.connect();
  const verdicts: Verdict[] = [];
  await client.subscribe('verdicts', (text) => verdicts.push(JSON.parse(text) as Verdict));
  return verdicts;
}

interface Received {
  to: 'slack' | 'email';
  text?: string;
  subject?: string;
  raw?: string;
}

function received(to: Received['to']): Received[] {
  const file = join(folder, 'received.ndjson');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Received).filter((one) => one.to === to);
}

const answers = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port: Number(new URL(url).port) });
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });

const settings = (run: Run): Promise<SettingsView> => get(run.page, 'pipelines/response-times/settings');
const status = (run: Run): Promise<PipelineStatus> => get(run.page, 'pipelines/response-times');
const config = (): string => readFileSync(join(folder, 'homeostat.yaml'), 'utf8');
const option = ({ options }: SettingsView, key: string): unknown => options.find((each) => each.key === key)?.written;

async function change(run: Run, changes: object): Promise<SettingsApplied> {
  const { revision } = await settings(run);
  const response = await fetch(`${run.page}/api/v1/pipelines/response-times/settings`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'if-match': `"${revision}"` },
    body: JSON.stringify({ changes }),
  });
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as SettingsApplied;
}

/** Waits for a verdict of this configuration on the channel. */
const judgedBy = (verdicts: readonly Verdict[], hash: string): Promise<Verdict> =>
  until(async () => verdicts.find(({ config: of }) => of === hash), `a verdict of configuration ${hash}`, 15_000);

/** What a command writes until it fits; then it gets SIGINT. */
async function written(command: string, args: string[], env: object, fits: RegExp): Promise<string> {
  const child = spawn(command, args, { env: { ...env, PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'ignore'] });
  const closed = new Promise((resolve) => child.once('close', resolve));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  try {
    await until(async () => (fits.test(output) ? true : undefined), `${command} writes ${String(fits)}`);
  } finally {
    child.kill('SIGINT');
    await closed;
  }
  return output;
}

const picture = join(example, 'picture.mjs');
/** A terminal for the picture, of a size that changes. */
const onTerminal = `stty cols 60 rows 20; { sleep 2; stty cols 100 rows 30; } & exec '${process.execPath}' '${picture}'`;

describe('the example response-time-redis', () => {
  it('finds slow episodes, tells of them, keeps changed settings, and leaves nothing behind', { timeout: 90_000 }, async () => {
    const first = await start('sma', '--fresh');
    const began = config();
    const verdicts = await listen(first.redis);
    const before = await status(first);
    expect(before.detector).toMatch(/^sma/);

    const env = { REDIS_URL: first.redis, TERM: 'xterm' };
    const drawn = /\u001B\[\?1049h[^]*─[^]*•/;
    await written(process.execPath, [picture], env, /^\S+Z checkout \d+\.\d ms \(sma: [\d.]+ to [\d.]+\)/m);
    const [once, , plain] = await Promise.all([
      written(process.execPath, [picture, '--once', '2', '--span', '5', '--width', '90', '--height', '20'], env, /░.*\n[^]*• value {3}✖ anomaly/),
      written('script', ['-qec', onTerminal, '/dev/null'], env, /\u001B\[32m•[^]*\u001B\[2m *60 s ago {40,90}now/),
      written('script', ['-qec', onTerminal, '/dev/null'], { ...env, NO_COLOR: '1' }, drawn),
    ]);
    expect(once.split('\n').filter((line) => line.includes('│')).length).toBeGreaterThan(10);
    expect(once).not.toContain('\u001B');
    expect(plain).not.toMatch(/\u001B\[[\d;]*m/);

    type Incident = { id: string; state: string; startedAt: number; endedAt: number | null };
    const incidents = async (state: string): Promise<Incident | undefined> =>
      (await get<{ items: Incident[] }>(first.page, 'incidents?pipeline=response-times')).items.find((one) => one.state === state);
    await until(() => incidents('Alerting'), 'an incident', 40_000);
    expect(first.output).toMatch(/checkout Normal value: [\d.]+ ms \(expected/);
    expect(first.output).toMatch(/checkout Anomaly detected: [\d.]+ ms \(expected/);
    await until(async () => (received('slack').length > 0 && received('email').length > 0 ? true : undefined), 'Slack and e-mail say that it began');
    await until(() => incidents('Normal'), 'the incident is over', 40_000);
    await until(async () => (received('slack').length > 1 && received('email').length > 1 ? true : undefined), 'Slack and e-mail say that it is over');
    expect(
      received('slack')
        .slice(0, 2)
        .map(({ text }) => text),
    ).toEqual([expect.stringMatching(/^Alerting: checkout/), expect.stringMatching(/^Resolved after \d+s: checkout/)]);
    expect(
      received('email')
        .slice(0, 2)
        .map(({ subject }) => subject),
    ).toEqual([expect.stringMatching(/^Alerting: checkout \[critical\]/), expect.stringMatching(/^Resolved.*: checkout \[critical\]/)]);
    expect(received('email')[0].raw).toContain(`${first.page}/#/incidents/`);
    const { truth } = await status(first);
    expect(truth?.kinds).toContainEqual({ kind: 'slow', faults: 1, found: 1 });
    expect(verdicts.some(({ anomalous }) => anomalous) && verdicts.some(({ anomalous }) => !anomalous)).toBe(true);

    const applied = await change(first, { 'detect.detector': { ema: { span: 60 } }, 'detect.threshold': { sigma: { k: 4 } } });
    expect(applied.diff).toContain('-      detector: ${DETECTOR:-ema}');
    expect(applied.diff).toMatch(/^\+ +detector: \{ ema: \{ span: 60 \} \}$/m);
    expect(applied.config).not.toBe(before.config);
    expect((await judgedBy(verdicts, applied.config)).detector).toBe('ema');

    const left = first.processes;
    expect(left.length).toBeGreaterThanOrEqual(4);
    expect(await first.stop()).toBe(0);
    expect(left.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect(await Promise.all([first.page, first.redis].map(answers))).toEqual([false, false]);

    const second = await start('sma');
    const again = await listen(second.redis);
    expect(second.output).toContain('settings: those kept in');
    const kept = await settings(second);
    expect([kept.config, option(kept, 'detect.detector')]).toEqual([applied.config, { ema: { span: 60 } }]);
    expect((await judgedBy(again, applied.config)).detector).toBe('ema');
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    const undone = await fetch(`${second.page}/api/v1/pipelines/response-times/settings/undo`, post);
    expect(undone.status).toBe(200);
    expect(((await undone.json()) as SettingsApplied).config).toBe(before.config);
    expect((await judgedBy(again, before.config)).detector).toBe('sma');
    expect(config()).toBe(began);
    expect(await second.stop()).toBe(0);
  });
});
