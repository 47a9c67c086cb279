/** The error of a forecast of the next value, by what the last ones let expect. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { levinson, MOST_ORDER } from '../math/autoregression.ts';
import { perColumn } from './columns.ts';
import { sharedBy } from './shared.ts';
import { isMissing, minSpread, scoreOf, widened } from './zscore.ts';

const options = Type.Object(
  {
    method: Type.Union([Type.Literal('ar'), Type.Literal('holt-winters')], {
      description: '`ar`: autoregression on the last values. `holt-winters`: level, trend and a season of `period` rows.',
      default: 'ar',
    }),
    order: Type.Integer({ description: 'Values that `ar` looks back.', minimum: 1, maximum: MOST_ORDER, default: 8 }),
    memory: Type.Integer({ description: 'About how many values the autoregression is learnt from.', minimum: 50, maximum: 1_000_000, default: 1000 }),
    period: Type.Integer({ description: 'Rows in a season of `holt-winters`; 0 for none.', minimum: 0, maximum: 10_000, default: 0 }),
    alpha: Type.Number({ description: 'Weight of the newest value in the level of `holt-winters`.', exclusiveMinimum: 0, maximum: 1, default: 0.1 }),
    beta: Type.Number({ description: 'Weight of the newest change in its trend.', minimum: 0, maximum: 1, default: 0.02 }),
    gamma: Type.Number({ description: 'Weight of the newest season in its seasonal offsets.', minimum: 0, maximum: 1, default: 0.2 }),
    clip: Type.Number({
      description: 'An error counts as at most this many standard deviations when it is learnt, so that an outlier does not spoil the next forecasts.',
      minimum: 1,
      maximum: 1_000_000,
      default: 3,
    }),
    min_points: Type.Integer({ description: 'Values seen before there is a score; at least three times `order`, or twice `period`.', minimum: 5, default: 30 }),
    min_spread: minSpread,
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

/** Numbers of the state; those of the method follow. */
const COUNT = 0;
const EXPECTED = 1;
const VARIANCE = 2;
const LEVEL = 3;
const TREND = 4;
const OWN = 5;

const SPREAD_RATE = 1 / 200;
/** Rows between two solutions for the coefficients. */
const SOLVED_EVERY = 16;

/** A way to forecast; its numbers lie in the state of the detector. */
interface Method {
  readonly size: number;
  readonly warm: number;
  /** Takes the value in (cleaned of what is beyond the clip) and writes the forecast of the next into the state. */
  learn(state: Float64Array, x: number, chosen: Options): void;
}

/** Autocovariances of lag 0 to order, coefficients, and the last values, newest first. */
function autoregressive({ order }: Options): Method {
  const covariances = OWN;
  const coefficients = covariances + order + 1;
  const last = coefficients + order;
  return {
    size: last + order,
    warm: 3 * order,
    learn(state, x, { memory }) {
      const n = state[COUNT];
      const rate = Math.max(1 / (n + 1), 1 / memory);
      state[LEVEL] += rate * (x - state[LEVEL]);
      const level = state[LEVEL];
      const d = x - level;
      state[covariances] += rate * (d * d - state[covariances]);
      for (let k = 1; k <= order && k <= n; k++) state[covariances + k] += rate * (d * (state[last + k - 1] - level) - state[covariances + k]);
      state.copyWithin(last + 1, last, last + order - 1);
      state[last] = x;
      if (n % SOLVED_EVERY === 0) levinson(state.subarray(covariances, coefficients), order, state.subarray(coefficients, last));
      let expected = level;
      for (let k = 0; k < order && k <= n; k++) expected += state[coefficients + k] * (state[last + k] - level);
      state[EXPECTED] = expected;
    },
  };
}

/** Seasonal offsets. */
function holtWinters({ period }: Options): Method {
  return {
    size: OWN + period,
    warm: 2 * period,
    learn(state, x, { alpha, beta, gamma }) {
      const n = state[COUNT];
      const place = OWN + (period > 0 ? n % period : 0);
      const season = period > 0 ? state[place] : 0;
      if (n === 0) state[LEVEL] = x;
      else {
        const before = state[LEVEL];
        // Until as many values were seen as alpha remembers, and one season, the level is their mean.
        const rate = n < period ? 1 / (n + 1) : Math.max(alpha, 1 / (n + 1));
        state[LEVEL] = before + state[TREND] + rate * (x - season - before - state[TREND]);
        if (n >= period) state[TREND] += beta * (state[LEVEL] - before - state[TREND]);
      }
      if (period > 0) state[place] += Math.max(gamma, n < period ? 1 : 0) * (x - state[LEVEL] - state[place]);
      state[EXPECTED] = state[LEVEL] + state[TREND] + (period > 0 ? state[OWN + ((n + 1) % period)] : 0);
    },
  };
}

const methodOf = sharedBy((chosen: Options): Method => (chosen.method === 'ar' ? autoregressive(chosen) : holtWinters(chosen)));

class Forecast implements Detector {
  readonly #options: Options;
  readonly #method: Method;
  readonly #state: Float64Array;

  constructor(chosen: Options) {
    this.#options = chosen;
    this.#method = methodOf(chosen);
    this.#state = new Float64Array(this.#method.size);
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const state = this.#state;
    if (state[COUNT] < Math.max(this.#options.min_points, this.#method.warm)) return NaN;
    const expected = state[EXPECTED];
    const spread = this.#spread();
    out.expected = expected;
    out.below = out.above = spread;
    const x = values[at];
    return isMissing(x) ? NaN : scoreOf(x, expected, spread);
  }

  /** A missing value is taken for the expected one, so that the steps stay equal. */
  learn(_time: number, values: Float64Array, at: number): void {
    const state = this.#state;
    const x = values[at];
    const missing = isMissing(x);
    if (missing && state[COUNT] === 0) return;
    const n = state[COUNT];
    const expected = n === 0 ? x : state[EXPECTED];
    const reach = n < this.#method.warm + 10 || state[VARIANCE] === 0 ? Infinity : this.#options.clip * this.#spread();
    const error = missing ? 0 : Math.max(-reach, Math.min(reach, x - expected));
    if (!missing && n > 0) state[VARIANCE] += Math.max(1 / n, SPREAD_RATE) * (error * error - state[VARIANCE]);
    this.#method.learn(state, expected + error, this.#options);
    state[COUNT]++;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  static restore(reader: SnapshotReader, chosen: Options): Forecast {
    const restored = new Forecast(chosen);
    reader.block(restored.#state);
    return restored;
  }

  #spread(): number {
    return widened(Math.sqrt(this.#state[VARIANCE]), this.#state[EXPECTED], this.#options.min_spread);
  }
}

/** Score: |value - forecast| in standard deviations of the errors so far, exponentially weighted. */
export const forecast = defineDetector({
  name: 'forecast',
  summary: 'Error of the forecast of the next value, by an autoregression or by Holt-Winters smoothing, in standard deviations of such errors.',
  options,
  sample: { method: 'holt-winters', period: 12, min_points: 20 },
  about: {
    finds:
      'Values that do not follow from the ones before, in series that move smoothly or repeat a short pattern, also where they lie well within the usual range.',
    use: 'For values that depend strongly on the last ones. It is quick to get used to a change, so an anomaly that lasts shows only where it begins; for a season in hours and days use seasonal. Rows count as equal steps: where they come irregularly, aggregate first. A counter should come through aggregate: rate.',
    warmUp: '30 values; holt-winters: two seasons.',
    memory: 'About 480 bytes a column with an order of 8; 24 bytes for each value looked back, 8 for each row of a season.',
    gives: 'band',
    paper:
      'Durbin (1960), The fitting of time-series models; Winters (1960), Forecasting sales by exponentially weighted moving averages; cleaning after Gelper, Fried and Croux (2010).',
    example: 'shape',
  },
  scale: 'sigma',
  threshold: { name: 'sigma', options: { k: 5 } },
  version: 1,
  columns: 'many',
  create: (chosen, width) => perColumn(width, () => new Forecast(chosen)),
  restore: (reader, chosen, width) => perColumn(width, () => Forecast.restore(reader, chosen)),
});
