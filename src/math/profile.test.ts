import { describe, expect, it } from 'vitest';
import { Profile } from './profile.ts';

const make = (places: number, circles = 1) => {
  const offsets = new Float64Array(places * circles);
  const weights = new Float32Array(places * circles);
  return { offsets, weights, profile: new Profile(offsets, weights, places) };
};

describe('a profile', () => {
  it('lies between its places in proportion, around the circle', () => {
    const { offsets, profile } = make(4);
    offsets.set([10, 20, 30, 40]);
    expect(profile.at(1 / 8)).toBe(10);
    expect(profile.at(3 / 8)).toBe(20);
    expect(profile.at(2 / 8)).toBe(15);
    expect(profile.at(0)).toBe(25);
    expect(profile.at(15 / 16)).toBe(32.5);
  });

  it('learns a mean with one more value of 0', () => {
    const { offsets, weights, profile } = make(4, 2);
    for (let i = 1; i <= 5; i++) {
      profile.at(3 / 8, 1);
      profile.learn(6 - offsets[5], 0);
      expect(offsets[5]).toBeCloseTo((6 * i) / (i + 1), 12);
    }
    expect(weights[5]).toBe(5);
    expect([...offsets].filter((x) => x !== 0)).toHaveLength(1);
  });

  it('answers what is left of the residual', () => {
    const { profile } = make(4);
    const before = profile.at(0.3);
    const left = profile.learn(8, 0);
    expect(8 - (profile.at(0.3) - before)).toBeCloseTo(left, 12);
    expect(left).toBeLessThan(8);
  });

  it('forgets within about eight cycles, and never learns more than a quarter at once by that', () => {
    const learnt = (part: number): number => {
      const { offsets, weights, profile } = make(4);
      weights.fill(1e6);
      profile.at(1 / 8);
      profile.learn(1, part);
      return offsets[0];
    };
    expect(learnt(0.4)).toBeCloseTo(0.05, 10);
    expect(learnt(1)).toBeCloseTo(1 / 8, 10);
    expect(learnt(100)).toBeCloseTo(0.25, 10);
    expect(learnt(0)).toBeCloseTo(1e-6, 10);
  });

  it('forgets all when cleared', () => {
    const { offsets, weights, profile } = make(4);
    profile.at(0.3);
    profile.learn(8, 0);
    profile.clear();
    expect([...offsets, ...weights]).toEqual(Array.from({ length: 8 }, () => 0));
  });
});
