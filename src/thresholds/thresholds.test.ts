import { describe, expect, it } from 'vitest';
import { thresholdChecks } from '../testing/threshold-suite.ts';
import { thresholds } from './index.ts';

describe('every threshold', () => {
  for (const check of thresholdChecks(thresholds)) it(check.name, check.run);
});

it('only sigma asks for scores in standard deviations, and only budget holds a number of alerts', () => {
  const named = (fits: (threshold: (typeof thresholds)[number]) => boolean) => thresholds.filter(fits).map(({ name }) => name);
  expect(named(({ needsSigma }) => needsSigma)).toEqual(['sigma']);
  expect(named(({ bounds }) => bounds === 'alerts')).toEqual(['budget']);
});
