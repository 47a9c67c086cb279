/** A series that always moved and stands still. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { rateOf, type Tuning } from './tuning.ts';

const LAST = 0;
const RUN = 1;
const RECORD = 2;
const REPEATS = 3;
const COUNT = 4;
/** Share of the runs that go on at a value, and how many values that is from. */
const GOES_ON = 5;
const RUNS = 6;
const SIZE = 7;
/** Of states up to version 5. */
const OLD_SIZE = 5;
/** Values in runs from which on it is known how many go on. */
const ENOUGH = 200;

/** Runs are measured by the longest so far; one so many times as long is new. */
const TIMES = 1.5;
/** Chance of a run at the limit, were each value drawn by itself. */
const CHANCE = Math.log(1e-6);
const RATE = rateOf(2000);
const LEAK = rateOf(20_000);

/**
 * Length of the run of equal values by the length that would be unusual: what chance would give from the share of repetitions,
 * one and a half times the longest run so far (which fades), and at least a few values.
 */
export class Stuck {
  readonly #state = new Float64Array(SIZE);
  readonly #least: number;
  #adopt: number;
  #isRare = false;

  constructor(tuning: Tuning) {
    this.#least = tuning.stuckLeast;
    this.#adopt = tuning.adopt;
    this.#state[LAST] = NaN;
  }

  /** Values that were the same as the one before them, up to now. */
  get run(): number {
    return this.#state[RUN];
  }

  /** Whether values are counts that are mostly 0: a run of 0 goes on more often than any value is repeated. */
  set isRare(isRare: boolean) {
    this.#isRare = isRare;
  }

  set adopt(points: number) {
    this.#adopt = points;
  }

  /** 1 at the limit. */
  score(x: number): number {
    const s = this.#state;
    return x === s[LAST] ? (s[RUN] + 1) / this.limit : 0;
  }

  /** The longest run that is usual. */
  get limit(): number {
    const s = this.#state;
    const goesOn = this.#isRare && s[RUNS] >= ENOUGH ? s[GOES_ON] : 0;
    const share = Math.min(0.999, Math.max(s[REPEATS], goesOn, 1e-3));
    return Math.max(this.#least, CHANCE / Math.log(share), TIMES * s[RECORD]);
  }

  learn(x: number): void {
    const s = this.#state;
    const isSame = x === s[LAST];
    const hadLast = s[LAST] === s[LAST];
    s[LAST] = x;
    if (!hadLast) return;
    s[RECORD] -= s[RECORD] * LEAK;
    const isRun = s[RUN] > 0;
    const isLong = isSame && s[RUN] >= this.limit;
    if (isSame) {
      s[RUN]++;
    } else {
      s[RECORD] = Math.max(s[RECORD], s[RUN]);
      s[RUN] = 0;
    }
    if (s[RUN] >= this.#adopt) s[RECORD] = Math.max(s[RECORD], s[RUN]);
    if (isLong) return;
    if (isRun) {
      s[RUNS]++;
      s[GOES_ON] += Math.max(RATE, 1 / s[RUNS]) * ((isSame ? 1 : 0) - s[GOES_ON]);
    }
    s[COUNT]++;
    s[REPEATS] += Math.max(RATE, 1 / s[COUNT]) * ((isSame ? 1 : 0) - s[REPEATS]);
  }

  /** After a gap what came before says nothing of now. */
  interrupt(): void {
    this.#state[LAST] = NaN;
    this.#state[RUN] = 0;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  static restore(reader: SnapshotReader, tuning: Tuning): Stuck {
    const stuck = new Stuck(tuning);
    reader.block(reader.version > 5 ? stuck.#state : stuck.#state.subarray(0, OLD_SIZE));
    return stuck;
  }
}
