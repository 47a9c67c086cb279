/** What a run of a pipeline leaves behind when it waits, fails to begin or is given up: nothing that grows, and nothing lost. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { JsonValue, Sink, Source, SourceBatch } from '../../../src/core/contracts.ts';
import { HomeostatError } from '../../../src/core/errors.ts';
import type { Verdict } from '../../../src/core/verdicts.ts';
import type { Surroundings } from '../../../src/pipeline/compose.ts';
import { parseConfig } from '../../../src/pipeline/load.ts';
import { openReader } from '../../../src/stores/sqlite/reader.ts';
import { csv, overridden, prepared, saidOf, yaml } from '../../support/failing.ts';
import { project } from '../../support/oracle.ts';
import { until } from '../../support/program.ts';

/** The source `file` with one method replaced. */
function withSource(change: (source: Source) => Source): (around: Surroundings) => Surroundings {
  return (around) => ({
    ...around,
    registry: {
      ...around.registry,
      sources: around.registry.sources.map((each) =>
        each.name === 'file' && each.delivers !== 'journal' ? { ...each, create: (options, context) => change(each.create(options, context)) } : each,
      ),
    },
  });
}

describe('a source that hands over nothing', () => {
  it('is waited for without a trace: no listener a look, however long it takes', async () => {
    const made = prepared(csv(3));
    let listeners = 0;
    const counted = <T>(promise: Promise<T>): Promise<T> =>
      overridden(promise, 'then', (then) => {
        return ((...args: Parameters<typeof then>) => {
          listeners++;
          return then(...args);
        }) as typeof then;
      });
    let looks = 0;
    const silent = withSource((source) =>
      overridden(source, 'open', (open) => (from, signal) => ({
        [Symbol.asyncIterator]() {
          const inner = open(from, signal)[Symbol.asyncIterator]();
          let handed = 0;
          const next = (): Promise<IteratorResult<SourceBatch>> => (handed++ === 0 ? inner.next() : counted(new Promise(() => {})));
          return { next, return: async () => ({ done: true as const, value: undefined }) };
        },
      })),
    );
    const stop = new AbortController();
    const running = made.run(yaml(), stop.signal, (around) => {
      const ticking = silent(around);
      return { ...ticking, clock: { ...ticking.clock, monotonic: () => (looks++, performance.now()) } };
    });
    await until(async () => (made.messages.filter(({ type }) => type === 'status').length > 4 ? true : undefined), 'it has looked many times');
    stop.abort();
    await running;
    expect(looks).toBeGreaterThan(20);
    expect(listeners).toBeLessThan(4);
  });
});

describe('a run that cannot begin', () => {
  it('has started no stage threads yet', async () => {
    const made = prepared();
    const started = join(made.folder, 'started');
    const entry = join(made.folder, 'stage.mjs');
    const stage = new URL('../../../dist/pipeline/stage-thread.js', import.meta.url);
    writeFileSync(
      entry,
      `import { appendFileSync } from 'node:fs';\nappendFileSync(${JSON.stringify(started)}, 'x');\nawait import(${JSON.stringify(stage.href)});\n`,
    );
    let refusals = 3;
    const refuse = (around: Surroundings): Surroundings => ({
      ...around,
      stageThread: pathToFileURL(entry),
      ledger: overridden(around.ledger, 'controls', (controls) => (pipeline, after) => {
        if (refusals-- > 0) throw new HomeostatError('LEDGER_IO', { path: 'ledger.db', detail: 'planted' });
        return controls(pipeline, after);
      }),
    });
    expect(await made.run(yaml({}, 'parallelism: 2'), undefined, refuse)).toBe('finished');
    expect(readFileSync(started, 'utf8')).toBe('xx');
  });
});

describe('a sink that cannot be opened', () => {
  /** The sink `file`, of which one method always fails. */
  const failing = (method: 'open' | 'write'): ((around: Surroundings) => Surroundings) => {
    const fail = async (): Promise<never> => {
      throw new HomeostatError('RECEIVER_FAILED', { target: 'file', what: 'verdicts', detail: 'planted' });
    };
    const wrap = (sink: Sink): Sink => overridden(sink, method, () => fail);
    return (around) => ({
      ...around,
      registry: {
        ...around.registry,
        sinks: around.registry.sinks.map((each) =>
          each.name === 'file' ? { ...each, create: (options, context) => wrap(each.create(options, context)) } : each,
        ),
      },
    });
  };

  it('gets all the same what the ledger held for it, though the configuration was changed meanwhile', async () => {
    const made = prepared(csv(3000));
    const sinks = { sinks: '[ { file: { path: verdicts.ndjson } } ]', restart: '{ backoff: 1ms, max_backoff: 1ms, attempts: 2 }' };
    const change = { ...sinks, incident: '{ open: 3 of 5, resolve_after: 20s, max_alert_age: 36500d }' };
    for (const [options, method] of [
      [yaml(sinks), 'write'],
      [yaml(change), 'open'],
    ] as const) {
      const stop = new AbortController();
      const said = made.messages.length;
      const running = made.run(options, stop.signal, failing(method));
      await until(
        async () => (made.messages.slice(said).some((message) => message.type === 'log' && message.message.includes('sink file#0 failed')) ? true : undefined),
        `the sink cannot ${method}`,
      );
      stop.abort();
      await running;
    }
    expect(saidOf(made, 'sink file#0').length).toBeGreaterThan(0);
    expect(await made.run(yaml(change))).toBe('finished');
    const ids = (lines: string[]): string[] => lines.map((line) => (JSON.parse(line) as Verdict).id).sort();
    const written = readFileSync(join(made.folder, 'verdicts.ndjson'), 'utf8').trimEnd().split('\n');
    expect(ids(written)).toEqual(ids(project(made.data, 'p').verdicts));
  });
});

describe('control records that come together', () => {
  it('are all applied: a restart of the source does not undo a new configuration', async () => {
    const made = prepared(csv(300));
    const follow = { source: '{ file: { path: events.csv, follow: true, poll: 10ms } }' };
    const changed = parseConfig(yaml({ ...follow, incident: '{ open: 3 of 5 }' }), join(made.folder, 'homeostat.yaml')).pipelines[0];
    const stop = new AbortController();
    const running = made.run(yaml(follow), stop.signal, (around) => {
      around.ledger.appendControl('p', { type: 'configure', config: changed as unknown as JsonValue, by: 'me' });
      around.ledger.appendControl('p', { type: 'restart-source', by: 'me' });
      return around;
    });
    const reader = openReader(made.data);
    await until(async () => (reader.audit({ limit: 9 }).items.length === 2 ? true : undefined), 'both are in the audit');
    const hashes = (): Set<string> => new Set(made.messages.flatMap((message) => (message.type === 'status' ? [message.status.config] : [])));
    try {
      await until(async () => (hashes().size === 2 ? true : undefined), 'the new configuration is in force', 5_000);
    } finally {
      stop.abort();
      await running;
      reader.close();
    }
  });
});

describe('a dead letter that was kept cut off', () => {
  it('is refused again when it is replayed, and the pipeline goes on', async () => {
    const name = 's'.repeat(5000);
    const made = prepared(`${csv(30)}${Date.now() + 7_200_000},${name},1\n`);
    const options = yaml();
    expect(await made.run(options)).toBe('finished');
    const reader = openReader(made.data);
    const [{ id, code }] = reader.deadLetters({ pipeline: 'p', limit: 5 }).items;
    expect(code).toBe('RECORD_TOO_EARLY');
    const stop = new AbortController();
    const running = made.run(options, stop.signal, (around) => {
      around.ledger.appendControl('p', { type: 'replay-dead-letters', ids: [id], by: 'me' });
      return around;
    });
    const failed = until(async () => saidOf(made, 'engine').find(({ condition }) => condition === 'degraded'), 'it has ended');
    const outcome = await Promise.race([running, failed]);
    stop.abort();
    await running;
    expect(outcome).toBe('finished');
    expect(reader.deadLetters({ pipeline: 'p', limit: 5 }).items.length).toBe(2);
    reader.close();
  });
});
