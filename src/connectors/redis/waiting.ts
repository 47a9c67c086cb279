/** Messages between a subscription and the journal: bounded, in order, with the gaps at their places. */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { Gap, PushRequest } from '../../core/contracts.ts';
import { messageOf } from '../../core/errors.ts';
import type { ListenContext } from '../../core/schema.ts';

/** Most messages, and bytes, of one append; the journal writes so many bytes in one step, so that a failed append has kept nothing. */
const MOST_MESSAGES = 8_192;
const MOST_BYTES = 4 * 2 ** 20;
/** What a message takes beside its bytes. */
const OVERHEAD = 128;
const FIRST_WAIT = 100;
const LONGEST_WAIT = 2_000;

/** What is needed of the listener's surroundings; `trouble` is told why the journal takes nothing, and '' once it does again. */
export interface Keeping extends Pick<ListenContext, 'append' | 'gap' | 'log' | 'now'> {
  trouble(reason: string): void;
}

type Part = { messages: PushRequest[]; bytes: number } | { gap: Gap };

export class Waiting {
  readonly #context: Keeping;
  readonly #limit: number;
  readonly #parts: Part[] = [];
  readonly #closing = new AbortController();
  #bytes = 0;
  #running: Promise<void> | undefined;
  /** What was dropped since the last message that was taken. */
  #dropped: { count: number; from: number } | undefined;

  /** `limit`: bytes that may wait; what comes beyond is dropped and becomes a gap. */
  constructor(context: Keeping, limit: number) {
    this.#context = context;
    this.#limit = limit;
  }

  add(message: PushRequest): void {
    const size = message.body.length + OVERHEAD;
    // Once some are dropped, half of the room must be free again: one gap, not many.
    if (this.#bytes + size > (this.#dropped === undefined ? this.#limit : this.#limit / 2)) {
      this.#dropped ??= { count: 0, from: this.#context.now() };
      this.#dropped.count++;
      return;
    }
    if (this.#dropped !== undefined) this.#noteDropped();
    const last = this.#parts[this.#parts.length - 1];
    if (last !== undefined && 'messages' in last && last.messages.length < MOST_MESSAGES && last.bytes + size <= MOST_BYTES) {
      last.messages.push(message);
      last.bytes += size;
    } else {
      this.#parts.push({ messages: [message], bytes: size });
    }
    this.#bytes += size;
    this.#running ??= this.#run();
  }

  gap(gap: Gap): void {
    if (this.#dropped !== undefined) this.#noteDropped();
    this.#parts.push({ gap });
    this.#running ??= this.#run();
  }

  /** Resolves once everything is in the journal; what the journal refuses now is left out, and the log says how much. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#dropped !== undefined) this.#noteDropped();
    if (this.#parts.length > 0) this.#running ??= this.#run();
    await this.#running;
    const left = this.#parts.reduce((sum, part) => sum + ('messages' in part ? part.messages.length : 0), 0);
    if (left > 0) this.#context.log('warn', `${left} messages could not be kept before the end, because the journal takes no more`);
  }

  #noteDropped(): void {
    const { count, from } = this.#dropped!;
    this.#dropped = undefined;
    this.#parts.push({
      gap: { from, to: this.#context.now(), reason: `${count} messages were dropped, because the journal was behind and max_waiting was reached` },
    });
    this.#context.log('warn', `${count} messages were dropped, because the journal was behind`);
  }

  /** Puts into the journal what waits, until nothing waits. */
  async #run(): Promise<void> {
    let wait = FIRST_WAIT;
    // What came in the same turn goes into the same append.
    await turn();
    while (this.#parts.length > 0) {
      const part = this.#parts[0];
      // Its place must not take more while it is written.
      if ('messages' in part && this.#parts.length === 1) this.#parts.push({ messages: [], bytes: 0 });
      try {
        if ('gap' in part) await this.#context.gap(part.gap);
        else if (part.messages.length > 0) await this.#context.append(part.messages);
      } catch (thrown) {
        if (this.#closing.signal.aborted) break;
        this.#context.trouble(messageOf(thrown));
        await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal: this.#closing.signal }).catch(() => undefined);
        wait = Math.min(LONGEST_WAIT, wait * 2);
        continue;
      }
      this.#parts.shift();
      if ('messages' in part) this.#bytes -= part.bytes;
      if (wait > FIRST_WAIT) this.#context.trouble('');
      wait = FIRST_WAIT;
      const [next] = this.#parts;
      if (this.#parts.length === 1 && 'messages' in next && next.messages.length === 0) this.#parts.shift();
      if (this.#parts.length === 0 && this.#dropped !== undefined) this.#noteDropped();
    }
    // In the same step as the last look: what is added after it begins a new run.
    this.#running = undefined;
  }
}
