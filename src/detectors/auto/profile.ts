/** What kind of series it is: how often it comes, what its values are. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';

const COUNT = 0;
const LAST_TIME = 1;
const INTERVAL = 2;
const VOTES = 3;
const LAST = 4;
const FRACTIONS = 5;
const NEGATIVES = 6;
const ZEROS = 7;
const REPEATS = 8;
const RISES = 9;
const FALLS = 10;
const RESTARTS = 11;
const GAPS = 12;
const MISSING = 13;
const DISTINCT = 14;
const COUNTER = 15;
const VALUES = 16;
const MOST_VALUES = 8;
const SIZE = VALUES + MOST_VALUES;

/** A pause of so many intervals is a gap: what came before says nothing of what comes. */
const GAP = 5;
/** A series is taken for a counter after so many values, of which this share rose and which never fell but to a restart. */
const COUNTER_AFTER = 200;
const COUNTER_RISES = 0.5;
const COUNTER_RESTARTS = 0.02;

export type ValueKind = 'constant' | 'a few values' | 'counts' | 'a counter' | 'whole numbers' | 'continuous';

/** Interval (the usual distance of two times: Boyer and Moore's majority vote 1981, within a quarter), gaps, and the kind of values. */
export class Profile {
  readonly #state = new Float64Array(SIZE);

  constructor() {
    this.#state[LAST_TIME] = this.#state[LAST] = NaN;
  }

  get count(): number {
    return this.#state[COUNT];
  }

  /** ms; 0 while not known. */
  get interval(): number {
    return this.#state[INTERVAL];
  }

  get gaps(): number {
    return this.#state[GAPS];
  }

  get missing(): number {
    return this.#state[MISSING];
  }

  /** Share of the values that are 0. */
  get zeros(): number {
    return this.#state[ZEROS] / Math.max(1, this.#state[COUNT]);
  }

  /** Whole numbers that change. */
  get isWhole(): boolean {
    return this.#state[FRACTIONS] === 0 && this.#state[DISTINCT] > 1;
  }

  /** Counts of what seldom happens: most of them are 0. */
  get isRare(): boolean {
    return this.isWhole && this.zeros > 0.5;
  }

  get isCounter(): boolean {
    return this.#state[COUNTER] === 1;
  }

  get restarts(): number {
    return this.#state[RESTARTS];
  }

  /** The value before; NaN at the beginning. */
  get last(): number {
    return this.#state[LAST];
  }

  get kind(): ValueKind {
    const s = this.#state;
    if (s[COUNTER] === 1) return 'a counter';
    if (s[DISTINCT] <= 1) return 'constant';
    if (s[DISTINCT] <= MOST_VALUES) return 'a few values';
    if (s[FRACTIONS] > 0) return 'continuous';
    return s[NEGATIVES] === 0 ? 'counts' : 'whole numbers';
  }

  /** Whether a gap lies before this time. */
  isAfterGap(time: number): boolean {
    const s = this.#state;
    return s[VOTES] > 2 && time - s[LAST_TIME] > GAP * s[INTERVAL];
  }

  skip(): void {
    this.#state[MISSING]++;
  }

  /** True where the series turns out to be a counter, or no longer to be one. */
  learn(time: number, x: number): boolean {
    const s = this.#state;
    if (this.isAfterGap(time)) s[GAPS]++;
    else this.#learnInterval(time - s[LAST_TIME]);
    if (!(time <= s[LAST_TIME])) s[LAST_TIME] = time;
    s[COUNT]++;
    if (!Number.isInteger(x)) s[FRACTIONS]++;
    if (x < 0) s[NEGATIVES]++;
    if (x === 0) s[ZEROS]++;
    this.#learnValue(x);
    const last = s[LAST];
    s[LAST] = x;
    if (x === last) s[REPEATS]++;
    else if (x > last) s[RISES]++;
    else if (x < last) s[x >= 0 && x < last / 2 ? RESTARTS : FALLS]++;
    return this.#judgeCounter();
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  static restore(reader: SnapshotReader): Profile {
    const profile = new Profile();
    reader.block(profile.#state);
    return profile;
  }

  #learnInterval(step: number): void {
    const s = this.#state;
    if (!(step > 0)) return;
    if (Math.abs(step - s[INTERVAL]) <= 0.25 * s[INTERVAL]) {
      s[VOTES] = Math.min(1000, s[VOTES] + 1);
      s[INTERVAL] += (step - s[INTERVAL]) / (s[VOTES] + 1);
    } else if (s[VOTES] > 0) {
      s[VOTES]--;
    } else {
      s[INTERVAL] = step;
      s[VOTES] = 1;
    }
  }

  #learnValue(x: number): void {
    const s = this.#state;
    const known = s[DISTINCT];
    if (known > MOST_VALUES) return;
    for (let i = 0; i < known; i++) if (s[VALUES + i] === x) return;
    if (known < MOST_VALUES) s[VALUES + known] = x;
    s[DISTINCT]++;
  }

  #judgeCounter(): boolean {
    const s = this.#state;
    const n = s[COUNT];
    const was = s[COUNTER];
    if (s[FALLS] > 0 || s[NEGATIVES] > 0 || s[RESTARTS] > COUNTER_RESTARTS * n) s[COUNTER] = 0;
    else if (n >= COUNTER_AFTER && s[RISES] >= COUNTER_RISES * n) s[COUNTER] = 1;
    return s[COUNTER] !== was;
  }
}
