/** Threads that die: the host replaces the engine, the engine its stage threads, and nothing is lost or doubled. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startHomeostat, type RunningProcess } from '../../../src/pipeline/host.ts';
import { parseConfig } from '../../../src/pipeline/load.ts';
import { csv, lastStatus, prepared, saidOf, START, yaml } from '../../support/failing.ts';
import { project, type Projection } from '../../support/oracle.ts';
import { until } from '../../support/program.ts';

let folder: string;
let started: RunningProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-threads-'));
});
afterEach(async () => {
  await started?.stop();
  started = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const options = yaml({ source: '{ http: {} }', format: '{ csv: {} }', order: '{ allowed_lateness: 0s, idle: 50ms }' });
const BODIES = 40;

const body = (i: number): Uint8Array => Buffer.from(`time,series,value\n${START + i * 1000},s,${i % 20 > 15 ? 500 : 100 + Math.sin(i)}\n`);

async function start(): Promise<RunningProcess> {
  const config = parseConfig(options, join(folder, 'homeostat.yaml'));
  started = await startHomeostat(config, { log: () => {}, engineThread: new URL('../../support/crashing-engine.mjs', import.meta.url) });
  return started;
}

/** Pushes all bodies; `at` is called before each. */
async function pushAll({ running }: RunningProcess, at: (i: number) => void = () => {}): Promise<void> {
  for (let i = 0; i < BODIES; i++) {
    at(i);
    await running.journal('p')!.append({ body: body(i), type: 'text/csv', idempotencyKey: String(i) });
  }
}

async function verdicts({ running }: RunningProcess, n: number): Promise<void> {
  await until(async () => (running.pipelines()[0].counts.verdicts >= n ? true : undefined), `${n} verdicts`);
}

describe.each(['throw', 'exit'])('an engine thread that ends (%s)', (how) => {
  it('is replaced, the status says why meanwhile, and all goes on from the last commit', async () => {
    const process = await start();
    const said: { condition: string; reason: string }[] = [];
    process.running.subscribe((event) => {
      if (event.type === 'status') said.push(...event.pipelines[0].parts.filter(({ part }) => part === 'engine'));
    });
    await pushAll(process, (i) => {
      if (i === 20) writeFileSync(join(folder, 'data', 'crash'), how);
    });
    const crash = await until(async () => said.find(({ condition }) => condition === 'degraded'), 'the status says that the engine failed');
    expect(crash.reason).toContain(how === 'throw' ? 'planted' : 'code 7');
    expect(crash.reason).toMatch(/next attempt in \d+ ms/);
    await verdicts(process, BODIES);
    await until(async () => (process.running.pipelines()[0].condition === 'ok' ? true : undefined), 'the pipeline is well again');
    expect(await process.running.control('p', { type: 'savepoint', by: 'me' })).toBeGreaterThan(0);
    await process.stop();
    started = undefined;
    const after = project(join(folder, 'data'), 'p');
    rmSync(join(folder, 'data'), { recursive: true });
    const calm = await start();
    await pushAll(calm);
    await verdicts(calm, BODIES);
    await calm.stop();
    started = undefined;
    expect(after).toEqual(project(join(folder, 'data'), 'p'));
    expect(after.verdicts.length).toBe(BODIES);
  });
});

describe('a stage thread that ends', () => {
  it('is replaced with the others, and the verdicts are those of a run without', async () => {
    const input = csv(3000);
    const top = 'parallelism: 2';
    const calm = prepared(input);
    expect(await calm.run(yaml({}, top))).toBe('finished');
    const expected: Projection = project(calm.data, 'p');
    const broken = prepared(input);
    const workers: Worker[] = [];
    const onWorker = (worker: Worker): void => void workers.push(worker);
    process.on('worker', onWorker);
    let terminated = 0;
    try {
      const outcome = await broken.run(yaml({}, top), undefined, (around) => ({
        ...around,
        emit: (message) => {
          broken.messages.push(message);
          if (message.type !== 'committed' || terminated >= 2) return;
          terminated++;
          void workers.at(-1)!.terminate();
        },
      }));
      expect(outcome).toBe('finished');
    } finally {
      process.off('worker', onWorker);
    }
    expect(terminated).toBe(2);
    expect(saidOf(broken, 'engine').some(({ condition, reason }) => condition === 'degraded' && reason.includes('a stage thread ended'))).toBe(true);
    expect(lastStatus(broken).condition).toBe('finished');
    expect(project(broken.data, 'p')).toEqual(expected);
  });
});
