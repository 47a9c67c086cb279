/** A fixed limit for any score. */
import { Type, defineThreshold } from '../core/schema.ts';
import { FixedLimit } from './fixed.ts';

const options = Type.Object(
  { limit: Type.Number({ description: 'Scores above it are anomalous. What it means depends on the detector.' }) },
  { additionalProperties: false },
);

export const staticThreshold = defineThreshold({
  name: 'static',
  summary: 'A fixed limit for the score of any detector.',
  options,
  sample: { limit: 4.5 },
  about: {
    use: 'When you know which score matters, from looking at a plot of them.',
    paper: 'None: a number you choose.',
  },
  version: 1,
  needsSigma: false,
  bounds: 'scores',
  create: (chosen) => new FixedLimit(chosen.limit),
  restore: (_reader, chosen) => new FixedLimit(chosen.limit),
});
