import { describe, it } from 'vitest';
import { thresholdChecks } from '../testing/threshold-suite.ts';
import { thresholds } from './index.ts';

describe('every threshold', () => {
  for (const check of thresholdChecks(thresholds)) it(check.name, check.run);
});
