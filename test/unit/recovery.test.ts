/** Promise 2: after any failure the run continues as if it had not happened. Failures here are thrown; test/process/kill.test.ts kills. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Surroundings } from '../../src/pipeline/compose.ts';
import { faulty } from '../support/faulty.ts';
import { ground, type Ground } from '../support/in-process.ts';
import { project, type Projection } from '../support/oracle.ts';

const SERIES = 5;
const ROWS = 2_000;

const yaml = (more = ''): string => `
pipelines:
  p:
    source: { file: { path: events.csv, chunk: 4KiB } }
    format: { csv: {} }
    order: { allowed_lateness: 3s }
    detect: { detector: { ema: { span: 20 } }, threshold: { sigma: { k: 3 } } }
    incident: { open: 2 of 5, resolve_after: 20s, max_alert_age: 36500d }
    notify: [ { log: {} } ]
    checkpoint: { min_interval: 1ms, max_interval: 1ms }
    state: { cache: 2 }
    restart: { backoff: 1ms, max_backoff: 1ms, attempts: 1000 }
${more}`;

/** Rows a little out of order, some late, some broken, with stretches that are anomalous. */
function csv(): string {
  const rows = ['time,series,value'];
  for (let n = 0; n < ROWS; n++) {
    const [series, i] = [n % SERIES, Math.floor(n / SERIES)];
    const jitter = n % 97 === 0 ? -30_000 : ((n * 7919) % 5) * 500;
    const value = 100 + Math.sin(i) + (i % 90 > 84 ? 400 : 0);
    rows.push(`${1_700_000_000_000 + i * 1000 + jitter},s${series},${n % 211 === 0 ? 'x' : value.toFixed(3)}`);
  }
  return `${rows.join('\n')}\n`;
}

const opened: Ground[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.remove();
});

function prepared(): Ground {
  const made = ground();
  opened.push(made);
  writeFileSync(join(made.folder, 'events.csv'), csv());
  return made;
}

const faults = fc.uniqueArray(fc.tuple(fc.nat({ max: 60 }), fc.constantFrom('before' as const, 'after' as const)), { selector: ([n]) => n, maxLength: 12 });

describe('a run that fails', () => {
  let calm: Projection;

  it('has something to compare: late and broken records, incidents, notices', async () => {
    const quiet = prepared();
    expect(await quiet.run(yaml())).toBe('finished');
    calm = project(quiet.data, 'p');
    expect(calm.verdicts.length).toBe(ROWS - calm.deadLetters.length);
    expect(calm.verdicts.filter((verdict) => verdict.includes('"late":true')).length).toBeGreaterThan(5);
    expect(calm.deadLetters.length).toBeGreaterThan(5);
    expect(calm.incidents.length).toBeGreaterThan(5);
    expect(calm.notices.length).toBeGreaterThan(10);
  });

  it('ends equal to one that does not, wherever commits and history writes fail', async () => {
    await fc.assert(
      fc.asyncProperty(faults, faults, async (commits, appends) => {
        const broken = prepared();
        const change = (around: Surroundings): Surroundings => ({
          ...around,
          ledger: faulty(around.ledger, 'commit', new Map(commits)),
          history: faulty(around.history, 'append', new Map(appends)),
        });
        expect(await broken.run(yaml(), undefined, change)).toBe('finished');
        expect(project(broken.data, 'p')).toEqual(calm);
        broken.remove();
      }),
      { numRuns: 8 },
    );
  });

  it('ends equal when it is stopped and started again and again', async () => {
    const halting = prepared();
    let outcome = 'stopped';
    for (let i = 0; outcome !== 'finished' && i < 200; i++) {
      const stop = new AbortController();
      let commits = 0;
      const change = (around: Surroundings): Surroundings => ({
        ...around,
        emit: (message) => {
          if (message.type === 'committed' && ++commits >= 3) stop.abort();
        },
      });
      outcome = await halting.run(yaml(), stop.signal, change);
    }
    expect(outcome).toBe('finished');
    expect(project(halting.data, 'p')).toEqual(calm);
  });
});
