/** Sessions that wait to be judged once more. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import type { SessionLook } from '../../core/contracts/logs.ts';

/** A look at a session, kept. */
export interface WaitingLook extends SessionLook {
  session: number;
  id: string;
  series: number;
  partition: number;
  offset: number;
  place: number;
  offsets: Float64Array;
  /** Event time at which it is judged again. */
  due: number;
  /** The dynamic limit at the look. */
  limit: number;
}

/** In the order in which they are due, which is that in which they came: all wait as long. */
export class Waiting {
  readonly #looks = new Map<number, WaitingLook>();

  get size(): number {
    return this.#looks.size;
  }

  get(session: number): WaitingLook | undefined {
    return this.#looks.get(session);
  }

  /** The one that is due first. */
  get first(): WaitingLook | undefined {
    return this.#looks.values().next().value;
  }

  /** A newer look at a session takes the place of the one that waits. */
  add(look: WaitingLook): void {
    this.#looks.delete(look.session);
    this.#looks.set(look.session, look);
  }

  delete(session: number): boolean {
    return this.#looks.delete(session);
  }

  snapshot(writer: SnapshotWriter): void {
    writer.u32(this.#looks.size);
    for (const look of this.#looks.values()) {
      for (const number of [look.session, look.time, look.first, look.last, look.lines, look.due, look.limit, look.offset]) writer.f64(number);
      for (const number of [look.series, look.partition, look.place]) writer.u32(number);
      writer.u8(look.look);
      writer.text(look.id);
      for (const numbers of [look.templates, look.counts, look.sequence]) writer.u32s(numbers);
      writer.f64s(look.offsets);
      writer.f64(Number(look.countHash));
      writer.f64(Number(look.sequenceHash));
    }
  }

  static restore(reader: SnapshotReader): Waiting {
    const waiting = new Waiting();
    for (let left = reader.u32(); left > 0; left--) {
      const [session, time, first, last, lines, due, limit, offset] = Array.from({ length: 8 }, () => reader.f64());
      const [series, partition, place] = Array.from({ length: 3 }, () => reader.u32());
      const look = reader.u8();
      const id = reader.text();
      const [templates, counts, sequence] = Array.from({ length: 3 }, () => reader.u32s());
      const offsets = reader.f64s();
      const [countHash, sequenceHash] = [reader.f64(), reader.f64()];
      const hashes = { countHash, sequenceHash };
      waiting.#looks.set(session, {
        session,
        time,
        first,
        last,
        lines,
        due,
        limit,
        offset,
        series,
        partition,
        place,
        look,
        id,
        templates,
        counts,
        sequence,
        offsets,
        ...hashes,
      });
    }
    return waiting;
  }
}
