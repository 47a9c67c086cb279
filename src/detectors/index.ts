/** Every detector there is. */
import type { DetectorDefinition } from '../core/schema.ts';
import { ema } from './ema.ts';
import { sma } from './sma.ts';

export const detectors: readonly DetectorDefinition[] = [sma, ema];
