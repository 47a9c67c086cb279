/** A band between two quantiles of all that was seen, the newer weighing more. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotWriter } from '../core/snapshot.ts';
import { QuantileSketch } from '../math/sketch.ts';
import { perColumn } from './columns.ts';
import { isMissing, minSpread, scoreOf, widened } from './zscore.ts';

const options = Type.Object(
  {
    lower: Type.Number({ description: 'Part of the values that lies below the band.', minimum: 0.001, maximum: 0.4, default: 0.05 }),
    upper: Type.Number({ description: 'Part of the values that lies above the band.', minimum: 0.001, maximum: 0.4, default: 0.05 }),
    half_life: Type.Number({ description: 'After so many values one weighs half.', minimum: 100, maximum: 10_000_000, default: 2000 }),
    min_points: Type.Integer({ description: 'Values seen before there is a score.', minimum: 8, default: 100 }),
    min_spread: minSpread,
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

/** The band reaches at least a half of the way to the quantile with a tenth of the part beyond: where a tail is long or values are few, it is what tells. */
const FARTHER = 10;
const WAY = 0.5;

class QuantileBand implements Detector {
  readonly #options: Options;
  readonly #sketch: QuantileSketch;
  #median = NaN;
  #below = NaN;
  #above = NaN;

  constructor(chosen: Options, sketch: QuantileSketch) {
    this.#options = chosen;
    this.#sketch = sketch;
    this.#read();
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    if (this.#sketch.count < this.#options.min_points) return NaN;
    const x = values[at];
    const median = this.#median;
    out.expected = median;
    out.below = this.#below;
    out.above = this.#above;
    return isMissing(x) ? NaN : scoreOf(x, median, x > median ? this.#above : this.#below);
  }

  learn(_time: number, values: Float64Array, at: number): void {
    const x = values[at];
    if (isMissing(x)) return;
    if (this.#sketch.push(x)) this.#read();
  }

  snapshot(writer: SnapshotWriter): void {
    this.#sketch.snapshot(writer);
  }

  #read(): void {
    const sketch = this.#sketch;
    const { lower, upper, min_spread } = this.#options;
    const median = (this.#median = sketch.quantile(0.5));
    const below = Math.max(median - sketch.quantile(lower), WAY * (median - sketch.quantile(lower / FARTHER)));
    const above = Math.max(sketch.quantile(1 - upper) - median, WAY * (sketch.quantile(1 - upper / FARTHER) - median));
    this.#below = widened(below, median, min_spread);
    this.#above = widened(above, median, min_spread);
  }
}

/** Score: distance from the median in units of the half of the band on that side; 1 at its end. */
export const quantile = defineDetector({
  name: 'quantile',
  summary: 'Distance from the median in units of the band between two quantiles, from a sketch of all values that forgets.',
  options,
  sample: { lower: 0.02, half_life: 500, min_points: 50 },
  about: {
    finds: 'Values far outside the band that most values lie in, on each side by its own measure.',
    use: 'For values that are lopsided, such as durations and sizes, and for long memories at a small cost. For a level that moves quickly use robust or ema; for a season use seasonal; a counter should come through aggregate: rate.',
    warmUp: '100 values.',
    memory: 'About 3.2 KB a column, whatever the half-life.',
    gives: 'band',
    paper: 'Dunning (2019), Computing extremely accurate quantiles using t-digests.',
    example: 'spikes',
  },
  scale: 'free',
  threshold: { name: 'static', options: { limit: 2.5 } },
  version: 1,
  columns: 'many',
  create: (chosen, width) => perColumn(width, () => new QuantileBand(chosen, new QuantileSketch(chosen.half_life))),
  restore: (reader, chosen, width) => perColumn(width, () => new QuantileBand(chosen, QuantileSketch.restore(reader, chosen.half_life))),
});
