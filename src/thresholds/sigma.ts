/** A limit in standard deviations. */
import { Type, defineThreshold } from '../core/schema.ts';
import { FixedLimit } from './fixed.ts';

const options = Type.Object(
  {
    k: Type.Number({
      description: 'Standard deviations from expected beyond which a score is anomalous. Of normally distributed scores 1 in 370 lies beyond 3.',
      exclusiveMinimum: 0,
      maximum: 1_000_000,
      default: 3,
    }),
  },
  { additionalProperties: false },
);

export const sigma = defineThreshold({
  name: 'sigma',
  summary: 'A limit of k standard deviations, for detectors that score in standard deviations.',
  options,
  sample: { k: 3 },
  about: {
    use: 'The plain choice for detectors that score in standard deviations, when three of them mean what you want.',
    paper: 'Shewhart (1931), Economic Control of Quality of Manufactured Product.',
  },
  version: 1,
  needsSigma: true,
  bounds: 'scores',
  create: (chosen) => new FixedLimit(chosen.k),
  restore: (_reader, chosen) => new FixedLimit(chosen.k),
});
