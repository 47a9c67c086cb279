import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Unit } from './schema.ts';
import { parseQuantity, printQuantity, UNIT_PATTERNS } from './units.ts';

describe('quantities', () => {
  it.each([
    ['duration', '100ms', 100],
    ['duration', '5s', 5000],
    ['duration', '1h', 3_600_000],
    ['duration', '7d', 604_800_000],
    ['duration', '1h30m', 5_400_000],
    ['duration', '0.5s', 500],
    ['duration', '0', 0],
    ['size', '64MiB', 67_108_864],
    ['size', '10GB', 1e10],
    ['size', '512B', 512],
    ['rate', '100/s', 100],
    ['rate', '30/min', 0.5],
  ] as [Unit, string, number][])('%s %s is %d', (unit, text, number) => {
    expect(parseQuantity(unit, text)).toBe(number);
    expect(text).toMatch(new RegExp(UNIT_PATTERNS[unit]));
  });

  it.each([
    ['duration', '5'],
    ['duration', '5 parsecs'],
    ['duration', '-5s'],
    ['duration', '5s,'],
    ['duration', ''],
    ['size', '10 GBit'],
    ['size', '10'],
    ['rate', '10'],
    ['rate', '10/fortnight'],
    ['rate', '/s'],
  ] as [Unit, string][])('%s "%s" says nothing', (unit, text) => {
    expect(parseQuantity(unit, text)).toBeUndefined();
  });

  it('are printed so that they read back as the same number', () => {
    fc.assert(
      fc.property(fc.constantFrom<Unit>('duration', 'rate'), fc.double({ min: 0, max: 1e12, noNaN: true }), (unit, x) => {
        const number = x < 1e-6 ? 0 : x;
        expect(parseQuantity(unit, printQuantity(unit, number))).toBe(number);
      }),
    );
    fc.assert(fc.property(fc.maxSafeNat(), (x) => void expect(parseQuantity('size', printQuantity('size', x))).toBe(x)));
    expect(printQuantity('duration', 90_000)).toBe('90s');
    expect(printQuantity('size', 2 ** 31)).toBe('2GiB');
  });
});
