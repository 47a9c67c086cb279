/** Page-Hinkley: a mean that wanders off, slowly or at once. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { ExponentialMoments } from '../math/exponential.ts';
import { perColumn } from './columns.ts';
import { sharedBy } from './shared.ts';
import { isMissing, minSpread, spreadOf } from './zscore.ts';

const options = Type.Object(
  {
    allowance: Type.Number({
      description: 'Deviation from the mean, in standard deviations, that is not added up: changes smaller than this are tolerated.',
      minimum: 0,
      maximum: 5,
      default: 0.1,
    }),
    limit: Type.Number({
      description: 'Sum of deviations, in standard deviations, at which the mean has changed; the score is 1 there.',
      minimum: 1,
      maximum: 1_000_000,
      default: 50,
    }),
    span: Type.Number({
      description: 'About how many values the standard deviation is learnt from. The mean is that of all values since the last change.',
      minimum: 2,
      maximum: 1_000_000,
      default: 200,
    }),
    clip: Type.Number({
      description: 'A single value counts as at most this many standard deviations, so that one outlier is not taken for a change.',
      minimum: 1,
      maximum: 1_000_000,
      default: 4,
    }),
    min_points: Type.Integer({ description: 'Values seen since the beginning, or since the last change, before there is a score.', minimum: 2, default: 50 }),
    min_spread: minSpread,
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

interface Rules extends Options {
  readonly alpha: number;
}

const rulesOf = sharedBy((chosen: Options): Rules => ({ ...chosen, alpha: 2 / (chosen.span + 1) }));

class PageHinkley implements Detector {
  readonly #rules: Rules;
  readonly #moments: ExponentialMoments;
  /** Values since the last change and their mean. */
  #count = 0;
  #mean = 0;
  /** How far the sum of deviations lies above its minimum so far, and below its maximum. */
  #up = 0;
  #down = 0;

  constructor(rules: Rules, moments: ExponentialMoments) {
    this.#rules = rules;
    this.#moments = moments;
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const x = values[at];
    if (this.#count < this.#rules.min_points) return NaN;
    out.expected = this.#mean;
    if (isMissing(x)) return NaN;
    const z = this.#standard(x);
    const { allowance, limit } = this.#rules;
    const score = Math.max(this.#up + z - allowance, this.#down - z - allowance, 0) / limit;
    out.drift = score > 1;
    return score;
  }

  learn(_time: number, values: Float64Array, at: number): void {
    const x = values[at];
    if (isMissing(x)) return;
    const { allowance, limit, min_points } = this.#rules;
    if (this.#count >= min_points) {
      const z = this.#standard(x);
      this.#up = Math.max(0, this.#up + z - allowance);
      this.#down = Math.max(0, this.#down - z - allowance);
      if (Math.max(this.#up, this.#down) > limit) this.#count = this.#mean = this.#up = this.#down = 0;
    }
    this.#count++;
    this.#mean += (x - this.#mean) / this.#count;
    this.#moments.push(x);
  }

  snapshot(writer: SnapshotWriter): void {
    this.#moments.snapshot(writer);
    for (const x of [this.#count, this.#mean, this.#up, this.#down]) writer.f64(x);
  }

  static restore(reader: SnapshotReader, rules: Rules): PageHinkley {
    const restored = new PageHinkley(rules, ExponentialMoments.restore(reader, rules.alpha));
    restored.#count = reader.f64();
    restored.#mean = reader.f64();
    restored.#up = reader.f64();
    restored.#down = reader.f64();
    return restored;
  }

  /** The value in standard deviations from the mean since the last change, clipped. */
  #standard(x: number): number {
    const { clip, min_spread } = this.#rules;
    const z = (x - this.#mean) / spreadOf(this.#mean, this.#moments.variance, min_spread);
    return Math.max(-clip, Math.min(clip, z));
  }
}

/**
 * Score: the Page-Hinkley statistic, max over both sides of (sum of deviations - its extreme so far), in standard deviations
 * and divided by `limit`. Beyond 1 it is a drift, and once that value is learnt the mean begins anew.
 */
export const pageHinkley = defineDetector({
  name: 'page-hinkley',
  summary: 'Sum of the deviations from the mean since the last change (Page-Hinkley test): finds a mean that wanders off, and starts anew.',
  options,
  sample: { limit: 30, min_points: 20 },
  about: {
    finds: 'A mean that drifts away slowly or changes for good; each change is reported once, as a drift.',
    use: 'For slow leaks and ageing sensors without a season. For shifts that should stay anomalous while they last use cusum. A counter should come through aggregate: rate, for it drifts always.',
    warmUp: '50 values, and as many after each change.',
    memory: 'About 220 bytes a column.',
    gives: 'score only',
    paper: 'Page (1954), Continuous inspection schemes; Hinkley (1971), Inference about the change-point from cumulative sum tests.',
    example: 'slow-leak',
  },
  scale: 'free',
  threshold: { name: 'static', options: { limit: 1 } },
  version: 1,
  columns: 'many',
  create: (chosen, width) => {
    const rules = rulesOf(chosen);
    return perColumn(width, () => new PageHinkley(rules, new ExponentialMoments(rules.alpha)));
  },
  restore: (reader, chosen, width) => {
    const rules = rulesOf(chosen);
    return perColumn(width, () => PageHinkley.restore(reader, rules));
  },
});
