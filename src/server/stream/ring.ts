/** The last events, for streams that come back. */
import type { LiveEvent } from '../../core/api.ts';
import { rowsOf } from './filter.ts';

/** An event with its number; its text is made once, when somebody first needs it. */
export class Entry {
  readonly id: string;
  readonly number: number;
  readonly event: LiveEvent;
  #text: string | undefined;

  constructor(run: string, number: number, event: LiveEvent) {
    this.id = `${run}-${number}`;
    this.number = number;
    this.event = event;
  }

  /** The frame of the whole event, or of what a filter left of it. */
  frame(event: LiveEvent): string {
    if (event !== this.event) return frameOf(event, this.id);
    this.#text ??= frameOf(event, this.id);
    return this.#text;
  }
}

/** An event as the stream carries it. Without an id it does not change what the client has seen last. */
export function frameOf(event: LiveEvent, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Bounded by rows, so that one event of thousand verdicts counts as such; the oldest are forgotten first. */
export class Ring {
  /** Names this run of the process: ids of another run mean nothing here. */
  readonly run: string;
  readonly #limit: number;
  #entries: Entry[] = [];
  #rows = 0;
  #last = 0;

  constructor(run: string, limit: number) {
    this.run = run;
    this.#limit = limit;
  }

  /** Id of the newest event. */
  get newest(): string {
    return `${this.run}-${this.#last}`;
  }

  add(event: LiveEvent): Entry {
    const entry = new Entry(this.run, ++this.#last, event);
    this.#entries.push(entry);
    this.#rows += rowsOf(event);
    let gone = 0;
    while (this.#rows > this.#limit && gone < this.#entries.length) this.#rows -= rowsOf(this.#entries[gone++].event);
    if (gone > 0) this.#entries = this.#entries.slice(gone);
    return entry;
  }

  /** Every event after `id`, oldest first; or why they cannot be given. */
  after(id: string): Entry[] | string {
    const [run, number] = id.split('-');
    const seen = Number(number);
    if (run !== this.run || !Number.isInteger(seen) || seen > this.#last) return 'the process was started anew, or nobody listened for a while';
    const first = this.#entries[0]?.number ?? this.#last + 1;
    if (seen + 1 < first) return 'more was missed than is kept';
    return this.#entries.slice(seen + 1 - first);
  }
}
