import { describe, expect, it } from 'vitest';
import { lagOf } from './status.ts';

describe('lag', () => {
  it('is nothing where nothing waits to be read, however long ago the newest event was', () => {
    expect(lagOf(10_000, 100_000, 0)).toBe(0);
    expect(lagOf(-Infinity, 100_000, 0)).toBe(0);
    expect(lagOf(10_000, 100_000, 512)).toBe(90_000);
  });

  it('is clock less newest event where the source does not know what waits; never negative, null before the first event', () => {
    expect(lagOf(10_000, 100_000, null)).toBe(90_000);
    expect(lagOf(200_000, 100_000, null)).toBe(0);
    expect(lagOf(-Infinity, 100_000, null)).toBeNull();
  });
});
