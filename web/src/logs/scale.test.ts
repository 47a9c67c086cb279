import fc from 'fast-check';
import { expect, it } from 'vitest';
import { place, ticks, timeTicks } from './scale.ts';

const finite = fc.double({ min: -1e9, max: 1e9, noNaN: true });

it('ticks lie on the axis, ascend and are few', () => {
  fc.assert(
    fc.property(finite, fc.double({ min: 1, max: 1e9, noNaN: true }), fc.integer({ min: 1, max: 20 }), (min, width, most) => {
      const scale = { min, max: min + width };
      const found = ticks(scale, most);
      expect(found.length).toBeLessThanOrEqual(most + 2);
      expect(found).toEqual([...found].sort((a, b) => a - b));
      for (const at of found) expect(place(scale, at)).toSatisfy((x: number) => x > -1e-6 && x < 1 + 1e-6);
    }),
  );
});

it('ticks of a log scale are powers of ten', () => {
  expect(ticks({ min: 0.7, max: 60_000, log: true }, 10)).toEqual([1, 10, 100, 1000, 10_000]);
  expect(ticks({ min: 0.7, max: 1e12, log: true }, 4)).toEqual([1, 1e4, 1e8, 1e12]);
});

it('a log scale over few powers of ten has ticks between them', () => {
  expect(ticks({ min: 0.3, max: 3, log: true }, 4)).toEqual([0.5, 1, 2]);
  expect(ticks({ min: 1.1, max: 1.9, log: true }, 4)).toEqual([]);
});

it('a log scale gives equal room to equal factors', () => {
  const scale = { min: 0.01, max: 100, log: true };
  expect([0.01, 0.1, 1, 10, 100].map((x) => Number(place(scale, x).toFixed(9)))).toEqual([0, 0.25, 0.5, 0.75, 1]);
});

it('time ticks stand at round times and are not more than there is room for', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1.2e12, max: 1.9e12 }),
      fc.integer({ min: 1000, max: 400 * 86_400_000 }),
      fc.integer({ min: 1, max: 16 }),
      (min, width, most) => {
        const found = timeTicks({ min, max: min + width }, most);
        expect(found.length).toBeLessThanOrEqual(most + 1);
        for (const { at, text } of found) {
          expect(at % 1000).toBe(0);
          const midnight = new Date(at).getHours() === 0 && new Date(at).getMinutes() === 0 && new Date(at).getSeconds() === 0;
          expect(/[a-z]/i.test(text)).toBe(midnight);
        }
      },
    ),
  );
});
