/** A limit that a score of the same kind as the past ones crosses with a given probability. */
import type { Threshold } from '../core/contracts.ts';
import { Type, defineThreshold, type Static } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { QuantileSketch } from '../math/sketch.ts';
import { halfLife } from './options.ts';

/** Part of the level by which one score in so many moves the level in force. */
const STEP = 0.02;
/** The level in force stays within this factor of the level asked for, so that a long disturbance is not paid for long. */
const FARTHEST = Math.log(4);

const options = Type.Object(
  {
    alpha: Type.Number({
      description: 'Level: the part of the scores that are anomalous while nothing is wrong. 0.01 is 1 in 100.',
      exclusiveMinimum: 0,
      maximum: 0.5,
      default: 0.01,
    }),
    half_life: halfLife,
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

/**
 * A score is anomalous when its conformal p-value (1 + weight of the past scores at or above it) / (1 + weight of all) is at
 * most the level. Weights fall with age (Barber et al. 2023), so the scores may change slowly; the level in force is moved
 * so that the part that is anomalous in the long run is the one asked for (Gibbs and Candes 2021), within bounds.
 */
class Conformal implements Threshold {
  readonly #alpha: number;
  readonly #sketch: QuantileSketch;
  /** ln(level in force / level asked for). */
  readonly #bias: Float64Array;

  constructor(alpha: number, sketch: QuantileSketch, bias: Float64Array) {
    this.#alpha = alpha;
    this.#sketch = sketch;
    this.#bias = bias;
  }

  limit(_time: number, score: number): number {
    const sketch = this.#sketch;
    const bias = this.#bias;
    const { weight } = sketch;
    // p <= level: the weight above the limit is level (1 + weight) - 1.
    const above = this.#alpha * Math.exp(bias[0]) * (1 + weight) - 1;
    const limit = above >= 0 && weight > 0 ? sketch.quantile(1 - above / weight) : Infinity;
    if (limit !== Infinity) {
      const moved = bias[0] + STEP * (score > limit ? this.#alpha - 1 : this.#alpha);
      bias[0] = Math.max(-FARTHEST, Math.min(FARTHEST, moved));
    }
    sketch.push(score);
    return limit;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#bias);
    this.#sketch.snapshot(writer);
  }
}

export const conformal = defineThreshold({
  name: 'conformal',
  summary: 'The limit that a given part of the scores crosses while nothing is wrong, whatever their distribution and while it changes slowly.',
  options,
  sample: { alpha: 0.02, half_life: 1000 },
  about: {
    use: 'When you want a known part of false alarms per score, say 1 in 100, and hold that by counting; for alerts per time use budget.',
    paper: 'Barber et al. (2023), Conformal prediction beyond exchangeability; Gibbs and Candes (2021), Adaptive conformal inference under distribution shift.',
  },
  version: 1,
  needsSigma: false,
  bounds: 'scores',
  create: (chosen: Options) => new Conformal(chosen.alpha, new QuantileSketch(chosen.half_life), new Float64Array(1)),
  restore(reader: SnapshotReader, chosen: Options) {
    const bias = reader.block(new Float64Array(1));
    return new Conformal(chosen.alpha, QuantileSketch.restore(reader, chosen.half_life), bias);
  },
});
