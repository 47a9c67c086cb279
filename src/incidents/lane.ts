/** The way to one receiver or action: bounded attempts at a time, in order within an incident, repeated with growing pauses up to an end. */
import type { Action, ActionIntent, Notice, Notifier, OutboxItem, OutboxResult, Outcome } from '../core/contracts.ts';
import { messageOf } from '../core/errors.ts';
import type { OutboxLimits } from './outbox.ts';

export interface Entry {
  item: OutboxItem;
  attempts: number;
  /** Clock at which it was first offered. */
  since: number;
  /** It may have left before, in an earlier run of the process. */
  repeated: boolean;
}

export interface LanePorts {
  now(): number;
  random(): number;
  /** The last word on an entry. */
  finished(entry: Entry, state: OutboxResult['state'], detail: string): void;
  /** An attempt ended; the receiver is well where `problem` is empty. */
  attempted(problem: string): void;
}

export class Lane {
  readonly #deliver: Notifier | Action;
  readonly #limits: OutboxLimits;
  readonly #ports: LanePorts;
  /** Entries by incident; the first of each is under way or waits for its next attempt. */
  readonly #chains = new Map<string, Entry[]>();
  readonly #ready: Entry[] = [];
  readonly #running = new Set<AbortController>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  #size = 0;
  #stopped = false;
  #idle: () => void = () => {};

  constructor(deliver: Notifier | Action, limits: OutboxLimits, ports: LanePorts) {
    this.#deliver = deliver;
    this.#limits = limits;
    this.#ports = ports;
  }

  get size(): number {
    return this.#size;
  }

  push(entry: Entry): void {
    const incident = entry.item.payload.incident.id;
    this.#size++;
    const chain = this.#chains.get(incident);
    if (chain !== undefined) chain.push(entry);
    else {
      this.#chains.set(incident, [entry]);
      this.#ready.push(entry);
      this.#pump();
    }
  }

  /** Begins no more repeats, lets what is ready leave for at most `graceMs`, then gives up what is under way. */
  async close(graceMs: number): Promise<void> {
    for (const pause of this.#pauses) clearTimeout(pause);
    this.#pauses.clear();
    if (this.#running.size + this.#ready.length > 0 && graceMs > 0) {
      await new Promise<void>((resolve) => {
        const limit = setTimeout(resolve, graceMs);
        this.#idle = () => {
          clearTimeout(limit);
          resolve();
        };
      });
    }
    this.#stopped = true;
    for (const controller of this.#running) controller.abort();
    this.#ready.length = 0;
  }

  #pump(): void {
    while (!this.#stopped && this.#running.size < this.#limits.inFlight && this.#ready.length > 0) void this.#attempt(this.#ready.shift()!);
    if (this.#running.size + this.#ready.length === 0) this.#idle();
  }

  async #attempt(entry: Entry): Promise<void> {
    const controller = new AbortController();
    this.#running.add(controller);
    entry.attempts++;
    const outcome = await this.#within(entry, controller);
    this.#running.delete(controller);
    if (this.#stopped) return;
    this.#ports.attempted(outcome.ok ? '' : outcome.detail);
    if (outcome.ok) this.#finish(entry, 'delivered', outcome.detail ?? '');
    else this.#again(entry, outcome);
    this.#pump();
  }

  /** One attempt, ended by the clock even where the receiver's code does not listen. */
  async #within(entry: Entry, controller: AbortController): Promise<Outcome> {
    const limit = 'run' in this.#deliver ? this.#deliver.timeout : this.#limits.attemptMs;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Outcome>((resolve) => {
      timer = setTimeout(() => {
        // Before the abort, which would be taken for the end of the process.
        resolve({ ok: false, detail: `no answer within ${limit} ms`, retry: true });
        controller.abort();
      }, limit);
      controller.signal.addEventListener('abort', () => resolve({ ok: false, detail: 'the process ends', retry: true }), { once: true });
    });
    try {
      return await Promise.race([this.#send(entry, controller.signal), late]);
    } catch (thrown) {
      return { ok: false, detail: messageOf(thrown), retry: true };
    } finally {
      clearTimeout(timer);
    }
  }

  #send({ item, attempts, repeated }: Entry, signal: AbortSignal): Promise<Outcome> {
    if ('run' in this.#deliver) return this.#deliver.run(item.payload as ActionIntent, signal);
    return this.#deliver.send({ ...(item.payload as Notice), repeated: repeated || attempts > 1 }, signal);
  }

  #again(entry: Entry, outcome: Extract<Outcome, { ok: false }>): void {
    const { maxAge, maxAttempts, backoff, maxBackoff } = this.#limits;
    if (!outcome.retry) return this.#finish(entry, 'failed', outcome.detail);
    if ('run' in this.#deliver && !this.#deliver.idempotent)
      return this.#finish(entry, 'unknown', `${outcome.detail}; it may have acted, and is not run again`);
    // Full jitter (Brooker, "Exponential backoff and jitter"): many that failed together do not come back together.
    const jittered = this.#ports.random() * Math.min(maxBackoff, backoff * 2 ** Math.min(entry.attempts, 30));
    const pause = Math.max(jittered, outcome.retryAfter ?? 0);
    if (entry.attempts >= maxAttempts || this.#ports.now() + pause > entry.since + maxAge) {
      return this.#finish(entry, 'failed', `given up after ${entry.attempts} attempts: ${outcome.detail}`);
    }
    const timer = setTimeout(() => {
      this.#pauses.delete(timer);
      this.#ready.push(entry);
      this.#pump();
    }, pause);
    this.#pauses.add(timer);
  }

  #finish(entry: Entry, state: OutboxResult['state'], detail: string): void {
    const incident = entry.item.payload.incident.id;
    const chain = this.#chains.get(incident)!;
    chain.shift();
    this.#size--;
    if (chain.length > 0) this.#ready.push(chain[0]);
    else this.#chains.delete(incident);
    this.#ports.finished(entry, state, detail);
  }
}
