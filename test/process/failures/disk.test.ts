/** A disk that is full, or that cannot be written: no commit is claimed, nothing acknowledged is lost, and it goes on by itself. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { get, part, push, status, untilStatus } from '../../support/api.ts';
import { project } from '../../support/oracle.ts';
import { startServer, until, type Server } from '../../support/program.ts';
import { notRun, smallDisk, type SmallDisk } from '../../support/small-disk.ts';

const START = 1_700_000_000_000;
let folder: string;
let disk: SmallDisk | undefined;
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-disk-'));
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  disk?.unmount();
  disk = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function started(context: TestContext, options: string): Promise<{ address: string; data: string }> {
  disk = smallDisk(join(folder, 'disk'), options, context);
  const data = join(disk.path, 'data');
  writeFileSync(
    join(folder, 'homeostat.yaml'),
    `data: ${data}
pipelines:
  p:
    source: { http: {} }
    detect: { detector: ema }
    order: { idle: 100ms }
    restart: { backoff: 50ms, max_backoff: 200ms }
`,
  );
  server = await startServer(['run', 'homeostat.yaml'], folder);
  return { address: server.address, data };
}

/** A hundred events of series of their own, so that the ledger grows with every body. */
function body(i: number): string {
  const lines = Array.from({ length: 100 }, (_, k) => JSON.stringify({ time: START + i * 1000, series: `s${i}-${k}-${'x'.repeat(100)}`, value: k }));
  return lines.join('\n');
}

interface Sent {
  acknowledged: number[];
  refused: number;
}

/** Pushes bodies one after another until so many were refused for want of room. */
async function pushUntilFull(address: string, enough: number): Promise<Sent> {
  const sent: Sent = { acknowledged: [], refused: 0 };
  for (let i = 0; sent.refused < enough && i < 2_000; i++) {
    const answer = await push(address, body(i), `k${i}`);
    if (answer.status === 202) sent.acknowledged.push(i);
    else {
      expect(answer).toMatchObject({ status: 507, code: 'DISK_FULL' });
      sent.refused++;
    }
  }
  return sent;
}

describe('a full disk', () => {
  it('claims no commit, answers 507, says path and bytes, loses nothing acknowledged, and goes on by itself', async (context) => {
    const { address, data } = await started(context, 'size=6m');
    const { acknowledged, refused } = await pushUntilFull(address, 3);
    expect(refused).toBe(3);
    expect(acknowledged.length).toBeGreaterThan(0);
    const full = await untilStatus(
      address,
      ({ condition, parts }) => condition === 'degraded' && parts.some(({ reason }) => reason.includes('bytes are free')),
      'degraded',
    );
    const { reason } = full.parts.find((each) => each.reason.includes('bytes are free'))!;
    expect(reason).toContain(disk!.path);
    expect(reason).toMatch(/\d+ bytes are free/);
    expect(reason).toMatch(/\d+ bytes to write/);
    const claimed = full.checkpoint.number;
    expect((await push(address, body(5_000))).status).toBe(507);
    // Reading goes on: the page works on a full disk.
    expect((await get<{ condition: string }>(address, 'health')).condition).toBe('degraded');
    expect((await status(address)).checkpoint.number).toBe(claimed);
    disk!.remount('size=64m');
    await until(async () => ((await push(address, body(6_000), 'later')).status === 202 ? true : undefined), 'pushes are taken again');
    const events = 100 * (acknowledged.length + 1);
    const after = await untilStatus(address, ({ condition, counts }) => condition === 'ok' && counts.verdicts >= events, 'all is judged');
    expect(after.counts).toMatchObject({ events, verdicts: events });
    expect(after.checkpoint.number).toBeGreaterThan(claimed);
    expect(await server!.stop()).toBe(0);
    server = undefined;
    const keys = new Set(project(data, 'p').verdicts.map((text) => (JSON.parse(text) as { series: string }).series));
    for (const i of [...acknowledged, 6_000]) expect(keys.has(`s${i}-0-${'x'.repeat(100)}`), String(i)).toBe(true);
    expect(keys.size).toBe(events);
  });

  it('does not keep the process from stopping in time; what it had acknowledged is there at the next start', async (context) => {
    const { address, data } = await started(context, 'size=6m');
    const { acknowledged } = await pushUntilFull(address, 1);
    await untilStatus(address, ({ condition }) => condition === 'degraded', 'degraded');
    expect(await server!.stop()).toBe(0);
    disk!.remount('size=64m');
    server = await startServer(['run', 'homeostat.yaml'], folder);
    await untilStatus(server.address, ({ counts }) => counts.verdicts >= 100 * acknowledged.length, 'all is judged');
    await server.stop();
    server = undefined;
    expect(project(data, 'p').verdicts.length).toBe(100 * acknowledged.length);
  });
});

function needPrlimit(context: TestContext): void {
  if (spawnSync('prlimit', ['--version']).status !== 0) notRun(context, 'prlimit is missing');
}

/** Every write of the process to a file fails (EFBIG) while the limit is 0; open files of a busy file system cannot be made read-only. */
function limitWrites({ child }: Server, bytes: '0' | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:`]);
}

describe('files that cannot be written any more', () => {
  it('degrade the pipeline with their path; nothing is acknowledged meanwhile, and it goes on by itself', async (context) => {
    needPrlimit(context);
    const { address, data } = await started(context, 'size=64m');
    expect((await push(address, body(0))).status).toBe(202);
    await untilStatus(address, ({ counts, checkpoint }) => counts.verdicts === 100 && checkpoint.number > 0, 'the first are judged');
    limitWrites(server!, '0');
    expect((await push(address, body(1), 'k1')).status).toBeGreaterThanOrEqual(500);
    const savepoint = await fetch(`${address}/api/v1/pipelines/p/savepoint`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    expect(savepoint.status).toBeGreaterThanOrEqual(500);
    expect((await status(address)).counts.verdicts).toBe(100);
    limitWrites(server!, 'unlimited');
    await until(async () => ((await push(address, body(1), 'k1')).status === 202 ? true : undefined), 'pushes are taken again');
    await untilStatus(address, ({ condition, counts }) => condition === 'ok' && counts.verdicts === 200, 'all is judged');
    expect(await server!.stop()).toBe(0);
    server = undefined;
    expect(project(data, 'p').verdicts.length).toBe(200);
  });

  it('hold back what was read: the ledger is opened anew until it can be written, and every event is judged once', async (context) => {
    needPrlimit(context);
    disk = smallDisk(join(folder, 'disk'), 'size=64m', context);
    const data = join(disk.path, 'data');
    const source = '{ simulate: { scenario: response-time, rate: 200/s, seed: 7 } }';
    writeFileSync(
      join(folder, 'homeostat.yaml'),
      `data: ${data}\npipelines:\n  p:\n    source: ${source}\n    restart: { backoff: 50ms, max_backoff: 200ms }\n`,
    );
    server = await startServer(['run', 'homeostat.yaml'], folder);
    const { address } = server;
    await untilStatus(address, ({ checkpoint }) => checkpoint.number > 2, 'some commits');
    limitWrites(server, '0');
    const degraded = await untilStatus(address, ({ condition }) => condition === 'degraded', 'degraded');
    const bad = degraded.parts.find(({ condition }) => condition === 'degraded')!;
    expect(bad.reason).toContain(data);
    expect(bad.since).toBeGreaterThan(Date.now() - 60_000);
    const claimed = degraded.checkpoint.number;
    await until(async () => ((server!.output().match(/ledger failed/g) ?? []).length > 3 ? true : undefined), 'it is tried again');
    expect((await status(address)).checkpoint.number).toBe(claimed);
    limitWrites(server, 'unlimited');
    const well = await untilStatus(address, ({ condition, checkpoint }) => condition === 'ok' && checkpoint.number > claimed, 'it goes on');
    expect(part(well, 'ledger')).toMatchObject({ condition: 'ok' });
    expect(await server.stop()).toBe(0);
    server = undefined;
    const places = project(data, 'p')
      .verdicts.map((text) => (JSON.parse(text) as { place: { offset: number } }).place.offset)
      .sort((a, b) => a - b);
    expect(places).toEqual(places.map((_, i) => i));
  });
});

describe('a data folder that may not be written at the start', () => {
  it('is refused with code, path and exit code 1, and nothing is changed', (context) => {
    disk = smallDisk(join(folder, 'disk'), 'ro', context);
    for (const data of [disk.path, join(disk.path, 'data')]) {
      writeFileSync(join(folder, 'homeostat.yaml'), `data: ${data}\npipelines: { p: { source: { http: {} } } }\n`);
      const { status: code, stderr } = spawnSync(process.execPath, [join(process.cwd(), 'dist/cli/main.js'), 'run', 'homeostat.yaml', '--port', '0'], {
        cwd: folder,
        encoding: 'utf8',
        timeout: 20_000,
      });
      expect(stderr).toContain('LEDGER_IO');
      expect(stderr).toContain(data);
      expect(stderr).toContain('Check the disk and the rights of the folder');
      expect(code).toBe(1);
      expect(readdirSync(disk.path)).toEqual([]);
    }
  });
});
