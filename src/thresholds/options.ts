/** Options that several thresholds have. */
import { Type } from '../core/schema.ts';

export const halfLife = Type.Number({
  description: 'Scores after which a past score counts half.',
  minimum: 10,
  maximum: 10_000_000,
  default: 10_000,
});
