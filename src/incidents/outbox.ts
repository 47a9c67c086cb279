/**
 * Sends what commits have put into the outbox: notices at least once, marked when they may have left before; actions at
 * most once unless they are idempotent. Each receiver has a lane of its own, so that one that hangs delays no other.
 * What does not fit stays in the ledger, and is asked for again when there is room.
 */
import type { PartHealth } from '../core/api.ts';
import type { Action, Notifier, OutboxItem, OutboxResult } from '../core/contracts.ts';
import { messageOf } from '../core/errors.ts';
import { faultPoint } from '../core/faults.ts';
import type { Pacing } from './delivery.ts';
import { Lane, type Entry } from './lane.ts';

export interface OutboxLimits {
  /** Attempts under way at a time, per receiver. */
  inFlight: number;
  /** Entries held per receiver; the rest stays in the ledger. */
  queue: number;
  /** Longest time of one attempt to send a notice, ms; an action names its own. */
  attemptMs: number;
  /** An entry is given up so long (ms) after its first attempt, or after so many of them. */
  maxAge: number;
  maxAttempts: number;
  /** First and longest pause between two attempts, ms. */
  backoff: number;
  maxBackoff: number;
}

export const OUTBOX_LIMITS: OutboxLimits = {
  inFlight: 4,
  queue: 1_000,
  attemptMs: 30_000,
  maxAge: 3_600_000,
  maxAttempts: 50,
  backoff: 500,
  maxBackoff: 120_000,
};

/** So many results are remembered, for an engine that asks again before it has written them down. */
const REMEMBERED = 10_000;

export interface OutboxPorts {
  deliver: ReadonlyMap<string, Notifier | Action>;
  /** How receivers may be disturbed; without, each notice leaves at once. */
  pacing?: ReadonlyMap<string, Pacing>;
  /** Wall clock, ms. */
  now(): number;
  /** What pauses and ages are measured with, ms; the wall clock unless told otherwise. */
  monotonic?(): number;
  random(): number;
  /** What became of an item; called again with a longer detail once it is known whether an action helped. */
  done(result: OutboxResult): void;
  report(part: PartHealth): void;
  /** There is room for what was left in the ledger: offer it again. Without it that leaves at the next start. */
  ask?(): void;
  limits?: Partial<OutboxLimits>;
}

/** `attempts` above 0 says that an earlier run of the process may have begun it. */
export type Offered = OutboxItem & { attempts: number };

export class Outbox {
  readonly #ports: OutboxPorts;
  readonly #limits: OutboxLimits;
  readonly #lanes = new Map<string, Lane>();
  readonly #conditions = new Map<string, PartHealth['condition']>();
  readonly #held = new Set<string>();
  readonly #results = new Map<string, OutboxResult>();
  /** Keys left in the ledger that this process was the first to see: nobody has begun them. */
  readonly #untouched = new Set<string>();
  readonly #checks = new AbortController();
  /** Receivers of which something was left in the ledger. */
  readonly #overflowed = new Set<string>();
  #closed = false;

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
    this.#limits = { ...OUTBOX_LIMITS, ...ports.limits };
    for (const [target, deliver] of ports.deliver) {
      this.#lanes.set(
        target,
        new Lane(
          deliver,
          this.#limits,
          {
            now: () => this.#monotonic(),
            random: () => ports.random(),
            finished: (entry, state, detail) => this.#finished(entry, state, detail),
            attempted: (problem) => this.#condition(target, problem),
          },
          ports.pacing?.get(target),
        ),
      );
    }
  }

  /** Takes items of a commit, or those that the ledger still holds; what it knows already is not begun again. */
  add(items: readonly Offered[]): void {
    if (this.#closed) return;
    for (const item of items) {
      if (this.#held.has(item.key)) continue;
      const result = this.#results.get(item.key);
      if (result === undefined) this.#take(item);
      else this.#ports.done(result);
    }
  }

  /** Lets what is ready leave for at most `graceMs`; what has not left is still in the ledger. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#checks.abort();
    await Promise.all(Array.from(this.#lanes.values(), (lane) => lane.close(graceMs)));
    for (const deliver of this.#ports.deliver.values()) if ('send' in deliver) deliver.close?.();
  }

  #monotonic(): number {
    return this.#ports.monotonic?.() ?? this.#ports.now();
  }

  #take(item: Offered): void {
    const { target, key } = item;
    const lane = this.#lanes.get(target);
    const entry: Entry = { item, attempts: 0, offered: this.#monotonic(), repeated: item.attempts > 0 && !this.#untouched.has(key) };
    if (lane === undefined) return this.#result(entry, 'failed', `no ${item.kind === 'action' ? 'action' : 'receiver'} ${target} is configured`);
    const deliver = this.#ports.deliver.get(target)!;
    if (entry.repeated && 'run' in deliver && !deliver.idempotent) {
      return this.#result(entry, 'unknown', 'the process ended while it ran; it is not run again, because running it twice may do harm');
    }
    if (lane.size >= this.#limits.queue) {
      this.#overflowed.add(target);
      if (item.attempts === 0 && this.#untouched.size < REMEMBERED) this.#untouched.add(key);
      return;
    }
    this.#untouched.delete(key);
    this.#held.add(key);
    lane.push(entry);
  }

  #finished(entry: Entry, state: OutboxResult['state'], detail: string): void {
    if (state === 'delivered') faultPoint('outbox-sent');
    this.#held.delete(entry.item.key);
    this.#result(entry, state, detail);
    if (state === 'delivered') void this.#check(entry, detail);
    const { target } = entry.item;
    if (this.#closed || !this.#overflowed.has(target) || this.#lanes.get(target)!.size > this.#limits.queue / 2) return;
    this.#overflowed.delete(target);
    this.#ports.ask?.();
  }

  #result({ item, attempts }: Entry, state: OutboxResult['state'], detail: string): void {
    const result: OutboxResult = { key: item.key, pipeline: item.pipeline, state, attempts, detail, at: this.#ports.now() };
    this.#results.delete(item.key);
    this.#results.set(item.key, result);
    if (this.#results.size > REMEMBERED) this.#results.delete(this.#results.keys().next().value!);
    this.#ports.done(result);
  }

  /** Whether an action helped is known only later. */
  async #check(entry: Entry, detail: string): Promise<void> {
    const deliver = this.#ports.deliver.get(entry.item.target);
    if (deliver === undefined || !('run' in deliver) || deliver.check === undefined) return;
    let said: string;
    try {
      said = await deliver.check(entry.item.payload as never, this.#checks.signal);
    } catch (thrown) {
      said = `whether it helped is not known: ${messageOf(thrown)}`;
    }
    if (!this.#closed) this.#result(entry, 'delivered', detail === '' ? said : `${detail}; ${said}`);
  }

  #condition(target: string, problem: string): void {
    const condition = problem === '' ? 'ok' : 'degraded';
    if ((this.#conditions.get(target) ?? 'ok') === condition) return;
    this.#conditions.set(target, condition);
    const part = 'run' in this.#ports.deliver.get(target)! ? target : `receiver ${target}`;
    this.#ports.report({ part, condition, reason: problem, since: this.#ports.now() });
  }
}
