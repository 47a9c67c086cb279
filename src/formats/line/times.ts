/** Times as loggers write them, from bytes: a date of a known kind, what stands between, a clock, an offset. */
import { COLON, COMMA, DOT, SLASH, SPACE, TAB, ZERO } from '../bytes.ts';
import { DAY, digits, isDigit, isLetter, midnightOf, monthAt } from './digits.ts';
import { SameMinute } from './same-minute.ts';
import { TIME_KINDS, type TimeKind, type TimeRules } from './time-kinds.ts';

const MINUS = 45;

/** Reads times of one kind. What it learns from them (the date before, the year) is in `state`. */
export class TimeReader {
  readonly kind: TimeKind;
  /** The time read last, ms. */
  time = NaN;
  readonly #rules: TimeRules;
  /** Text of the date read last, and its midnight. */
  readonly #date = new Uint8Array(24);
  #dateLength = 0;
  /** Text of the time read last, with the byte behind it. */
  readonly #text = new Uint8Array(40);
  #textLength = 0;
  #midnight = 0;
  readonly #sameMinute = new SameMinute();
  /** Index of the seconds in what was read last, or -1. */
  #second = -1;
  /** Index behind what a part of the time was read from. */
  #end = 0;
  /** The last time whose year was found out, ms; NaN before the first. */
  #near = NaN;

  constructor(kind: TimeKind, rules: TimeRules) {
    this.kind = kind;
    this.#rules = rules;
  }

  /** Where the last time of a kind that leaves out the year or the date stood. */
  get near(): number {
    return this.#near;
  }

  set near(time: number) {
    this.#near = time;
    this.#dateLength = 0;
    this.#textLength = 0;
    this.#sameMinute.forget();
  }

  /** Reads the time that begins at `at` and sets `time`; answers the index behind it, or -1 when there is none of this kind. */
  read(bytes: Uint8Array, at: number, to: number): number {
    const behind = this.#sameMinute.read(bytes, at, to);
    if (behind > 0) {
      this.time = this.#sameMinute.time;
      return behind;
    }
    const n = this.#textLength;
    if (n > 0 && at + n <= to) {
      // From the end, where times differ first.
      let i = n - 1;
      while (i >= 0 && bytes[at + i] === this.#text[i]) i--;
      if (i < 0) return at + n - 1;
    }
    this.#second = -1;
    const end = this.#read(bytes, at, to);
    const isDated = this.kind !== 'clock' && !this.#lacksYear;
    this.#sameMinute.learn(bytes, at, isDated ? this.#second : -1, end, to, this.time);
    this.#textLength = end > 0 && end < to && end - at < this.#text.length ? end - at + 1 : 0;
    for (let k = 0; k < this.#textLength; k++) this.#text[k] = bytes[at + k];
    return end;
  }

  #read(bytes: Uint8Array, at: number, to: number): number {
    if (this.kind === 'epoch') return this.#epoch(bytes, at, to);
    if (this.kind === 'ctime') return this.#ctime(bytes, at, to);
    let i: number;
    if (this.kind === 'clock') i = at;
    else {
      i = this.#dateAt(bytes, at, to);
      if (i < 0) return -1;
      i = this.#between(bytes, i, to);
      if (i < 0) return -1;
    }
    const sinceMidnight = this.#clock(bytes, i, to);
    if (sinceMidnight < 0) return -1;
    let end = this.#end;
    const offset = this.#offset(bytes, end, to);
    end = this.#end;
    const time = this.#whole(sinceMidnight, offset);
    if (time !== time) return -1;
    this.time = time;
    return end;
  }

  get #lacksYear(): boolean {
    return this.kind === 'mm-dd' || this.kind === 'mmdd' || (this.kind === 'mon-d' && this.#yearless);
  }

  #yearless = false;
  #month = 0;
  #day = 0;

  /** The time of day on the date read, its missing year or date found out. */
  #whole(sinceMidnight: number, offset: number): number {
    if (this.kind === 'clock') return this.#dated(sinceMidnight - offset * 60_000);
    if (!this.#lacksYear) return this.#midnight + sinceMidnight - offset * 60_000;
    const at = sinceMidnight - offset * 60_000;
    if (this.#near === this.#near) {
      const time = this.#midnight + at;
      // Within half a year of the time before, the year is the same.
      if (Math.abs(time - this.#near) < 180 * DAY) return (this.#near = time);
    }
    const year = this.#yearOf(at);
    this.#midnight = midnightOf(year, this.#month, this.#day);
    return (this.#near = this.#midnight + at);
  }

  #yearOf(at: number): number {
    const { year, reference } = this.#rules;
    const known = this.#near === this.#near;
    const middle = known ? this.#near : reference;
    if (!known && year > 0) return year;
    const most = new Date(middle).getUTCFullYear() + 1;
    let best = most - 1;
    let least = Infinity;
    // The year nearest to the time before; at first, the latest that lies not after the reference. Eight years hold a 29 February.
    for (let y = most; y >= most - 9; y--) {
      const time = midnightOf(y, this.#month, this.#day) + at;
      const away = known ? Math.abs(time - middle) : middle + DAY - time;
      if (away >= 0 && away < least) {
        least = away;
        best = y;
      }
    }
    return best;
  }

  /** A clock without a date: on the day of the time before, or the one after where it went back by more than half a day. */
  #dated(at: number): number {
    const { reference } = this.#rules;
    if (this.#near !== this.#near) {
      const today = Math.floor(reference / DAY) * DAY + at;
      return (this.#near = today > reference ? today - DAY : today);
    }
    let time = Math.floor(this.#near / DAY) * DAY + at;
    if (time < this.#near - DAY / 2) time += DAY;
    else if (time > this.#near + DAY / 2) time -= DAY;
    return (this.#near = time);
  }

  /** Index behind the date at `at`, its midnight set; -1 for none. */
  #dateAt(bytes: Uint8Array, at: number, to: number): number {
    const n = this.#dateLength;
    if (n > 0 && at + n < to && !isDigit(bytes[at + n])) {
      let i = 0;
      while (i < n && bytes[at + i] === this.#date[i]) i++;
      if (i === n) return at + n;
    }
    this.#dateLength = 0;
    const end = this.#readDate(bytes, at, to);
    if (end < 0 || isDigit(bytes[end])) return -1;
    // A month and a day without a year, before whom a year may come, are not remembered.
    if (end - at <= this.#date.length && (this.kind !== 'mon-d' || this.#yearless)) {
      this.#date.set(bytes.subarray(at, end));
      this.#dateLength = end - at;
    }
    return end;
  }

  #set(year: number, month: number, day: number, end: number): number {
    const midnight = midnightOf(year, month, day);
    if (midnight !== midnight || year < 0) return -1;
    this.#midnight = midnight;
    return end;
  }

  #setYearless(month: number, day: number, end: number): number {
    this.#yearless = true;
    this.#month = month;
    this.#day = day;
    // A leap year takes every date there is.
    if (!(midnightOf(2000, month, day) > 0)) return -1;
    const year = this.#near === this.#near ? new Date(this.#near).getUTCFullYear() : 2000;
    this.#midnight = midnightOf(year, month, day);
    return end;
  }

  #readDate(bytes: Uint8Array, at: number, to: number): number {
    if (to - at < 4) return -1;
    const mark = bytes[at + 4];
    switch (this.kind) {
      case 'ymd':
        if (to - at < 10 || bytes[at + 7] !== mark || (mark !== MINUS && mark !== SLASH && mark !== DOT)) return -1;
        return this.#set(digits(bytes, at, 4), digits(bytes, at + 5, 2), digits(bytes, at + 8, 2), at + 10);
      case 'yyyymmdd': {
        const year = digits(bytes, at, 4);
        return year < 1970 || year > 2100 ? -1 : this.#set(year, digits(bytes, at + 4, 2), digits(bytes, at + 6, 2), at + 8);
      }
      case 'yymmdd':
        return this.#set(2000 + digits(bytes, at, 2), digits(bytes, at + 2, 2), digits(bytes, at + 4, 2), at + 6);
      case 'yy/mm/dd':
        if (bytes[at + 2] !== SLASH || bytes[at + 5] !== SLASH) return -1;
        return this.#set(2000 + digits(bytes, at, 2), digits(bytes, at + 3, 2), digits(bytes, at + 6, 2), at + 8);
      case 'mm-dd':
        if (bytes[at + 2] !== MINUS && bytes[at + 2] !== SLASH) return -1;
        return this.#setYearless(digits(bytes, at, 2), digits(bytes, at + 3, 2), at + 5);
      case 'mmdd':
        return this.#setYearless(digits(bytes, at, 2), digits(bytes, at + 2, 2), at + 4);
      case 'dmy':
      case 'mdy': {
        const between = bytes[at + 2];
        if (bytes[at + 5] !== between || (between !== DOT && between !== SLASH && between !== MINUS)) return -1;
        const a = digits(bytes, at, 2);
        const b = digits(bytes, at + 3, 2);
        return this.kind === 'dmy' ? this.#set(digits(bytes, at + 6, 4), b, a, at + 10) : this.#set(digits(bytes, at + 6, 4), a, b, at + 10);
      }
      case 'd-mon-y':
        return this.#dayMonthYear(bytes, at);
      case 'mon-d':
        return this.#monthDay(bytes, at, to);
      default:
        return -1;
    }
  }

  #dayMonthYear(bytes: Uint8Array, at: number): number {
    const n = isDigit(bytes[at + 1]) ? 2 : 1;
    const mark = bytes[at + n];
    if ((mark !== SLASH && mark !== MINUS && mark !== SPACE) || bytes[at + n + 4] !== mark) return -1;
    const month = monthAt(bytes, at + n + 1);
    return month === 0 ? -1 : this.#set(digits(bytes, at + n + 5, 4), month, digits(bytes, at, n), at + n + 9);
  }

  #monthDay(bytes: Uint8Array, at: number, to: number): number {
    const month = monthAt(bytes, at);
    if (month === 0 || bytes[at + 3] !== SPACE) return -1;
    let i = at + 4;
    if (bytes[i] === SPACE) i++;
    const n = isDigit(bytes[i + 1]) ? 2 : 1;
    const day = digits(bytes, i, n);
    i += n;
    if (day < 0) return -1;
    let y = bytes[i] === COMMA ? i + 1 : i;
    if (bytes[y] === SPACE) y++;
    const year = y + 4 < to && !isDigit(bytes[y + 4]) && bytes[y + 4] !== COLON ? digits(bytes, y, 4) : -1;
    if (year >= 1970) {
      this.#yearless = false;
      return this.#set(year, month, day, y + 4);
    }
    return this.#setYearless(month, day, i);
  }

  /** Index of the clock behind a date that ends at `at`, or -1. */
  #between(bytes: Uint8Array, at: number, to: number): number {
    let c = bytes[at];
    if (c === COMMA && bytes[at + 1] === SPACE) c = bytes[++at];
    if (c === SPACE) {
      do at++;
      while (at < to && bytes[at] === SPACE);
      return at;
    }
    return at < to && (c === 84 || c === 116 || c === COLON || c === MINUS || c === 95 || c === TAB) ? at + 1 : -1;
  }

  /** ms since midnight of HH:MM[:SS[.fraction]], HH.MM.SS.fraction or HHMMSS, with AM or PM; -1 for none. Sets #end. */
  #clock(bytes: Uint8Array, at: number, to: number): number {
    if (to - at < 5) return -1;
    let hour = digits(bytes, at, 2);
    let i = at + 2;
    if (hour < 0) {
      hour = digits(bytes, at, 1);
      i = at + 1;
    }
    const mark = bytes[i];
    let minute: number;
    let second = 0;
    if (mark === COLON || mark === DOT) {
      minute = digits(bytes, i + 1, 2);
      i += 3;
      if (i + 2 < to && bytes[i] === mark) {
        this.#second = i + 1;
        second = digits(bytes, i + 1, 2);
        i += 3;
      } else if (mark === DOT) return -1;
    } else {
      minute = digits(bytes, i, 2);
      second = digits(bytes, i + 2, 2);
      this.#second = i + 2;
      i += 4;
      if (this.kind === 'clock' || isDigit(bytes[i])) return -1;
    }
    if (i > to || !(hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60)) return -1;
    let ms = 0;
    if (i + 1 < to && (bytes[i] === DOT || bytes[i] === COMMA || bytes[i] === COLON) && isDigit(bytes[i + 1])) {
      let scale = 100;
      for (i++; i < to && isDigit(bytes[i]); i++) {
        ms += (bytes[i] - ZERO) * scale;
        scale /= 10;
      }
      ms = Math.round(ms * 1000) / 1000;
    }
    if (
      i + 2 < to &&
      bytes[i] === SPACE &&
      (bytes[i + 2] | 32) === 109 &&
      ((bytes[i + 1] | 32) === 97 || (bytes[i + 1] | 32) === 112) &&
      !isLetter(bytes[i + 3] ?? 0)
    ) {
      hour = (hour % 12) + ((bytes[i + 1] | 32) === 112 ? 12 : 0);
      i += 3;
    }
    this.#end = i;
    return ((hour * 60 + minute) * 60 + second) * 1000 + ms;
  }

  /** Minutes east of UTC of what stands behind a clock: Z, +hh:mm, ` +hhmm`, ` UTC`; else the rule's. Sets #end. */
  #offset(bytes: Uint8Array, at: number, to: number): number {
    this.#end = at;
    if (at >= to) return this.#rules.offset;
    const c = bytes[at];
    if ((c === 90 || c === 122) && !isLetter(bytes[at + 1] ?? 0)) {
      this.#end = at + 1;
      return 0;
    }
    const i = c === SPACE ? at + 1 : at;
    const sign = bytes[i];
    if (sign === 43 || sign === MINUS) {
      const hours = digits(bytes, i + 1, 2);
      const colon = bytes[i + 3] === COLON ? 1 : 0;
      const minutes = hours < 0 ? -1 : digits(bytes, i + 3 + colon, 2);
      const end = i + 5 + colon;
      if (minutes < 0 || end > to || isDigit(bytes[end]) || hours > 15) return this.#rules.offset;
      this.#end = end;
      return (hours * 60 + minutes) * (sign === MINUS ? -1 : 1);
    }
    if (c === SPACE && ((sign === 85 && bytes[i + 1] === 84 && bytes[i + 2] === 67) || (sign === 71 && bytes[i + 1] === 77 && bytes[i + 2] === 84))) {
      if (i + 3 <= to && !isLetter(bytes[i + 3] ?? 0)) {
        this.#end = i + 3;
        return 0;
      }
    }
    return this.#rules.offset;
  }

  /** Seconds, ms, us or ns since 1970, told apart by the number of digits; 2001 to 2286. */
  #epoch(bytes: Uint8Array, at: number, to: number): number {
    let whole = 0;
    let i = at;
    for (; i < to && isDigit(bytes[i]); i++) if (i - at < 16) whole = whole * 10 + bytes[i] - ZERO;
    const n = i - at;
    if (n !== 10 && n !== 13 && n !== 16 && n !== 19) return -1;
    let time = n === 10 ? whole * 1000 : n === 13 ? whole : whole / 1000;
    if (n === 10 && i + 1 < to && bytes[i] === DOT && isDigit(bytes[i + 1])) {
      let scale = 100;
      let ms = 0;
      for (i++; i < to && isDigit(bytes[i]); i++) {
        ms += (bytes[i] - ZERO) * scale;
        scale /= 10;
      }
      time += Math.round(ms * 1000) / 1000;
    }
    if (time < 946_684_800_000 || time > 4_102_444_800_000) return -1;
    this.time = time;
    return i;
  }

  /** `Thu Oct 03 22:29:03.123 2024`, a zone's name before the year left out. */
  #ctime(bytes: Uint8Array, at: number, to: number): number {
    if (to - at < 24 || !isLetter(bytes[at]) || bytes[at + 3] !== SPACE) return -1;
    const month = monthAt(bytes, at + 4);
    if (month === 0 || bytes[at + 7] !== SPACE) return -1;
    const pad = bytes[at + 8] === SPACE ? 1 : 0;
    const day = digits(bytes, at + 8 + pad, 2 - pad);
    const clock = day < 0 ? -1 : this.#clock(bytes, at + 11, to);
    if (clock < 0) return -1;
    let i = this.#end;
    if (bytes[i] !== SPACE) return -1;
    i++;
    let zone = i;
    while (zone < to && bytes[zone] >= 65 && bytes[zone] <= 90) zone++;
    if (zone > i && bytes[zone] === SPACE) i = zone + 1;
    const year = i + 4 <= to ? digits(bytes, i, 4) : -1;
    const midnight = year < 1970 ? NaN : midnightOf(year, month, day);
    if (midnight !== midnight) return -1;
    this.time = midnight + clock - this.#rules.offset * 60_000;
    return i + 4;
  }
}

/** The kind of the time that begins at `at`, or undefined; `kinds` are tried in order. */
export function timeKindAt(
  bytes: Uint8Array,
  at: number,
  to: number,
  rules: TimeRules,
  kinds: readonly TimeKind[] = TIME_KINDS,
): { kind: TimeKind; end: number; time: number } | undefined {
  for (const kind of kinds) {
    if (kind === 'mmdd') continue;
    const reader = new TimeReader(kind, rules);
    const end = reader.read(bytes, at, to);
    if (end > 0 && !isDigit(bytes[end]) && !(end < to && isLetter(bytes[end]))) return { kind, end, time: reader.time };
  }
  return undefined;
}
