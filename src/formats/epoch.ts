/** Epoch numbers as ms since 1970: seconds, milliseconds, microseconds or nanoseconds, told apart by the dates that they give. */
import { DOT, ZERO } from './bytes.ts';
import { POWERS_OF_TEN, numberAt } from './numbers.ts';
import type { TimeRule } from './times.ts';

export type TimeUnit = 's' | 'ms' | 'us' | 'ns';

/** log10 of how many of the unit make a millisecond, negative for seconds. */
const SCALE: Record<TimeUnit, number> = { s: -3, ms: 0, us: 3, ns: 6 };
const UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns'];
/** 1990-01-01 and 2100-01-01 in ms: epoch numbers outside are not taken for dates of our age. */
const OURS_FROM = 631_152_000_000;
const OURS_TO = 4_102_444_800_000;
/** Farther than this from 1970 no date is defined (ECMA-262), ms. */
const FARTHEST = 8.64e15;

/** The unit in which an epoch number lies between 1990 and 2100, or undefined. */
export function unitOf(x: number): TimeUnit | undefined {
  return UNITS.find((unit) => isOurs(inUnit(x, unit)));
}

export function isOurs(ms: number): boolean {
  return ms >= OURS_FROM && ms < OURS_TO;
}

function withinDates(time: number): number {
  return time >= -FARTHEST && time <= FARTHEST ? time : NaN;
}

/** NaN for what lies beyond all dates. */
function inUnit(x: number, unit: TimeUnit): number {
  return withinDates(unit === 's' ? x * 1000 : x / POWERS_OF_TEN[SCALE[unit]]);
}

/** A number as ms since 1970; NaN stays NaN. */
export function timeOfNumber(x: number, rule: TimeRule): number {
  const time = inUnit(x, rule.unit);
  if (!rule.absolute || isOurs(time)) return time;
  const other = unitOf(x);
  return other === undefined ? time : inUnit(x, other);
}

/** An epoch number with a fraction, an exponent, a sign or more digits than a double holds. */
export function epochAt(bytes: Uint8Array, from: number, to: number, rule: TimeRule): number {
  const rough = numberAt(bytes, from, to);
  if (rough !== rough) return NaN;
  const fits = rule.absolute && !isOurs(inUnit(rough, rule.unit)) ? unitOf(rough) : undefined;
  const scale = SCALE[fits ?? rule.unit];
  // Digits before and after the point of milliseconds are gathered apart, so that nanoseconds keep what a double can hold.
  let point = to;
  for (let i = from; i < to; i++) {
    const c = bytes[i];
    if (c === DOT) point = i;
    else if (c < ZERO || c > 57) return inUnit(rough, fits ?? rule.unit);
  }
  const digits = to - from - (point < to ? 1 : 0);
  const beforePoint = point - from - scale;
  let whole = 0;
  let part = 0;
  let parts = 0;
  let n = 0;
  for (let i = from; i < to; i++) {
    if (i === point) continue;
    if (n++ < beforePoint) whole = whole * 10 + bytes[i] - ZERO;
    else if (parts < 9) {
      part = part * 10 + bytes[i] - ZERO;
      parts++;
    }
  }
  if (beforePoint < 0) return inUnit(rough, fits ?? rule.unit);
  for (; n < beforePoint; n++) whole *= 10;
  return digits === 0 ? NaN : withinDates(whole + part / POWERS_OF_TEN[parts]);
}
