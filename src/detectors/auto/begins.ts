/** Where an anomaly begins: what is new to the envelope and not plain to everyone else, or what passes the limit after a calm time. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';

/** Almost everything is new to the envelope at first: until so many values it takes a score beyond the limit as well. */
const YOUNG = 150;

/** Later a novelty whose score is below this part of the limit is a weak onset. */
const PLAIN = 0.2;
const WEAK = 0.49;

/** A score so many times the limit is an onset, if none was beyond the limit for so many values; a little above a half, since the score says less of what is new. */
const PASSED = 1.3;
const CALM = 100;
/** After an onset by novelty at least so many more values: what passes the limit right behind it belongs to it. */
const APART = 20;
const ONSET = 0.505;

const COUNT = 0;
const QUIET = 1;

export class Begins {
  readonly #limit: number;
  /** Values so far, and how many since the score was last beyond its limit. */
  readonly #state = new Float64Array(2);

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The onset of a value with this score, 0 to 1, strong above 0.5; `novelty`: what the envelope says. */
  of(score: number, novelty: number): number {
    const s = this.#state;
    const needed = s[COUNT] < YOUNG ? this.#limit : PLAIN * this.#limit;
    const onset = novelty > 0.5 && !(score > needed) ? WEAK * novelty : novelty;
    return onset <= 0.5 && score > PASSED * this.#limit && s[QUIET] >= CALM ? ONSET : onset;
  }

  learn(score: number, novelty: number): void {
    const s = this.#state;
    const isStrong = this.of(score, novelty) > 0.5;
    s[COUNT]++;
    s[QUIET] = score > this.#limit ? 0 : isStrong ? Math.min(s[QUIET], CALM - APART) : s[QUIET] + 1;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  static restore(reader: SnapshotReader, limit: number): Begins {
    const begins = new Begins(limit);
    reader.block(begins.#state);
    return begins;
  }
}
