/** What the values just before say of the next one. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { rateOf, type Tuning } from './tuning.ts';

const W0 = 0;
const W1 = 1;
const W2 = 2;
/** Upper triangle of the inverse correlation of (1, last, last but one). */
const P00 = 3;
const P01 = 4;
const P02 = 5;
const P11 = 6;
const P12 = 7;
const P22 = 8;
const LAST = 9;
const LAST_BUT_ONE = 10;
const VARIANCE = 11;
const DISTANCE = 12;
const COUNT = 13;
/** Mean distance from the level over the same points. */
const LEVEL = 14;
const SIZE = 15;

const FORGET = 0.999;
const CLIP = 3;
const WARM_UP = 30;
const RATE = rateOf(700);
const START = 10;
const LARGEST_TRACE = 1000;
const MOST = 1e6;
const FAR = 6;

/**
 * Error of an autoregression of order 2, in its spreads. The coefficients are learnt by recursive least squares with forgetting
 * (Plackett 1950), of errors clipped at three spreads, so that a spike does not bend them.
 */
export class Forecast {
  readonly #state = new Float64Array(SIZE);
  #least = 0;
  #prediction = NaN;
  #unit = 1;

  constructor(_tuning: Tuning) {
    const s = this.#state;
    s[W1] = 0.5;
    s[P00] = s[P11] = s[P22] = START;
    s[LAST] = s[LAST_BUT_ONE] = NaN;
  }

  /** Mean error as a share of the mean distance from the level: below 1 it predicts better. */
  get gain(): number {
    const s = this.#state;
    return s[COUNT] < 100 ? 1 : s[DISTANCE] / (s[LEVEL] + 1e-300);
  }

  get count(): number {
    return this.#state[COUNT];
  }

  /** Of the value that was scored last. */
  get prediction(): number {
    return this.#prediction;
  }

  get spread(): number {
    const s = this.#state;
    return Math.max(Math.sqrt(s[VARIANCE]), 0.5 * s[DISTANCE], this.#least);
  }

  /** Spreads are no smaller than this: half the step of whole numbers. */
  set least(spread: number) {
    this.#least = spread;
  }

  /** `mean` and `spread` of the level: the autoregression is of the distance from it in its spreads. 0 without the two values before. */
  score(x: number, mean: number, spread: number): number {
    const s = this.#state;
    this.#unit = spread;
    const a = bounded((s[LAST] - mean) / spread);
    const b = bounded((s[LAST_BUT_ONE] - mean) / spread);
    const y = s[W0] + s[W1] * a + s[W2] * b;
    this.#prediction = mean + spread * y;
    if (s[COUNT] < WARM_UP || y !== y) return 0;
    const z = Math.min(MOST, Math.abs(x - this.#prediction) / Math.max(this.spread, 1e-4 * spread));
    return z > 100 ? 100 * (1 + Math.log(z / 100)) : z;
  }

  learn(x: number, mean: number): void {
    const s = this.#state;
    const whole = x - this.#prediction;
    if (whole === whole) this.#adjust(x, mean, whole);
    s[LAST_BUT_ONE] = s[LAST];
    s[LAST] = x;
  }

  /** After a gap what came before says nothing of now. */
  interrupt(): void {
    this.#state[LAST] = this.#state[LAST_BUT_ONE] = NaN;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  static restore(reader: SnapshotReader, tuning: Tuning): Forecast {
    const forecast = new Forecast(tuning);
    reader.block(forecast.#state);
    return forecast;
  }

  #adjust(x: number, mean: number, whole: number): void {
    const s = this.#state;
    const unit = this.#unit;
    const reach = CLIP * Math.max(this.spread, 1e-4 * unit);
    const isWarm = s[COUNT] >= WARM_UP;
    const e = isWarm ? Math.max(-reach, Math.min(reach, whole)) : whole;
    s[COUNT]++;
    const rate = Math.max(RATE, 1 / s[COUNT]);
    const level = Math.abs(x - mean);
    s[VARIANCE] += rate * (e * e - s[VARIANCE]);
    s[DISTANCE] += rate * (Math.abs(e) - s[DISTANCE]);
    s[LEVEL] += rate * ((isWarm ? Math.min(level, 5 * s[LEVEL] + unit) : level) - s[LEVEL]);
    const a = bounded((s[LAST] - mean) / unit);
    const b = bounded((s[LAST_BUT_ONE] - mean) / unit);
    const g0 = s[P00] + s[P01] * a + s[P02] * b;
    const g1 = s[P01] + s[P11] * a + s[P12] * b;
    const g2 = s[P02] + s[P12] * a + s[P22] * b;
    const inverse = 1 / (FORGET + g0 + g1 * a + g2 * b);
    const step = (e / unit) * inverse;
    s[W0] += g0 * step;
    s[W1] += g1 * step;
    s[W2] += g2 * step;
    const grow = s[P00] + s[P11] + s[P22] < LARGEST_TRACE ? 1 / FORGET : 1;
    s[P00] = (s[P00] - g0 * g0 * inverse) * grow;
    s[P01] = (s[P01] - g0 * g1 * inverse) * grow;
    s[P02] = (s[P02] - g0 * g2 * inverse) * grow;
    s[P11] = (s[P11] - g1 * g1 * inverse) * grow;
    s[P12] = (s[P12] - g1 * g2 * inverse) * grow;
    s[P22] = (s[P22] - g2 * g2 * inverse) * grow;
  }
}

/** A value before that lies far out counts as one at the end of the usual. */
function bounded(z: number): number {
  return Math.max(-FAR, Math.min(FAR, z));
}
