/** Times from bytes: epoch numbers of four units, ISO 8601, RFC 3339, day-month-year dates and dates with a named month, as ms since 1970. */
import { COLON, COMMA, DOT, SLASH, SPACE, TAB, ZERO, textOf } from './bytes.ts';
import { epochAt, isOurs, timeOfNumber, type TimeUnit } from './epoch.ts';
import { mayBeNamed, namedDate } from './named-dates.ts';
import { POWERS_OF_TEN } from './numbers.ts';

/** How the times of one column are read. */
export interface TimeRule {
  /** Unit of epoch numbers. */
  unit: TimeUnit;
  /** True when the unit was found by looking at dates of our age: then a number that only fits another unit is read in that one. */
  absolute: boolean;
  /** True when numbers of 8, 12 or 14 digits are dates: 20240304, 202403041530, 20240304153000. */
  compact?: boolean;
  /** Order of 03/04/2024. */
  order: 'dmy' | 'mdy';
  /** Minutes east of UTC for texts that name no offset. */
  offset: number;
}

export const DEFAULT_RULE: TimeRule = { unit: 'ms', absolute: true, order: 'mdy', offset: 0 };

const DAY = 86_400_000;
const MINUTE = 60_000;
/** The time in bytes[from .. to) in ms since 1970 (fractions kept); NaN when it is none. */
export function timeAt(bytes: Uint8Array, from: number, to: number, rule: TimeRule): number {
  while (from < to && (bytes[from] === SPACE || bytes[from] === TAB)) from++;
  while (to > from && (bytes[to - 1] === SPACE || bytes[to - 1] === TAB)) to--;
  let i = from;
  let whole = 0;
  let digit = 0;
  for (; i < to && (digit = bytes[i] - ZERO) >= 0 && digit <= 9; i++) whole = whole * 10 + digit;
  const digits = i - from;
  if (rule.compact === true && i === to && (digits === 8 || digits === 12 || digits === 14)) return compactAt(bytes, from, to, rule);
  if (i === to && i > from && whole <= Number.MAX_SAFE_INTEGER) return rule.unit === 'ms' && isOurs(whole) ? whole : timeOfNumber(whole, rule);
  if (i - from === 4 && bytes[i] === 45 && to - from >= 19) {
    const time = isoAt(bytes, from, to, rule);
    if (time === time) return time;
  }
  if (i - from <= 4 && i > from && i < to && (bytes[i] === 45 || bytes[i] === SLASH || (bytes[i] === DOT && bytes[to - 1] !== DOT))) {
    const time = calendarAt(bytes, from, to, rule);
    if (time === time) return time;
  }
  if (digits === 8 && i < to && ((bytes[i] | 32) === 116 || bytes[i] === SPACE)) return compactAt(bytes, from, to, rule);
  if (mayBeNamed(bytes, from, to)) {
    const time = namedAt(bytes, from, to, rule);
    if (time === time) return time;
  }
  return epochAt(bytes, from, to, rule);
}

/** ISO 8601 without marks: `YYYYMMDD`, `YYYYMMDD[T]HHMM[SS][.fraction][offset]`; behind a T or a space also a clock with colons. NaN when it is none. */
function compactAt(bytes: Uint8Array, from: number, to: number, rule: TimeRule): number {
  const year = twoDigits(bytes, from) * 100 + twoDigits(bytes, from + 2);
  const start = midnight(year, twoDigits(bytes, from + 4), twoDigits(bytes, from + 6));
  let i = from + 8;
  if (i === to) return start - rule.offset * MINUTE;
  if ((bytes[i] | 32) === 116 || bytes[i] === SPACE) i++;
  const marked = bytes[i + 1] === COLON || bytes[i + 2] === COLON;
  if (marked) return start + clockAt(bytes, i, to, rule);
  const clock = digitsAt(bytes, i, to, 4, 6);
  if (clock < 0 || stopped - i === 5) return NaN;
  const [hour, minute, second] = [twoDigits(bytes, i), twoDigits(bytes, i + 2), stopped - i === 6 ? twoDigits(bytes, i + 4) : 0];
  let fraction = 0;
  if (stopped < to && (bytes[stopped] === DOT || bytes[stopped] === COMMA)) fraction = fractionAt(bytes, stopped + 1, to);
  if (!(hour < 24 && minute < 60 && second < 60)) return NaN;
  const offset = stopped === to ? rule.offset : offsetAt(bytes, stopped, to);
  return start + ((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction;
}

function namedAt(bytes: Uint8Array, from: number, to: number, rule: TimeRule): number {
  const named = namedDate(textOf(bytes, from, to));
  if (named === undefined) return NaN;
  const start = midnight(named.year, named.month, named.day);
  const zone = named.zone === '' ? rule.offset : offsetOfText(named.zone);
  if (named.from === named.to) return start - zone * MINUTE;
  return start + clockAt(bytes, from + named.from, from + named.to, zone === rule.offset ? rule : { ...rule, offset: zone });
}

/** Days from 1970-01-01 to a date of the Gregorian calendar (Hinnant, chrono-compatible low-level date algorithms). */
export function daysFrom1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = (((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) | 0) + day - 1;
  return era * 146_097 + yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear - 719_468;
}

function daysOfMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Where `digitsAt` and the readers after it stopped; one thread, no recursion, so one cell is enough. */
let stopped = 0;

/** The whole number at `from`, of `least` to `most` digits; -1 when there is none. Sets `stopped`. */
function digitsAt(bytes: Uint8Array, from: number, to: number, least: number, most: number): number {
  let x = 0;
  let i = from;
  for (; i < to; i++) {
    const digit = bytes[i] - ZERO;
    if (digit < 0 || digit > 9) break;
    x = x * 10 + digit;
  }
  stopped = i;
  return i - from < least || i - from > most ? -1 : x;
}

let lastDate = -1;
let lastMidnight = 0;

function midnight(year: number, month: number, day: number): number {
  const date = year * 10_000 + month * 100 + day;
  if (date === lastDate) return lastMidnight;
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month))) return NaN;
  lastDate = date;
  return (lastMidnight = daysFrom1970(year, month, day) * DAY);
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - ZERO;
  const ones = bytes[at + 1] - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

/** The usual shape `YYYY-MM-DD?HH:MM:SS[.fff][Z]` without searching; NaN when it is another one. */
function isoAt(bytes: Uint8Array, from: number, to: number, rule: TimeRule): number {
  const mid = bytes[from + 10];
  if (bytes[from + 7] !== 45 || (mid !== 84 && mid !== SPACE) || bytes[from + 13] !== COLON || bytes[from + 16] !== COLON) return NaN;
  const hour = twoDigits(bytes, from + 11);
  const minute = twoDigits(bytes, from + 14);
  const second = twoDigits(bytes, from + 17);
  if (!(hour < 24 && minute < 60 && second < 60)) return NaN;
  let offset = rule.offset;
  if (bytes[to - 1] === 90) {
    offset = 0;
    to--;
  }
  let ms = 0;
  if (to - from === 23 && bytes[from + 19] === DOT) {
    const last = bytes[from + 22] - ZERO;
    ms = last >= 0 && last <= 9 ? twoDigits(bytes, from + 20) * 10 + last : NaN;
  } else if (to - from !== 19) return NaN;
  const year = twoDigits(bytes, from) * 100 + twoDigits(bytes, from + 2);
  const start = midnight(year, twoDigits(bytes, from + 5), twoDigits(bytes, from + 8));
  return start + ((hour * 60 + minute - offset) * 60 + second) * 1000 + ms;
}

function calendarAt(bytes: Uint8Array, from: number, to: number, rule: TimeRule): number {
  const first = digitsAt(bytes, from, to, 1, 4);
  const firstLength = stopped - from;
  const mark = bytes[stopped];
  if (first < 0 || firstLength === 3) return NaN;
  const second = digitsAt(bytes, stopped + 1, to, 1, 2);
  if (second < 0 || bytes[stopped] !== mark) return NaN;
  const yearLast = firstLength < 4;
  const third = digitsAt(bytes, stopped + 1, to, yearLast ? 4 : 1, yearLast ? 4 : 2);
  if (third < 0) return NaN;
  const day = !yearLast ? third : mark === DOT || rule.order === 'dmy' ? first : second;
  const month = yearLast && (mark === DOT || rule.order === 'dmy') ? second : yearLast ? first : second;
  const start = midnight(yearLast ? third : first, month, day);
  if (stopped === to) return start - rule.offset * MINUTE;
  const mid = bytes[stopped];
  if (mid !== 84 && mid !== 116 && mid !== SPACE) return NaN; // T, t
  return start + clockAt(bytes, stopped + 1, to, rule);
}

/** ms since midnight UTC of `HH:MM[:SS[.fraction]][ AM|PM][Z|±HH[:MM]]`; NaN when it is none. */
function clockAt(bytes: Uint8Array, from: number, to: number, rule: TimeRule): number {
  while (from < to && bytes[from] === SPACE) from++;
  let hour = digitsAt(bytes, from, to, 1, 2);
  if (hour < 0 || bytes[stopped] !== COLON) return NaN;
  const minute = digitsAt(bytes, stopped + 1, to, 2, 2);
  let second = 0;
  let fraction = 0;
  if (stopped < to && bytes[stopped] === COLON) {
    second = digitsAt(bytes, stopped + 1, to, 2, 2);
    if (stopped < to && (bytes[stopped] === DOT || bytes[stopped] === COMMA)) {
      fraction = fractionAt(bytes, stopped + 1, to);
    }
  }
  if (minute < 0 || minute > 59 || second < 0 || second > 59 || fraction !== fraction) return NaN;
  let i = stopped;
  while (i < to && bytes[i] === SPACE) i++;
  const half = bytes[i] | 32;
  if (i + 1 < to && (bytes[i + 1] | 32) === 109 && (half === 97 || half === 112)) {
    if (hour < 1 || hour > 12) return NaN;
    hour = (hour % 12) + (half === 112 ? 12 : 0);
    i += 2;
  }
  if (hour > 24 || (hour === 24 && (minute | second) !== 0) || (hour === 24 && fraction !== 0)) return NaN;
  const offset = i === to ? rule.offset : offsetAt(bytes, i, to);
  return ((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction;
}

/** ms since midnight in bytes[from .. to), `HH:MM[:SS[.fraction]][ AM|PM]`; NaN when it is none. */
export function clockOf(bytes: Uint8Array, from: number, to: number): number {
  while (to > from && (bytes[to - 1] === SPACE || bytes[to - 1] === TAB)) to--;
  return clockAt(bytes, from, to, DEFAULT_RULE);
}

/** ms of the digits after a decimal mark. */
function fractionAt(bytes: Uint8Array, from: number, to: number): number {
  let x = 0;
  let n = 0;
  let i = from;
  for (; i < to; i++) {
    const digit = bytes[i] - ZERO;
    if (digit < 0 || digit > 9) break;
    if (n < 15) {
      x = x * 10 + digit;
      n++;
    }
  }
  stopped = i;
  if (n === 0) return NaN;
  return n <= 3 ? x * POWERS_OF_TEN[3 - n] : x / POWERS_OF_TEN[n - 3];
}

/** Minutes east of UTC of `Z`, `UTC`, `GMT`, `±HH`, `±HHMM`, `±HH:MM`; NaN when it is none. */
export function offsetAt(bytes: Uint8Array, from: number, to: number): number {
  while (from < to && bytes[from] === SPACE) from++;
  const sign = bytes[from];
  if (sign === 43 || sign === 45) {
    let x = digitsAt(bytes, from + 1, to, 2, 4);
    const length = stopped - from - 1;
    if (x < 0 || length === 3) return NaN;
    if (length === 4) x = Math.trunc(x / 100) * 60 + (x % 100);
    else {
      x *= 60;
      if (stopped < to) {
        if (bytes[stopped] !== COLON) return NaN;
        const minutes = digitsAt(bytes, stopped + 1, to, 2, 2);
        if (minutes < 0 || minutes > 59) return NaN;
        x += minutes;
      }
    }
    return stopped === to && x < 1440 ? (sign === 45 ? -x : x) : NaN;
  }
  if (from === to - 1) return (sign | 32) === 122 ? 0 : NaN; // Z, z
  const word = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from)
    .toString('latin1')
    .toUpperCase();
  return word === 'UTC' || word === 'GMT' ? 0 : NaN;
}

/** Minutes east of UTC of a text, as `offsetAt`. */
export function offsetOfText(text: string): number {
  const bytes = encoder.encode(text);
  return offsetAt(bytes, 0, bytes.length);
}

const scratch = new Uint8Array(64);
const encoder = new TextEncoder();

/** The time in a text, as `timeAt`. */
export function timeOfText(text: string, rule: TimeRule): number {
  if (text.length > scratch.length) return NaN;
  const { read, written } = encoder.encodeInto(text, scratch);
  return read === text.length ? timeAt(scratch, 0, written, rule) : NaN;
}
