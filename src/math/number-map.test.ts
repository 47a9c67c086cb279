import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberMap } from './number-map.ts';

const key = fc.oneof(fc.integer({ min: -40, max: 40 }), fc.maxSafeInteger(), fc.double({ noNaN: true })).map((x) => x + 0);

describe('numbers by numbers', () => {
  it('answers what a Map does', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ key, value: fc.double(), clears: fc.nat(40) }), { maxLength: 300 }), fc.array(key), (steps, others) => {
        const map = new NumberMap();
        const model = new Map<number, number>();
        for (const { key: k, value, clears } of steps) {
          if (clears === 0) {
            map.clear();
            model.clear();
          }
          map.set(k, value);
          model.set(k, value);
        }
        expect(map.size).toBe(model.size);
        for (const k of [...others, ...steps.map((step) => step.key)]) {
          expect(map.get(k)).toBe(model.get(k));
          expect(map.has(k)).toBe(model.has(k));
        }
      }),
    );
  });

  it('stays quick with keys that count on, close together or far apart', () => {
    for (const step of [1, 140, 2 ** 20, 2 ** 44 + 1]) {
      const map = new NumberMap();
      for (let i = 0; i < 50_000; i++) map.set(i * step, i);
      let wrong = 0;
      for (let i = 0; i < 50_000; i++) if (map.get(i * step) !== i) wrong++;
      expect(wrong).toBe(0);
      expect(map.get(-step)).toBeUndefined();
    }
  });
});
