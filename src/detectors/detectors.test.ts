import { describe, it } from 'vitest';
import { detectorChecks } from '../testing/detector-suite.ts';
import { detectors } from './index.ts';

describe('every detector', () => {
  for (const check of detectorChecks(detectors)) it(check.name, check.run);
});
