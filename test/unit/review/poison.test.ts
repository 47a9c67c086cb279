/** Records that fail an operator stop nothing: neither many of them, nor one that people replay. */
import { describe, expect, it } from 'vitest';
import { defineDetector, Type } from '../../../src/core/schema.ts';
import { ema } from '../../../src/detectors/ema.ts';
import type { Surroundings } from '../../../src/pipeline/compose.ts';
import { openReader } from '../../../src/stores/sqlite/reader.ts';
import { csv, lastStatus, prepared, saidOf, START, yaml } from '../../support/failing.ts';
import { until } from '../../support/program.ts';

const BAD = 666.666;

/** As `ema`, but it cannot stand one value. */
const fragile = defineDetector({
  ...ema,
  name: 'ema',
  options: Type.Object({ ...ema.options.properties }),
  create: (options, width) => guarded(ema.create(options, width)),
  restore: (reader, options, width) => guarded(ema.restore(reader, options, width)),
});

function guarded(detector: ReturnType<typeof ema.create>): ReturnType<typeof ema.create> {
  return {
    score: (time, values, at, out) => detector.score(time, values, at, out),
    learn: (time, values, at) => {
      if (values[at] === BAD) throw new Error(`cannot stand ${BAD}`);
      detector.learn(time, values, at);
    },
    snapshot: (writer) => detector.snapshot(writer),
  };
}

const withFragile = (around: Surroundings): Surroundings => ({
  ...around,
  registry: { ...around.registry, detectors: around.registry.detectors.map((each) => (each.name === 'ema' ? fragile : each)) },
});

describe('records that fail an operator', () => {
  it('may be many: each costs two attempts of its own, and the pipeline is not given up', async () => {
    const made = prepared(csv(900, (line, n) => (n % 100 === 50 ? line.replace(/[^,]*$/, String(BAD)) : line)));
    const stop = new AbortController();
    const running = made.run(yaml({ restart: '{ backoff: 1ms, max_backoff: 1ms, attempts: 3 }' }), stop.signal, withFragile);
    const outcome = await Promise.race([running, until(async () => saidOf(made, 'engine').find(({ condition }) => condition === 'failed'), 'it has ended')]);
    stop.abort();
    await running;
    expect(outcome).toBe('finished');
    expect(lastStatus(made).counts).toMatchObject({ events: 900, deadLetters: 9, verdicts: 891 });
  });

  it('are dead letters again when they are replayed and still fail', async () => {
    const follow = yaml({ source: '{ file: { path: events.csv, follow: true, poll: 10ms } }' });
    const made = prepared(`${csv(30)}${START + 100_000},s0,${BAD}\n`);
    const reader = openReader(made.data);
    const stop = new AbortController();
    const running = made.run(follow, stop.signal, (around) => {
      const replay = async (): Promise<void> => {
        const { id } = await until(async () => reader.deadLetters({ pipeline: 'p', limit: 5 }).items[0], 'there is a dead letter');
        const record = { type: 'replay-dead-letters' as const, ids: [id], by: 'me' };
        made.supervisor!.control({ sequence: around.ledger.appendControl('p', record), pipeline: 'p', record });
      };
      void replay();
      return withFragile(around);
    });
    try {
      const said = await until(async () => reader.audit({ limit: 5 }).items.find(({ what }) => what === 'replay-dead-letters'), 'it is in the audit', 8_000);
      expect(said.by).toBe('me');
    } finally {
      stop.abort();
      await running;
    }
    const letters = reader.deadLetters({ pipeline: 'p', limit: 5 }).items;
    reader.close();
    expect(letters.map(({ code, replayed }) => ({ code, replayed })).sort((a, b) => Number(a.replayed) - Number(b.replayed))).toEqual([
      { code: 'OPERATOR_FAILED', replayed: false },
      { code: 'OPERATOR_FAILED', replayed: true },
    ]);
  });
});
