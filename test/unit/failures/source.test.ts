/** A source that vanishes: backoff, a reason that is shown, and on where it stood once it is back. */
import { mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Surroundings } from '../../../src/pipeline/compose.ts';
import { csv, lastStatus, overridden, prepared, saidOf, yaml } from '../../support/failing.ts';
import type { Ground } from '../../support/in-process.ts';
import { project } from '../../support/oracle.ts';
import { until } from '../../support/program.ts';
import type { FromEngine } from '../../../src/runtime/protocol.ts';

const input = csv(6000);

async function unreachable(made: Ground): Promise<string> {
  const said = await until(async () => saidOf(made, 'source').find(({ condition }) => condition === 'degraded'), 'the source is degraded');
  return said.reason;
}

describe('a file that is not there', () => {
  it.each([
    ['missing', () => {}, () => {}],
    ['a folder', (path: string) => mkdirSync(path), (path: string) => rmdirSync(path)],
  ])('(%s) degrades the pipeline, which reads it once it is there', async (_, spoil, mend) => {
    const made = prepared(input);
    const path = join(made.folder, 'events.csv');
    rmSync(path);
    spoil(path);
    const running = made.run(yaml());
    const reason = await unreachable(made);
    expect(reason).toContain('events.csv');
    expect(reason).toMatch(/next attempt in \d+ ms/);
    const degraded = made.messages.find((message) => message.type === 'health');
    expect(degraded).toMatchObject({ condition: 'degraded' });
    mend(path);
    writeFileSync(`${path}.new`, input);
    renameSync(`${path}.new`, path);
    expect(await running).toBe('finished');
    expect(lastStatus(made).parts.find(({ part }) => part === 'source')).toMatchObject({ condition: 'finished' });
    expect(lastStatus(made).condition).toBe('finished');
    expect(project(made.data, 'p').verdicts.length).toBe(6000);
  });
});

describe('a source that fails in the middle', () => {
  /** Fails with SOURCE_UNREACHABLE at every third hand-over, as a connection that is cut. */
  function cut(around: Surroundings): Surroundings {
    const file = around.registry.sources.find(({ name }) => name === 'file')!;
    if (file.delivers === 'journal') throw new Error('a file is read');
    let handed = 0;
    const cutting: typeof file = {
      ...file,
      create: (options, context) =>
        overridden(
          file.create(options, context),
          'open',
          (open) =>
            async function* (from, signal) {
              for await (const batch of open(from, signal)) {
                yield batch;
                if (++handed % 3 === 0) throw new Error('connection reset');
              }
            },
        ),
    };
    return { ...around, registry: { ...around.registry, sources: around.registry.sources.map((each) => (each.name === 'file' ? cutting : each)) } };
  }

  it('is opened again behind the last record, neither again nor skipped', async () => {
    const calm = prepared(input);
    await calm.run(yaml());
    const made = prepared(input);
    expect(await made.run(yaml(), undefined, cut)).toBe('finished');
    const failures = made.messages.filter((message) => message.type === 'log' && message.message.includes('connection reset'));
    expect(failures.length).toBeGreaterThan(5);
    expect(await unreachable(made)).toContain('The source file cannot be reached: connection reset');
    expect(project(made.data, 'p')).toEqual(project(calm.data, 'p'));
    expect(lastStatus(made).counts).toMatchObject({ records: 6000, events: 6000, verdicts: 6000 });
  });

  it('is given up after its attempts, which the status calls failed, and opened at once when a person asks for it', async () => {
    const made = prepared(input);
    const path = join(made.folder, 'events.csv');
    rmSync(path);
    const running = made.run(yaml({ restart: '{ backoff: 1ms, max_backoff: 1ms, attempts: 2 }' }));
    const failed = await until(async () => saidOf(made, 'source').find(({ condition }) => condition === 'failed'), 'the source has failed');
    expect(failed.reason).toContain('given up after 2 attempts');
    expect(made.messages.find((message) => message.type === 'health' && message.condition === 'failed')).toBeDefined();
    writeFileSync(path, input);
    made.supervisor!.control({ sequence: 1, pipeline: 'p', record: { type: 'restart-source', by: 'me' } });
    expect(await running).toBe('finished');
  });

  it('is an incident in the state Error while the pipeline is given up, with a notice, and resolved when it has read on', async () => {
    const made = prepared(input);
    const path = join(made.folder, 'events.csv');
    rmSync(path);
    const running = made.run(yaml({ restart: '{ backoff: 1ms, max_backoff: 1ms, attempts: 2 }' }));
    const opened = await until(async () => told(made).find(({ transition }) => transition.to === 'Error'), 'an incident about the pipeline');
    expect(opened.incident.summary).toContain('events.csv');
    writeFileSync(path, input);
    made.supervisor!.control({ sequence: 1, pipeline: 'p', record: { type: 'restart-source', by: 'me' } });
    expect(await running).toBe('finished');
    const ended = told(made).find(({ incident, transition }) => incident.id === opened.incident.id && transition.from === 'Error');
    expect(ended?.transition.to).toBe('Normal');
    const { notices } = project(made.data, 'p');
    expect(notices.length).toBeGreaterThanOrEqual(2);
  });
});

function told(made: Ground): Extract<FromEngine, { type: 'committed' }>['report']['incidents'] {
  return made.messages.flatMap((message) => (message.type === 'committed' ? message.report.incidents : []));
}
