/** The small parts of a run: ports, meter, health, committer's interval and the queue of the sinks. */
import { describe, expect, it } from 'vitest';
import type { JsonValue, Sink } from '../core/contracts.ts';
import { SeriesDictionary } from '../core/events.ts';
import { emptyVerdicts, verdictTexts, type VerdictBatch } from '../core/verdicts.ts';
import { HealthBoard } from './health.ts';
import { Meter } from './meter.ts';
import { backoff, pause, SteadyClock } from './ports.ts';
import { decodeVerdicts, encodeVerdicts, SinkQueue } from './sinks.ts';

const never = new AbortController().signal;

describe('backoff', () => {
  it('doubles from the base, stays within half and whole of it, and never goes beyond its bound', () => {
    for (const random of [0, 0.5, 0.999999]) {
      for (let attempt = 1; attempt <= 2_000; attempt++) {
        const whole = Math.min(30_000, 500 * 2 ** Math.min(attempt - 1, 30));
        const delay = backoff(attempt, 500, 30_000, () => random);
        expect(delay).toBeGreaterThanOrEqual(whole / 2);
        expect(delay).toBeLessThanOrEqual(whole);
      }
    }
  });
});

describe('pause', () => {
  it('ends at once where the signal has aborted, and as soon as it does', async () => {
    const controller = new AbortController();
    const paused = pause(1e9, controller.signal);
    controller.abort();
    await paused;
    await pause(1e9, controller.signal);
  });
});

describe('the steady clock', () => {
  it('follows the wall clock, stands still where that jumps back, and begins no earlier than what was committed', () => {
    let wall = 1000;
    const clock = new SteadyClock({ now: () => wall, monotonic: () => 0, random: () => 0 }, 5000);
    expect(clock.now()).toBe(5000);
    wall = 6000;
    expect(clock.now()).toBe(6000);
    wall = 10;
    expect(clock.now()).toBe(6000);
  });
});

describe('meter', () => {
  it('goes on from the committed totals, and smooths the rates over seconds', () => {
    let at = 0;
    const meter = new Meter({ now: () => 0, monotonic: () => at, random: () => 0 }, { events: 100 });
    expect(meter.counts).toMatchObject({ events: 100, verdicts: 0 });
    for (let second = 1; second <= 30; second++) {
      at = second * 1000;
      meter.counts.events += 50;
      meter.rates();
    }
    expect(meter.rates().events).toBeCloseTo(50, 1);
    meter.counts.events += 1e6;
    at += 100;
    expect(meter.rates().events, 'asked again too soon').toBeCloseTo(50, 1);
  });
});

describe('health', () => {
  it('is as bad as the worst part, where a sink that failed only degrades', () => {
    let now = 1;
    const board = new HealthBoard(() => now);
    board.set('source', 'ok');
    board.set('engine', 'ok');
    expect(board.overall()).toBe('ok');
    board.set('sink file#0', 'failed', 'down');
    expect(board.overall()).toBe('degraded');
    board.set('engine', 'failed', 'why');
    expect(board.overall()).toBe('failed');
    now = 2;
    board.set('engine', 'failed', 'another why');
    board.set('source', 'degraded');
    expect(board.list().map(({ part, since, reason }) => [part, since, reason])).toEqual([
      ['source', 2, ''],
      ['engine', 1, 'another why'],
      ['sink file#0', 1, 'down'],
    ]);
  });
});

function batchOf(length: number): VerdictBatch {
  const batch = Object.assign(emptyVerdicts(2, length), { length, stage: 'detect', detector: 'ema', config: 'c' });
  for (let i = 0; i < length; i++) {
    batch.offset[i] = 2 ** 40 + i;
    batch.score[i] = i === 0 ? NaN : i / 7;
    batch.idHigh[i] = batch.idLow[i] = 0xffffffff - i;
    batch.flags[i] = i % 4;
    batch.values[2 * i + 1] = -i;
  }
  return batch;
}

describe('what waits for the sinks', () => {
  it('is read back bit by bit', () => {
    const batch = batchOf(5);
    expect(decodeVerdicts(encodeVerdicts(batch))).toEqual(batch);
    batch.texts = verdictTexts(5);
    batch.texts.subject[3] = 'blk_"\u00e9';
    expect(decodeVerdicts(encodeVerdicts(batch))).toEqual(batch);
  });
});

describe('the queue of the sinks', () => {
  const clock = { now: () => 0, monotonic: () => 0, random: () => 0 };

  /** Notes what it is asked to do; its first `failures` writes fail. */
  function sinkOf(said: string[], name: string, failures = 0): { target: string; sink: Sink } {
    let flushed = 0;
    const sink: Sink = {
      open: async (resume: JsonValue | undefined) => void said.push(`${name} open ${resume === undefined ? 'new' : JSON.stringify(resume)}`),
      write: async ({ length }) => {
        if (failures-- > 0) throw new Error('down');
        said.push(`${name} write ${length}`);
      },
      flush: async () => ++flushed,
      close: async () => void said.push(`${name} close`),
    };
    return { target: name, sink };
  }

  const queueOf = (sinks: { target: string; sink: Sink }[], attempts: number, trouble: string[] = []): SinkQueue =>
    new SinkQueue(sinks, 'p', new SeriesDictionary(), clock, { backoff: 1, maxBackoff: 1, attempts }, (target, reason) => trouble.push(`${target}: ${reason}`));

  it('opens each where it stood, repeats what was pending, and says where each stands then', async () => {
    const said: string[] = [];
    const queue = queueOf([sinkOf(said, 'a'), sinkOf(said, 'b')], 3);
    await queue.open({ a: 7 }, encodeVerdicts(batchOf(4)), never);
    await queue.settled();
    expect(said).toEqual(['a open 7', 'b open new', 'a write 4', 'b write 4']);
    expect(queue.resume).toEqual({ a: 1, b: 2 });
  });

  it('tries again, and says when a sink fails and when it works again', async () => {
    const [said, trouble]: [string[], string[]] = [[], []];
    const queue = queueOf([sinkOf(said, 'a', 2)], 5, trouble);
    await queue.open(undefined, null, never);
    queue.deliver(batchOf(3), never);
    await queue.settled();
    expect(said).toEqual(['a open new', 'a write 3']);
    expect(trouble).toEqual(['a: ', 'a: down', 'a: down', 'a: ']);
  });

  it('gives up after its attempts, which every later look is told, and closes all the same', async () => {
    const said: string[] = [];
    const queue = queueOf([sinkOf(said, 'a', 100), sinkOf(said, 'b')], 3);
    await queue.open(undefined, null, never);
    queue.deliver(batchOf(3), never);
    await expect(queue.settled()).rejects.toMatchObject({ code: 'RECEIVER_FAILED', target: 'a' });
    await expect(queue.settled()).rejects.toThrow('down');
    await queue.close();
    expect(said).toEqual(['a open new', 'b open new', 'a close', 'b close']);
  });
});
