/** Ledger or history cannot be written: no commit is claimed, the pipeline says why, and goes on by itself. */
import { describe, expect, it } from 'vitest';
import { HomeostatError } from '../../../src/core/errors.ts';
import type { Surroundings } from '../../../src/pipeline/compose.ts';
import { csv, lastStatus, overridden, prepared, saidOf, yaml } from '../../support/failing.ts';
import type { Ground } from '../../support/in-process.ts';
import { project, type Projection } from '../../support/oracle.ts';

const input = csv(900);

async function calm(): Promise<Projection> {
  const quiet = prepared(input);
  expect(await quiet.run(yaml())).toBe('finished');
  return project(quiet.data, 'p');
}

const fsyncError = (): never => {
  throw new HomeostatError('LEDGER_IO', { path: '/data/ledger.db', detail: 'disk I/O error' });
};

function commits({ messages }: Ground): number {
  return messages.filter(
    (message) => message.type === 'committed' && message.report.verdicts.length >= 0 && message.report.outbox.every(({ attempts }) => attempts === 0),
  ).length;
}

describe('an fsync error of the ledger', () => {
  it('is followed by a new opening and a new reading before anything else is written, also where opening fails for a while', async () => {
    const broken = prepared(input);
    const calls: string[] = [];
    let closed = 0;
    const change = (around: Surroundings): Surroundings => {
      let ledger = overridden(around.ledger, 'commit', (commit) => (record) => {
        calls.push('commit');
        commit(record);
        if (calls.filter((call) => call === 'commit').length === 4) {
          calls.push('failed');
          fsyncError();
        }
      });
      ledger = overridden(ledger, 'reopen', (reopen) => () => {
        calls.push('reopen');
        if (++closed <= 3) fsyncError();
        reopen();
      });
      ledger = overridden(ledger, 'claim', (claim) => (pipeline) => {
        calls.push('claim');
        return claim(pipeline);
      });
      return { ...around, ledger };
    };
    expect(await broken.run(yaml(), undefined, change)).toBe('finished');
    const failed = calls.indexOf('failed');
    expect(calls.slice(failed + 1, failed + 7)).toEqual(['reopen', 'reopen', 'reopen', 'reopen', 'claim', 'commit']);
    expect(saidOf(broken, 'ledger')).toContainEqual(
      expect.objectContaining({ condition: 'degraded', reason: expect.stringContaining('/data/ledger.db') as string }),
    );
    expect(lastStatus(broken).condition).toBe('finished');
    expect(project(broken.data, 'p')).toEqual(await calm());
  });
});

describe('a history that is down', () => {
  it('holds the commit back, says since when and on which path, and goes on by itself', async () => {
    const broken = prepared(input);
    let refusals = 0;
    let claimed = 0;
    let appends = 0;
    const change = (around: Surroundings): Surroundings => ({
      ...around,
      history: overridden(around.history, 'append', (append) => (...args) => {
        if (++appends > 1 && refusals < 4) {
          refusals++;
          claimed = commits(broken);
          throw new HomeostatError('DISK_FULL', { path: '/data/history/x.db', detail: 'database or disk is full' });
        }
        return append(...args);
      }),
    });
    expect(await broken.run(yaml(), undefined, change)).toBe('finished');
    expect(refusals).toBe(4);
    const bad = saidOf(broken, 'history').filter(({ condition }) => condition === 'degraded');
    expect(bad.length).toBeGreaterThan(0);
    expect(bad[0].reason).toContain('/data/history/x.db');
    expect(new Set(bad.map(({ since }) => since)).size).toBe(1);
    expect(saidOf(broken, 'engine')).toContainEqual(
      expect.objectContaining({ condition: 'degraded', reason: 'nothing is committed: the history is waited for' }),
    );
    expect(saidOf(broken, 'history').at(-1)!.condition).toBe('ok');
    expect(commits(broken)).toBeGreaterThan(claimed);
    expect(project(broken.data, 'p')).toEqual(await calm());
  });

  it('gets a commit once while the ledger is full', async () => {
    const broken = prepared(input);
    const order: string[] = [];
    const change = (around: Surroundings): Surroundings => ({
      ...around,
      history: overridden(around.history, 'append', (append) => (...args) => {
        order.push('append');
        return append(...args);
      }),
      ledger: overridden(around.ledger, 'commit', (commit) => (record) => {
        if (order.filter((step) => step === 'full').length < 3) {
          order.push('full');
          throw new HomeostatError('DISK_FULL', { path: '/data/ledger.db', detail: 'database or disk is full' });
        }
        order.push('commit');
        return commit(record);
      }),
    });
    expect(await broken.run(yaml(), undefined, change)).toBe('finished');
    expect(order.slice(0, 5)).toEqual(['append', 'full', 'full', 'full', 'commit']);
    expect(saidOf(broken, 'engine').at(-1)!.condition).toBe('finished');
    expect(project(broken.data, 'p')).toEqual(await calm());
  });

  it('is tried again with the same rows after an input/output error', async () => {
    const broken = prepared(input);
    let appends = 0;
    let failures = 0;
    const change = (around: Surroundings): Surroundings => ({
      ...around,
      history: overridden(around.history, 'append', (append) => (...args) => {
        const done = append(...args);
        // The first one in any case: how many there are depends on how fast the machine is.
        if (++appends % 3 === 1) {
          failures++;
          fsyncError();
        }
        return done;
      }),
    });
    expect(await broken.run(yaml(), undefined, change)).toBe('finished');
    expect(failures).toBeGreaterThan(0);
    expect(project(broken.data, 'p')).toEqual(await calm());
  });
});
