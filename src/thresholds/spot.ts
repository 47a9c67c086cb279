/** Limits by extreme value theory: what a score exceeds with a probability too small to be counted. */
import type { Threshold } from '../core/contracts.ts';
import { Type, defineThreshold } from '../core/schema.ts';
import type { SnapshotWriter } from '../core/snapshot.ts';
import { WindowMoments } from '../math/window.ts';
import { halfLife } from './options.ts';
import { Peaks } from './peaks.ts';

const common = {
  risk: Type.Number({ description: 'Probability with which a score of the usual kind exceeds the limit.', exclusiveMinimum: 0, maximum: 0.1, default: 0.0001 }),
  level: Type.Number({
    description: 'Quantile of the scores above which they are peaks, to which the tail is fitted.',
    minimum: 0.5,
    maximum: 0.999,
    default: 0.98,
  }),
  min_scores: Type.Integer({ description: 'Scores seen before there is a limit.', minimum: 10, default: 500 }),
  half_life: halfLife,
};

class Spot implements Threshold {
  readonly #peaks: Peaks;

  constructor(peaks: Peaks) {
    this.#peaks = peaks;
  }

  limit(_time: number, score: number): number {
    const { limit } = this.#peaks;
    this.#peaks.learn(score);
    return limit;
  }

  snapshot(writer: SnapshotWriter): void {
    this.#peaks.snapshot(writer);
  }
}

/** SPOT of how far scores lie above the mean of the last ones that were not anomalous. */
class DriftSpot implements Threshold {
  readonly #peaks: Peaks;
  readonly #local: WindowMoments;

  constructor(peaks: Peaks, local: WindowMoments) {
    this.#peaks = peaks;
    this.#local = local;
  }

  limit(_time: number, score: number): number {
    const { mean, count, capacity } = this.#local;
    const limit = mean + this.#peaks.limit;
    if (count === capacity) this.#peaks.learn(score - mean);
    if (score <= limit) this.#local.push(score);
    return limit;
  }

  snapshot(writer: SnapshotWriter): void {
    this.#peaks.snapshot(writer);
    this.#local.snapshot(writer);
  }
}

const paper = 'Siffer, Fouque, Termier and Largouet (2017), Anomaly detection in streams with extreme value theory; Grimshaw (1993).';

export const spot = defineThreshold({
  name: 'spot',
  summary: 'The limit that a score exceeds with a small probability, by a tail fitted to the largest scores (peaks over threshold); the fit is tested.',
  options: Type.Object(common, { additionalProperties: false }),
  sample: { risk: 0.001, level: 0.9, min_scores: 100 },
  about: {
    use: 'When anomalies should be rarer than the scores seen so far can count: 1 in 10,000 after a few hundred.',
    paper,
  },
  version: 1,
  needsSigma: false,
  bounds: 'scores',
  create: (chosen) => new Spot(new Peaks(chosen)),
  restore: (reader, chosen) => new Spot(Peaks.restore(reader, chosen)),
});

export const dspot = defineThreshold({
  name: 'dspot',
  summary: 'As spot, of how far scores lie above their local mean: for scores that drift.',
  options: Type.Object(
    {
      ...common,
      window: Type.Integer({ description: 'Scores in the local mean; those above the limit are left out.', minimum: 2, maximum: 10_000, default: 200 }),
    },
    { additionalProperties: false },
  ),
  sample: { risk: 0.001, level: 0.9, min_scores: 100, window: 50 },
  about: {
    use: 'As spot, where the scores themselves rise and fall slowly, as they do with a detector that does not follow the series.',
    paper,
  },
  version: 1,
  needsSigma: false,
  bounds: 'scores',
  create: (chosen) => new DriftSpot(new Peaks(chosen), new WindowMoments(chosen.window)),
  restore(reader, chosen) {
    const peaks = Peaks.restore(reader, chosen);
    return new DriftSpot(peaks, WindowMoments.restore(reader, chosen.window));
  },
});
