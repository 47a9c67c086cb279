/** The example as its README tells it: run for real, blocks that went wrong found in Kafka and in the file, a file uploaded, nothing left behind. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LogJob, LogOverview, LogScores, LogSessions, PipelineStatus } from '../../src/core/api.ts';
import { get } from '../support/api.ts';
import { until } from '../support/program.ts';

const example = fileURLToPath(new URL('../../examples/hdfs-logs/', import.meta.url));
/** Of one attempt: what another one left would be gone on with. */
let folder: string;
const run = promisify(execFile);
let child: ChildProcess | undefined;
let exited: Promise<number | null>;
let output = '';

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'homeostat-example-'))));
afterEach(async () => {
  if (child?.exitCode === null) child.kill('SIGINT');
  await exited;
  rmSync(folder, { recursive: true, force: true });
});

/** Ids of the processes that a process has started. */
const childrenOf = (pid: number): number[] => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

/** Sends a file as the page does; answers the job once it is done. */
async function upload(page: string, file: string): Promise<LogJob> {
  const jobs = `${page}/api/v1/logs/jobs`;
  const bytes = readFileSync(file);
  const made = await fetch(jobs, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ file: 'made.log', size: bytes.length }),
  });
  const { id } = (await made.json()) as LogJob;
  const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' };
  expect((await fetch(`${jobs}/${id}/content`, { method: 'PATCH', headers, body: bytes })).status).toBeLessThan(300);
  return until(
    async () => {
      const job = await get<LogJob>(page, `logs/jobs/${id}`);
      return job.state === 'done' ? job : undefined;
    },
    'the uploaded file is read',
    30_000,
  );
}

it('finds blocks that went wrong in Kafka and in the file, and reads a file that is uploaded', { timeout: 90_000 }, async () => {
  const args = ['--port', '0', '--no-build', '--data', folder, '--past', '4', '--rate', '4000', '--lines', '30000', '--seconds', '85'];
  child = spawn(join(example, 'run'), args, { env: { ...process.env, KAFKA_BROKERS: '' }, stdio: ['ignore', 'pipe', 'pipe'] });
  exited = new Promise((resolve) => child!.once('exit', resolve));
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [, page] = await until(
    async () => {
      if (child!.exitCode !== null) throw new Error(output);
      return /Open (http:\/\/127[.\d]+:\d+)\/#\/logs/.exec(output) ?? undefined;
    },
    'run says what to open',
    45_000,
  );
  const overviews = await until(
    async () => {
      const both = await Promise.all(['hdfs-kafka', 'hdfs-file'].map((name) => get<LogOverview>(page, `pipelines/${name}/logs`)));
      return both.every(({ lines, sessionsJudged, anomalous }) => lines > 20_000 && sessionsJudged > 900 && anomalous > 5) ? both : undefined;
    },
    'both have judged 900 sessions of 20,000 lines',
    40_000,
  );
  for (const { templates, deadLetters } of overviews) {
    expect([templates > 10 && templates < 40, deadLetters]).toEqual([true, 0]);
  }

  const [kafka, file] = await Promise.all(['hdfs-kafka', 'hdfs-file'].map((name) => get<LogScores>(page, `pipelines/${name}/logs/scores`)));
  const standing = ({ thresholds }: LogScores): Record<string, boolean> => Object.fromEntries(thresholds.map(({ kind, inForce }) => [kind, inForce]));
  expect(standing(kafka)).toEqual({ dynamic: true, static: false });
  expect(standing(file)).toEqual({ dynamic: false, static: true });
  expect((await get<PipelineStatus>(page, 'pipelines/hdfs-kafka')).detector).toMatch(/^lstm-autoencoder/);

  const wrong = new Set(
    readFileSync(join(folder, 'truth.csv'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((row) => row.split(',')[0]),
  );
  const { sessions } = await get<LogSessions>(page, 'pipelines/hdfs-file/logs/sessions?anomalous=true&limit=500');
  const right = sessions.filter(({ session }) => wrong.has(session));
  expect(right.length).toBeGreaterThan(sessions.length / 5);
  expect(right[0].reasons.length).toBeGreaterThan(0);

  const { stdout } = await run(process.execPath, [join(example, 'compare.mjs'), '--url', page, '--truth', join(folder, 'truth.csv')]);
  expect(stdout.match(/^hdfs-\w+: .* sessions judged\n {2}\d+ of them had gone wrong; \d+ were flagged, \d+ of these rightly/gm)?.length).toBe(2);

  const job = await upload(page, join(folder, 'made.log'));
  expect([job.lines, job.anomalous > 10]).toEqual([30_000, true]);

  const left = childrenOf(child.pid!);
  expect(left.length).toBeGreaterThanOrEqual(3);
  child.kill('SIGINT');
  expect(await exited).toBe(0);
  expect(left.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
});

it('makes lines, and finds in them what it finds in any file', { timeout: 60_000 }, async () => {
  const log = join(folder, 'large.log');
  const { stdout } = await run(process.execPath, [join(example, 'make-lines.mjs'), '60000', log]);
  expect(stdout).toMatch(/large\.log: 60,000 lines, 6 MiB in \d+ s/);
  const found = await run(process.execPath, [join(process.cwd(), 'dist/cli/main.js'), 'logs', 'detect', log, '--quiet', '--threshold', 'dynamic'], {
    maxBuffer: 2 ** 26,
  });
  const anomalies = join(folder, 'anomalies.ndjson');
  writeFileSync(anomalies, found.stdout);
  const compared = await run(process.execPath, [join(example, 'compare.mjs'), '--truth', `${log}.truth.csv`, anomalies]);
  const [, flagged, right] = /; (\d+) were flagged, (\d+) of these rightly/.exec(compared.stdout)!.map(Number);
  expect(flagged).toBeGreaterThan(20);
  expect(right / flagged).toBeGreaterThan(0.3);
});
