/** Numbers from bytes, correct to the last bit, without a string for the usual ones. */
import { DOT, SPACE, TAB, ZERO, textOf } from './bytes.ts';

/** 10^0 .. 10^22: the powers of ten that a double holds exactly. */
export const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));
const EXACT = 2 ** 53;

/**
 * The decimal number in bytes[from .. to), as `Number` reads it; NaN when it is none or is not finite.
 * Spaces around it are allowed, hexadecimal and `Infinity` are not. `decimal` is the byte of the decimal mark.
 *
 * A mantissa below 2^53 and a power of ten up to 10^22 are both exact doubles, so one multiplication or division
 * rounds once and is correct (Clinger, How to read floating point numbers accurately, 1990); the rest goes to `Number`.
 */
export function numberAt(bytes: Uint8Array, from: number, to: number, decimal: number = DOT): number {
  while (from < to && (bytes[from] === SPACE || bytes[from] === TAB)) from++;
  while (to > from && (bytes[to - 1] === SPACE || bytes[to - 1] === TAB)) to--;
  let i = from;
  const sign = bytes[i];
  if (sign === 45 || sign === 43) i++;
  let mantissa = 0;
  let digits = 0;
  let digit = 0;
  for (; i < to && (digit = bytes[i] - ZERO) >= 0 && digit <= 9; i++, digits++) mantissa = mantissa * 10 + digit;
  let exponent = 0;
  if (i < to && bytes[i] === decimal) {
    const point = ++i;
    for (; i < to && (digit = bytes[i] - ZERO) >= 0 && digit <= 9; i++) mantissa = mantissa * 10 + digit;
    exponent = point - i;
    digits += i - point;
  }
  if (digits === 0) return NaN;
  if (i < to) {
    if ((bytes[i] | 32) !== 101) return NaN; // e or E
    const written = exponentAt(bytes, i + 1, to);
    if (written !== written) return NaN;
    exponent += written;
  }
  if (mantissa < EXACT && exponent >= -22 && exponent <= 22) {
    const size = exponent === 0 ? mantissa : exponent < 0 ? mantissa / POWERS_OF_TEN[-exponent] : mantissa * POWERS_OF_TEN[exponent];
    return sign === 45 ? -size : size;
  }
  return slowNumber(bytes, from, to, decimal);
}

/** The whole number after `e`; NaN when there is none. Large ones stop at 100,000, beyond every double. */
function exponentAt(bytes: Uint8Array, from: number, to: number): number {
  const sign = bytes[from];
  let i = sign === 45 || sign === 43 ? from + 1 : from;
  if (i >= to) return NaN;
  let x = 0;
  for (; i < to; i++) {
    const digit = bytes[i] - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    x = Math.min(x * 10 + digit, 100_000);
  }
  return sign === 45 ? -x : x;
}

function slowNumber(bytes: Uint8Array, from: number, to: number, decimal: number): number {
  const text = textOf(bytes, from, to);
  const x = Number(decimal === DOT ? text : text.replace(String.fromCharCode(decimal), '.'));
  return Number.isFinite(x) ? x : NaN;
}

const MISSING = new Set(['', '-', '--', '?', 'na', 'n/a', '#n/a', 'nan', 'null', 'none', 'nil', '\\n']);

/** Whether bytes[from .. to) says that there is no value: empty, `NA`, `null`, `NaN`, `-` and their like. */
export function isMissing(bytes: Uint8Array, from: number, to: number): boolean {
  if (from === to) return true;
  if (to - from > 16) return false;
  return MISSING.has(textOf(bytes, from, to).trim().toLowerCase());
}
