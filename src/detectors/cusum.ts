/** Cumulative sums: small shifts that last, added up until they show. */
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
      description: 'Deviation in standard deviations that is not added up: half of the smallest shift worth finding.',
      exclusiveMinimum: 0,
      maximum: 5,
      default: 0.5,
    }),
    span: Type.Number({
      description: 'About how many values the level and the spread are learnt from; a shift that stays becomes the level within about as many.',
      minimum: 2,
      maximum: 1_000_000,
      default: 500,
    }),
    clip: Type.Number({
      description: 'A single value counts as at most this many standard deviations, so that one outlier is not taken for a shift.',
      minimum: 1,
      maximum: 1_000_000,
      default: 4,
    }),
    most: Type.Number({
      description: 'The sums end here, so that they come down again soon after a shift is over.',
      minimum: 1,
      maximum: 1_000_000,
      default: 50,
    }),
    min_points: Type.Integer({ description: 'Values seen before sums begin.', minimum: 2, default: 50 }),
    min_spread: minSpread,
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

interface Rules extends Options {
  readonly alpha: number;
  /** Whose value was standardised last, how many it had seen, the value, and what came of it: `learn` asks again what `score` asked. */
  asker: Cusum | undefined;
  asked: number;
  count: number;
  answer: number;
}

const rulesOf = sharedBy((chosen: Options): Rules => ({ ...chosen, alpha: 2 / (chosen.span + 1), asker: undefined, asked: NaN, count: 0, answer: NaN }));

class Cusum implements Detector {
  readonly #rules: Rules;
  readonly #moments: ExponentialMoments;
  /** The sums upwards and downwards, in standard deviations. */
  #up = 0;
  #down = 0;

  constructor(rules: Rules, moments: ExponentialMoments) {
    this.#rules = rules;
    this.#moments = moments;
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const x = values[at];
    const rules = this.#rules;
    const moments = this.#moments;
    if (moments.count < rules.min_points) return NaN;
    out.expected = moments.mean;
    if (isMissing(x)) return NaN;
    const z = this.#standard(x);
    const sum = Math.max(this.#up + z, this.#down - z) - rules.allowance;
    return Math.min(Math.max(sum, 0), rules.most);
  }

  learn(_time: number, values: Float64Array, at: number): void {
    const x = values[at];
    if (isMissing(x)) return;
    const { allowance, most, min_points } = this.#rules;
    const moments = this.#moments;
    if (moments.count >= min_points) {
      const z = this.#standard(x);
      this.#up = Math.min(Math.max(this.#up + z - allowance, 0), most);
      this.#down = Math.min(Math.max(this.#down - z - allowance, 0), most);
    }
    moments.push(x);
  }

  snapshot(writer: SnapshotWriter): void {
    this.#moments.snapshot(writer);
    writer.f64(this.#up);
    writer.f64(this.#down);
  }

  static restore(reader: SnapshotReader, rules: Rules): Cusum {
    const restored = new Cusum(rules, ExponentialMoments.restore(reader, rules.alpha));
    restored.#up = reader.f64();
    restored.#down = reader.f64();
    return restored;
  }

  /** The value in standard deviations from the level, clipped. */
  #standard(x: number): number {
    const rules = this.#rules;
    const moments = this.#moments;
    if (rules.asker === this && rules.asked === x && rules.count === moments.count) return rules.answer;
    const { clip, min_spread } = rules;
    const { mean } = moments;
    const z = (x - mean) / spreadOf(mean, moments.variance, min_spread);
    rules.asker = this;
    rules.asked = x;
    rules.count = moments.count;
    return (rules.answer = Math.max(-clip, Math.min(clip, z)));
  }
}

/**
 * Score: the larger of max(0, S+ + z - allowance) and max(0, S- - z - allowance), z the value in exponentially weighted
 * standard deviations from the exponentially weighted mean of the values before it.
 */
export const cusum = defineDetector({
  name: 'cusum',
  summary: 'Cumulative sums of the deviations from a learnt level, upwards and downwards: finds small shifts that last.',
  options,
  sample: { allowance: 0.5, span: 200, min_points: 20 },
  about: {
    finds: 'Shifts of the level that are too small to see in a single value, by adding them up.',
    use: 'For a level that should stay where it is, such as a process under control. A season or a trend is a shift to it: use seasonal. A counter should come through aggregate: rate, for it rises always.',
    warmUp: '50 values.',
    memory: 'About 190 bytes a column.',
    gives: 'score only',
    paper: 'Page (1954), Continuous inspection schemes.',
    example: 'level-shift',
  },
  scale: 'free',
  threshold: { name: 'static', options: { limit: 10 } },
  version: 1,
  columns: 'many',
  create: (chosen, width) => {
    const rules = rulesOf(chosen);
    return perColumn(width, () => new Cusum(rules, new ExponentialMoments(rules.alpha)));
  },
  restore: (reader, chosen, width) => {
    const rules = rulesOf(chosen);
    return perColumn(width, () => Cusum.restore(reader, rules));
  },
});
