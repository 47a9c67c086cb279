/** Where an anomaly of a score begins. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';

/** A peak counts half after so many rows. */
const HALF_LIFE = 60;
const FADE = 2 ** (-1 / HALF_LIFE);

/** So many rows belong to one rise. */
const RISE = 20;

/** Only a score so many times the last peak is something new. */
const NEW = 2;

const STRONG = 0;
const ANY = 1;
const SINCE = 2;

/**
 * A strong onset (above 0.5) is where the score passes the limit and lies twice above the faded peak of the anomaly before; a weak one
 * is a new height below the limit. While the score merely stays high there is none.
 */
export class Onset {
  readonly #limit: number;
  /** Faded peak since the last strong onset, faded peak of all, rows since the last strong onset. */
  readonly #state = new Float64Array([0, 0, RISE]);

  constructor(limit: number) {
    this.#limit = limit;
  }

  of(score: number): number {
    const s = this.#state;
    if (s[SINCE] < RISE) return 0;
    const begins = score > this.#limit ? score > NEW * s[STRONG] : score > NEW * s[ANY];
    return begins ? score / (score + this.#limit) : 0;
  }

  learn(score: number): void {
    const s = this.#state;
    const isStrong = score > this.#limit && this.of(score) > 0;
    s[SINCE] = isStrong ? 0 : Math.min(RISE, s[SINCE] + 1);
    const faded = s[STRONG] * FADE;
    // A peak that has faded to half of the limit is forgotten: what comes up to the limit again is new.
    s[STRONG] = isStrong ? score : faded < this.#limit / NEW ? 0 : Math.max(faded, score);
    s[ANY] = Math.max(s[ANY] * FADE, score);
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  restore(reader: SnapshotReader): this {
    reader.block(this.#state);
    return this;
  }
}
