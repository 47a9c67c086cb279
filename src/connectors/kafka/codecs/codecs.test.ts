import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packLz4, unpackLz4 } from './lz4.ts';
import { packSnappy, unpackSnappy } from './snappy.ts';

const MOST = 1 << 24;
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const alike = fc
  .tuple(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 1, max: 255 }), fc.integer({ min: 1, max: 5_000 }))
  .map(([n, values, period]) => Uint8Array.from({ length: n }, (_, i) => (Math.imul((i % period) + 1, 2654435761) >>> 13) % values));
const inputs = fc.oneof(fc.uint8Array({ maxLength: 300 }), alike);

describe.each([
  ['snappy', packSnappy, unpackSnappy],
  ['lz4', packLz4, unpackLz4],
])('%s', (_, pack, unpack) => {
  it('gives back what it was given', () => {
    fc.assert(
      fc.property(inputs, (bytes) => Buffer.compare(Buffer.from(unpack(pack(bytes), MOST)), Buffer.from(bytes)) === 0),
      { numRuns: 120 },
    );
  });

  it('packs what repeats', () => {
    const text = Buffer.from('{"time":1700000000000,"series":"machine-17","value":1.25}'.repeat(1000));
    expect(pack(text).length).toBeLessThan(text.length / 8);
  });

  it('throws on damaged bytes, and never reads on without an end', () => {
    const packed = pack(Buffer.from('abcdefgh'.repeat(500)));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: packed.length - 1 }),
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 0, max: packed.length }),
        (at, byte, cut) => {
          const bytes = Uint8Array.from(packed.subarray(0, cut));
          if (at < cut) bytes[at] = byte;
          try {
            unpack(bytes, MOST);
          } catch (thrown) {
            return thrown instanceof Error;
          }
          return true;
        },
      ),
    );
  });

  it('stops at the bound', () => {
    expect(() => unpack(pack(new Uint8Array(100_000)), 10_000)).toThrow(/more than 10000/);
  });
});

it('reads Snappy without chunks, with a copy that overlaps itself', () => {
  // Length 10, the literal "ab", then eight bytes from two back.
  expect(Buffer.from(unpackSnappy(hex('0a0461621e0200'), MOST)).toString()).toBe('ababababab');
});

it('writes the header of LZ4 frames with its checksum', () => {
  expect(Buffer.from(packLz4(Buffer.from('a'))).toString('hex')).toBe('04224d18604082010000806100000000');
});
