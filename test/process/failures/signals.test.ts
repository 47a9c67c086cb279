/** SIGTERM drains and ends with 0 within its bound; a second signal ends at once. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openReader } from '../../../src/stores/sqlite/reader.ts';
import { push, untilStatus } from '../../support/api.ts';
import { csv } from '../../support/failing.ts';
import { start } from '../../support/kill.ts';
import { project } from '../../support/oracle.ts';
import { startServer, until } from '../../support/program.ts';

/** Longest drain: 10 s for the last commit, 2 s for what is under way, and a machine that is busy. */
const BOUND = 20_000;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-signals-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function configure(pipeline: string): void {
  writeFileSync(join(folder, 'homeostat.yaml'), `data: ./data\npipelines:\n  p:\n    detect: { detector: ema }\n${pipeline}`);
}

/** Changes with every commit. */
function written(): string {
  const history = join(folder, 'data', 'history');
  if (!existsSync(history)) return '';
  return readdirSync(history)
    .map((name) => `${name} ${statSync(join(history, name)).mtimeMs}`)
    .join();
}

/** Where in the file each verdict came from. */
function offsets(): number[] {
  const reader = openReader(join(folder, 'data'));
  const found: number[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = reader.verdicts({
      pipeline: 'p',
      from: -Infinity,
      to: Infinity,
      anomalousOnly: false,
      limit: 50_000,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { cause } of page.items) found.push(cause.offset);
    cursor = page.next;
  }
  reader.close();
  return found;
}

const withinBound = (began: number): void => expect(performance.now() - began).toBeLessThan(BOUND);

describe('SIGTERM', () => {
  it('in the middle of a backlog commits what was read, exits 0 in time, and the next start goes on to the same end', async () => {
    const rows = 250_000;
    writeFileSync(join(folder, 'events.csv'), csv(rows));
    configure(
      '    source: { file: { path: events.csv, chunk: 16KiB } }\n    format: { csv: {} }\n    checkpoint: { min_interval: 10ms, max_interval: 50ms }\n',
    );
    const committed: number[] = [0];
    while (committed.at(-1)! < rows && committed.length < 100) {
      const mark = written();
      const life = start(join(folder, 'homeostat.yaml'), 0);
      await life.recovered;
      await until(async () => (written() !== mark ? true : undefined), 'something is committed');
      const began = performance.now();
      life.child.kill('SIGTERM');
      expect(await life.exited).toEqual([0, null]);
      withinBound(began);
      expect(life.output()).toContain('stopped; the last commit is written');
      committed.push(offsets().length);
      expect(committed.at(-1)).toBeGreaterThan(committed.at(-2)!);
    }
    expect(committed.length).toBeGreaterThan(2);
    expect(new Set(offsets()).size).toBe(rows);
    expect(offsets().length).toBe(rows);
  });

  it('commits what was acknowledged a moment before it', async () => {
    configure('    source: { http: {} }\n    checkpoint: { min_interval: 1s, max_interval: 1s }\n');
    const server = await startServer(['run', 'homeostat.yaml'], folder);
    for (let i = 0; i < 20; i++) expect((await push(server.address, JSON.stringify({ time: 1_700_000_000_000 + i, series: 's', value: i }))).status).toBe(202);
    expect(await server.stop()).toBe(0);
    const again = await startServer(['run', 'homeostat.yaml'], folder);
    await untilStatus(again.address, ({ counts }) => counts.verdicts === 20, 'all is judged');
    expect(await again.stop()).toBe(0);
    expect(project(join(folder, 'data'), 'p').verdicts.length).toBe(20);
  });
});

describe('while a receiver hangs', () => {
  it('SIGTERM ends in time all the same, and a second signal ends at once with 143', async () => {
    const hanging = createServer(() => {});
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    const { port } = hanging.address() as AddressInfo;
    writeFileSync(join(folder, 'events.csv'), csv(900));
    configure(`    source: { file: { path: events.csv, follow: true } }
    incident: { open: 2 of 5, resolve_after: 20s, max_alert_age: 36500d }
    notify: [ { webhook: { url: "http://127.0.0.1:${port}/", timeout: 1m } } ]
`);
    try {
      const server = await startServer(['run', 'homeostat.yaml'], folder);
      await untilStatus(server.address, ({ counts }) => counts.verdicts === 900, 'all is judged');
      const began = performance.now();
      expect(await server.stop()).toBe(0);
      withinBound(began);
      const again = await startServer(['run', 'homeostat.yaml'], folder);
      await untilStatus(again.address, ({ parts }) => parts.length > 1, 'it runs');
      const exited = once(again.child, 'exit') as Promise<[number | null]>;
      again.child.kill('SIGTERM');
      await until(async () => (again.output().includes('stopping after SIGTERM') ? true : undefined), 'it stops');
      const second = performance.now();
      again.child.kill('SIGTERM');
      const [code] = await exited;
      expect(code).toBe(143);
      expect(performance.now() - second).toBeLessThan(1_500);
    } finally {
      hanging.closeAllConnections();
      hanging.close();
    }
  });
});
