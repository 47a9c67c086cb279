/** Messages with labels, from a source that learns its partitions when it connects, through faults and restarts. */
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { TruthStatus } from '../../src/core/api.ts';
import type { Position, Source, SourceBatch } from '../../src/core/contracts.ts';
import { defineSource, Type } from '../../src/core/schema.ts';
import { registry } from '../../src/pipeline/registry.ts';
import { openLedger } from '../../src/stores/sqlite/ledger.ts';
import { ground, type Ground } from '../support/in-process.ts';
import { project } from '../support/oracle.ts';

const PARTITIONS = 3;
const ABSENT = 1;
const EACH = 60;
const PER_BATCH = 5;

interface Trouble {
  /** Fails at the first so many attempts to connect. */
  unreachable: number;
  /** Fails once before this hand-over. */
  failsAt: number;
  opened: number;
}

/** Two partitions of three, one message every second each, one batch of five after the other. */
class Box implements Source {
  readonly finite = true;
  partitions = 1;
  absent: number[] = [];
  readonly #trouble: Trouble;

  constructor(trouble: Trouble) {
    this.#trouble = trouble;
  }

  async connect(): Promise<void> {
    await setImmediate();
    if (this.#trouble.unreachable-- > 0) throw new Error('nobody answers');
    this.partitions = PARTITIONS;
    this.absent = [ABSENT];
  }

  async *open(from: Position | undefined): AsyncIterable<SourceBatch> {
    if (from === null) throw new TypeError('a position that this source never gave');
    const at = { 0: 0, 2: 0, ...(from as Record<string, number> | undefined) };
    this.#trouble.opened++;
    for (let n = 0; at[0] < EACH || at[2] < EACH; n++) {
      const partition = at[0] <= at[2] ? 0 : 2;
      if (at[partition] + (partition === 0 ? 0 : 1) * EACH === this.#trouble.failsAt) {
        this.#trouble.failsAt = -1;
        throw new Error('the connection broke');
      }
      const first = at[partition];
      at[partition] += PER_BATCH;
      const list = Array.from({ length: PER_BATCH }, (_, i) => first + i);
      const bodies = list.map((i) =>
        Buffer.from(
          i === 7
            ? 'no JSON'
            : JSON.stringify({ time: 1_700_000_000_000 + i * 1000, value: 10 + (i % 3) + (i > 40 && i < 46 ? 50 : 0), fault: i > 40 && i < 44 ? 'hot' : '' }),
        ),
      );
      let end = 0;
      yield {
        records: {
          kind: 'messages',
          partition,
          offsets: Float64Array.from(list),
          ends: Uint32Array.from(bodies, (body) => (end += body.length)),
          bytes: Buffer.concat(bodies),
          labels: list.map((i) => ({ series: 'temperature', machine: `m${partition}${i % 2}` })),
        },
        position: { ...at },
      };
    }
  }

  async close(): Promise<void> {}
}

const yaml = (maxSeries: number): string => `
pipelines:
  p:
    source: { box: {} }
    format: { json: { truth: fault } }
    truth: { grace: 3s }
    max_series: ${maxSeries}
    detect: { detector: { ema: { span: 5 } }, threshold: { sigma: { k: 3 } } }
    incident: { open: 2 of 3, max_alert_age: 36500d }
    checkpoint: { min_interval: 1ms, max_interval: 1ms }
    restart: { backoff: 1ms, max_backoff: 1ms, attempts: 100 }
`;

const made: Ground[] = [];
afterEach(() => {
  for (const each of made.splice(0)) each.remove();
});

function prepared(trouble: Partial<Trouble> = {}): { here: Ground; trouble: Trouble; run(maxSeries?: number): Promise<string> } {
  const here = ground();
  made.push(here);
  const whole: Trouble = { unreachable: 0, failsAt: -1, opened: 0, ...trouble };
  const box = defineSource({
    name: 'box',
    summary: 'Messages.',
    options: Type.Object({}, { additionalProperties: false }),
    sample: {},
    delivers: 'records',
    format: 'json',
    create: () => new Box(whole),
  });
  const known = { ...registry, sources: [...registry.sources, box] };
  return { here, trouble: whole, run: (maxSeries = 100) => here.run(yaml(maxSeries), undefined, undefined, known) };
}

/** What the pipeline last said of its alerts and the truth. */
function truthOf({ messages }: Ground): TruthStatus | null | undefined {
  return messages.flatMap((message) => (message.type === 'status' ? [message.status.truth] : [])).at(-1);
}

describe('a source of messages that learns its partitions when it connects', () => {
  it('gives the same after failures to connect and in the middle; partitions that it does not read hold nobody back', async () => {
    const calm = prepared();
    expect(await calm.run()).toBe('finished');
    const want = project(calm.here.data, 'p');
    expect(want.verdicts).toHaveLength(2 * (EACH - 1));
    const truth = truthOf(calm.here);
    expect(truth).toMatchObject({ faults: 4, found: 4, right: 4, kinds: [{ kind: 'hot', faults: 4, found: 4 }] });
    expect(want.verdicts.some((text) => text.includes('fault'))).toBe(false);
    expect(new Set(want.verdicts.map((text) => (JSON.parse(text) as { series: string }).series))).toEqual(
      new Set([0, 2].flatMap((p) => [0, 1].map((i) => `temperature{machine=m${p}${i}}`))),
    );
    // In the middle, and before anything was handed over.
    for (const failsAt of [30, 0]) {
      const troubled = prepared({ unreachable: 2, failsAt });
      expect(await troubled.run()).toBe('finished');
      expect(troubled.trouble.opened).toBe(2);
      expect(project(troubled.here.data, 'p')).toEqual(want);
      expect(truthOf(troubled.here)).toEqual(truth);
    }
  });

  it('keeps with a dead letter what its message said, so that a replay names the same series', async () => {
    const { here, run } = prepared();
    await run(1);
    const ledger = openLedger(here.data);
    const letters = ledger
      .deadLetters(
        'p',
        Array.from({ length: 200 }, (_, i) => i + 1),
      )
      .filter(({ code }) => code === 'SERIES_LIMIT');
    expect(letters.length).toBeGreaterThan(EACH);
    expect(letters[0].sent).toEqual({ type: '', labels: { series: 'temperature', machine: 'm01' } });
    ledger.appendControl('p', { type: 'replay-dead-letters', ids: letters.slice(0, 1).map(({ id }) => id), by: 'ann' });
    ledger.close();
    await run();
    const series = project(here.data, 'p').verdicts.map((text) => (JSON.parse(text) as { series: string }).series);
    expect(series).toContain('temperature{machine=m01}');
  });
});
