import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { folded, MOST_VARINT, putVarint, VarintReader } from './varint.ts';

const whole = fc.oneof(fc.nat(300), fc.nat(0x7fffffff), fc.maxSafeNat());

describe('numbers in few bytes', () => {
  it('are read as they were written, one after another', () => {
    fc.assert(
      fc.property(fc.array(whole), (numbers) => {
        const bytes = new Uint8Array(numbers.length * MOST_VARINT);
        numbers.reduce((at, number) => putVarint(bytes, at, number), 0);
        const reader = new VarintReader();
        reader.bytes = bytes;
        expect(numbers.map(() => reader.next())).toEqual(numbers);
      }),
    );
  });

  it('may have a sign', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 51), max: 2 ** 51 }), (number) => {
        const reader = new VarintReader();
        reader.bytes = new Uint8Array(MOST_VARINT);
        putVarint(reader.bytes, 0, folded(number));
        expect(reader.nextFolded()).toBe(number);
      }),
    );
    expect([0, -1, 1, -2, 2].map(folded)).toEqual([0, 1, 2, 3, 4]);
  });

  it('need a byte for seven bits', () => {
    const length = (number: number): number => putVarint(new Uint8Array(MOST_VARINT), 0, number);
    expect([0, 127, 128, 16_383, 16_384, 2 ** 35 - 1, 2 ** 53 - 1].map(length)).toEqual([1, 1, 2, 2, 3, 5, 8]);
  });
});
