import { describe, expect, it, onTestFinished } from 'vitest';
import type { Notice, Notifier, OutboxResult, Outcome } from '../core/contracts.ts';
import { Bucket } from './bucket.ts';
import type { Pacing } from './delivery.ts';
import { incidentOf, noticeOf, offeredNotice } from './notice.fixture.ts';
import { Outbox, type Offered, type OutboxLimits } from './outbox.ts';

const ok: Outcome = { ok: true };
const FREE: Pacing = { rate: 0, burst: 1, wait: 0 };

/** A receiver in memory that takes several notices at once, and notes each message; `answer` decides by its number, from 1. */
class Together implements Notifier {
  readonly name = 'together';
  readonly messages: Notice[][] = [];
  readonly times: number[] = [];
  answer: (message: number, notices: readonly Notice[]) => Outcome = () => ok;

  async send(notice: Notice): Promise<Outcome> {
    return this.sendTogether([notice]);
  }

  async sendTogether(notices: readonly Notice[]): Promise<Outcome> {
    this.times.push(Date.now());
    return this.answer(this.messages.push([...notices]), notices);
  }

  get keys(): string[][] {
    return this.messages.map((message) => message.map(({ key }) => key));
  }
}

function alone(receiver: Together): Notifier {
  return { name: 'alone', send: (notice) => receiver.send(notice) };
}

class Bench {
  readonly results: OutboxResult[] = [];
  readonly outbox: Outbox;
  #waiting: (() => void)[] = [];

  constructor(receiver: Notifier, pacing: Partial<Pacing>, limits: Partial<OutboxLimits> = {}) {
    this.outbox = new Outbox({
      deliver: new Map([['r#0', receiver]]),
      pacing: new Map([['r#0', { ...FREE, ...pacing }]]),
      now: Date.now,
      random: () => 1,
      done: (result) => {
        this.results.push(result);
        for (const wake of this.#waiting.splice(0)) wake();
      },
      report: () => {},
      limits: { backoff: 5, maxBackoff: 20, ...limits },
    });
    onTestFinished(() => this.outbox.close(0));
  }

  async done(count: number): Promise<OutboxResult[]> {
    while (this.results.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.results;
  }
}

const storm = (count: number, from = 0): Offered[] => Array.from({ length: count }, (_, i) => offeredNotice(`k${from + i}`, 'r#0', `i${from + i}`));
const keysOf = (items: readonly { key: string }[]): string[] => items.map(({ key }) => key).sort();

describe('a token bucket', () => {
  it('gives its burst at once, then one after the other, and forgets no time', () => {
    const bucket = new Bucket(2, 3);
    for (let i = 0; i < 3; i++) {
      expect(bucket.freeAt(1_000)).toBe(1_000);
      bucket.take(1_000);
    }
    expect(bucket.freeAt(1_000)).toBe(1_500);
    expect(bucket.freeAt(1_250)).toBe(1_500);
    expect(bucket.freeAt(1_500)).toBe(1_500);
    bucket.take(1_500);
    expect(bucket.freeAt(1_500)).toBe(2_000);
    expect(bucket.freeAt(60_000)).toBe(60_000);
  });

  it('neither gives nor holds back when the clock jumps back', () => {
    const bucket = new Bucket(1, 1);
    bucket.take(10_000);
    expect(bucket.freeAt(5_000)).toBe(6_000);
  });
});

describe('rate limit', () => {
  it('lets the burst leave, and what is beyond it in one message when the limit frees', async () => {
    const receiver = new Together();
    const bench = new Bench(receiver, { rate: 10, burst: 3 });
    bench.outbox.add(storm(30));
    const results = await bench.done(30);
    expect(receiver.messages.map((message) => message.length)).toEqual([1, 1, 1, 27]);
    expect(receiver.times[3] - receiver.times[0]).toBeGreaterThanOrEqual(80);
    expect(keysOf(results)).toEqual(keysOf(storm(30)));
    expect(results.at(-1)).toMatchObject({ state: 'delivered', detail: ', with 26 others in one message' });
  });

  it('paces a receiver that takes one at a time, and loses nothing', async () => {
    const receiver = new Together();
    const bench = new Bench(alone(receiver), { rate: 50, burst: 2 });
    const began = Date.now();
    bench.outbox.add(storm(8));
    await bench.done(8);
    expect(receiver.messages.length).toBe(8);
    // Six of them wait for 20 ms each; the first may be late on a busy machine.
    expect(receiver.times[7] - began).toBeGreaterThanOrEqual(115);
  });

  it('does not let the time in which it waits count against a notice', async () => {
    const receiver = new Together();
    const bench = new Bench(alone(receiver), { rate: 10, burst: 1 }, { maxAge: 50 });
    bench.outbox.add(storm(3));
    expect((await bench.done(3)).map(({ state }) => state)).toEqual(['delivered', 'delivered', 'delivered']);
  });

  it('leaves to the next start what may not leave at the end, and marks it there', async () => {
    const receiver = new Together();
    const first = new Bench(receiver, { rate: 0.001, burst: 2 });
    first.outbox.add(storm(5));
    await first.done(2);
    await first.outbox.close(1_000);
    expect(first.results.length).toBe(2);
    const told = new Set(first.results.map(({ key }) => key));
    const second = new Bench(receiver, { rate: 0.001, burst: 3 });
    second.outbox.add(
      storm(5)
        .filter(({ key }) => !told.has(key))
        .map((item) => ({ ...item, attempts: 1 })),
    );
    await second.done(3);
    expect(receiver.keys.flat().sort()).toEqual(keysOf(storm(5)));
    expect(receiver.messages.slice(2).every((message) => message.every(({ repeated }) => repeated))).toBe(true);
  });
});

describe('grouping', () => {
  it('sends together what comes within the wait, an incident in its order', async () => {
    const receiver = new Together();
    const bench = new Bench(receiver, { wait: 60 });
    bench.outbox.add(storm(2));
    const over = noticeOf('k0-over', incidentOf('i0', { state: 'Normal' }), 'resolved');
    bench.outbox.add([{ ...storm(1)[0], key: over.key, payload: over }]);
    await bench.done(3);
    expect(receiver.messages.length).toBe(1);
    expect(receiver.keys[0].indexOf('k0')).toBeLessThan(receiver.keys[0].indexOf('k0-over'));
  });

  it('does not wait at the end', async () => {
    const receiver = new Together();
    const bench = new Bench(receiver, { wait: 60_000 });
    bench.outbox.add(storm(3));
    await bench.outbox.close(1_000);
    expect(receiver.keys).toEqual([['k0', 'k1', 'k2']]);
    expect(bench.results.length).toBe(3);
  });

  it('repeats a message whole, so that it has the same key, and marks it', async () => {
    const receiver = new Together();
    receiver.answer = (message) => (message < 3 ? { ok: false, detail: 'HTTP 503', retry: true } : ok);
    const bench = new Bench(receiver, { wait: 20 });
    bench.outbox.add(storm(4));
    await bench.done(4);
    bench.outbox.add(storm(2, 10));
    await bench.done(6);
    expect(receiver.keys.slice(0, 3)).toEqual(Array.from({ length: 3 }, () => ['k0', 'k1', 'k2', 'k3']));
    expect(receiver.messages.slice(0, 4).map(([{ repeated }]) => repeated)).toEqual([false, true, true, false]);
  });

  it('sends one by one what was refused together, so that one bad notice takes no other with it', async () => {
    const receiver = new Together();
    receiver.answer = (_, notices) => (notices.some(({ key }) => key === 'k1') ? { ok: false, detail: 'HTTP 400', retry: false } : ok);
    const bench = new Bench(receiver, { wait: 20 });
    bench.outbox.add(storm(3));
    const results = await bench.done(3);
    expect(Object.fromEntries(results.map(({ key, state }) => [key, state]))).toEqual({ k0: 'delivered', k1: 'failed', k2: 'delivered' });
  });

  it('puts at most a hundred into one message', async () => {
    const receiver = new Together();
    const bench = new Bench(receiver, { wait: 20 });
    bench.outbox.add(storm(250));
    await bench.done(250);
    expect(receiver.messages.map((message) => message.length)).toEqual([100, 100, 50]);
  });
});

it('a receiver that asks to be left alone is left alone with everything', async () => {
  const receiver = new Together();
  receiver.answer = (message) => (message === 1 ? { ok: false, detail: 'HTTP 429', retry: true, retryAfter: 150 } : ok);
  const bench = new Bench(receiver, {}, { inFlight: 1 });
  bench.outbox.add(storm(1));
  await Promise.resolve();
  bench.outbox.add(storm(3, 1));
  await bench.done(4);
  expect(receiver.times[1] - receiver.times[0]).toBeGreaterThanOrEqual(145);
});

it('a receiver that hangs does not keep another from what waits for it in the ledger', async () => {
  const quick = new Together();
  const hanging: Notifier = { name: 'hanging', send: () => new Promise<Outcome>(() => {}) };
  const items = [...storm(20), ...storm(20).map((item) => ({ ...item, key: `h${item.key}`, target: 'h#1' }))];
  const delivered = new Set<string>();
  let finish: () => void = () => {};
  const all = new Promise<void>((resolve) => (finish = resolve));
  const outbox: Outbox = new Outbox({
    deliver: new Map<string, Notifier>([
      ['r#0', alone(quick)],
      ['h#1', hanging],
    ]),
    now: Date.now,
    random: () => 1,
    done: ({ key }) => {
      delivered.add(key);
      if (delivered.size === 20) finish();
    },
    report: () => {},
    ask: () => outbox.add(items),
    limits: { queue: 4, inFlight: 1 },
  });
  onTestFinished(() => outbox.close(0));
  outbox.add(items);
  await all;
  expect([...delivered].every((key) => key.startsWith('k'))).toBe(true);
});

describe('a clock that is set while a notice is on its way', () => {
  /** The receiver is busy `busy` times; the clock jumps at the last of them, or while the notice waits for its first attempt. */
  async function delivered(jump: number, pacing: Partial<Pacing>, busy: number): Promise<OutboxResult> {
    const receiver = new Together();
    let shift = 0;
    receiver.answer = (message) => {
      if (message === busy) shift = jump;
      return message <= busy ? { ok: false, detail: 'busy', retry: true } : ok;
    };
    const outbox = await new Promise<[Outbox, OutboxResult]>((resolve) => {
      const made: Outbox = new Outbox({
        deliver: new Map([['r#0', receiver]]),
        pacing: new Map([['r#0', { ...FREE, ...pacing }]]),
        now: () => Date.now() + shift,
        monotonic: () => performance.now(),
        random: () => 1,
        done: (result) => resolve([made, result]),
        report: () => {},
        limits: { backoff: 5, maxBackoff: 20 },
      });
      made.add(storm(1));
      if (busy === 0) shift = jump;
    });
    await outbox[0].close(0);
    return outbox[1];
  }

  it('does not hold it back when it is set back', async () => {
    expect(await delivered(-86_400_000, { wait: 30 }, 0)).toMatchObject({ state: 'delivered' });
  });

  it('does not have it given up when it is set forward', async () => {
    expect(await delivered(86_400_000, {}, 2)).toMatchObject({ state: 'delivered', attempts: 3 });
  });
});
