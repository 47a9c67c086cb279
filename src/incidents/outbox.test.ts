import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { PartHealth } from '../core/api.ts';
import type { Action, Notice, Notifier, OutboxResult, Outcome } from '../core/contracts.ts';
import { offeredAction, offeredNotice } from './notice.fixture.ts';
import { webhook } from './notifiers/webhook.ts';
import { Outbox, type OutboxLimits, type OutboxPorts } from './outbox.ts';
import { dropConnection, hang, Receiver, status } from './receiver.fixture.ts';

const QUICK: Partial<OutboxLimits> = { backoff: 5, maxBackoff: 20 };

class Bench {
  readonly results: OutboxResult[] = [];
  readonly parts: PartHealth[] = [];
  readonly outbox: Outbox;
  #waiting: (() => void)[] = [];

  constructor(deliver: Record<string, Notifier | Action>, limits: Partial<OutboxLimits> = QUICK, more: Partial<OutboxPorts> = {}) {
    this.outbox = new Outbox({
      deliver: new Map(Object.entries(deliver)),
      now: Date.now,
      random: () => 1,
      done: (result) => {
        this.results.push(result);
        for (const wake of this.#waiting.splice(0)) wake();
      },
      report: (part) => this.parts.push(part),
      limits,
      ...more,
    });
    onTestFinished(() => this.outbox.close(0));
  }

  async done(count: number): Promise<OutboxResult[]> {
    while (this.results.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.results;
  }
}

/** A receiver in memory; `answer` decides by the number of the attempt, from 1. */
function memory(answer: (attempt: number, notice: Notice) => Outcome | Promise<Outcome>): Notifier & { notices: Notice[] } {
  const notices: Notice[] = [];
  return { name: 'memory', notices, send: async (notice) => answer(notices.push(notice), notice) };
}

const ok: Outcome = { ok: true };

describe('Outbox', () => {
  it('sends each key once, whoever offers it how often', async () => {
    const receiver = memory(() => ok);
    const bench = new Bench({ 'memory#0': receiver });
    const items = ['a', 'b', 'c'].map((key) => offeredNotice(key, 'memory#0', key));
    bench.outbox.add(items);
    bench.outbox.add(items);
    await bench.done(3);
    bench.outbox.add(items);
    expect((await bench.done(6)).map(({ key, state }) => `${key} ${state}`).sort()).toEqual([
      'a delivered',
      'a delivered',
      'b delivered',
      'b delivered',
      'c delivered',
      'c delivered',
    ]);
    expect(receiver.notices.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
  });

  it('keeps the order within an incident while it retries, and does not hold up other incidents', async () => {
    const receiver = memory((attempt, { key }) => (key === 'a1' && attempt < 5 ? { ok: false, detail: 'not now', retry: true } : ok));
    const bench = new Bench({ 'memory#0': receiver });
    bench.outbox.add([offeredNotice('a1', 'memory#0', 'a'), offeredNotice('a2', 'memory#0', 'a'), offeredNotice('b1', 'memory#0', 'b')]);
    const results = await bench.done(3);
    expect(results[0].key).toBe('b1');
    expect(results.map(({ key }) => key).filter((key) => key !== 'b1')).toEqual(['a1', 'a2']);
    expect(
      receiver.notices
        .filter(({ key }) => key === 'a1')
        .map(({ repeated }) => repeated)
        .slice(0, 2),
    ).toEqual([false, true]);
  });

  it('says that a notice of an earlier run may have been sent before', async () => {
    const receiver = memory(() => ok);
    const bench = new Bench({ 'memory#0': receiver });
    bench.outbox.add([offeredNotice('old', 'memory#0', 'a', 1), offeredNotice('new', 'memory#0', 'b')]);
    await bench.done(2);
    expect(Object.fromEntries(receiver.notices.map(({ key, repeated }) => [key, repeated]))).toEqual({ old: true, new: false });
  });

  it('ends: after so many attempts or so long an item has failed', async () => {
    const never = memory(() => ({ ok: false, detail: 'HTTP 503', retry: true }));
    const bench = new Bench({ 'memory#0': never }, { ...QUICK, maxAttempts: 3 });
    bench.outbox.add([offeredNotice('a', 'memory#0')]);
    expect((await bench.done(1))[0]).toMatchObject({ state: 'failed', attempts: 3, detail: 'given up after 3 attempts: HTTP 503' });
    const asked = memory(() => ({ ok: false, detail: 'HTTP 429', retry: true, retryAfter: 10_000 }));
    const short = new Bench({ 'memory#0': asked }, { ...QUICK, maxAge: 5_000 });
    short.outbox.add([offeredNotice('a', 'memory#0')]);
    expect((await short.done(1))[0]).toMatchObject({ state: 'failed', attempts: 1 });
  });

  it('gives up an attempt whose receiver does not listen to the end of its time', async () => {
    const deaf = memory((attempt) => (attempt === 1 ? new Promise<Outcome>(() => {}) : ok));
    const bench = new Bench({ 'memory#0': deaf }, { ...QUICK, attemptMs: 30 });
    bench.outbox.add([offeredNotice('a', 'memory#0')]);
    expect((await bench.done(1))[0]).toMatchObject({ state: 'delivered', attempts: 2 });
  });

  it('fails what is meant for a receiver that is not configured any more', async () => {
    const bench = new Bench({});
    bench.outbox.add([offeredNotice('a', 'webhook#7')]);
    expect((await bench.done(1))[0]).toMatchObject({ state: 'failed', detail: 'no receiver webhook#7 is configured' });
  });

  it('holds no more than its bound, leaves the rest in the ledger and asks for it when there is room', async () => {
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const slow = memory(async () => {
      await gate;
      return ok;
    });
    const items = Array.from({ length: 10 }, (_, i) => offeredNotice(`k${i}`, 'memory#0', `i${i}`));
    const bench: Bench = new Bench(
      { 'memory#0': slow },
      { ...QUICK, queue: 4, inFlight: 2 },
      { ask: () => bench.outbox.add(items.map((item) => ({ ...item, attempts: 1 }))) },
    );
    bench.outbox.add(items);
    expect(slow.notices.length).toBe(2);
    release();
    while (new Set(bench.results.map(({ key }) => key)).size < 10) await bench.done(bench.results.length + 1);
    expect(slow.notices.map(({ key }) => key).sort()).toEqual(items.map(({ key }) => key).sort());
    expect(slow.notices.every(({ repeated }) => !repeated)).toBe(true);
  });

  it('lets what is ready leave when it closes, and leaves what waits for another attempt to the next start', async () => {
    const receiver = memory((_, { key }) => (key === 'bad' ? { ok: false, detail: 'no', retry: true } : ok));
    const bench = new Bench({ 'memory#0': receiver }, { backoff: 60_000, maxBackoff: 60_000, inFlight: 1 });
    bench.outbox.add([offeredNotice('bad', 'memory#0', 'a'), offeredNotice('good', 'memory#0', 'b'), offeredNotice('good too', 'memory#0', 'c')]);
    await bench.outbox.close(5_000);
    expect(bench.results.map(({ key }) => key)).toEqual(['good', 'good too']);
  });
});

describe('Outbox, for actions', () => {
  const action = (idempotent: boolean, run: (attempt: number) => Outcome | Promise<Outcome>): Action & { runs: number } => {
    const made = { name: 'act', idempotent, timeout: 1_000, runs: 0, run: async () => run(++made.runs) };
    return made;
  };

  it('never runs one again whose outcome is unknown, unless it is idempotent', async () => {
    const once = action(false, () => ok);
    const often = action(true, () => ok);
    const bench = new Bench({ 'action once#0': once, 'action often#1': often });
    bench.outbox.add([offeredAction('a', 'action once#0', 1), offeredAction('b', 'action often#1', 1), offeredAction('c', 'action once#0')]);
    const states = Object.fromEntries((await bench.done(3)).map(({ key, state }) => [key, state]));
    expect(states).toEqual({ a: 'unknown', b: 'delivered', c: 'delivered' });
    expect([once.runs, often.runs]).toEqual([1, 1]);
  });

  it('repeats a failed one only when it is idempotent', async () => {
    const fails = (attempt: number): Outcome => (attempt === 1 ? { ok: false, detail: 'connection lost', retry: true } : ok);
    const once = action(false, fails);
    const often = action(true, fails);
    const bench = new Bench({ 'action once#0': once, 'action often#1': often });
    bench.outbox.add([offeredAction('a', 'action once#0'), offeredAction('b', 'action often#1')]);
    const states = Object.fromEntries((await bench.done(2)).map(({ key, state, attempts }) => [key, `${state} ${attempts}`]));
    expect(states).toEqual({ a: 'unknown 1', b: 'delivered 2' });
  });

  it('says later whether it helped', async () => {
    const helps = { ...action(false, () => ({ ok: true, detail: 'restarted' })), check: () => Promise.resolve('helped after 3 s') };
    const bench = new Bench({ 'action once#0': helps });
    bench.outbox.add([offeredAction('a', 'action once#0')]);
    expect((await bench.done(2)).map(({ state, detail }) => `${state}: ${detail}`)).toEqual(['delivered: restarted', 'delivered: restarted; helped after 3 s']);
  });
});

describe('Outbox, with webhooks', () => {
  let receiver: Receiver;
  let url: string;

  beforeEach(async () => {
    receiver = new Receiver();
    url = await receiver.start();
  });
  afterEach(() => receiver.stop());

  const notifier = (options: { timeout?: number; secret?: string; url?: string } = {}): Notifier =>
    webhook.create(
      {
        url,
        secret: '',
        timeout: 2_000,
        headers: {},
        method: 'POST',
        content_type: 'application/json',
        array: false,
        external_url: 'http://127.0.0.1:7070',
        ...options,
      },
      { target: 'webhook#0', log: () => {} },
    );

  it('tries again after 500, a closed connection and a silent receiver, with the same key, until it is taken once', async () => {
    receiver.answers = [status(500), dropConnection, hang];
    const bench = new Bench({ 'webhook#0': notifier({ timeout: 1_000 }) });
    bench.outbox.add([offeredNotice('a', 'webhook#0')]);
    expect((await bench.done(1))[0]).toMatchObject({ state: 'delivered', attempts: 4, detail: 'HTTP 200' });
    expect(receiver.times('a')).toBe(4);
    expect(receiver.received.map(({ body }) => (JSON.parse(body) as { commonAnnotations: { repeated?: string } }).commonAnnotations.repeated)).toEqual([
      undefined,
      'true',
      'true',
      'true',
    ]);
  });

  it('waits as long as Retry-After says', async () => {
    receiver.answers = [status(429, { 'retry-after': '1' })];
    const bench = new Bench({ 'webhook#0': notifier() });
    const began = performance.now();
    bench.outbox.add([offeredNotice('a', 'webhook#0')]);
    expect((await bench.done(1))[0]).toMatchObject({ state: 'delivered', attempts: 2 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(990);
  });

  it('does not try again what the receiver refuses', async () => {
    receiver.answers = [status(400)];
    const bench = new Bench({ 'webhook#0': notifier() });
    bench.outbox.add([offeredNotice('a', 'webhook#0')]);
    expect((await bench.done(1))[0]).toMatchObject({ state: 'failed', attempts: 1, detail: 'HTTP 400 Bad Request' });
  });

  it('never lets a receiver that hangs delay another, and says since when it does not answer', async () => {
    receiver.always = hang;
    const quick = memory(() => ok);
    const bench = new Bench({ 'webhook#0': notifier({ timeout: 200 }), 'memory#1': quick });
    bench.outbox.add(Array.from({ length: 20 }, (_, i) => offeredNotice(`h${i}`, 'webhook#0', `i${i}`)));
    bench.outbox.add(Array.from({ length: 20 }, (_, i) => offeredNotice(`q${i}`, 'memory#1', `i${i}`)));
    await bench.done(20);
    expect(quick.notices.length).toBe(20);
    while (bench.parts.length === 0) await receiver.arrived(receiver.received.length + 1);
    expect(bench.parts[0]).toMatchObject({ part: 'receiver webhook#0', condition: 'degraded', reason: 'no answer within 200 ms' });
  });

  it('says that a receiver is well again', async () => {
    receiver.answers = [status(503)];
    const bench = new Bench({ 'webhook#0': notifier() });
    bench.outbox.add([offeredNotice('a', 'webhook#0')]);
    await bench.done(1);
    expect(bench.parts.map(({ condition }) => condition)).toEqual(['degraded', 'ok']);
  });
});
