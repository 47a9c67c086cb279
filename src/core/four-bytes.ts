/** Four bytes in one number, the first of them lowest, as `DataView.getInt32(at, true)` reads them. */

/** The upper halves of the bytes, four digits 0, and what carries those behind the digit 9 into the upper half. */
const HIGH_HALVES = 0xf0f0f0f0 | 0;
const ZEROS = 0x30303030;
const SIXES = 0x06060606;

/** 0 where all four are digits; else its lowest bit lies in the first that is none. */
export function noDigits(four: number): number {
  return ((four ^ ZEROS) | ((four + SIXES) ^ ZEROS)) & HIGH_HALVES;
}

/** The how-manieth byte the lowest bit of a mask lies in, 0 to 3; the mask is not 0. */
export function lowestByte(mask: number): number {
  return (31 - Math.clz32(mask & -mask)) >> 3;
}
