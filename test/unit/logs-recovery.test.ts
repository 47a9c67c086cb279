/** Promise 2 for logs: after any failure the run continues as if it had not happened. Failures here are thrown; test/process/logs-kill.test.ts kills. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Surroundings } from '../../src/pipeline/compose.ts';
import type { SessionDetail } from '../../src/core/contracts/logs.ts';
import type { Verdict } from '../../src/core/verdicts.ts';
import { faulty, type Fault } from '../support/faulty.ts';
import { ground, type Ground } from '../support/in-process.ts';
import { hdfsLog } from '../support/log-file.ts';
import { differences, projectLogs, type LogProjection } from '../support/log-oracle.ts';
import { driveLog, logYaml, MAX_LINE } from '../support/log-scenario.ts';

const LINES = 10_000;
const often = { more: '    checkpoint: { min_interval: 1ms, max_interval: 1ms }' };

const opened: Ground[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.remove();
});

function prepared(content: Uint8Array | string = ''): Ground {
  const made = ground();
  opened.push(made);
  writeFileSync(join(made.folder, 'app.log'), content);
  return made;
}

let log: Buffer;
beforeAll(async () => {
  log = await hdfsLog({ count: LINES, seed: 7, maxLine: MAX_LINE });
});

/** Runs a pipeline over the whole log, and ends when that does. */
async function whole(chunk: string, change?: (around: Surroundings) => Surroundings): Promise<LogProjection> {
  const made = prepared(log);
  const yaml = logYaml({ follow: false, chunk, ...often });
  expect(await made.run(yaml, undefined, change)).toBe('finished');
  return projectLogs(made.data, yaml);
}

/** Runs a pipeline over a log that grows while people talk; `life` runs it until it is done, however often that takes. */
async function grown(life: (made: Ground, yaml: string, done: AbortSignal) => Promise<void>): Promise<LogProjection> {
  const made = prepared();
  const yaml = logYaml(often);
  const done = new AbortController();
  const living = life(made, yaml, done.signal);
  const driving = driveLog({
    data: made.data,
    yaml,
    log,
    append: (bytes) => appendFileSync(join(made.folder, 'app.log'), bytes),
    control: (record) => made.control('p', record),
  }).finally(() => done.abort());
  await Promise.all([living, driving]);
  return projectLogs(made.data, yaml);
}

/** Without what names the configuration, of which the size of the pieces is a part. */
function unmarked(of: LogProjection): LogProjection {
  return { ...of, verdicts: of.verdicts.map((text) => text.replace(/"config":"[0-9a-f]*"/, '')), notices: [] };
}

const parsed = (of: LogProjection): Verdict[] => of.verdicts.map((text) => JSON.parse(text) as Verdict);
const faults = fc.uniqueArray(fc.tuple(fc.nat({ max: 80 }), fc.constantFrom('before' as const, 'after' as const)), { selector: ([n]) => n, maxLength: 12 });

describe('a run over a log that ends', () => {
  let calm: LogProjection;

  it('has something to compare: sessions with reasons, revised ones, rates, broken lines, incidents, spilled and forgotten things', async () => {
    calm = await whole('64KiB');
    const verdicts = parsed(calm);
    const sessions = verdicts.filter(({ kind }) => kind === 'session');
    expect(sessions.length).toBeGreaterThan(LINES / 30);
    expect(verdicts.filter(({ member }) => member === 'rate').length).toBeGreaterThan(50);
    const anomalous = sessions.filter((verdict) => verdict.anomalous);
    expect(anomalous.length).toBeGreaterThan(10);
    expect(anomalous.length).toBeLessThan(sessions.length / 3);
    for (const { subject, detail } of anomalous) {
      expect(subject).toMatch(/^blk_/);
      expect((detail as unknown as SessionDetail).reasons.length).toBeGreaterThan(0);
    }
    expect(sessions.filter(({ revises }) => revises !== null).length).toBeGreaterThan(20);
    expect(calm.deadLetters.length).toBe(Math.floor(LINES / 4000));
    expect(calm.incidents.length).toBeGreaterThan(2);
    expect(calm.rollups.length).toBeGreaterThan(50);
    expect(calm.overview.sessionsOpen).toBe(0);
  });

  it.each(['4KiB', '7777B', '1MiB'])('says the same when it is read in pieces of %s', async (chunk) => {
    expect(differences(unmarked(calm), unmarked(await whole(chunk)))).toEqual([]);
  });

  it.each(['before', 'after'] as const)('ends equal when every other commit fails %s it did its work', async (when) => {
    const every = new Map(Array.from({ length: 2000 }, (_, i): [number, Fault] => [i * 2 + 1, when]));
    expect(differences(calm, await whole('64KiB', (around) => ({ ...around, ledger: faulty(around.ledger, 'commit', every) })))).toEqual([]);
  });

  it('ends equal wherever commits and history writes fail', async () => {
    await fc.assert(
      fc.asyncProperty(faults, faults, async (commits, appends) => {
        const change = (around: Surroundings): Surroundings => ({
          ...around,
          ledger: faulty(around.ledger, 'commit', new Map(commits)),
          history: faulty(around.history, 'append', new Map(appends)),
        });
        expect(differences(calm, await whole('64KiB', change))).toEqual([]);
      }),
      { numRuns: 4 },
    );
  });
});

describe('a run over a log that grows, while people name templates and answer', () => {
  let calm: LogProjection;

  it('has something to compare: what was said is there', async () => {
    calm = await grown(async (made, yaml, done) => void (await made.run(yaml, done)));
    expect(calm.verdicts.length).toBeGreaterThan(300);
    expect(parsed(calm).some(({ member }) => member === 'answer')).toBe(true);
    expect(calm.templates.some(({ pinned }) => pinned)).toBe(true);
    expect(calm.overview.sessionsOpen).toBeGreaterThan(10);
  });

  it('ends equal when commits fail, before and after they did their work', async () => {
    const plan = new Map(Array.from({ length: 2000 }, (_, i): [number, Fault] => [i * 3 + 1, i % 2 === 0 ? 'before' : 'after']));
    const change = (around: Surroundings): Surroundings => ({ ...around, ledger: faulty(around.ledger, 'commit', plan) });
    expect(differences(calm, await grown(async (made, yaml, done) => void (await made.run(yaml, done, change))))).toEqual([]);
  });

  it('ends equal when it is stopped and started again after every third commit', async () => {
    const halting = async (made: Ground, yaml: string, done: AbortSignal): Promise<void> => {
      while (!done.aborted) {
        const stop = new AbortController();
        let commits = 0;
        const change = (around: Surroundings): Surroundings => ({
          ...around,
          emit: (message) => {
            if (message.type === 'committed' && ++commits >= 3) stop.abort();
          },
        });
        await made.run(yaml, AbortSignal.any([done, stop.signal]), change);
      }
    };
    expect(differences(calm, await grown(halting))).toEqual([]);
  });
});
