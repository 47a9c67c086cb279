/** Reads states back from the pieces that they lie in. */
import type { Database, Statement } from './database.ts';
import { KEYS, PIECES } from './commit-writer.ts';

interface StateRow {
  key: number;
  shape: number;
  size: number | null;
  data: Uint8Array;
}

export interface StoredState {
  key: number;
  shape: number;
  data: Uint8Array;
}

/** Statements over one connection; `base` is the stage's number times KEYS. */
export class StateRows {
  readonly #one: Statement;
  readonly #page: Statement;
  readonly #pieces: Statement;

  constructor(db: Database) {
    const columns = 'select id - ?1 as key, shape, size, data from states';
    this.#one = db.prepare(`${columns} where id = ?1 + ?2`);
    this.#page = db.prepare(`${columns} where id >= ?1 + ?2 and id < ?3 order by id limit ?4`);
    this.#pieces = db.prepare('select data from state_pieces where id > ? and id < ? order by id');
  }

  one(base: number, key: number): Omit<StoredState, 'key'> | undefined {
    const row = this.#one.get(base, key) as StateRow | undefined;
    return row && { shape: row.shape, data: this.#whole(base, row) };
  }

  /** At most `limit` states from key `from` on, in the order of their keys. */
  page(base: number, from: number, limit: number): StoredState[] {
    return (this.#page.all(base, from, base + KEYS, limit) as unknown as StateRow[]).map((row) => ({
      key: row.key,
      shape: row.shape,
      data: this.#whole(base, row),
    }));
  }

  #whole(base: number, { key, size, data }: StateRow): Uint8Array {
    if (size === null) return data;
    const whole = new Uint8Array(size);
    whole.set(data);
    let at = data.length;
    const first = (base + key) * PIECES;
    for (const piece of this.#pieces.iterate(first, first + PIECES) as Iterable<{ data: Uint8Array }>) {
      // Pieces beyond the size are left from a time when the state was larger.
      if (at >= size) break;
      whole.set(piece.data.subarray(0, size - at), at);
      at += piece.data.length;
    }
    return whole;
  }
}
