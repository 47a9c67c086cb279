/** Every threshold there is. */
import type { ThresholdDefinition } from '../core/schema.ts';
import { budget } from './budget.ts';
import { conformal } from './conformal.ts';
import { quantile } from './quantile.ts';
import { sigma } from './sigma.ts';
import { dspot, spot } from './spot.ts';
import { staticThreshold } from './static.ts';

export const thresholds: readonly ThresholdDefinition[] = [sigma, staticThreshold, quantile, spot, dspot, conformal, budget];
