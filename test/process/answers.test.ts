/**
 * Answers of people, end to end: given by command to a running process, in force from the next row on, in any thread,
 * after a kill -9, and taken back without a trace.
 */
import { execFile } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { AnswerPreview, AnswerView, AuditView, Page, PipelineStatus } from '../../src/core/api.ts';
import type { Verdict } from '../../src/core/verdicts.ts';
import { get, untilStatus } from '../support/api.ts';
import { project } from '../support/oracle.ts';
import { startServer, until, type Server } from '../support/program.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const START = Date.UTC(2026, 0, 5, 2);
const SERIES = 4;
/** Rows of a series that are given at once. */
const STEP = 200;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** One value a second; in each step the 150th to 155th are high. */
function rows(step: number): string {
  const lines: string[] = [];
  for (let i = step * STEP; i < (step + 1) * STEP; i++) {
    for (let s = 0; s < SERIES; s++) {
      const high = i % STEP >= 150 && i % STEP < 156;
      lines.push(`${START + i * 1000},s${s},${(100 + Math.sin(i * 12.9898 + s) * 5 + (high ? 30 : 0)).toFixed(3)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

class Home {
  readonly folder = mkdtempSync(join(tmpdir(), 'homeostat-answers-'));
  server!: Server;
  #steps = 0;

  constructor(parallelism: number, more = '') {
    folders.push(this.folder);
    writeFileSync(join(this.folder, 'events.csv'), 'time,series,value\n');
    writeFileSync(
      join(this.folder, 'homeostat.yaml'),
      `data: ./data
parallelism: ${parallelism}
pipelines:
  p:
    source: { file: { path: events.csv, follow: true, poll: 20ms } }
    format: { csv: {} }
    detect: { detector: { ema: { span: 50 } }, threshold: { sigma: { k: 3 } }, learn: always }
    incident: { open: 2 of 5, resolve_after: 20s, max_alert_age: 36500d }
    state: { cache: 2 }
${more}`,
    );
  }

  async start(): Promise<void> {
    this.server = await startServer(['run', 'homeostat.yaml'], this.folder);
  }

  /** Adds the rows of a step and waits until all that can be judged is. */
  async step(): Promise<void> {
    appendFileSync(join(this.folder, 'events.csv'), rows(this.#steps++));
    const all = this.#steps * STEP * SERIES;
    // What is counted and not yet committed would be judged again after a kill, perhaps behind what is said next.
    const isCommitted = ({ counts, queues }: PipelineStatus): boolean =>
      counts.verdicts === all && queues.find(({ name }) => name === 'verdicts until the commit')?.used === 0;
    await untilStatus(this.server.address, isCommitted, `${all} committed verdicts`);
  }

  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.server.child.once('exit', resolve));
    this.server.child.kill('SIGKILL');
    await gone;
  }

  /** Runs a command against the server; answers what it printed. */
  cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return new Promise((resolve) => {
      const env = { ...process.env, NO_COLOR: '1' };
      execFile(process.execPath, [main, ...args, '--url', this.server.address], { cwd: this.folder, env }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });
  }

  async json<T>(...args: string[]): Promise<T> {
    const { code, out, err } = await this.cli(...args, '--json');
    expect([code, err]).toEqual([0, '']);
    return JSON.parse(out) as T;
  }

  answered(id: string): Promise<AnswerView> {
    return until(async () => (await get<Page<AnswerView>>(this.server.address, 'answers')).items.find((each) => each.id === id), 'the answer is committed');
  }
}

const isoOf = (i: number): string => new Date(START + i * 1000).toISOString();
const falseAlarm = ['answer', 'false-alarm', '--series', 's1', '--at', isoOf(150), '--to', isoOf(155)];

/** Verdicts with what an answer may change of them, by series and row. */
function verdictsOf(folder: string): Verdict[] {
  const { verdicts } = project(join(folder, 'data'), 'p');
  return verdicts.map((text) => JSON.parse(text) as Verdict);
}

/** Three steps with an answer before the second and its undoing before the third, killed at the marked points or not. */
async function story(parallelism: number, killed: boolean): Promise<{ home: Home; limitFactor: number }> {
  const home = new Home(parallelism);
  await home.start();
  await home.step();
  const { id, preview } = await home.json<{ id: string; preview: AnswerPreview }>(...falseAlarm, '--yes');
  if (killed) {
    // Durable, and perhaps not applied yet.
    await home.kill();
    await home.start();
  }
  expect(await home.answered(id)).toMatchObject({ active: true, by: 'local', says: 'false-alarm' });
  await home.step();
  if (killed) {
    await home.kill();
    await home.start();
  }
  await home.json('answer', 'undo', id);
  if (killed) {
    await home.kill();
    await home.start();
  }
  await until(async () => ((await get<AnswerView>(home.server.address, `answers/${id}`)).active ? undefined : true), 'it is taken back');
  await home.step();
  await home.server.stop();
  return { home, limitFactor: preview.parts[0].limitFactor };
}

describe('an answer', () => {
  it('moves the limit and the band of its series from then on, until it is taken back; nothing else changes; a kill -9 and two threads give the same', async () => {
    const { home, limitFactor } = await story(1, false);
    const calm = new Home(1);
    await calm.start();
    for (let i = 0; i < 3; i++) await calm.step();
    await calm.server.stop();
    expect(limitFactor).toBeGreaterThan(1.05);
    const answered = verdictsOf(home.folder);
    const before = new Map(verdictsOf(calm.folder).map((verdict) => [verdict.id, verdict]));
    expect(answered).toHaveLength(3 * STEP * SERIES);
    let changed = 0;
    for (const verdict of answered) {
      const plain = before.get(verdict.id)!;
      const i = (Date.parse(verdict.time) - START) / 1000;
      if (verdict.series !== 's1' || i < STEP || i >= 2 * STEP) expect(verdict).toEqual(plain);
      else {
        changed += plain.anomalous && !verdict.anomalous ? 1 : 0;
        expect(verdict.threshold).toBeCloseTo(plain.threshold! * limitFactor, 9);
        expect(verdict.upper! - verdict.expected!).toBeCloseTo((plain.upper! - plain.expected!) * limitFactor, 6);
        expect([verdict.score, verdict.anomalous]).toEqual([plain.score, plain.score! > verdict.threshold!]);
      }
    }
    expect(changed).toBeGreaterThan(0);
    const whole = project(join(home.folder, 'data'), 'p');
    for (const parallelism of [1, 2]) {
      const other = await story(parallelism, true);
      expect(project(join(other.home.folder, 'data'), 'p'), `${parallelism} threads, killed`).toEqual(whole);
    }
  }, 180_000);

  it('is shown first, listed, audited, exported and imported', async () => {
    const home = new Home(1);
    await home.start();
    await home.step();
    const shown = await home.cli(...falseAlarm);
    expect(shown.code).toBe(0);
    expect(shown.out).toMatch(/^s1 {2}limit [\d.]+ times as far$/m);
    expect(shown.out).toMatch(/^Of 200 verdicts from 2026-01-05 02:00:00 to 2026-01-05 02:03:19 it would have changed \d:$/m);
    expect(shown.out).toMatch(/^without +\d +1$/m);
    expect(shown.out).toMatch(/^with +0 +0$/m);
    expect(shown.out).toContain('alert → normal');
    expect(shown.out).toContain('Nothing was changed; give the answer with --yes.');
    expect((await home.cli('answers')).err).toContain('No answers in force');

    const { id } = await home.json<{ id: string }>(...falseAlarm, '--yes', '--when', 'hour-of-day', '--comment', 'nightly backup');
    await home.answered(id);
    const listed = await home.cli('answers');
    expect(listed.out).toContain(`${id}  false alarm  p s1`);
    expect(listed.out).toMatch(/2026-01-05 02:02:30, this hour of the day · local at .* · in force · nightly backup/);
    const { items } = await get<Page<AuditView>>(home.server.address, 'audit');
    expect(items[0]).toMatchObject({ by: 'local', what: 'answer', detail: `${id} false-alarm s1 nightly backup` });

    const file = join(home.folder, 'answers.json');
    writeFileSync(file, (await home.cli('answers', '--export')).out);
    expect(await home.json('answers', '--import', file)).toEqual({ taken: 0, known: 1 });
    const copy = JSON.parse(readFileSync(file, 'utf8')) as { answers: { id: string; parts: object[] }[] };
    copy.answers[0].id = 'copy-1';
    writeFileSync(file, JSON.stringify(copy));
    expect(await home.json('answers', '--import', file)).toEqual({ taken: 1, known: 0 });
    expect(await home.answered('copy-1')).toMatchObject({ when: 'hour-of-day', comment: 'nightly backup', parts: copy.answers[0].parts, active: true });

    expect((await home.cli('answer', 'undo', id)).out).toContain('is taken back');
    await until(async () => ((await get<AnswerView>(home.server.address, `answers/${id}`)).active ? undefined : true), 'it is taken back');
    const undone = await home.cli('answer', 'undo', id);
    expect([undone.code, undone.err]).toEqual([1, expect.stringContaining('There is no answer in force')]);
    expect((await home.cli('answers', '--all')).out).toContain('taken back by local');
    await home.server.stop();
  }, 60_000);

  it('is refused with what to do about it', async () => {
    const home = new Home(1, '    store: anomalies\n');
    await home.start();
    await home.step();
    const refused = async (...args: string[]): Promise<[number, string]> => {
      const { code, err } = await home.cli('answer', ...args);
      return [code, err];
    };
    expect(await refused('false-alarm')).toEqual([2, expect.stringContaining('--incident')]);
    expect(await refused('undo')).toEqual([2, expect.stringContaining('homeostat answers lists them')]);
    expect(await refused('false-alarm', '--series', 'nobody', '--at', isoOf(150))).toEqual([1, expect.stringContaining('nobody')]);
    expect(await refused('missed', '--series', 's1', '--at', isoOf(100))).toEqual([1, expect.stringContaining('store: anomalies')]);
    expect((await home.cli(...falseAlarm)).out).toContain('Only anomalous verdicts are stored');
    await home.server.stop();
    const gone = await home.cli('answers');
    expect([gone.code, gone.err]).toEqual([1, expect.stringContaining('SERVER_UNREACHABLE')]);
  }, 60_000);
});
