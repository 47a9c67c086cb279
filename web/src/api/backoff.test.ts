import { expect, it } from 'vitest';
import { backoff } from './backoff.ts';

it('waits half a second first, doubles, and never more than 30 s', () => {
  const waits = [1, 2, 3, 7, 50].map((attempt) => backoff(attempt, () => 0));
  expect(waits).toEqual([500, 1000, 2000, 30_000, 30_000]);
});

it('takes off at most a quarter', () => {
  expect(backoff(3, () => 1)).toBe(1500);
});
