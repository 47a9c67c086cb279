/** What is known of one stream that is read: how far, and what of it the server still keeps for us. */
import type { Entry } from './entries.ts';
import { NO_ENTRY } from './entries.ts';

/** Of a stream in the position. */
export interface LinePosition {
  partition: number;
  /** Id of the last entry handed over; claimed ones do not count. */
  id: string;
  /** Entries handed over, and claimed ones. */
  count: number;
  claimed: number;
  /** Ids of claimed entries that were handed over and not acknowledged when it was last known. */
  taken: readonly string[];
  /** Entries that were told of as trimmed unread: the server goes on counting them. */
  missed?: number;
}

export interface StreamPosition {
  group: string;
  consumer: string;
  streams: Readonly<Record<string, LinePosition>>;
}

export class StreamLine {
  readonly key: string;
  readonly partition: number;
  /** More entries may be there than were read at once. */
  hasMore = true;
  /** Clock at which the oldest entry that is not acknowledged was read, ms; Infinity for none. */
  since = Infinity;
  position: LinePosition;
  /** Ids that the server waits for us to acknowledge, and the count of entries that must be committed first. */
  readonly #waiting: { upTo: number; ids: string[]; at: number }[] = [];

  constructor(key: string, partition: number, known: LinePosition | undefined) {
    this.key = key;
    this.partition = partition;
    this.position = known ?? { partition, id: NO_ENTRY, count: 0, claimed: 0, taken: [] };
  }

  /** Notes entries as handed over. */
  take(entries: readonly Entry[], now: number): void {
    const ids = entries.map(({ id }) => id);
    const { position } = this;
    this.position = { ...position, id: ids[ids.length - 1], count: position.count + ids.length };
    this.leave(ids, now);
  }

  takeClaimed(entries: readonly Entry[]): void {
    const { position } = this;
    this.position = { ...position, claimed: position.claimed + entries.length, taken: entries.map(({ id }) => id) };
  }

  /** To be acknowledged together with what was handed over before. */
  leave(ids: string[], now: number): void {
    this.#waiting.push({ upTo: this.position.count, ids, at: now });
    this.since = this.#waiting[0].at;
  }

  /** Ids that may be acknowledged now that `committed` is durable; each is given once. */
  acknowledgeable(committed: LinePosition): string[] {
    const ids: string[] = [...committed.taken];
    let done = 0;
    while (done < this.#waiting.length && this.#waiting[done].upTo <= committed.count) for (const id of this.#waiting[done++].ids) ids.push(id);
    this.#waiting.splice(0, done);
    this.since = this.#waiting[0]?.at ?? Infinity;
    return ids;
  }

  /** These claimed ones are acknowledged: others may be claimed. */
  forget(taken: readonly string[]): void {
    if (taken.length > 0 && this.position.taken[0] === taken[0]) this.position = { ...this.position, taken: [] };
  }
}
