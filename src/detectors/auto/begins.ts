/** Where an anomaly begins: what is new to the envelope and not plain to everyone else, or what passes the limit as it has not of late. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';

/** Almost everything is new to the envelope at first: until so many values it takes a score beyond the limit as well. */
const YOUNG = 150;

/** Later a novelty whose score is below this part of the limit is a weak onset. */
const PLAIN = 0.2;
const WEAK = 0.49;

/**
 * A score so many times the limit, and so many times what scores have reached of late, is an onset, if none was beyond the limit for so
 * many values; a little above a half, since the score says less of what is new.
 */
const PASSED = 1.3;
const CALM = 100;
/** Of what a score reached beyond the limit half is forgotten after so many values: a series that passes every other day is not new each time. */
const REACH_HALF = 2000;
/** After an onset by novelty at least so many more values: what passes the limit right behind it belongs to it. */
const APART = 20;
const ONSET = 0.505;

const COUNT = 0;
const QUIET = 1;
const REACH = 2;

/** What the envelope says of a value, and by what numbers of values are divided for the series. */
export interface News {
  readonly onset: number;
  readonly pace: number;
}

export class Begins {
  readonly #limit: number;
  /** Values so far, how many since the score was last beyond its limit, and how far beyond it scores have been of late. */
  readonly #state = new Float64Array(3);

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The onset of a value with this score, 0 to 1, strong above 0.5. */
  of(score: number, { onset: novelty, pace }: News): number {
    const s = this.#state;
    const needed = s[COUNT] * pace < YOUNG ? this.#limit : PLAIN * this.#limit;
    const onset = novelty > 0.5 && !(score > needed) ? WEAK * novelty : novelty;
    return onset <= 0.5 && score > PASSED * (this.#limit + s[REACH]) && s[QUIET] * pace >= CALM ? ONSET : onset;
  }

  learn(score: number, news: News): void {
    const s = this.#state;
    const isStrong = this.of(score, news) > 0.5;
    s[COUNT]++;
    s[QUIET] = score > this.#limit ? 0 : isStrong ? Math.min(s[QUIET], (CALM - APART) / news.pace) : s[QUIET] + 1;
    if (s[REACH] > 0) s[REACH] *= 2 ** (-news.pace / REACH_HALF);
    if (score - this.#limit > s[REACH]) s[REACH] = score - this.#limit;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  static restore(reader: SnapshotReader, limit: number): Begins {
    const begins = new Begins(limit);
    // States before version 7 did not note how far scores had been.
    reader.block(reader.version >= 7 ? begins.#state : begins.#state.subarray(0, REACH));
    return begins;
  }
}
