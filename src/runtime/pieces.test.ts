import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedPieces, fingerprintOf, PIECE } from './pieces.ts';

describe('pieces of a state', () => {
  it('are not made of what fits into one', () => {
    expect(fingerprintOf(new Uint8Array(PIECE))).toBeUndefined();
    expect(fingerprintOf(new Uint8Array(PIECE + 1))).toHaveLength(4);
  });

  it('are those that differ, whatever byte it is, also the last ones of a length that is no multiple of four', () => {
    fc.assert(
      fc.property(fc.integer({ min: PIECE + 1, max: PIECE * 4 }), fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), (length, places) => {
        const before = Uint8Array.from({ length }, (_, i) => (i * 31) & 255);
        const after = before.slice();
        const touched = new Set<number>();
        for (const place of places) {
          after[place % length] ^= 1 + (place % 255);
          touched.add(Math.floor((place % length) / PIECE));
        }
        const really = [...touched].filter(
          (n) => n > 0 && !Buffer.from(before.subarray(n * PIECE, (n + 1) * PIECE)).equals(after.subarray(n * PIECE, (n + 1) * PIECE)),
        );
        const { size, pieces } = changedPieces(after, fingerprintOf(after)!, fingerprintOf(before));
        expect(size).toBe(length);
        expect(pieces.map(({ number }) => number)).toEqual(really.sort((a, b) => a - b));
        for (const { number, data } of pieces) expect(data).toEqual(after.slice(number * PIECE, (number + 1) * PIECE));
      }),
    );
  });

  it('are all written when nothing was before, or when the state has grown', () => {
    const now = new Uint8Array(PIECE * 3);
    expect(changedPieces(now, fingerprintOf(now)!, undefined).pieces.map(({ number }) => number)).toEqual([1, 2]);
    const grown = new Uint8Array(PIECE * 4);
    expect(changedPieces(grown, fingerprintOf(grown)!, fingerprintOf(now)).pieces.map(({ number }) => number)).toContain(3);
  });

  it('are at most 256: the last takes the rest', () => {
    const huge = new Uint8Array(PIECE * 300);
    huge[PIECE * 299] = 1;
    const { pieces } = changedPieces(huge, fingerprintOf(huge)!, fingerprintOf(new Uint8Array(PIECE * 300)));
    expect(pieces.map(({ number, data }) => [number, data.length])).toEqual([[255, PIECE * 45]]);
  });
});
