/** What the speed benchmark of logs measures, each in a process of its own. */
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../core/errors.ts';
import { startHomeostat } from '../../pipeline/host.ts';
import { parseConfig } from '../../pipeline/load.ts';
import { CHUNK_SPARE, fileChunks, LOG_CHUNK } from '../../pipeline/logs/chunks.ts';
import { ParseRun } from '../../pipeline/logs/parse-run.ts';
import { LogRun } from '../../pipeline/logs/run.ts';

/** `templates`: lines to templates; `counts`: on to counts of sessions, nothing kept and no rates watched; `engine`: judged, every result stored, exactly-once on. */
export type LogTask = { kind: 'templates' | 'counts'; file: string } | { kind: 'engine'; file: string; judge: string };

export interface LogSpeed {
  lines: number;
  /** Verdicts of sessions. */
  verdicts: number;
  anomalies: number;
  /** On the clock, and of the processor, s. */
  seconds: number;
  worked: number;
  /** Largest resident set of the process, bytes. */
  resident: number;
}

/** Longest time a task may take, ms. */
const PATIENCE = 1_800_000;

export function performLogTask(task: LogTask): Promise<LogSpeed> {
  if (task.kind === 'engine') return engine(task.file, task.judge);
  return task.kind === 'counts' ? counts(task.file) : templates(task.file);
}

async function timed(work: () => Promise<Pick<LogSpeed, 'lines' | 'verdicts' | 'anomalies'>>): Promise<LogSpeed> {
  const began = performance.now();
  const before = process.cpuUsage();
  const counted = await work();
  const { user, system } = process.cpuUsage(before);
  return { ...counted, seconds: (performance.now() - began) / 1000, worked: (user + system) / 1e6, resident: process.resourceUsage().maxRSS * 1024 };
}

function templates(file: string): Promise<LogSpeed> {
  return timed(async () => {
    const run = new ParseRun();
    let lines = 0;
    for await (const events of run.lines({ name: file, chunks: fileChunks(file, LOG_CHUNK), spare: CHUNK_SPARE })) lines += run.take(events).length;
    return { lines, verdicts: 0, anomalies: 0 };
  });
}

function counts(file: string): Promise<LogSpeed> {
  return timed(async () => {
    const run = new LogRun({ judge: null, rates: false }, () => {});
    await run.read([{ name: file, chunks: fileChunks(file, LOG_CHUNK), spare: CHUNK_SPARE }]);
    run.finish();
    return { lines: run.lines, verdicts: 0, anomalies: 0 };
  });
}

async function engine(file: string, judge: string): Promise<LogSpeed> {
  const folder = await mkdtemp(join(tmpdir(), 'homeostat-bench-'));
  try {
    return await timed(async () => {
      const text = `pipelines:\n  logs:\n    source: { file: { path: ${JSON.stringify(file)} } }\n    parse: {}\n    judge: ${judge}\n    order: { max_future: 0s }\n    store: all\n`;
      const { running, finished, stop } = await startHomeostat(parseConfig(text, join(folder, 'homeostat.yaml'), {}), { log: () => {} });
      await finished;
      const { events, verdicts, anomalies } = running.pipelines()[0].counts;
      await stop();
      return { lines: events, verdicts, anomalies };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Does a task in a process of its own. */
export function inLogProcess(task: LogTask): Promise<LogSpeed> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./log-process.js', import.meta.url)), [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], timeout: PATIENCE });
    child.once('message', (heard: { answer: LogSpeed } | { failed: string }) => ('failed' in heard ? reject(new Error(heard.failed)) : resolve(heard.answer)));
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(signal === null ? `its process ended with code ${code}` : `its process was ended by ${signal}`)));
    child.send(task, (thrown) => thrown === null || reject(new Error(messageOf(thrown))));
  });
}
