/** A sink that fails: the pipeline waits for it and says so, and its file holds every verdict exactly once in the end. */
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sink } from '../../../src/core/contracts.ts';
import { HomeostatError } from '../../../src/core/errors.ts';
import type { Verdict } from '../../../src/core/verdicts.ts';
import type { Surroundings } from '../../../src/pipeline/compose.ts';
import { csv, lastStatus, overridden, prepared, saidOf, yaml } from '../../support/failing.ts';
import type { Ground } from '../../support/in-process.ts';
import { project } from '../../support/oracle.ts';
import { until } from '../../support/program.ts';

const input = csv(6000);
const withFile = { sinks: '[ { file: { path: verdicts.ndjson } } ]' };

function written(made: Ground): string[] {
  const lines = readFileSync(join(made.folder, 'verdicts.ndjson'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as Verdict).id).sort();
}

function committed(made: Ground): string[] {
  return project(made.data, 'p')
    .verdicts.map((text) => (JSON.parse(text) as Verdict).id)
    .sort();
}

/** The sink `file`, whose calls fail where `when` says so. */
function failing(when: (method: 'write' | 'flush', call: number) => boolean): (around: Surroundings) => Surroundings {
  const calls = { write: 0, flush: 0 };
  const fail = (): never => {
    throw new HomeostatError('RECEIVER_FAILED', { target: 'file', what: 'verdicts', detail: 'planted' });
  };
  const around =
    <A extends unknown[], R>(method: 'write' | 'flush', original: (...args: A) => R | Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (when(method, calls[method]++)) fail();
      return await original(...args);
    };
  const wrap = (sink: Sink): Sink =>
    overridden(
      overridden(sink, 'write', (write) => around('write', write)),
      'flush',
      (flush) => around('flush', flush),
    );
  return (surroundings) => ({
    ...surroundings,
    registry: {
      ...surroundings.registry,
      sinks: surroundings.registry.sinks.map((each) =>
        each.name === 'file' ? { ...each, create: (options, context) => wrap(each.create(options, context)) } : each,
      ),
    },
  });
}

describe('a sink that fails', () => {
  it('is waited for, degraded with its reason, and gets everything exactly once', async () => {
    const made = prepared(input);
    const when = (method: string, call: number): boolean => method === 'write' && call % 2 === 1;
    expect(await made.run(yaml(withFile), undefined, failing(when))).toBe('finished');
    expect(written(made)).toEqual(committed(made));
    expect(written(made).length).toBe(6000);
    const said = saidOf(made, 'sink file#0');
    expect(said.some(({ condition, reason }) => condition === 'degraded' && reason.includes('planted'))).toBe(true);
    expect(said.at(-1)!.condition).toBe('ok');
  });

  it('holds the input back: no more than one commit is ahead of it', async () => {
    const made = prepared(input);
    let blocked = true;
    let verdictsWhenBlocked = 0;
    const running = made.run(
      yaml(withFile),
      undefined,
      failing((method, call) => method === 'write' && call >= 2 && blocked),
    );
    await until(
      async () => (saidOf(made, 'sink file#0').filter(({ condition }) => condition === 'degraded').length > 20 ? true : undefined),
      'the sink is degraded',
    );
    expect(lastStatus(made).condition).toBe('degraded');
    verdictsWhenBlocked = lastStatus(made).counts.verdicts;
    const before = made.messages.length;
    await until(async () => (made.messages.length > before + 20 ? true : undefined), 'further attempts');
    expect(lastStatus(made).counts.verdicts).toBe(verdictsWhenBlocked);
    expect(verdictsWhenBlocked).toBeLessThan(6000);
    blocked = false;
    expect(await running).toBe('finished');
    expect(written(made)).toEqual(committed(made));
    expect(lastStatus(made).condition).toBe('finished');
  });

  it('that is given up is blamed by name, and the run begins anew from the last commit without doubling a line', async () => {
    const made = prepared(input);
    let failures = 0;
    const when = (method: string, call: number): boolean => method === 'flush' && call > 1 && failures++ < 9;
    expect(await made.run(yaml({ ...withFile, restart: '{ backoff: 1ms, max_backoff: 1ms, attempts: 3 }' }), undefined, failing(when))).toBe('finished');
    expect(failures).toBeGreaterThan(9);
    expect(made.messages.some((message) => message.type === 'log' && message.message.startsWith('sink file#0 failed'))).toBe(true);
    expect(saidOf(made, 'source').some(({ condition }) => condition === 'degraded')).toBe(false);
    expect(written(made)).toEqual(committed(made));
    expect(written(made).length).toBe(6000);
  });

  it('whose place is taken by a folder is opened once the folder is gone', async () => {
    const made = prepared(input);
    const path = join(made.folder, 'verdicts.ndjson');
    mkdirSync(path);
    const running = made.run(yaml(withFile));
    const said = await until(async () => saidOf(made, 'sink file#0').find(({ condition }) => condition === 'degraded'), 'the sink is degraded');
    expect(said.reason).toContain('verdicts.ndjson');
    rmdirSync(path);
    expect(await running).toBe('finished');
    expect(written(made)).toEqual(committed(made));
  });
});
