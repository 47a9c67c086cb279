/** NoData by the clock: it counts only while the source is connected and commits go through, and outlives a restart. */
import { describe, expect, it } from 'vitest';
import { HomeostatError } from '../../../src/core/errors.ts';
import type { Surroundings } from '../../../src/pipeline/compose.ts';
import { openReader } from '../../../src/stores/sqlite/reader.ts';
import { csv, overridden, prepared, saidOf, yaml } from '../../support/failing.ts';
import type { Ground } from '../../support/in-process.ts';
import { until } from '../../support/program.ts';

const MINUTE = 60_000;
const options = yaml({
  source: '{ file: { path: events.csv, follow: true, poll: 10ms } }',
  incident: '{ open: 2 of 5, resolve_after: 20s, max_alert_age: 36500d, no_data: 1m, group_by: [] }',
});

/** A wall clock that stands still until it is moved. */
class Hand {
  at = Date.now();
  readonly now = (): number => this.at;
}

function silent(made: Ground): string[] {
  const reader = openReader(made.data);
  const found = reader.incidents({ pipeline: 'p', open: true, limit: 100 }).items.filter(({ state }) => state === 'NoData');
  reader.close();
  return found.flatMap(({ series }) => series).sort();
}

const withHand =
  (hand: Hand) =>
  (around: Surroundings): Surroundings => ({ ...around, clock: { ...around.clock, now: hand.now } });

function loops({ messages }: Ground): number {
  return messages.filter(({ type }) => type === 'status').length;
}

/** The loop has looked at the clock since. */
async function aLookLater(made: Ground): Promise<void> {
  const before = loops(made);
  await until(async () => (loops(made) > before + 1 ? true : undefined), 'the loop goes round');
}

async function read(made: Ground, records: number): Promise<void> {
  await until(
    async () => (made.messages.some((message) => message.type === 'status' && message.status.counts.records >= records) ? true : undefined),
    `${records} records`,
  );
}

describe('a series that falls silent', () => {
  it('is an incident in the state NoData after no_data of the clock, not before', async () => {
    const made = prepared(csv(90));
    const hand = new Hand();
    const stop = new AbortController();
    const running = made.run(options, stop.signal, withHand(hand));
    await read(made, 90);
    hand.at += MINUTE - 1;
    await aLookLater(made);
    expect(silent(made)).toEqual([]);
    hand.at += 1;
    await until(async () => (silent(made).length === 3 ? true : undefined), 'every series is silent');
    expect(silent(made)).toEqual(['s0', 's1', 's2']);
    stop.abort();
    await running;
  });

  it('is not called silent for the time in which the process did not run', async () => {
    const made = prepared(csv(90));
    const hand = new Hand();
    for (let life = 0; life < 2; life++) {
      const stop = new AbortController();
      made.messages.length = 0;
      const running = made.run(options, stop.signal, withHand(hand));
      await read(made, 90);
      await aLookLater(made);
      expect(silent(made)).toEqual([]);
      stop.abort();
      await running;
      hand.at += 10 * MINUTE;
    }
  });

  it('is not called silent for the time in which commits waited for room', async () => {
    const made = prepared(csv(90));
    const hand = new Hand();
    const stop = new AbortController();
    let isFull = true;
    const change = (around: Surroundings): Surroundings => ({
      ...withHand(hand)(around),
      history: overridden(around.history, 'append', (append) => (...args) => {
        if (isFull && args[1].length > 0) throw new HomeostatError('DISK_FULL', { path: 'history', detail: 'full' });
        return append(...args);
      }),
    });
    const running = made.run(options, stop.signal, change);
    await until(async () => saidOf(made, 'history').find(({ condition }) => condition === 'degraded'), 'the history is full');
    hand.at += 10 * MINUTE;
    isFull = false;
    await until(async () => saidOf(made, 'history').find(({ condition }) => condition === 'ok'), 'the history has room');
    await read(made, 90);
    await aLookLater(made);
    expect(silent(made)).toEqual([]);
    hand.at += MINUTE;
    await until(async () => (silent(made).length === 3 ? true : undefined), 'every series is silent');
    stop.abort();
    await running;
  });
});
