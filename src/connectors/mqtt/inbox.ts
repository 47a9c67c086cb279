/** Messages on their way from the broker to the journal: kept in groups, in order, and acknowledged once they are durable. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gap, PushRequest } from '../../core/contracts.ts';
import { messageOf } from '../../core/errors.ts';

/** Something that has its place in the order of what came. */
export interface Item {
  /** Absent where nothing is to be kept: it is acknowledged in its turn. */
  request?: PushRequest | undefined;
  gap?: Gap;
  /** What is told once it, and all before it, is durable. */
  owed?: Owed | undefined;
}

/** A message that its sender waits to hear of. */
export interface Owed {
  kept(): void;
}

interface Journal {
  append(messages: readonly PushRequest[]): Promise<void>;
  gap(gap: Gap): Promise<void>;
  /** Says why nothing can be kept; '' when it can again. */
  trouble(reason: string): void;
}

/** One group of the journal: a group is kept whole or not at all. */
const GROUP_BYTES = 4 * 2 ** 20;
const GROUP_MESSAGES = 10_000;
/** What a message takes beside its body. */
const OVERHEAD = 256;
const FIRST_WAIT = 250;
const LONGEST_WAIT = 5_000;

export class Inbox {
  readonly #journal: Journal;
  readonly #bound: number;
  #items: Item[] = [];
  #bytes = 0;
  #waiters: (() => void)[] = [];
  #working: Promise<void> | undefined;
  readonly #given = new AbortController();

  /** `bound`: bytes after which `isFull`. */
  constructor(journal: Journal, bound: number) {
    this.#journal = journal;
    this.#bound = bound;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bound;
  }

  add(item: Item): void {
    this.#items.push(item);
    this.#bytes += sizeOf(item);
    this.#working ??= this.#work();
  }

  /** Counts something as lost here; what is lost one after another is one gap. */
  lose(gap: Gap): void {
    const last = this.#items.at(-1)?.gap;
    if (last?.reason === gap.reason) last.to = gap.to;
    else this.add({ gap });
  }

  /** Calls once there is room again. */
  whenRoom(call: () => void): void {
    if (this.isFull) this.#waiters.push(call);
    else call();
  }

  /** Resolves once nothing waits, or after `ms`: what waits then is given up. */
  async close(ms: number): Promise<void> {
    const timer = setTimeout(() => this.#given.abort(), ms);
    await this.#working;
    clearTimeout(timer);
    this.#waiters = [];
  }

  async #work(): Promise<void> {
    // Messages of one read of the socket make the first group together.
    await new Promise(setImmediate);
    while (this.#items.length > 0 && !this.#given.signal.aborted) {
      const group = this.#next();
      if (!(await this.#keep(group))) break;
      for (const item of group) {
        this.#bytes -= sizeOf(item);
        item.owed?.kept();
      }
      if (!this.isFull) for (const call of this.#waiters.splice(0)) call();
    }
    this.#working = undefined;
  }

  /** The next messages, or one gap alone. */
  #next(): Item[] {
    if (this.#items[0].gap !== undefined) return this.#items.splice(0, 1);
    let count = 0;
    for (let bytes = 0; count < this.#items.length && count < GROUP_MESSAGES; count++) {
      if (this.#items[count].gap !== undefined) break;
      bytes += sizeOf(this.#items[count]);
      if (count > 0 && bytes > GROUP_BYTES) break;
    }
    return this.#items.splice(0, count);
  }

  /** Tries until the group is durable; false when it is given up. */
  async #keep(group: readonly Item[]): Promise<boolean> {
    const { signal } = this.#given;
    const [{ gap }] = group;
    const messages = group.flatMap(({ request }) => request ?? []);
    for (let wait = FIRST_WAIT; !signal.aborted; wait = Math.min(LONGEST_WAIT, wait * 2)) {
      try {
        if (gap !== undefined) await this.#journal.gap({ ...gap });
        else if (messages.length > 0) await this.#journal.append(messages);
        this.#journal.trouble('');
        return true;
      } catch (thrown) {
        this.#journal.trouble(messageOf(thrown));
        await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      }
    }
    return false;
  }
}

function sizeOf({ request }: Item): number {
  return OVERHEAD + (request?.body.length ?? 0);
}
