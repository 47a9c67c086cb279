/** What the values just before say of the next one. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { rateOf, type Tuning } from './tuning.ts';

/** What is predicted from: a constant, the last value, the last but one, the mean of late. */
const ORDER = 4;
/** In #state: the coefficients, the inverse correlation of what is predicted from row by row, then: */
const CORRELATION = ORDER;
const LAST = CORRELATION + ORDER * ORDER;
const LAST_BUT_ONE = LAST + 1;
const LATE = LAST + 2;
const VARIANCE = LAST + 3;
const DISTANCE = LAST + 4;
const COUNT = LAST + 5;
/** Mean distance from the level over the same points. */
const LEVEL = LAST + 6;
const SIZE = LAST + 7;

const FORGET = 0.999;
/** Of the mean of late: a level that wanders under noise is seen better in sixteen values than in two. */
const LATE_RATE = 1 / 16;
const CLIP = 3;
const WARM_UP = 30;
const RATE = rateOf(700);
const START = 10;
const LARGEST_TRACE = 1000;
const MOST = 1e6;
const FAR = 6;

/**
 * Error of an autoregression of order 2 and on the mean of late (as Corsi 2009 adds means of longer times), in its spreads. The coefficients are
 * learnt by recursive least squares with forgetting (Plackett 1950), of errors clipped at three spreads, so that a spike does not bend them.
 */
export class Forecast {
  readonly #state = new Float64Array(SIZE);
  #least = 0;
  #prediction = NaN;
  #unit = 1;

  constructor(_tuning: Tuning) {
    const s = this.#state;
    s[1] = 0.5;
    for (let i = 0; i < ORDER; i++) s[CORRELATION + i * (ORDER + 1)] = START;
    s[LAST] = s[LAST_BUT_ONE] = s[LATE] = NaN;
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
    const y = s[0] + s[1] * this.#place(LAST, mean) + s[2] * this.#place(LAST_BUT_ONE, mean) + s[3] * this.#place(LATE, mean);
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
    s[LATE] = s[LATE] === s[LATE] ? s[LATE] + LATE_RATE * (mean + this.#unit * this.#place(LAST, mean) - s[LATE]) : x;
  }

  /** After a gap what came before says nothing of now. */
  interrupt(): void {
    this.#state[LAST] = this.#state[LAST_BUT_ONE] = this.#state[LATE] = NaN;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  static restore(reader: SnapshotReader, tuning: Tuning): Forecast {
    const forecast = new Forecast(tuning);
    if (reader.version > 2) reader.block(forecast.#state);
    else forecast.#take(reader.block(new Float64Array(15)));
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
    const from = PREDICTORS;
    from[0] = 1;
    from[1] = this.#place(LAST, mean);
    from[2] = this.#place(LAST_BUT_ONE, mean);
    from[3] = this.#place(LATE, mean);
    this.#regress(e / unit);
  }

  /** One step of recursive least squares with this error. */
  #regress(error: number): void {
    const s = this.#state;
    let norm = FORGET;
    let trace = 0;
    for (let i = 0; i < ORDER; i++) {
      const row = CORRELATION + i * ORDER;
      let gain = 0;
      for (let j = 0; j < ORDER; j++) gain += s[row + j] * PREDICTORS[j];
      GAINS[i] = gain;
      norm += gain * PREDICTORS[i];
      trace += s[row + i];
    }
    const grow = trace < LARGEST_TRACE ? 1 / FORGET : 1;
    for (let i = 0; i < ORDER; i++) {
      const share = GAINS[i] / norm;
      s[i] += share * error;
      for (let j = i; j < ORDER; j++) {
        const row = CORRELATION + i * ORDER;
        s[row + j] = s[CORRELATION + j * ORDER + i] = (s[row + j] - share * GAINS[j]) * grow;
      }
    }
  }

  /** Where a value that was kept lies from the level, in its spreads. One that lies far out counts as one at the end of the usual. */
  #place(kept: number, mean: number): number {
    return Math.max(-FAR, Math.min(FAR, (this.#state[kept] - mean) / this.#unit));
  }

  /** The state up to version 2, which had no mean of late. */
  #take(before: Float64Array): void {
    const s = this.#state;
    s.set(before.subarray(0, 3));
    let at = 3;
    for (let i = 0; i < 3; i++) {
      for (let j = i; j < 3; j++, at++) s[CORRELATION + i * ORDER + j] = s[CORRELATION + j * ORDER + i] = before[at];
    }
    s[LAST] = s[LATE] = before[9];
    s.set(before.subarray(10, 11), LAST_BUT_ONE);
    s.set(before.subarray(11, 15), VARIANCE);
  }
}

/** Of the step that is being made; one for all series. */
const PREDICTORS = new Float64Array(ORDER);
const GAINS = new Float64Array(ORDER);
