/** Exponential moving average: how far a value lies from a mean that forgets slowly. */
import { Type, defineDetector, type Static } from '../core/schema.ts';
import { ExponentialMoments } from '../math/exponential.ts';
import { perColumn } from './columns.ts';
import { sharedBy } from './shared.ts';
import { learnCap, minSpread, ZScore, zScoreRules } from './zscore.ts';

const options = Type.Object(
  {
    span: Type.Number({
      description: 'About how many values the mean remembers; the newest weighs alpha = 2 / (span + 1). Not used when `alpha` is given.',
      minimum: 2,
      maximum: 1_000_000,
      default: 20,
    }),
    alpha: Type.Optional(
      Type.Number({
        description: 'Weight of the newest value, between 0 and 1; takes the place of `span`. 0.1 is a span of 19.',
        exclusiveMinimum: 0,
        exclusiveMaximum: 1,
      }),
    ),
    min_points: Type.Optional(
      Type.Integer({ description: 'Values seen before there is a score. Absent: the span, rounded up (2 / alpha - 1 where `alpha` is given).', minimum: 2 }),
    ),
    min_spread: minSpread,
    learn_cap: learnCap,
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

function alphaOf(chosen: Options): number {
  return chosen.alpha ?? 2 / (chosen.span + 1);
}

/** The span, forgiving the rounding of 2 / alpha. */
function warmUp(chosen: Options): number {
  return chosen.min_points ?? Math.max(2, Math.ceil(2 / alphaOf(chosen) - 1 - 1e-9));
}

const rulesOf = sharedBy((chosen: Options) => zScoreRules(warmUp(chosen), chosen));

/** Score: |value - mean| in standard deviations, both exponentially weighted over the values before this one. */
export const ema = defineDetector({
  name: 'ema',
  summary: 'Distance from the exponentially weighted mean, in exponentially weighted standard deviations (exponential moving average).',
  options,
  sample: { span: 20, learn_cap: 6 },
  about: {
    finds: 'Single values and sudden shifts far from a mean that forgets slowly.',
    use: 'The cheapest choice, for very many series without a season; it adapts to a new level within about one span. Where outliers should not widen the band use robust.',
    warmUp: 'The span: 20 values.',
    memory: 'About 130 bytes a column.',
    gives: 'band',
    paper: 'Roberts (1959), Control chart tests based on geometric moving averages; update after West (1979).',
    example: 'spikes',
  },
  scale: 'sigma',
  threshold: { name: 'sigma', options: { k: 3 } },
  version: 2,
  columns: 'many',
  create: (chosen, width) => {
    const rules = rulesOf(chosen);
    return perColumn(width, () => new ZScore(new ExponentialMoments(alphaOf(chosen)), rules));
  },
  restore: (reader, chosen, width) => {
    const rules = rulesOf(chosen);
    return perColumn(width, () => new ZScore(ExponentialMoments.restore(reader, alphaOf(chosen), reader.version === 1), rules));
  },
});
