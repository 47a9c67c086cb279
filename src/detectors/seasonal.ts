/** Level, trend and what returns: by the hour, by the day of the week, and by a period found in the series. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { FINDER_STATE, PeriodFinder, STRETCHES } from '../math/period.ts';
import { Profile } from '../math/profile.ts';
import { perColumn } from './columns.ts';
import { sharedBy } from './shared.ts';
import { isMissing, minSpread, scoreOf, widened } from './zscore.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

const options = Type.Object(
  {
    utc_offset: Type.Number({
      description: 'Hours by which local time is ahead of UTC, for the hour of day and the day of the week.',
      minimum: -14,
      maximum: 14,
      default: 0,
    }),
    holidays: Type.Array(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }), {
      description: 'Local dates, written 2026-12-25, that have a day profile of their own instead of that of their day of the week.',
      default: [],
      maxItems: 10_000,
    }),
    period: Type.Boolean({ description: 'Whether periods other than the day and the week are looked for.', default: true }),
    adapt_points: Type.Integer({
      description: 'After so many values beyond three standard deviations on one side their level is the new normal.',
      minimum: 10,
      maximum: 1_000_000,
      default: 300,
    }),
    min_points: Type.Integer({ description: 'Values seen before there is a score.', minimum: 5, default: 30 }),
    min_spread: minSpread,
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

interface Rules extends Options {
  /** Days since 1970 that are holidays. */
  readonly days: ReadonlySet<number>;
}

const rulesOf = sharedBy((chosen: Options): Rules => ({ ...chosen, days: new Set(chosen.holidays.map((date) => Date.parse(`${date}T00:00:00Z`) / DAY)) }));

/** Numbers of the state. */
const COUNT = 0;
const LEVEL = 1;
const TREND = 2;
const VARIANCE = 3;
const WIDENING = 4;
const INTERVAL = 5;
const FIRST = 6;
const LAST = 7;
const RUN = 8;
const RUN_COUNT = 9;
const RUN_MEAN = 10;
const RUN_VARIANCE = 11;
const PERIOD = 12;
const PERIOD_SINCE = 13;
/** Where a period begins: any of the times at which it does. */
const PERIOD_START = 17;
const ERROR_WITHOUT = 14;
const ERROR_WITH = 15;
const USED = 16;
const FINDER = 18;
const NUMBERS = FINDER + FINDER_STATE;

const DAY_PLACES = 24;
/** Seven days and the holiday. */
const WEEK_PLACES = 24 * 8;
const PERIOD_PLACES = 64;
const PLACES = DAY_PLACES + WEEK_PLACES + PERIOD_PLACES;
const BYTES = (NUMBERS + PLACES) * 8 + (PLACES + STRETCHES) * 4;

/** The level follows within so many values, but no quicker than two days or two periods once it has seen six times as much. */
const LEVEL_POINTS = 1000;
/** The trend is learnt once the level has forgotten its beginning: before, noise and season would look like one. */
const SETTLED = 2.99;
const SPREAD_RATE = 1 / 400;
/** Residuals are learnt up to so many standard deviations (Huber); a normal one's square is then .97756 of its variance. */
const CLIP = 2.5;
const CLIPPED = 0.9775556;
const UNCLIPPED_POINTS = 10;
/** Where more than 2% lie beyond, they are no outliers: the spread is widened until they do not, at most fourfold. */
const BEYOND = 0.02;
const WIDENING_RATE = 0.01;
const MOST_WIDENING = Math.log(4);
const RUN_LIMIT = 3;
const RUN_BEGINS = 5;
const IN_RUN = 0.25;
/** Days of the week are told apart once the hours of the day are known. */
const WEEK_BEGINS = 3 * DAY;
/** The profile of the period is used while it makes the squared residual smaller by a fifth, and given up when it no longer does by a tenth. */
const EARNS = 0.8;
const KEEPS = 0.9;
const ERROR_RATE = 1 / 200;
const MOST_STEPS = 100;
/** Periods within 3% of each other are the same. */
const SAME = 0.03;
/** Values after which the usual interval is known well enough to look for periods, which hold at least so many intervals. */
const INTERVAL_KNOWN = 10;
const LEAST_PERIOD = 4;

class Seasonal implements Detector {
  readonly #rules: Rules;
  readonly #bytes: ArrayBuffer;
  readonly #state: Float64Array;
  readonly #day: Profile;
  readonly #week: Profile;
  readonly #cycle: Profile;
  readonly #finder: PeriodFinder;
  /** What the profile of the period says at the time that was looked at last, used or not. */
  #cycleOffset = 0;
  #holiday = false;

  constructor(rules: Rules, bytes = new ArrayBuffer(BYTES)) {
    this.#rules = rules;
    this.#bytes = bytes;
    this.#state = new Float64Array(bytes, 0, NUMBERS + PLACES);
    const weights = new Float32Array(bytes, (NUMBERS + PLACES) * 8, PLACES);
    const profile = (from: number, places: number, circle: number): Profile =>
      new Profile(this.#state.subarray(NUMBERS + from, NUMBERS + from + places), weights.subarray(from, from + places), circle);
    this.#day = profile(0, DAY_PLACES, DAY_PLACES);
    this.#week = profile(DAY_PLACES, WEEK_PLACES, 24);
    this.#cycle = profile(DAY_PLACES + WEEK_PLACES, PERIOD_PLACES, PERIOD_PLACES);
    this.#finder = new PeriodFinder(this.#state.subarray(FINDER, NUMBERS), new Float32Array(bytes, (NUMBERS + PLACES) * 8 + PLACES * 4, STRETCHES));
  }

  score(time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const state = this.#state;
    if (state[COUNT] < this.#rules.min_points) return NaN;
    const expected = this.#expected(time);
    const spread = this.#spread(expected);
    out.expected = expected;
    out.below = out.above = spread;
    const x = values[at];
    return isMissing(x) ? NaN : scoreOf(x, expected, spread);
  }

  learn(time: number, values: Float64Array, at: number): void {
    const x = values[at];
    if (isMissing(x)) return;
    const state = this.#state;
    if (state[COUNT] === 0) {
      state[LEVEL] = x;
      state[FIRST] = time;
    } else this.#learnInterval(time);
    const expected = this.#expected(time);
    const spread = this.#spread(expected);
    const residual = x - expected;
    state[LEVEL] += state[TREND] * this.#steps(time);
    this.#count(residual / spread, residual);
    this.#learnResidual(time, residual, spread);
    state[LAST] = time;
    state[COUNT]++;
  }

  describe(): string[] {
    const state = this.#state;
    const lines = [`a value every ${spoken(state[INTERVAL])}`];
    if (state[PERIOD] > 0)
      lines.push(`a period of ${spoken(state[PERIOD])}, ${state[USED] === 1 ? 'used' : 'not used: it does not make the residual smaller'}`);
    return lines;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(new Uint8Array(this.#bytes));
  }

  static restore(reader: SnapshotReader, rules: Rules): Seasonal {
    const bytes = new ArrayBuffer(BYTES);
    reader.block(new Uint8Array(bytes));
    return new Seasonal(rules, bytes);
  }

  /** Usual intervals since the last value; 0 for a time that does not advance. */
  #steps(time: number): number {
    const state = this.#state;
    const steps = (time - state[LAST]) / state[INTERVAL];
    return steps > 0 ? Math.min(steps, MOST_STEPS) : 0;
  }

  #expected(time: number): number {
    const state = this.#state;
    const local = time + this.#rules.utc_offset * HOUR;
    const days = Math.floor(local / DAY);
    const phase = local / DAY - days;
    // 1970 began on a Thursday.
    this.#holiday = this.#rules.days.has(days);
    const kind = this.#holiday ? 7 : (((days + 4) % 7) + 7) % 7;
    const base = state[LEVEL] + state[TREND] * this.#steps(time) + this.#day.at(phase) + this.#week.at(phase, kind);
    this.#cycleOffset = 0;
    if (!(state[PERIOD] > 0)) return base;
    const cycles = (time - state[PERIOD_START]) / state[PERIOD];
    this.#cycleOffset = this.#cycle.at(cycles - Math.floor(cycles));
    return state[USED] === 1 ? base + this.#cycleOffset : base;
  }

  #spread(level: number): number {
    const state = this.#state;
    return widened(Math.sqrt(state[VARIANCE]) * Math.exp(state[WIDENING]), level, this.#rules.min_spread);
  }

  #learnInterval(time: number): void {
    const state = this.#state;
    const passed = time - state[LAST];
    if (!(passed > 0)) return;
    const usual = state[INTERVAL];
    state[INTERVAL] = usual === 0 ? passed : usual + Math.max(-usual, Math.min(usual, passed - usual)) / 20;
  }

  /** Counts values in a row that lie far on one side; after enough of them their level is the new one. */
  #count(z: number, residual: number): void {
    const state = this.#state;
    if (Math.abs(z) <= RUN_LIMIT) {
      const left = Math.max(0, Math.abs(state[RUN]) - 2);
      state[RUN] = state[RUN] < 0 ? -left : left;
      return;
    }
    const side = z < 0 ? -1 : 1;
    if (state[RUN] * side <= 0) state[RUN] = state[RUN_COUNT] = state[RUN_MEAN] = state[RUN_VARIANCE] = 0;
    state[RUN] += side;
    const rate = Math.max(1 / ++state[RUN_COUNT], SPREAD_RATE);
    const d = residual - state[RUN_MEAN];
    state[RUN_MEAN] += rate * d;
    state[RUN_VARIANCE] += rate * ((1 - rate) * d * d - state[RUN_VARIANCE]);
    if (Math.abs(state[RUN]) < this.#rules.adapt_points) return;
    state[LEVEL] += state[RUN_MEAN];
    state[VARIANCE] = state[RUN_VARIANCE];
    state[TREND] = state[WIDENING] = state[RUN] = 0;
  }

  #learnResidual(time: number, residual: number, spread: number): void {
    const state = this.#state;
    const seen = state[COUNT] + 1;
    const reach = seen <= UNCLIPPED_POINTS || (state[VARIANCE] === 0 && state[COUNT] < this.#rules.min_points) ? Infinity : CLIP * spread;
    const clipped = Math.max(-reach, Math.min(reach, residual));
    const interval = state[INTERVAL];
    const long = Math.max(Math.min((time - state[FIRST]) / 6, 2 * DAY), state[USED] === 1 ? 2 * state[PERIOD] : 0);
    const rate = Math.max(1 / seen, Math.min(1 / LEVEL_POINTS, long > 0 ? interval / long : 1));
    state[LEVEL] += rate * clipped;
    if (rate * seen >= SETTLED) state[TREND] += ((rate * rate) / 2) * clipped;
    // What lasts on one side is rather a new level than a new season or a wider spread.
    const inRun = Math.abs(state[RUN]) > RUN_BEGINS;
    const part = interval / HOUR;
    let left = this.#day.learn(clipped * (1 - rate) * (inRun ? IN_RUN : 1), part);
    // Holidays are few: what they differ by is no outlier.
    if (this.#holiday) this.#week.learn(residual - clipped + left, part);
    else if (time - state[FIRST] >= WEEK_BEGINS) left = this.#week.learn(left, part / 7);
    if (!inRun) this.#learnSpread(residual, clipped, reach, Math.max(1 / seen, SPREAD_RATE));
    if (this.#rules.period) this.#learnPeriod(time, residual, left, spread);
  }

  #learnSpread(residual: number, clipped: number, reach: number, rate: number): void {
    const state = this.#state;
    state[VARIANCE] += rate * ((clipped * clipped) / CLIPPED - state[VARIANCE]);
    const beyond = Math.abs(residual) > reach ? 1 : 0;
    state[WIDENING] = Math.max(0, Math.min(MOST_WIDENING, state[WIDENING] + WIDENING_RATE * (beyond - BEYOND)));
  }

  /** The profile of the period learns what the others leave, used or not; which of the two has the smaller residual is kept up. */
  #learnPeriod(time: number, residual: number, left: number, spread: number): void {
    const state = this.#state;
    const without = (residual + (state[USED] === 1 ? this.#cycleOffset : 0)) / spread;
    const found = state[COUNT] < INTERVAL_KNOWN || !(state[INTERVAL] > 0) ? NaN : this.#finder.push(time, Math.max(-4, Math.min(4, without)), state[INTERVAL]);
    if (state[PERIOD] > 0) {
      const most = CLIP * spread;
      const own = residual + (state[USED] === 1 ? 0 : -this.#cycleOffset);
      this.#cycle.learn(state[USED] === 1 ? left : Math.max(-most, Math.min(most, own)), (state[INTERVAL] * PERIOD_PLACES) / state[PERIOD]);
      const square = (x: number): number => Math.min(x * x, 16);
      state[ERROR_WITHOUT] += ERROR_RATE * (square(without) - state[ERROR_WITHOUT]);
      state[ERROR_WITH] += ERROR_RATE * (square(own / spread) - state[ERROR_WITH]);
      const share = state[ERROR_WITH] / state[ERROR_WITHOUT];
      if (time - state[PERIOD_SINCE] >= 2 * state[PERIOD]) state[USED] = share < (state[USED] === 1 ? KEEPS : EARNS) ? 1 : 0;
    }
    if (found > 0) this.#adopt(time, found);
  }

  /** A period that is neither the day nor the week, nor several of the one there is, takes the place of the one there is, or measures the same one anew. */
  #adopt(time: number, found: number): void {
    const state = this.#state;
    const near = (other: number): boolean => Math.abs(found / other - 1) < SAME;
    const times = Math.round(found / state[PERIOD]);
    if (found < LEAST_PERIOD * state[INTERVAL] || near(DAY) || near(WEEK) || (state[USED] === 1 && times > 1 && near(times * state[PERIOD]))) return;
    const cycles = (time - state[PERIOD_START]) / state[PERIOD];
    if (near(state[PERIOD])) state[PERIOD_START] = time - (cycles - Math.floor(cycles)) * found;
    else {
      this.#cycle.clear();
      state[PERIOD_START] = state[PERIOD_SINCE] = time;
      state[USED] = state[ERROR_WITH] = state[ERROR_WITHOUT] = 0;
    }
    state[PERIOD] = found;
  }
}

function spoken(ms: number): string {
  const [size, unit] = ms >= DAY ? [DAY, 'days'] : ms >= HOUR ? [HOUR, 'hours'] : ms >= 60_000 ? [60_000, 'minutes'] : [1000, 'seconds'];
  return `${Number((ms / size).toPrecision(3))} ${unit}`;
}

/** Score: |value - expected| in robust standard deviations of the residual. */
export const seasonal = defineDetector({
  name: 'seasonal',
  summary: 'Distance from what level, trend, hour of day, day of week and a period found by itself let expect, in standard deviations of the residual.',
  options,
  sample: { utc_offset: 1, holidays: ['2026-12-25'], min_points: 20 },
  about: {
    finds: 'Values that are unusual for their hour, day or place in the period, though they are usual at another.',
    use: 'For whatever follows people or a schedule: traffic, load, sales, temperatures. It needs two cycles of what returns. A clock change is met within a few days, or at once where the source sends UTC and utc_offset is changed. A counter should come through aggregate: rate; one that starts again is a new level to it.',
    warmUp: '30 values; a season shows after two of its cycles, another period after three.',
    memory: 'About 7 KB a column.',
    gives: 'band',
    paper:
      'Holt (1957), Forecasting seasonals and trends by exponentially weighted moving averages; Gelper, Fried and Croux (2010), Robust forecasting with exponential and Holt-Winters smoothing.',
    example: 'season-break',
  },
  scale: 'sigma',
  threshold: { name: 'sigma', options: { k: 5 } },
  version: 1,
  columns: 'many',
  create: (chosen, width) => perColumn(width, () => new Seasonal(rulesOf(chosen))),
  restore: (reader, chosen, width) => perColumn(width, () => Seasonal.restore(reader, rulesOf(chosen))),
});
