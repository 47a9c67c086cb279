/** Simple moving average: how far a value lies from the mean of the last ones. */
import { Type, defineDetector, type Static } from '../core/schema.ts';
import { WindowMoments } from '../math/window.ts';
import { perColumn } from './columns.ts';
import { sharedBy } from './shared.ts';
import { learnCap, minSpread, ZScore, zScoreRules } from './zscore.ts';

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

type Options = Static<typeof options>;

function minPoints(chosen: Options): number {
  return Math.min(chosen.min_points ?? chosen.window, chosen.window);
}

const rulesOf = sharedBy((chosen: Options) => zScoreRules(minPoints(chosen), chosen));

/** Score: |value - mean| in sample standard deviations of the last `window` values, this one not among them. */
export const sma = defineDetector({
  name: 'sma',
  summary: 'Distance from the mean of the last values, in their standard deviations (simple moving average).',
  options,
  sample: { window: 20, min_spread: 0.5 },
  about: {
    finds: 'Single values and sudden shifts far from the level of the last values.',
    use: 'When the level moves and only the recent past counts, with a window that you can name. For series with a season use seasonal; where outliers should not widen the band use robust.',
    warmUp: 'The window: 20 values.',
    memory: 'About 810 bytes with a window of 20; 24 bytes a value of the window.',
    gives: 'band',
    paper: 'Shewhart (1931), Economic Control of Quality of Manufactured Product; moments of a sliding window after Tangwongsan, Hirzel and Schneider (2015).',
    example: 'spikes',
  },
  scale: 'sigma',
  threshold: { name: 'sigma', options: { k: 3 } },
  version: 1,
  columns: 'many',
  create: (chosen, width) => {
    const rules = rulesOf(chosen);
    return perColumn(width, () => new ZScore(new WindowMoments(chosen.window), rules));
  },
  restore: (reader, chosen, width) => {
    const rules = rulesOf(chosen);
    return perColumn(width, () => new ZScore(WindowMoments.restore(reader, chosen.window), rules));
  },
});
