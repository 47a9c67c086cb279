import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { startService } from '../support/services/index.ts';
import { until } from '../support/program.ts';

const scratch = mkdtempSync(join(tmpdir(), 'homeostat-services-'));
let folder = '';
let count = 0;
const folders: string[] = [];

beforeEach(() => {
  folder = join(scratch, String(++count));
  mkdirSync(folder);
  folders.push(folder);
});

afterAll(() => {
  for (const one of folders) run(['down'], one);
  rmSync(scratch, { recursive: true, force: true });
});

const script = join(process.cwd(), 'scripts/services.mjs');
const placed = (one: string): string[] => ['--folder', one, '--variables', join(one, '.env')];

function run(args: string[], one = folder, env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args, ...placed(one)], { encoding: 'utf8', env: { ...clean(), ...env } });
  return { code: status, stdout, stderr };
}

/** The environment without variables that would name servers of somebody else. */
function clean(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(REDIS|MQTT|KAFKA|CASSANDRA|PROMETHEUS|ALERTMANAGER)_/.test(name)));
}

interface Row {
  kind: string;
  state: string;
  pid?: number;
  url?: string;
}

const rows = (text: string): Row[] => (JSON.parse(text) as { services: Row[] }).services;
const variables = (): string => (existsSync(join(folder, '.env')) ? readFileSync(join(folder, '.env'), 'utf8') : '');

const connection = (url: string) => createClient({ url });

async function redis<T>(url: string, work: (client: ReturnType<typeof connection>) => Promise<T>): Promise<T> {
  const client = connection(url);
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}

it('starts, shows and stops servers, and writes their addresses beside what is in .env already', () => {
  writeFileSync(join(folder, '.env'), 'OWN="of mine"\n');
  const up = run(['up', 'redis', 'mqtt', '--json']);
  expect(up).toMatchObject({ code: 0 });
  const [one, two] = rows(up.stdout);
  expect(variables()).toBe(`OWN="of mine"\n# npm run services: begin\nREDIS_URL=${one.url}\nMQTT_URL=${two.url}\n# npm run services: end\n`);
  expect(run(['status', 'redis', 'mqtt'])).toMatchObject({ code: 0, stdout: expect.stringContaining(`redis  running  ${one.pid}`) });
  expect(rows(run(['up', 'redis', '--json']).stdout)[0].pid).toBe(one.pid);
  expect(run(['down', 'redis']).code).toBe(0);
  expect(variables()).not.toContain('REDIS_URL');
  expect(run(['status', 'redis']).code).toBe(1);
  expect(run(['status']).code).toBe(0);
  expect(run(['down']).code).toBe(0);
  expect(variables()).toBe('OWN="of mine"\n');
});

it('says that a server has ended by itself, and starts it again at the same address with its data', async () => {
  const [{ pid, url }] = rows(run(['up', 'redis', '--json']).stdout);
  await redis(url!, (client) => client.set('reading', '21.5'));
  await redis(url!, (client) => client.sendCommand(['SHUTDOWN']).catch(() => {}));
  await until(async () => (rows(run(['status', '--json']).stdout)[0].state === 'gone' ? true : undefined), 'the end of the server');
  expect(run(['status']).code).toBe(1);
  const [again] = rows(run(['up', 'redis', '--json']).stdout);
  expect(again).toMatchObject({ url, state: 'running' });
  expect(again.pid).not.toBe(pid);
  expect(await redis(url!, (client) => client.get('reading'))).toBe('21.5');
  expect(run(['down', '--wipe']).code).toBe(0);
  expect(existsSync(join(folder, 'data/redis'))).toBe(false);
});

it('does not stop a process that only has the number of one of its servers', () => {
  const [{ pid }] = rows(run(['up', 'redis', '--json']).stdout);
  const state = join(folder, 'state.json');
  const text = readFileSync(state, 'utf8');
  writeFileSync(state, text.replace(/"start": "\d+"/, '"start": "1"'));
  expect(run(['down']).code).toBe(0);
  expect(() => process.kill(pid!, 0)).not.toThrow();
  writeFileSync(state, text);
  expect(run(['down']).code).toBe(0);
  expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
});

it('takes a server that is there already, by option or by variable, and leaves it running', async () => {
  const service = await startService('redis');
  for (const [args, env] of [
    [['up', '--redis', service.url], {}],
    [['up', 'redis'], { REDIS_URL: service.url }],
  ] as const) {
    const up = run([...args, '--json'], folder, env);
    expect(rows(up.stdout)).toEqual([expect.objectContaining({ kind: 'redis', state: 'existing', url: service.url })]);
    expect(variables()).toContain(`REDIS_URL=${service.url}\n`);
    expect(run(['down']).code).toBe(0);
    expect(service.running).toBe(true);
  }
  await service.kill();
  const gone = run(['up', '--redis', service.url.replace('//', '//alice:secret@')]);
  expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining('redis does not answer at redis://alice:…@') });
  expect(gone.stderr).not.toContain('secret');
  await service.stop();
});

it('stops what it has started after Ctrl-C', async () => {
  const up = spawn(process.execPath, [script, 'up', 'redis', 'cassandra', ...placed(folder)], { stdio: 'ignore', env: clean() });
  const state = join(folder, 'state.json');
  const started = async () => {
    const text = existsSync(state) ? readFileSync(state, 'utf8') : '';
    const pids = Array.from(text.matchAll(/"pid": (\d+)/g), ([, pid]) => Number(pid));
    return pids.length === 2 ? pids : undefined;
  };
  const pids = await until(started, 'both processes', 60_000);
  up.kill('SIGINT');
  expect(await once(up, 'exit')).toEqual([130, null]);
  expect(pids.filter((pid) => existsSync(`/proc/${pid}/exe`))).toEqual([]);
  expect(rows(run(['status', '--json']).stdout).every((row) => row.state === 'stopped')).toBe(true);
});

it('says in one line what is missing and how to get it', () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  const { code, stderr } = run(['up', 'redis', 'kafka'], folder, { PATH: bin });
  expect(code).toBe(69);
  expect(stderr).toMatch(/^redis-server, java.* are not installed: apt-get install --no-install-recommends redis-server default-jdk-headless.*\n$/);
});

it('refuses what it does not know', () => {
  expect(run(['up', 'redys'])).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no service redys: choose from redis, mqtt') });
  expect(run(['start'])).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no command start') });
  expect(run(['up', '--kafka', 'a:b'])).toMatchObject({ code: 2, stderr: 'a:b is no address of kafka: write it like 127.0.0.1:9092,127.0.0.1:9093\n' });
});
