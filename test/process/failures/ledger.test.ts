/** A ledger that is damaged, newer than the program, or in use: refused with a code, and nothing is touched. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { push, status, untilStatus } from '../../support/api.ts';
import { csv } from '../../support/failing.ts';
import { project, type Projection } from '../../support/oracle.ts';
import { startServer, until, type Server } from '../../support/program.ts';

const ROWS = 900;
const PAGE = 4096;
let folder: string;
let data: string;
const servers: Server[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-ledger-'));
  data = join(folder, 'data');
  writeFileSync(join(folder, 'events.csv'), csv(ROWS));
  writeFileSync(
    join(folder, 'homeostat.yaml'),
    `data: ./data
pipelines:
  p:
    source: { file: { path: events.csv, follow: true } }
    detect: { detector: ema }
    incident: { open: 2 of 5, resolve_after: 20s, max_alert_age: 36500d }
    notify: [ { log: {} } ]
  pushed:
    source: { http: {} }
`,
  );
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<Server> {
  const server = await startServer(['run', 'homeostat.yaml'], folder);
  servers.push(server);
  return server;
}

function run(args: string[]): { code: number | null; stdout: string; stderr: string } {
  const {
    status: code,
    stdout,
    stderr,
  } = spawnSync(process.execPath, [join(process.cwd(), 'dist/cli/main.js'), ...args], { cwd: folder, encoding: 'utf8', timeout: 30_000 });
  return { code, stdout, stderr };
}

async function stopped(server: Server): Promise<void> {
  servers.splice(servers.indexOf(server), 1);
  expect(await server.stop()).toBe(0);
}

const judged = (address: string): Promise<unknown> => untilStatus(address, ({ counts }) => counts.verdicts >= ROWS, 'all is judged');

/** A run over the whole file, with a savepoint in its middle where asked. */
async function ran(savepoint: boolean): Promise<Projection> {
  const whole = readFileSync(join(folder, 'events.csv'));
  const half = whole.indexOf('\n', whole.length / 2) + 1;
  if (savepoint) writeFileSync(join(folder, 'events.csv'), whole.subarray(0, half));
  const server = await start();
  if (savepoint) {
    await until(async () => ((await status(server.address)).counts.verdicts > ROWS / 3 ? true : undefined), 'the first half is judged');
    const asked = await fetch(`${server.address}/api/v1/pipelines/p/savepoint`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(asked.status).toBe(202);
    await until(
      async () => (readdirSync(data).includes('savepoints') && readdirSync(join(data, 'savepoints')).some((name) => name.endsWith('.db')) ? true : undefined),
      'the savepoint is written',
    );
    appendFileSync(join(folder, 'events.csv'), whole.subarray(half));
  }
  await judged(server.address);
  await stopped(server);
  return project(data, 'p');
}

/** Overwrites every second page behind the first two with noise. */
function damage(path: string): void {
  const pages = statSync(path).size / PAGE;
  expect(pages).toBeGreaterThan(4);
  const file = openSync(path, 'r+');
  for (let page = 2; page < pages; page += 2) writeSync(file, Buffer.alloc(PAGE, 0xa5), 0, PAGE, page * PAGE);
  closeSync(file);
}

/** Every file that holds something; the lock and the shared memory of readers hold nothing of ours. */
function hashes(): Record<string, string> {
  const isContent = (name: string): boolean => statSync(join(data, name)).isFile() && statSync(join(data, name)).size > 0 && !/(ledger\.lock|-shm)$/.test(name);
  const names = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter(isContent);
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(data, name)))
        .digest('hex'),
    ]),
  );
}

describe('a damaged ledger', () => {
  it('is refused; `ledger repair` goes back to the savepoint and says what is read again; then the run ends equal', async () => {
    const expected = await ran(true);
    damage(join(data, 'ledger.db'));
    const before = hashes();
    const refused = run(['run', 'homeostat.yaml', '--port', '0']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('LEDGER_DAMAGED');
    expect(refused.stderr).toContain('homeostat ledger repair');
    expect(run(['ledger', 'check', '--data', 'data']).code).toBe(1);
    const asked = run(['ledger', 'repair', '--data', 'data']);
    expect(asked.code).toBe(1);
    expect(asked.stdout).toContain('Nothing was changed');
    expect(hashes()).toEqual(before);
    const repaired = run(['ledger', 'repair', '--yes', '--data', 'data']);
    expect(repaired.stdout).toMatch(/Read again:\n.*p: from .*events\.csv.*checkpoint \d+/);
    expect(repaired.stdout).toMatch(/Lost:\n.*since that savepoint/);
    expect(repaired.stdout).toMatch(/kept the damaged file as .*ledger\.db\.damaged-\d+/);
    expect(repaired.code).toBe(0);
    const server = await start();
    await judged(server.address);
    await stopped(server);
    expect(project(data, 'p')).toEqual(expected);
  });

  it('without a savepoint is put together from what can be read, and the program runs on it', async () => {
    await ran(false);
    damage(join(data, 'ledger.db'));
    expect(run(['run', 'homeostat.yaml', '--port', '0']).stderr).toContain('LEDGER_DAMAGED');
    const repaired = run(['ledger', 'repair', '--yes', '--data', 'data']);
    expect(repaired.code).toBe(0);
    expect(repaired.stdout).toContain('there is no whole savepoint');
    expect(repaired.stdout).toContain('Read again:');
    const server = await start();
    await untilStatus(server.address, ({ condition }) => condition === 'ok', 'it runs');
    await stopped(server);
  });
});

describe('a ledger newer than the program', () => {
  it('is refused and not a byte of the data folder changes', async () => {
    await ran(false);
    const db = new DatabaseSync(join(data, 'ledger.db'));
    db.exec('pragma user_version = 999; pragma wal_checkpoint(truncate)');
    db.close();
    const before = hashes();
    const refused = run(['run', 'homeostat.yaml', '--port', '0']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('LEDGER_NEWER');
    expect(refused.stderr).toContain('999');
    const repaired = run(['ledger', 'repair', '--yes', '--data', 'data']);
    expect(repaired.stdout).toMatch(/newer/);
    const after = hashes();
    expect(after).toEqual(before);
  });
});

describe('a second process on the same data folder', () => {
  it('is refused with LEDGER_BUSY, leaves the journals alone, and the first goes on', async () => {
    const first = await start();
    const pushed = (i: number): Promise<unknown> =>
      fetch(`${first.address}/api/v1/pipelines/pushed/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ time: 1_700_000_000_000 + i, series: 's', value: i }),
      });
    await pushed(1);
    await untilStatus(first.address, ({ counts }) => counts.verdicts === ROWS, 'all is judged');
    // The first process itself writes down at its own time how far it got.
    const journal = (): string[] =>
      readdirSync(join(data, 'journal', 'pushed'))
        .filter((name) => name !== 'progress')
        .map(
          (name) =>
            `${name} ${createHash('sha256')
              .update(readFileSync(join(data, 'journal', 'pushed', name)))
              .digest('hex')}`,
        );
    const before = await until(async () => {
      const seen = journal();
      const { counts } = await status(first.address, 'pushed');
      return counts.verdicts === 1 && isDeepStrictEqual(journal(), seen) ? seen : undefined;
    }, 'the journal rests');
    const second = run(['run', 'homeostat.yaml', '--port', '0']);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('LEDGER_BUSY');
    expect(second.stderr).toContain('--data');
    expect(journal()).toEqual(before);
    await pushed(2);
    const answer = await push(first.address, '{}');
    expect(answer.status).toBe(404);
    await until(async () => ((await status(first.address, 'pushed')).counts.verdicts === 2 ? true : undefined), 'the first goes on');
    await stopped(first);
  });
});
