/** The example as its README tells it: run for real, faults found, incidents that name the metrics, and nothing left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Health, Page, PipelineStatus } from '../../src/core/api.ts';
import type { IncidentRecord } from '../../src/core/contracts.ts';
import type { Verdict } from '../../src/core/verdicts.ts';
import { get } from '../support/api.ts';
import { until } from '../support/program.ts';

const example = fileURLToPath(new URL('../../examples/cloud-infrastructure/', import.meta.url));
const METRICS = ['cpu', 'memory', 'disk_io', 'net_in', 'net_out', 'load', 'latency'];
/** The metrics that each fault changes most. */
const SHOWS: Record<string, string[]> = {
  'memory-leak': ['memory', 'disk_io', 'latency'],
  'noisy-neighbour': ['cpu', 'load', 'latency'],
  'disk-full': ['disk_io', 'load', 'latency'],
  'network-loss': ['net_in', 'net_out', 'latency'],
};
/** Of one attempt: what another one left would be gone on with. */
let folder: string;
let child: ChildProcess | undefined;
let exited: Promise<number | null>;
let output = '';

function begin(program: string, args: string[]): void {
  output = '';
  child = spawn(join(example, program), args, { env: { ...process.env, KAFKA_BROKERS: '' }, stdio: ['ignore', 'pipe', 'pipe'] });
  exited = new Promise((resolve) => child!.once('exit', resolve));
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
}

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'homeostat-example-'))));
afterEach(async () => {
  if (child?.exitCode === null) child.kill('SIGINT');
  await exited;
  rmSync(folder, { recursive: true, force: true });
});

const said = (pattern: RegExp, patience: number): Promise<RegExpExecArray> =>
  until(
    async () => {
      const found = pattern.exec(output);
      if (found === null && child!.exitCode !== null) throw new Error(output);
      return found ?? undefined;
    },
    `the output says ${pattern}`,
    patience,
  );

/** Ids of the processes that a process has started. */
const childrenOf = (pid: number): number[] => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

it('finds faults of hosts, says which metrics show them, and how right it was', { timeout: 90_000 }, async () => {
  begin('run', ['--port', '0', '--no-build', '--data', folder, '--past', '90', '--speed', '600', '--seconds', '80']);
  const [, page] = await said(/Open (http:\/\/127[.\d]+:\d+)\/#\/incidents/, 45_000);
  const seen = await until(
    async () => {
      const now = await get<PipelineStatus>(page, 'pipelines/hosts');
      const { found = 0, kinds = [] } = now.truth ?? {};
      return found >= 8 && kinds.length >= Object.keys(SHOWS).length && now.lagMs !== null && now.lagMs < 600_000 ? now : undefined;
    },
    'eight faults of every kind are found',
    40_000,
  );
  expect(seen.truth!.found / seen.truth!.faults).toBeGreaterThan(0.6);
  expect(seen.truth!.right / seen.truth!.alerts).toBeGreaterThan(0.6);
  expect(seen.truth!.kinds.map(({ kind }) => kind).sort()).toEqual(Object.keys(SHOWS).sort());
  expect([seen.counts.deadLetters, seen.counts.late]).toEqual([0, 0]);

  const { items: incidents } = await get<Page<IncidentRecord>>(page, 'incidents?pipeline=hosts&limit=200');
  expect(incidents.length).toBeGreaterThan(5);
  for (const { peak, summary } of incidents) {
    const [most] = peak!.contributions!;
    expect(METRICS).toContain(most.column);
    expect(summary).toMatch(/^host=\w+-\d (is|was) unusual in [a-z_]+ [\d.]+ \(\d+%\)/);
  }
  const { items: verdicts } = await get<Page<Verdict>>(page, 'verdicts?pipeline=hosts&anomalous=true&limit=500');
  for (const { contributions, values } of verdicts) {
    expect([contributions!.length, values.length]).toEqual([7, 7]);
    expect(contributions!.reduce((total, share) => total + share, 0)).toBeCloseTo(1, 1);
  }
  const strongest = new Set(incidents.map(({ peak }) => peak!.contributions![0].column));
  expect(Object.values(SHOWS).flat()).toEqual(expect.arrayContaining([...strongest]));

  const health = await get<Health>(page, 'health');
  expect(health.condition).toBe('ok');
  expect((await get<Page<PipelineStatus>>(page, 'pipelines')).items.map(({ name }) => name).sort()).toEqual(['hosts', 'this-machine']);

  const left = childrenOf(child!.pid!);
  expect(left.length).toBeGreaterThanOrEqual(3);
  child!.kill('SIGINT');
  expect(await exited).toBe(0);
  expect(left.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
});

it('says in the load test what one and two threads do, and that their verdicts are the same', { timeout: 90_000 }, async () => {
  begin('load-test.mjs', ['--no-build', '--rounds', '1', '--events', '60000', '--trees', '20']);
  expect(await exited, output).toBe(0);
  expect(output).toMatch(/^1 thread +[\d,]+ events\/s, 1\.00 times by the clock/m);
  expect(output).toMatch(/^2 threads +[\d,]+ events\/s, [\d.]+ times by the clock; [\d.]+ times by processor time/m);
  expect(output).toMatch(/^2 processes +[\d,]+ events\/s, [\d.]+ times/m);
  expect(output).toContain('the verdicts of all runs are the same');
});
