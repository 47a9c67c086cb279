/** A pipeline over a log whose process is killed again and again, and what is claimed of it. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { DatabaseSync } from '@photostructure/sqlite';
import type { ControlRecord } from '../../src/core/contracts.ts';
import { ledgerPath } from '../../src/stores/sqlite/ledger.ts';
import { freePort, runWithKills, seeded, type Kill } from './kill.ts';
import { hdfsLog } from './log-file.ts';
import { differences, projectLogs, type LogProjection } from './log-oracle.ts';
import { driveLog, logYaml, MAX_LINE } from './log-scenario.ts';
import { until } from './program.ts';

const PATIENCE = 120_000;

/** Runs a pipeline over a log that grows while people talk, calmly and killed, and compares; `seed` chooses where it is killed. */
export async function logHoldsThroughKills(kills: number, lines: number, seed: number): Promise<void> {
  const log = await hdfsLog({ count: lines, seed: 7, maxLine: MAX_LINE });
  const calm = await runLog(log, 0, seed);
  const killed = await runLog(log, kills, seed);
  console.log(`kill points (seed ${seed}): ${killed.kills.map(({ where, afterMs }) => `${where} after ${afterMs} ms`).join(', ')}`);
  expect(calm.found.verdicts.length).toBeGreaterThan(lines / 30);
  expect(calm.found.incidents.length).toBeGreaterThan(1);
  expect(calm.found.deadLetters.length).toBe(Math.floor(lines / 4000));
  expect(calm.found.verdicts.some((verdict) => verdict.includes('"member":"answer"'))).toBe(true);
  expect(killed.kills.length).toBe(kills);
  expect(differences(calm.found, killed.found)).toEqual([]);
  expect([calm.exit, killed.exit]).toEqual([0, 0]);
}

async function runLog(log: Buffer, kills: number, seed: number): Promise<{ found: LogProjection; kills: Kill[]; exit: number | null }> {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-log-kill-'));
  const data = join(folder, 'data');
  const yaml = logYaml();
  const config = join(folder, 'homeostat.yaml');
  writeFileSync(config, yaml);
  writeFileSync(join(folder, 'app.log'), '');
  const port = await freePort();
  let killed = 0;
  let written = 0;
  let isDone = false;
  // The log grows as the kills go on, so that every life has something to do.
  const append = async (bytes: Uint8Array): Promise<void> => {
    const piece = Math.ceil(log.length / Math.max(1, kills * 3));
    for (let at = 0; at < bytes.length; at += piece) {
      await until(async () => (killed >= Math.floor((written / log.length) * kills) ? true : undefined), 'the next kill', PATIENCE);
      appendFileSync(join(folder, 'app.log'), bytes.subarray(at, at + piece));
      written += Math.min(piece, bytes.length - at);
      if (kills > 0) await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const driving = driveLog({ data, yaml, log, append, control: (record) => say(port, data, record), patience: PATIENCE }).then(() => (isDone = true));
  driving.catch(() => {});
  try {
    const lived = await runWithKills(
      config,
      port,
      kills,
      seeded(seed),
      // One that is told to end before it listens ends as any process does.
      async () => {
        await Promise.race([driving, pause()]);
        return isDone && (await isAlive(port));
      },
      (count) => (killed = count),
    );
    return { found: await projectLogs(data, yaml), kills: lived.log, exit: lived.exit };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

async function isAlive(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/livez`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

/** Says it until it is journaled; what was journaled and not acknowledged is not said twice. */
async function say(port: number, data: string, record: ControlRecord): Promise<void> {
  const before = journaled(data);
  const said = async (): Promise<true | undefined> => ((await sent(port, record)) || journaled(data) > before ? true : undefined);
  await until(said, `${record.type} is taken`, PATIENCE);
}

function journaled(data: string): number {
  const db = new DatabaseSync(ledgerPath(data), { readOnly: true });
  try {
    return (db.prepare('select control_last as last from pipelines').get() as { last: number }).last;
  } finally {
    db.close();
  }
}

async function sent(port: number, record: ControlRecord): Promise<boolean> {
  const [method, path, body] = requestOf(record);
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/pipelines/p/logs/${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (response.status >= 400 && response.status < 500) throw new RangeError(`refused with ${response.status}: ${text}`);
    return response.status === 202;
  } catch (thrown) {
    if (thrown instanceof RangeError) throw thrown;
    return false;
  }
}

function requestOf(record: ControlRecord): [method: string, path: string, body?: unknown] {
  switch (record.type) {
    case 'edit-template':
      return ['POST', 'templates/edits', record.edit];
    case 'answer-session':
      return ['POST', 'answers/import', { answers: [record.answer] }];
    case 'undo-session-answer':
      return ['DELETE', `answers/${record.id}`];
    default:
      throw new TypeError(`${record.type} is not said of logs`);
  }
}
