/** Every threshold there is. */
import type { ThresholdDefinition } from '../core/schema.ts';
import { sigma } from './sigma.ts';
import { staticThreshold } from './static.ts';

export const thresholds: readonly ThresholdDefinition[] = [sigma, staticThreshold];
