/** The end of a log with very many open sessions: they are closed in pieces, each committed, and a fault between two of them changes nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { History, Ledger } from '../../src/core/contracts.ts';
import type { Surroundings } from '../../src/pipeline/compose.ts';
import { faulty, replaced, type Fault } from '../support/faulty.ts';
import { ground, type Ground } from '../support/in-process.ts';
import { differences, projectLogs, type LogProjection } from '../support/log-oracle.ts';
import { OPEN_YAML, openLog } from '../support/open-log.ts';

const SESSIONS = 50_000;
/** What a piece may hold. */
const MOST = 20_000;
/** For a machine that has much else to do, ms. */
const PATIENCE = 240_000;

const opened: Ground[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.remove();
});

interface Seen {
  /** Verdicts of each write to the history. */
  rows: number[];
  commits: number;
}

/** Runs the log to its end; `change` plants faults. */
async function whole(change: (around: Surroundings, seen: Seen) => Surroundings = (around) => around): Promise<{ found: LogProjection; seen: Seen }> {
  const made = ground();
  opened.push(made);
  writeFileSync(join(made.folder, 'app.log'), openLog(SESSIONS));
  const seen: Seen = { rows: [], commits: 0 };
  const watched = (around: Surroundings): Surroundings =>
    change({ ...around, history: watching(around.history, seen), ledger: counting(around.ledger, seen) }, seen);
  expect(await made.run(OPEN_YAML, undefined, watched)).toBe('finished');
  return { found: await projectLogs(made.data, OPEN_YAML), seen };
}

const on = <T extends object>(target: T, method: keyof T, look: (...given: never[]) => void): T =>
  replaced(target, method, (given, call) => {
    look(...given);
    return call();
  });

const watching = (history: History, seen: Seen): History =>
  on(history, 'append', (...[, verdicts]: Parameters<History['append']>) => void seen.rows.push(verdicts.reduce((sum, { length }) => sum + length, 0)));
const counting = (ledger: Ledger, seen: Seen): Ledger => on(ledger, 'commit', () => void seen.commits++);

describe('the end of a log at which very many sessions are open', { timeout: PATIENCE }, () => {
  let calm: LogProjection;
  let commits: number;

  beforeAll(async () => {
    const { found, seen } = await whole();
    calm = found;
    commits = seen.commits;
    expect(Math.max(...seen.rows)).toBeLessThanOrEqual(MOST);
    expect(seen.rows.filter((rows) => rows > 0).length).toBeGreaterThanOrEqual(SESSIONS / MOST);
  }, PATIENCE);

  it('judges each of them once', () => {
    const subjects = calm.verdicts.map((text) => (JSON.parse(text) as { subject: string }).subject).filter((subject) => subject?.startsWith('blk_'));
    expect(new Set(subjects).size).toBe(SESSIONS);
    expect(calm.overview).toMatchObject({ sessionsOpen: 0, sessionsJudged: SESSIONS, anomalous: SESSIONS / 1000 });
  });

  it('is as if nothing had happened when every commit of it fails, before and after it did its work', async () => {
    const plan = new Map(Array.from({ length: 9 }, (_, i): [number, Fault] => [Math.max(0, commits - 5) + i, i % 3 === 0 ? 'before' : 'after']));
    const { found } = await whole((around) => ({ ...around, ledger: faulty(around.ledger, 'commit', plan) }));
    expect(differences(calm, found)).toEqual([]);
  });

  it('goes on where it was stopped between two pieces', async () => {
    const made = ground();
    opened.push(made);
    writeFileSync(join(made.folder, 'app.log'), openLog(SESSIONS));
    const outcomes: string[] = [];
    while (outcomes.at(-1) !== 'finished' && outcomes.length < 50) {
      const stop = new AbortController();
      const change = (around: Surroundings): Surroundings => ({
        ...around,
        emit: (message) => void (message.type === 'committed' && message.report.checkpoint > 1 && stop.abort()),
      });
      outcomes.push(await made.run(OPEN_YAML, stop.signal, change));
    }
    expect(outcomes.length).toBeGreaterThan(SESSIONS / MOST);
    expect(differences(calm, await projectLogs(made.data, OPEN_YAML))).toEqual([]);
  });
});
