import { describe, expect, it } from 'vitest';
import { nearest } from './nearest.ts';

describe('nearest', () => {
  it('finds the name behind a slip of the finger', () => {
    expect(nearest('lmit', ['limit', 'cursor'])).toBe('limit');
    expect(nearest('crusor', ['limit', 'cursor'])).toBe('cursor');
    expect(nearest('Pipelines', ['pipeline', 'series'])).toBe('pipeline');
  });

  it('says nothing when nothing is near', () => {
    expect(nearest('zebra', ['limit', 'cursor'])).toBeUndefined();
    expect(nearest('', ['limit'])).toBeUndefined();
  });
});
