/** Simple moving average: how far a value lies from the mean of the last ones. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotWriter } from '../core/snapshot.ts';
import { WindowMoments } from '../math/window.ts';
import { perColumn } from './columns.ts';
import { cappedAt, isMissing, learnCap, minSpread, scoreOf, spreadOf } from './zscore.ts';

const options = Type.Object(
  {
    window: Type.Integer({ description: 'How many values the mean and the standard deviation are taken over.', minimum: 2, maximum: 100_000, default: 20 }),
    min_points: Type.Optional(
      Type.Integer({ description: 'Values seen before there is a score, at most as many as `window`, which it is when absent.', minimum: 2, maximum: 100_000 }),
    ),
    min_spread: minSpread,
    learn_cap: learnCap,
  },
  { additionalProperties: false },
);

class Sma implements Detector {
  readonly #window: WindowMoments;
  readonly #minPoints: number;
  readonly #least: number;
  readonly #cap: number;

  constructor(chosen: Static<typeof options>, window: WindowMoments) {
    this.#window = window;
    this.#minPoints = Math.min(chosen.min_points ?? chosen.window, chosen.window);
    this.#least = chosen.min_spread;
    this.#cap = chosen.learn_cap ?? Infinity;
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const window = this.#window;
    out.onset = NaN;
    if (window.count < this.#minPoints) {
      out.expected = out.below = out.above = NaN;
      return NaN;
    }
    const mean = window.mean;
    const spread = spreadOf(mean, window.variance, this.#least);
    out.expected = mean;
    out.below = out.above = spread;
    const x = values[at];
    return isMissing(x) ? NaN : scoreOf(x, mean, spread);
  }

  learn(_time: number, values: Float64Array, at: number): void {
    const x = values[at];
    if (isMissing(x)) return;
    const window = this.#window;
    const capped = this.#cap !== Infinity && window.count >= this.#minPoints;
    window.push(capped ? cappedAt(x, window.mean, window.variance, this.#least, this.#cap) : x);
  }

  snapshot(writer: SnapshotWriter): void {
    this.#window.snapshot(writer);
  }
}

/** Score: |value - mean| in sample standard deviations of the last `window` values, this one not among them. */
export const sma = defineDetector({
  name: 'sma',
  summary: 'Distance from the mean of the last values, in their standard deviations (simple moving average).',
  options,
  sample: { window: 20, min_spread: 0.5 },
  scale: 'sigma',
  version: 1,
  columns: 'many',
  create: (chosen, width) => perColumn(width, () => new Sma(chosen, new WindowMoments(chosen.window))),
  restore: (reader, chosen, width) => perColumn(width, () => new Sma(chosen, WindowMoments.restore(reader, chosen.window))),
});
