/** A limit that a given part of the past scores stayed below. */
import type { Threshold } from '../core/contracts.ts';
import { Type, defineThreshold, type Static } from '../core/schema.ts';
import type { SnapshotWriter } from '../core/snapshot.ts';
import { QuantileSketch } from '../math/sketch.ts';
import { halfLife } from './options.ts';

const options = Type.Object(
  {
    q: Type.Number({ description: 'Part of the past scores that lie at or below the limit.', exclusiveMinimum: 0, exclusiveMaximum: 1, default: 0.999 }),
    half_life: halfLife,
    min_scores: Type.Optional(Type.Integer({ description: 'Scores seen before there is a limit. Absent: 1 / (1 - q).', minimum: 1 })),
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

class QuantileThreshold implements Threshold {
  readonly #q: number;
  readonly #least: number;
  readonly #sketch: QuantileSketch;
  #limit: number;

  constructor(chosen: Options, sketch: QuantileSketch) {
    this.#q = chosen.q;
    this.#least = chosen.min_scores ?? Math.ceil(1 / (1 - chosen.q) - 1e-9);
    this.#sketch = sketch;
    this.#limit = sketch.quantile(chosen.q);
  }

  limit(_time: number, score: number): number {
    const sketch = this.#sketch;
    const limit = sketch.count < this.#least ? Infinity : this.#limit;
    if (sketch.push(score)) this.#limit = sketch.quantile(this.#q);
    return limit;
  }

  snapshot(writer: SnapshotWriter): void {
    this.#sketch.snapshot(writer);
  }
}

export const quantile = defineThreshold({
  name: 'quantile',
  summary: 'The limit that a given part of the past scores stayed below; older scores count less and less.',
  options,
  sample: { q: 0.98, half_life: 1000 },
  about: {
    use: 'When a given part of all scores may be anomalous, whatever their scale. It follows the scores: after a long disturbance it is higher.',
    paper: 'Dunning (2019), Computing extremely accurate quantiles using t-digests.',
  },
  version: 1,
  needsSigma: false,
  bounds: 'scores',
  create: (chosen) => new QuantileThreshold(chosen, new QuantileSketch(chosen.half_life)),
  restore: (reader, chosen) => new QuantileThreshold(chosen, QuantileSketch.restore(reader, chosen.half_life)),
});
