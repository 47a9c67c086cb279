import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMissing, numberAt } from './numbers.ts';

const encoder = new TextEncoder();

function parse(text: string, decimal?: number): number {
  const bytes = encoder.encode(`<${text}>`);
  return numberAt(bytes, 1, bytes.length - 1, decimal);
}

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 25 });
const written = fc
  .record({
    sign: fc.constantFrom('', '-', '+'),
    whole: digits,
    point: fc.constantFrom('', '.'),
    fraction: digits,
    exponent: fc.option(fc.integer({ min: -340, max: 310 })),
  })
  .map(({ sign, whole, point, fraction, exponent }) => `${sign}${whole}${point}${point === '' ? '' : fraction}${exponent === null ? '' : `e${exponent}`}`);

describe('numbers from bytes', () => {
  it('read every double that is written out, to the last bit', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(parse(Object.is(x, -0) ? '-0' : String(x))).toBe(x);
        if (x !== 0) expect(parse(x.toExponential())).toBe(x);
      }),
      { numRuns: 5000 },
    );
  });

  it('agree with Number on any decimal text, however long', () => {
    fc.assert(
      fc.property(written, (text) => {
        const want = Number(text);
        const usable = /\d/.test(text.split('e')[0]) && Number.isFinite(want);
        expect(parse(text)).toBe(usable ? want : NaN);
      }),
      { numRuns: 5000 },
    );
  });

  it('are right where one rounding too many would show', () => {
    for (const text of [
      '9007199254740993',
      '0.1',
      '123456789012345e22',
      '9007199254740991e-22',
      '1.7976931348623157e308',
      '5e-324',
      '2.2250738585072011e-308',
    ]) {
      expect(parse(text)).toBe(Number(text));
    }
  });

  it('never take for a number what is none', () => {
    for (const text of ['', ' ', '.', '-', '1.2.3', '0x10', '1e', '1e+', 'e5', 'Infinity', '1e999', '12 3', '1,5', '--1', '1_000', '١'])
      expect(parse(text), text).toBe(NaN);
    fc.assert(fc.property(fc.string(), (text) => void expect(Number.isNaN(parse(text)) || Number(text.trim()) === parse(text)).toBe(true)));
  });

  it('take a decimal comma where told so', () => {
    expect(parse('1,5', 44)).toBe(1.5);
    expect(parse('1,2345678901234567890', 44)).toBe(1.2345678901234567);
    expect(parse(' -0,25 ', 44)).toBe(-0.25);
  });
});

describe('missing values', () => {
  it('are empty fields and the usual words', () => {
    for (const text of ['', ' ', 'NA', 'n/a', 'NaN', 'null', 'NULL', 'None', '-', '\\N']) {
      const bytes = encoder.encode(text);
      expect(isMissing(bytes, 0, bytes.length), text).toBe(true);
    }
    for (const text of ['0', 'no', 'nanny', 'abc']) {
      const bytes = encoder.encode(text);
      expect(isMissing(bytes, 0, bytes.length), text).toBe(false);
    }
  });
});
