import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Receiver } from '../../src/incidents/receiver.fixture.ts';
import { part, untilStatus } from '../support/api.ts';
import { startServer, until, type Server } from '../support/program.ts';

let folder: string;
let server: Server | undefined;
let receiver: Receiver;
let url: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-heartbeat-'));
  receiver = new Receiver();
  url = await receiver.start();
});
afterEach(async () => {
  await server?.stop();
  await receiver.stop();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function run(pipelines: string): Promise<Server> {
  writeFileSync(join(folder, 'homeostat.yaml'), `heartbeat: { url: '${url}/beat', end_url: '${url}/end', interval: 200ms }\npipelines:\n${pipelines}`);
  return (server = await startServer(['run', 'homeostat.yaml'], folder));
}

const paths = (): string[] => receiver.received.map(({ path }) => path);

it('beats while the process lives, says at a planned end that it ends, and nothing after kill -9', async () => {
  await run('  p: { source: { http: {} } }\n');
  await receiver.arrived(3);
  expect(new Set(paths())).toEqual(new Set(['/beat']));
  await server!.stop();
  expect(paths().at(-1)).toBe('/end');
  expect(paths().filter((path) => path === '/end')).toHaveLength(1);

  const again = await startServer(['run', 'homeostat.yaml'], folder);
  const before = receiver.received.length;
  await receiver.arrived(before + 2);
  const gone = new Promise((resolve) => again.child.once('exit', resolve));
  again.child.kill('SIGKILL');
  await gone;
  const last = receiver.received.length;
  await receiver.quiet(600);
  expect(receiver.received.length).toBe(last);
  expect(paths().at(-1)).toBe('/beat');
});

it('stops beating once a pipeline has failed, and says so', async () => {
  const { address } = await run('  p: { source: { http: {} } }\n  q: { source: { file: { path: nothing.csv } }, restart: { attempts: 0 } }\n');
  await untilStatus(address, (now) => part(now, 'heartbeat')?.condition === 'degraded', 'the heartbeat is said to have stopped');
  const before = receiver.received.length;
  await receiver.quiet(600);
  expect(receiver.received.length).toBe(before);
  await until(async () => (server!.output().includes('heartbeat: no beat: pipeline q has failed') ? true : undefined), 'the reason in the log');
});
