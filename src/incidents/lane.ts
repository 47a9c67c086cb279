/**
 * The way to one receiver or action: bounded attempts at a time, in order within an incident, repeated with growing pauses up to an end.
 * Where the receiver takes several notices in one message, those that wait leave together.
 */
import type { Action, ActionIntent, Notice, Notifier, OutboxItem, OutboxResult, Outcome } from '../core/contracts.ts';
import { messageOf } from '../core/errors.ts';
import { Bucket } from './bucket.ts';
import type { Pacing } from './delivery.ts';
import type { OutboxLimits } from './outbox.ts';

export interface Entry {
  item: OutboxItem;
  attempts: number;
  /** Clock at which it was offered. */
  offered: number;
  /** It may have left before, in an earlier run of the process. */
  repeated: boolean;
}

export interface LanePorts {
  /** Monotonic, ms: no pause gets longer and nothing is given up because the clock is set. */
  now(): number;
  random(): number;
  /** The last word on an entry. */
  finished(entry: Entry, state: OutboxResult['state'], detail: string): void;
  /** An attempt ended; the receiver is well where `problem` is empty. */
  attempted(problem: string): void;
}

/** The entries of one incident in their order; those under way are the first of them. */
interface Chain {
  readonly entries: Entry[];
  /** A message that held them was refused as a whole: they leave one by one. */
  alone: boolean;
}

/** What leaves in one message; it stays together over its repeats, so that they have the same key. */
interface Parcel {
  readonly entries: readonly Entry[];
  /** Clock at the end of its first attempt: its time to be delivered runs from there. */
  since: number;
}

/** Most notices in one message. */
const MOST = 100;

const UNPACED: Pacing = { rate: 0, burst: 1, wait: 0 };

export class Lane {
  readonly #deliver: Notifier | Action;
  readonly #limits: OutboxLimits;
  readonly #ports: LanePorts;
  readonly #wait: number;
  readonly #bucket: Bucket;
  readonly #chains = new Map<string, Chain>();
  /** Chains of which nothing is under way. */
  readonly #ready: Chain[] = [];
  /** Due for another attempt. */
  readonly #again: Parcel[] = [];
  readonly #running = new Set<AbortController>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  #waking: NodeJS.Timeout | undefined;
  /** The receiver has asked to be left alone until then. */
  #quietUntil = -Infinity;
  #size = 0;
  #closing = false;
  #stopped = false;
  #idle: () => void = () => {};

  constructor(deliver: Notifier | Action, limits: OutboxLimits, ports: LanePorts, pacing: Pacing = UNPACED) {
    this.#deliver = deliver;
    this.#limits = limits;
    this.#ports = ports;
    this.#wait = this.#takesSeveral ? pacing.wait : 0;
    this.#bucket = new Bucket(pacing.rate, pacing.burst);
  }

  get size(): number {
    return this.#size;
  }

  get #takesSeveral(): boolean {
    return 'send' in this.#deliver && this.#deliver.sendTogether !== undefined;
  }

  push(entry: Entry): void {
    const incident = entry.item.payload.incident.id;
    this.#size++;
    const chain = this.#chains.get(incident);
    if (chain !== undefined) chain.entries.push(entry);
    else {
      const begun: Chain = { entries: [entry], alone: false };
      this.#chains.set(incident, begun);
      this.#ready.push(begun);
    }
    this.#pump();
  }

  /** Begins no more repeats, lets what is ready leave for at most `graceMs`, then gives up what is under way. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#clearPauses();
    if (graceMs > 0) {
      await new Promise<void>((resolve) => {
        const limit = setTimeout(resolve, graceMs);
        this.#idle = () => {
          clearTimeout(limit);
          resolve();
        };
        this.#pump();
      });
    }
    this.#stopped = true;
    this.#clearPauses();
    clearTimeout(this.#waking);
    for (const controller of this.#running) controller.abort();
    this.#ready.length = 0;
    this.#again.length = 0;
  }

  #clearPauses(): void {
    for (const pause of this.#pauses) clearTimeout(pause);
    this.#pauses.clear();
  }

  #pump(): void {
    clearTimeout(this.#waking);
    while (!this.#stopped && this.#running.size < this.#limits.inFlight) {
      const at = this.#nextAt();
      const now = this.#ports.now();
      if (at === Infinity) break;
      if (at > now) {
        this.#waking = setTimeout(() => this.#pump(), Math.min(at - now, this.#limits.maxAge));
        break;
      }
      this.#bucket.take(now);
      void this.#attempt(this.#again.shift() ?? this.#gather());
    }
    if (this.#running.size === 0) this.#idle();
  }

  /** Clock at which the next message may leave; Infinity where there is none. */
  #nextAt(): number {
    const now = this.#ports.now();
    const first = this.#ready[0];
    if (this.#again.length === 0 && first === undefined) return Infinity;
    const together = this.#again.length > 0 || first.alone || this.#closing ? -Infinity : first.entries[0].offered + this.#wait;
    return Math.max(this.#quietUntil, together, this.#bucket.freeAt(now));
  }

  /** The next message: one notice, or all that wait where the receiver takes several. */
  #gather(): Parcel {
    const first = this.#ready.shift()!;
    const entries = this.#takesSeveral && !first.alone ? first.entries.slice(0, MOST) : [first.entries[0]];
    for (let i = 0; this.#takesSeveral && !first.alone && i < this.#ready.length;) {
      const chain = this.#ready[i];
      if (chain.alone || entries.length + chain.entries.length > MOST) i++;
      else entries.push(...this.#ready.splice(i, 1)[0].entries);
    }
    return { entries, since: NaN };
  }

  async #attempt(parcel: Parcel): Promise<void> {
    const controller = new AbortController();
    this.#running.add(controller);
    for (const entry of parcel.entries) entry.attempts++;
    const outcome = await this.#within(parcel, controller);
    this.#running.delete(controller);
    if (this.#stopped) return;
    this.#ports.attempted(outcome.ok ? '' : outcome.detail);
    if (outcome.ok) this.#finish(parcel, 'delivered', outcome.detail ?? '');
    else this.#repeat(parcel, outcome);
    this.#pump();
  }

  /** One attempt, ended by the clock even where the receiver's code does not listen. */
  async #within(parcel: Parcel, controller: AbortController): Promise<Outcome> {
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
      return await Promise.race([this.#send(parcel, controller.signal), late]);
    } catch (thrown) {
      return { ok: false, detail: messageOf(thrown), retry: true };
    } finally {
      clearTimeout(timer);
    }
  }

  #send({ entries }: Parcel, signal: AbortSignal): Promise<Outcome> {
    if ('run' in this.#deliver) return this.#deliver.run(entries[0].item.payload as ActionIntent, signal);
    const notices = entries.map(({ item, attempts, repeated }): Notice => ({ ...(item.payload as Notice), repeated: repeated || attempts > 1 }));
    return notices.length === 1 ? this.#deliver.send(notices[0], signal) : this.#deliver.sendTogether!(notices, signal);
  }

  #repeat(parcel: Parcel, outcome: Extract<Outcome, { ok: false }>): void {
    const { maxAge, maxAttempts, backoff, maxBackoff } = this.#limits;
    const { attempts } = parcel.entries[0];
    if (!outcome.retry) return parcel.entries.length === 1 ? this.#finish(parcel, 'failed', outcome.detail) : this.#part(parcel);
    if ('run' in this.#deliver && !this.#deliver.idempotent)
      return this.#finish(parcel, 'unknown', `${outcome.detail}; it may have acted, and is not run again`);
    // Full jitter (Brooker, "Exponential backoff and jitter"): many that failed together do not come back together.
    const jittered = this.#ports.random() * Math.min(maxBackoff, backoff * 2 ** Math.min(attempts, 30));
    const now = this.#ports.now();
    const pause = Math.max(jittered, outcome.retryAfter ?? 0);
    if (Number.isNaN(parcel.since)) parcel.since = now;
    if (outcome.retryAfter !== undefined) this.#quietUntil = now + Math.min(outcome.retryAfter, maxAge);
    if (attempts >= maxAttempts || now + pause > parcel.since + maxAge) {
      return this.#finish(parcel, 'failed', `given up after ${attempts} attempts: ${outcome.detail}`);
    }
    const timer = setTimeout(() => {
      this.#pauses.delete(timer);
      this.#again.push(parcel);
      this.#pump();
    }, pause);
    this.#pauses.add(timer);
  }

  /** A message of several was refused: one of them may be to blame, so they leave one by one. */
  #part({ entries }: Parcel): void {
    for (const chain of new Set(entries.map((entry) => this.#chainOf(entry)))) {
      chain.alone = true;
      this.#ready.push(chain);
    }
  }

  #finish({ entries }: Parcel, state: OutboxResult['state'], detail: string): void {
    const others = entries.length === 1 ? '' : `, with ${entries.length - 1} ${entries.length === 2 ? 'other' : 'others'} in one message`;
    const chains = new Set<Chain>();
    for (const entry of entries) {
      const chain = this.#chainOf(entry);
      chain.entries.shift();
      chains.add(chain);
      this.#size--;
    }
    for (const chain of chains) if (chain.entries.length > 0) this.#ready.push(chain);
    for (const entry of entries) if (this.#chainOf(entry)?.entries.length === 0) this.#chains.delete(entry.item.payload.incident.id);
    for (const entry of entries) this.#ports.finished(entry, state, detail + others);
  }

  #chainOf({ item }: Entry): Chain {
    return this.#chains.get(item.payload.incident.id)!;
  }
}
