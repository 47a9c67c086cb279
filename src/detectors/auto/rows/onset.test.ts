import { describe, expect, it } from 'vitest';
import { Onset } from './onset.ts';

function after(onset: Onset, scores: readonly number[]): Onset {
  for (const score of scores) onset.learn(score);
  return onset;
}

const quiet = (n: number): number[] => Array.from({ length: n }, () => 0);

describe('the onset of a score with limit 5', () => {
  it('is strong above the limit, and weak at a new height below it', () => {
    expect(new Onset(5).of(15)).toBe(0.75);
    expect(new Onset(5).of(1)).toBeCloseTo(1 / 6, 12);
    expect(after(new Onset(5), [1]).of(1.9)).toBe(0);
    expect(after(new Onset(5), [1]).of(2.5)).toBeCloseTo(1 / 3, 12);
    expect(after(new Onset(5), [4.9]).of(5.1)).toBeGreaterThan(0.5);
  });

  it('has twenty rows for one rise', () => {
    expect(after(new Onset(5), [6, ...quiet(19)]).of(100)).toBe(0);
    expect(after(new Onset(5), [6, ...quiet(20)]).of(100)).toBeGreaterThan(0.9);
  });

  it('is there again at twice the peak, which fades by half in sixty rows', () => {
    const faded = 40 * 2 ** (-30 / 60);
    expect(after(new Onset(5), [40, ...quiet(30)]).of(2 * faded - 0.1)).toBe(0);
    expect(after(new Onset(5), [40, ...quiet(30)]).of(2 * faded + 0.1)).toBeGreaterThan(0.5);
  });

  it('is there again at the limit once the peak has faded to half of it', () => {
    expect(after(new Onset(5), [10, ...quiet(119)]).of(5.01)).toBe(0);
    expect(after(new Onset(5), [10, ...quiet(122)]).of(5.01)).toBeGreaterThan(0.5);
  });
});
