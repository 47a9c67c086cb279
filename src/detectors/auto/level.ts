/** Sustained deviation from a level that is learnt slowly. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { rateOf, type Tuning } from './tuning.ts';

const MEAN = 0;
const VARIANCE = 1;
/** Mean absolute distance, by which a few large values make the spread wider. */
const DISTANCE = 2;
const COUNT = 3;
const HIGH = 4;
const LOW = 5;
const RUN = 6;
const SIDE = 7;
const RUN_COUNT = 8;
const RUN_MEAN = 9;
const RUN_VARIANCE = 10;
const SUSTAINED = 11;
const BEFORE = 12;
/** Mean of the distances of late, none of them counted beyond the knee. */
const LASTING = 13;
const SIZE = 14;

/** Points at the beginning that are learnt whole and get no score. */
export const WARM_UP = 10;

const RANGE_LEAK = Math.LN2 / 20_000;
/** A distance of more spreads than this is on the side of a change. */
const AWAY = 3;
const HUGE = 100;
const MOST = 1e6;
const LASTING_RATE = 1 / 32;

/**
 * How far a value lies from the level, in spreads (clipped moments: Huber 1964), the larger of this and the one before, plus the mean distance
 * of late, so that the score stays high while a deviation lasts. A change that lasts for `adopt` points becomes the new level.
 */
export class Level {
  readonly #state = new Float64Array(SIZE);
  readonly #rate: number;
  readonly #clip: number;
  readonly #sustained: number;
  #adopt: number;
  #least = 0;
  #knee = AWAY;
  /** Of the value that was scored last. */
  #z = 0;

  constructor(tuning: Tuning) {
    this.#rate = rateOf(tuning.levelHalf);
    this.#clip = tuning.levelClip;
    this.#sustained = 1 / tuning.sustained;
    this.#adopt = tuning.adopt;
  }

  get mean(): number {
    return this.#state[MEAN];
  }

  /** Distance of the value that was scored last, in spreads. */
  get distance(): number {
    return this.#z;
  }

  /**
   * Mean distance of late with the value that was scored last, none counted beyond the knee: where tails are heavy, single values far out
   * do not drown what lasts.
   */
  get lasting(): number {
    const before = this.#state[LASTING];
    return before + (Math.min(this.#z, this.#knee) - before) * LASTING_RATE;
  }

  /** Whether the value that was scored last or the one before lies beyond the knee. */
  get isAway(): boolean {
    return this.#z >= this.#knee || this.#state[BEFORE] >= this.#knee;
  }

  get count(): number {
    return this.#state[COUNT];
  }

  /** What a distance is divided by. */
  get spread(): number {
    const s = this.#state;
    return Math.max(Math.sqrt(s[VARIANCE]), 0.5 * s[DISTANCE], floorOf(s), this.#least);
  }

  /** Points for which a change has lasted. */
  get run(): number {
    return this.#state[RUN];
  }

  /** Spreads are no smaller than this: half the step of whole numbers. */
  set least(spread: number) {
    this.#least = spread;
  }

  /** A distance that few of the usual values reach. */
  get knee(): number {
    return this.#knee;
  }

  set knee(distance: number) {
    this.#knee = distance;
  }

  set adopt(points: number) {
    this.#adopt = points;
  }

  score(x: number): number {
    const s = this.#state;
    let z = 0;
    if (s[COUNT] >= WARM_UP) z = Math.min(Math.abs(x - s[MEAN]) / this.spread, MOST);
    this.#z = z;
    if (z > HUGE) z = HUGE * (1 + Math.log(z / HUGE));
    return Math.max(z, s[BEFORE]) + s[SUSTAINED] + (Math.min(z, 10) - s[SUSTAINED]) * this.#sustained;
  }

  /** Learns the value that was scored last; true where a change became the new normal. */
  learn(x: number): boolean {
    const s = this.#state;
    if (s[COUNT] === 0) s[MEAN] = s[HIGH] = s[LOW] = x;
    const spread = this.spread;
    let z = this.#z;
    s[LASTING] = this.lasting;
    s[COUNT]++;
    s[HIGH] -= (s[HIGH] - s[MEAN]) * RANGE_LEAK;
    s[LOW] += (s[MEAN] - s[LOW]) * RANGE_LEAK;
    if (x > s[HIGH]) s[HIGH] = x;
    if (x < s[LOW]) s[LOW] = x;
    this.#follow(x, z);
    const isAdopted = s[RUN] >= this.#adopt;
    if (isAdopted) this.#take();
    const rate = Math.max(this.#rate, 1 / s[COUNT]);
    const whole = x - s[MEAN];
    const reach = this.#clip * (isAdopted ? this.spread : spread);
    const d = s[COUNT] <= WARM_UP ? whole : Math.max(-reach, Math.min(reach, whole));
    s[MEAN] += rate * d;
    s[VARIANCE] += rate * (d * d - s[VARIANCE]);
    s[DISTANCE] += rate * (Math.min(Math.abs(x - s[MEAN]), 50 * Math.max(s[DISTANCE], floorOf(s))) - s[DISTANCE]);
    if (z > HUGE) z = HUGE * (1 + Math.log(z / HUGE));
    s[SUSTAINED] += (Math.min(z, 10) - s[SUSTAINED]) * this.#sustained;
    s[BEFORE] = z;
    return isAdopted;
  }

  /** After a gap what came before says nothing of now. */
  interrupt(): void {
    this.#state[BEFORE] = 0;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  static restore(reader: SnapshotReader, tuning: Tuning): Level {
    const level = new Level(tuning);
    // States up to version 2 had no mean of distances up to the knee.
    reader.block(reader.version > 2 ? level.#state : level.#state.subarray(0, LASTING));
    return level;
  }

  /** Mean and variance of the values beyond the band on one side. */
  #follow(x: number, z: number): void {
    const s = this.#state;
    if (z <= AWAY) {
      s[RUN] = Math.max(0, s[RUN] - 2);
      return;
    }
    const side = x > s[MEAN] ? 1 : -1;
    if (s[RUN] > 0 && side === s[SIDE]) {
      s[RUN]++;
    } else {
      s[RUN] = 1;
      s[SIDE] = side;
      s[RUN_COUNT] = s[RUN_MEAN] = s[RUN_VARIANCE] = 0;
    }
    s[RUN_COUNT]++;
    const rate = Math.max(1 / s[RUN_COUNT], 2 / 300);
    const d = x - s[RUN_MEAN];
    s[RUN_MEAN] += rate * d;
    s[RUN_VARIANCE] += rate * ((1 - rate) * d * d - s[RUN_VARIANCE]);
  }

  #take(): void {
    const s = this.#state;
    s[MEAN] = s[RUN_MEAN];
    s[VARIANCE] = s[RUN_VARIANCE];
    s[DISTANCE] = Math.sqrt(s[RUN_VARIANCE]);
    s[COUNT] = Math.min(s[COUNT], 150);
    s[RUN] = 0;
  }
}

/** The least spread: a small part of the range, the rounding of the mean, and never 0. */
function floorOf(s: Float64Array): number {
  return 1e-4 * (s[HIGH] - s[LOW]) + 1e-9 * Math.abs(s[MEAN]) + 1e-300;
}
