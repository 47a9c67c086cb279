/** Digits, letters and names of months at a place in bytes, and the day that they name. */
import { ZERO } from '../bytes.ts';
import { daysFrom1970 } from '../times.ts';

export const DAY = 86_400_000;

const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec';

/** Month 1 to 12 whose name begins at `at`, or 0. */
export function monthAt(bytes: Uint8Array, at: number): number {
  const a = bytes[at] | 32;
  const b = bytes[at + 1] | 32;
  const c = bytes[at + 2] | 32;
  for (let m = 0; m < 36; m += 3) if (MONTHS.charCodeAt(m) === a && MONTHS.charCodeAt(m + 1) === b && MONTHS.charCodeAt(m + 2) === c) return m / 3 + 1;
  return 0;
}

export function isDigit(c: number | undefined): boolean {
  return c !== undefined && c >= ZERO && c <= 57;
}

export function isLetter(c: number): boolean {
  return (c | 32) >= 97 && (c | 32) <= 122;
}

/** The number in `n` digits from `at` on; -1 where there is anything else. */
export function digits(bytes: Uint8Array, at: number, n: number): number {
  let x = 0;
  for (let i = at; i < at + n; i++) {
    const digit = bytes[i] - ZERO;
    if (!(digit >= 0 && digit <= 9)) return -1;
    x = x * 10 + digit;
  }
  return x;
}

export function midnightOf(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31)) return NaN;
  if (day > 28 && day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return NaN;
  return daysFrom1970(year, month, day) * DAY;
}
