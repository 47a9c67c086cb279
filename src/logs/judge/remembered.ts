/** The last verdict on each of the newest sessions: what a further verdict replaces. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { NumberMap } from '../../math/number-map.ts';

/** What is remembered of a session. */
export interface LastVerdict {
  /** Place of the verdict, and whether it was anomalous. */
  place: number;
  anomalous: boolean;
  /** Half of the hash of the session's key. */
  key: number;
}

/** One page of them; whoever holds the pages goes on to the next when one is full, and empties it before. */
export class Remembered {
  readonly #capacity: number;
  readonly #at = new NumberMap();
  readonly #sessions: Float64Array;
  /** Place times 2, with 1 more for an anomalous one. */
  readonly #places: Uint32Array;
  readonly #keys: Uint32Array;
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#sessions = new Float64Array(capacity).fill(NaN);
    this.#places = new Uint32Array(capacity);
    this.#keys = new Uint32Array(capacity);
  }

  find(session: number): LastVerdict | undefined {
    const at = this.#at.get(session);
    if (at === undefined) return undefined;
    return { place: this.#places[at] >>> 1, anomalous: (this.#places[at] & 1) === 1, key: this.#keys[at] };
  }

  has(session: number): boolean {
    return this.#at.has(session);
  }

  /** Puts a session down; one that is here stays where it is. */
  put(session: number, place: number, anomalous: boolean, key: number): void {
    let at = this.#at.get(session);
    if (at === undefined) {
      at = this.#next++;
      this.#at.set(session, at);
      this.#sessions[at] = session;
    }
    this.#places[at] = place * 2 + (anomalous ? 1 : 0);
    this.#keys[at] = key;
  }

  get isFull(): boolean {
    return this.#next === this.#capacity;
  }

  clear(): void {
    this.#at.clear();
    this.#sessions.fill(NaN);
    this.#next = 0;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.u32(this.#next);
    writer.block(this.#sessions);
    writer.block(this.#places);
    writer.block(this.#keys);
  }

  static restore(reader: SnapshotReader, capacity: number): Remembered {
    const remembered = new Remembered(capacity);
    remembered.#next = reader.u32();
    reader.block(remembered.#sessions);
    reader.block(remembered.#places);
    reader.block(remembered.#keys);
    remembered.#sessions.forEach((session, at) => {
      if (session === session) remembered.#at.set(session, at);
    });
    return remembered;
  }
}
