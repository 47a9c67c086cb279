import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CounterRandom } from './random.ts';

describe('CounterRandom', () => {
  it('gives the same numbers at the same place, in whatever order they are asked for', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(1e6), fc.maxSafeNat(), (seed, stream, index) => {
        const one = new CounterRandom(seed);
        const first = [one.at(stream, index).normal(), one.uniform()];
        one.at(stream + 1, index).normal();
        expect([one.at(stream, index).normal(), one.uniform()]).toEqual(first);
        expect([new CounterRandom(seed).at(stream, index).normal(), one.uniform()]).toEqual(first);
      }),
    );
  });

  it.each([
    ['along the index', (i: number) => [3, i]],
    ['along the stream', (i: number) => [i, 3]],
    ['beyond 2^32', (i: number) => [0, 2 ** 33 + i]],
  ] as const)('is uniform and normal %s', (_, place) => {
    const random = new CounterRandom(7);
    const n = 200_000;
    const bins = new Array<number>(64).fill(0);
    let sum = 0;
    let squares = 0;
    let neighbours = 0;
    let before = 0;
    let tails = 0;
    for (let i = 0; i < n; i++) {
      const [stream, index] = place(i);
      const z = random.at(stream, index).normal();
      bins[random.below(64)]++;
      sum += z;
      squares += z * z;
      neighbours += z * before;
      before = z;
      if (Math.abs(z) > 3) tails++;
    }
    const chi = bins.reduce((total, count) => total + (count - n / 64) ** 2 / (n / 64), 0);
    expect(chi).toBeLessThan(110); // 63 degrees of freedom: beyond 110 one time in 4,000
    expect(Math.abs(sum / n)).toBeLessThan(0.01);
    expect(Math.abs(squares / n - 1)).toBeLessThan(0.015);
    expect(Math.abs(neighbours / n)).toBeLessThan(0.01);
    expect(tails / n).toBeGreaterThan(0.0022);
    expect(tails / n).toBeLessThan(0.0032);
  });

  it('differs between seeds and does not repeat after 2^32 numbers', () => {
    const at = (seed: number, index: number) => new CounterRandom(seed).at(0, index).uniform();
    expect(new Set([at(0, 0), at(1, 0), at(2 ** 32, 0), at(0, 2 ** 32), at(0, 2 ** 40)]).size).toBe(5);
  });
});
