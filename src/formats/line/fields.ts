/** Records of named fields: which field is the time, the level, the component, the message. */
import type { JsonValue } from '../../core/contracts.ts';
import { BACKSLASH, COLON, COMMA, LF, QUOTE, SPACE, TAB } from '../bytes.ts';
import { timeAt, type TimeRule } from '../times.ts';
import type { Header, HeaderReader } from './header.ts';
import { levelAt, levelOfNumber } from './levels.ts';

const TIME = 0;
const LEVEL = 1;
const COMPONENT = 2;
const MESSAGE = 3;

/** Usual names by what they hold, the most telling first. */
const NAMES: readonly string[][] = [
  [
    '@timestamp',
    'timestamp',
    'time',
    'ts',
    'datetime',
    'asctime',
    'date',
    'eventtime',
    'event_time',
    't',
    '__realtime_timestamp',
    '_source_realtime_timestamp',
  ],
  ['level', 'severity', 'log.level', 'levelname', 'lvl', 'loglevel', 'log_level', 'level_name', 'priority'],
  ['logger', 'logger_name', 'log.logger', 'component', 'module', 'name', 'syslog_identifier', '_comm', 'service', 'service.name', 'source', 'unit', 'program'],
  ['message', 'msg', 'log', 'event', 'text', 'body', 'short_message'],
];
/** Role and rank of a name by the hash of its bytes, folded to lower case. */
const ROLES = new Map<number, number>();
for (const [role, names] of NAMES.entries()) {
  for (const [rank, name] of names.entries()) ROLES.set(hashOf(Buffer.from(name), 0, name.length), role * 64 + rank);
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  for (let i = from; i < to; i++) {
    const c = bytes[i];
    hash = (Math.imul(hash, 0x01000193) ^ (c >= 65 && c <= 90 ? c | 32 : c)) | 0;
  }
  return hash;
}

/** Collects the best field of every role of one record. */
class Roles {
  readonly rank = new Int32Array(4);
  readonly start = new Int32Array(4);
  readonly end = new Int32Array(4);

  clear(): void {
    this.rank.fill(99);
  }

  offer(bytes: Uint8Array, nameFrom: number, nameTo: number, from: number, to: number): number {
    const found = ROLES.get(hashOf(bytes, nameFrom, nameTo));
    if (found === undefined) return -1;
    const role = found >> 6;
    const rank = found & 63;
    if (rank >= this.rank[role]) return -1;
    this.rank[role] = rank;
    this.start[role] = from;
    this.end[role] = to;
    return role;
  }

  has(role: number): boolean {
    return this.rank[role] < 99;
  }

  /** Writes what was found; false when there was neither a time, a level nor a message. */
  into(header: Header, bytes: Uint8Array, from: number, to: number, rule: TimeRule): boolean {
    header.clear(from, to);
    if (!this.has(TIME) && !this.has(LEVEL) && !this.has(MESSAGE)) return false;
    if (this.has(TIME)) header.time = timeAt(bytes, this.start[TIME], this.end[TIME], rule);
    if (this.has(LEVEL)) header.level = levelIn(bytes, this.start[LEVEL], this.end[LEVEL]);
    if (this.has(COMPONENT)) {
      header.component = this.start[COMPONENT];
      header.componentEnd = this.end[COMPONENT];
    }
    if (this.has(MESSAGE)) {
      header.message = this.start[MESSAGE];
      header.messageEnd = this.end[MESSAGE];
    }
    return true;
  }
}

function levelIn(bytes: Uint8Array, from: number, to: number): number {
  let x = 0;
  let i = from;
  while (i < to && i < from + 3 && bytes[i] >= 48 && bytes[i] <= 57) x = x * 10 + bytes[i++] - 48;
  return i > from && i === to ? levelOfNumber(x) : levelAt(bytes, from, to);
}

/** What JSON lines and logfmt lines share. */
abstract class FieldsReader implements HeaderReader {
  abstract readonly layout: string;
  readonly joins = true;
  readonly whole: boolean = false;
  readonly roles = new Roles();
  readonly #rule: TimeRule;
  /** True while the message found is written with escapes. */
  escaped = false;

  constructor(offset: number) {
    this.#rule = { unit: 's', absolute: true, order: 'mdy', offset };
  }

  /** Offers every field of the record to `roles`; false when it is no such record. */
  abstract scan(bytes: Uint8Array, from: number, to: number): boolean;

  read(bytes: Uint8Array, from: number, to: number, header: Header): boolean {
    this.roles.clear();
    this.escaped = false;
    if (!this.scan(bytes, from, to) || !this.roles.into(header, bytes, from, to, this.#rule)) return false;
    if (this.escaped && this.roles.has(MESSAGE)) header.unescape(bytes, unescaped);
    return true;
  }

  /** A text's value from..to was found under a name. */
  offerText(bytes: Uint8Array, nameFrom: number, nameTo: number, from: number, to: number, escaped: boolean): void {
    if (this.roles.offer(bytes, nameFrom, nameTo, from, to) === MESSAGE) this.escaped = escaped;
  }

  state(): JsonValue {
    return null;
  }

  restore(): void {}
}

const ESCAPES: Readonly<Record<number, number>> = { 110: LF, 116: TAB, 114: 13, 98: 8, 102: 12 };

function hex(bytes: Uint8Array, at: number, to: number): number {
  if (at + 4 > to) return -1;
  let x = 0;
  for (let i = at; i < at + 4; i++) {
    const c = bytes[i];
    const digit = c >= 48 && c <= 57 ? c - 48 : (c | 32) >= 97 && (c | 32) <= 102 ? (c | 32) - 87 : -1;
    if (digit < 0) return -1;
    x = x * 16 + digit;
  }
  return x;
}

/** Writes a JSON text without its escapes, as UTF-8, and answers its length, which is never larger. */
function unescaped(bytes: Uint8Array, from: number, to: number, into: Uint8Array): number {
  let n = 0;
  for (let i = from; i < to; i++) {
    const c = bytes[i];
    if (c !== BACKSLASH || i + 1 >= to) {
      into[n++] = c;
      continue;
    }
    const kind = bytes[++i];
    let code = kind === 117 ? hex(bytes, i + 1, to) : -1;
    if (code < 0) {
      into[n++] = ESCAPES[kind] ?? kind;
      continue;
    }
    i += 4;
    if (code >= 0xd800 && code < 0xdc00 && bytes[i + 1] === BACKSLASH && bytes[i + 2] === 117) {
      const low = hex(bytes, i + 3, to);
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        i += 6;
      }
    }
    n = utf8(code, into, n);
  }
  return n;
}

/** Writes a code point as UTF-8 at `n` and answers the index behind it; half a pair becomes U+FFFD. */
export function utf8(code: number, into: Uint8Array, n: number): number {
  if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
  if (code < 0x80) into[n++] = code;
  else if (code < 0x800) {
    into[n++] = 0xc0 | (code >> 6);
    into[n++] = 0x80 | (code & 63);
  } else {
    if (code < 0x10000) into[n++] = 0xe0 | (code >> 12);
    else {
      into[n++] = 0xf0 | (code >> 18);
      into[n++] = 0x80 | ((code >> 12) & 63);
    }
    into[n++] = 0x80 | ((code >> 6) & 63);
    into[n++] = 0x80 | (code & 63);
  }
  return n;
}

/** Index behind white space. */
function blank(bytes: Uint8Array, at: number, to: number): number {
  while (at < to && bytes[at] <= SPACE) at++;
  return at;
}

let sawEscape = false;

/** Index of the quote that ends the text which begins at `at`, or -1; sets `sawEscape`. */
function quote(bytes: Uint8Array, at: number, to: number): number {
  sawEscape = false;
  for (let i = at; i < to; i++) {
    const c = bytes[i];
    if (c === BACKSLASH) {
      sawEscape = true;
      i++;
    } else if (c === QUOTE) return i;
  }
  return -1;
}

/** Index behind the JSON object or array that begins at `at`, or -1. */
function nested(bytes: Uint8Array, at: number, to: number): number {
  let depth = 0;
  for (let i = at; i < to; i++) {
    const c = bytes[i];
    if (c === QUOTE) {
      i = quote(bytes, i + 1, to);
      if (i < 0) return -1;
    } else if (c === 123 || c === 91) depth++;
    else if ((c === 125 || c === 93) && --depth === 0) return i + 1;
  }
  return -1;
}

/** One JSON object a line. */
export class JsonReader extends FieldsReader {
  readonly layout = 'json';

  scan(bytes: Uint8Array, from: number, to: number): boolean {
    let at = blank(bytes, from, to);
    if (bytes[at] !== 123 || at >= to) return false;
    for (at = blank(bytes, at + 1, to); at < to && bytes[at] !== 125;) {
      if (bytes[at] !== QUOTE) return false;
      const name = at + 1;
      const nameEnd = quote(bytes, name, to);
      if (nameEnd < 0) return false;
      at = blank(bytes, nameEnd + 1, to);
      if (bytes[at] !== COLON) return false;
      at = this.#value(bytes, blank(bytes, at + 1, to), to, name, nameEnd);
      if (at < 0) return false;
      at = blank(bytes, at, to);
      if (bytes[at] === COMMA) at = blank(bytes, at + 1, to);
    }
    return at < to;
  }

  /** Index behind the value at `at`, or -1. */
  #value(bytes: Uint8Array, at: number, to: number, name: number, nameEnd: number): number {
    const c = bytes[at];
    if (c === QUOTE) {
      const end = quote(bytes, at + 1, to);
      if (end < 0) return -1;
      this.offerText(bytes, name, nameEnd, at + 1, end, sawEscape);
      return end + 1;
    }
    if (c === 123 || c === 91) return nested(bytes, at, to);
    let end = at;
    while (end < to && bytes[end] !== COMMA && bytes[end] !== 125 && bytes[end] > SPACE) end++;
    if (end === at) return -1;
    // null, true and false name nothing.
    if (c <= 57) this.offerText(bytes, name, nameEnd, at, end, false);
    return end;
  }
}

/** `time=… level=info msg="…" key=value`. */
export class LogfmtReader extends FieldsReader {
  readonly layout = 'logfmt';

  scan(bytes: Uint8Array, from: number, to: number): boolean {
    let fields = 0;
    for (let at = blank(bytes, from, to); at < to;) {
      const name = at;
      while (at < to && bytes[at] > SPACE && bytes[at] !== 61 && bytes[at] !== QUOTE) at++;
      if (bytes[at] !== 61 || at === name || at >= to) {
        if (fields < 2) return false;
        while (at < to && bytes[at] > SPACE) at++;
      } else {
        at = this.#value(bytes, at + 1, to, name, at);
        if (at < 0) return false;
        fields++;
      }
      at = blank(bytes, at, to);
    }
    return fields >= 2 && this.roles.has(MESSAGE) && (this.roles.has(TIME) || this.roles.has(LEVEL));
  }

  #value(bytes: Uint8Array, at: number, to: number, name: number, nameEnd: number): number {
    if (bytes[at] === QUOTE && at < to) {
      const end = quote(bytes, at + 1, to);
      if (end < 0) return -1;
      this.offerText(bytes, name, nameEnd, at + 1, end, sawEscape);
      return end + 1;
    }
    let end = at;
    while (end < to && bytes[end] > SPACE) end++;
    this.offerText(bytes, name, nameEnd, at, end, false);
    return end;
  }
}

const CURSOR = Buffer.from('__CURSOR=');

/** Records of `journalctl -o export`: a field a line, long or binary ones as a name, a 64-bit length and the bytes; a blank line ends a record. */
export class JournalReader extends FieldsReader {
  readonly layout = 'journald';
  override readonly whole = true;

  begins(bytes: Uint8Array, from: number, to: number): boolean {
    if (to - from < CURSOR.length) return false;
    for (let i = 0; i < CURSOR.length; i++) if (bytes[from + i] !== CURSOR[i]) return false;
    return true;
  }

  scan(bytes: Uint8Array, from: number, to: number): boolean {
    if (!this.begins(bytes, from, to)) return false;
    for (let at = from; at < to;) {
      const name = at;
      while (at < to && bytes[at] !== 61 && bytes[at] !== LF) at++;
      if (at >= to) break;
      if (bytes[at] === 61) {
        let end = bytes.indexOf(LF, at);
        if (end < 0 || end > to) end = to;
        this.offerText(bytes, name, at, at + 1, end, false);
        at = end + 1;
      } else if (at === name) at++;
      else {
        if (at + 9 > to) break;
        const length = Number(new DataView(bytes.buffer, bytes.byteOffset + at + 1, 8).getBigUint64(0, true));
        const value = at + 9;
        if (!(value + length <= to)) break;
        this.offerText(bytes, name, at, value, value + length, false);
        at = value + length + 1;
      }
    }
    return true;
  }
}
