/** Patterns of a simple shape, matched on bytes by hand: literals and sets of characters one after another, at most one group. */
import { lowestByte, noDigits } from '../../core/four-bytes.ts';

interface Step {
  /** 1 for every byte that fits. */
  set: Uint8Array;
  least: number;
  most: number;
}

const WORD = setOf((c) => /\w/.test(c));
const DIGIT = setOf((c) => /\d/.test(c));
const ESCAPES: Readonly<Record<string, Uint8Array>> = { d: DIGIT, w: WORD, s: setOf((c) => /[ \t\n\f\r]/.test(c)) };
const PUNCTUATION = /[!-/:-@[-`{-~]/;

function setOf(fits: (character: string) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (code < 128 && fits(String.fromCharCode(code)) ? 1 : 0));
}

/** Reads the pattern; `undefined` in `next` for what is not simple. */
class Reader {
  at = 0;
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  take(text: string): boolean {
    const here = this.source.startsWith(text, this.at);
    if (here) this.at += text.length;
    return here;
  }

  /** The set that the next character, escape or bracket stands for. */
  set(): Uint8Array | undefined {
    const { source } = this;
    if (this.take('[')) return this.#bracket();
    if (this.take('\\')) return this.#escape();
    const c = source[this.at];
    if (c === undefined || c < ' ' || c > '~' || '.^$|?*+(){}[]'.includes(c)) return undefined;
    this.at++;
    return setOf((other) => other === c);
  }

  /** The bytes of the next character where it is beyond ASCII and stands once; nothing is taken where it is not. */
  beyond(): Uint8Array | undefined {
    const character = String.fromCodePoint(this.source.codePointAt(this.at)!);
    if (character <= '~' || '?+*{'.includes(this.source[this.at + character.length] ?? ' ')) return undefined;
    this.at += character.length;
    return Buffer.from(character);
  }

  /** How often; [1, 1] where nothing is said. */
  times(): [number, number] | undefined {
    let times: [number, number] = [1, 1];
    if (this.take('+')) times = [1, Infinity];
    else if (this.take('?')) times = [0, 1];
    else if (this.take('*')) times = [0, Infinity];
    else if (this.source[this.at] === '{') {
      const found = /^\{(\d{1,3})(,?)(\d{0,3})\}/.exec(this.source.slice(this.at));
      if (found === null) return undefined;
      this.at += found[0].length;
      const least = Number(found[1]);
      times = [least, found[2] === '' ? least : found[3] === '' ? Infinity : Number(found[3])];
    } else return times;
    // Lazy and possessive ones, and times of times, are left to the general matcher.
    return '?+*{'.includes(this.source[this.at] ?? ' ') ? undefined : times;
  }

  #escape(): Uint8Array | undefined {
    const c = this.source[this.at++] ?? '';
    if (Object.hasOwn(ESCAPES, c)) return ESCAPES[c];
    return PUNCTUATION.test(c) ? setOf((other) => other === c) : undefined;
  }

  #bracket(): Uint8Array | undefined {
    const set = new Uint8Array(256);
    for (let first = true; !this.take(']'); first = false) {
      const c = this.source[this.at];
      if (c === undefined || c < ' ' || c > '~' || c === '[' || (first && c === '^')) return undefined;
      this.at++;
      if (c === '\\') {
        const escaped = this.#escape();
        if (escaped === undefined) return undefined;
        escaped.forEach((fits, code) => fits === 1 && (set[code] = 1));
        if (this.source[this.at] === '-' && this.source[this.at + 1] !== ']') return undefined;
        continue;
      }
      const range = this.source[this.at] === '-' && (this.source[this.at + 1] ?? ']') !== ']';
      const to = range ? this.source[this.at + 1] : c;
      if (range) this.at += 2;
      if (to < c || to > '~' || (range && '\\['.includes(to))) return undefined;
      for (let code = c.charCodeAt(0); code <= to.charCodeAt(0); code++) set[code] = 1;
    }
    return set;
  }
}

function overlap(a: Uint8Array, b: Uint8Array): boolean {
  return a.some((fits, code) => fits === 1 && b[code] === 1);
}

/** Bytes that every match begins with, one for one. */
function literalOf(steps: readonly Step[]): number[] {
  const bytes: number[] = [];
  for (const { set, least, most } of steps) {
    if (least !== 1 || most !== 1 || set.reduce((sum, fits) => sum + fits, 0) !== 1) break;
    bytes.push(set.indexOf(1));
  }
  return bytes;
}

/** Whether taking as many as fit is always right, so that nothing has to be given back. */
function isGreedy(steps: readonly Step[], endsAtWord: boolean): boolean {
  // Where the last step may be left out, the byte before it may make the end of a word.
  if (endsAtWord && steps.at(-1)!.least === 0) return false;
  return steps.every((step, i) => {
    if (step.least === step.most) return true;
    for (let j = i + 1; j < steps.length; j++) {
      if (overlap(step.set, steps[j].set)) return false;
      if (steps[j].least > 0) return true;
    }
    return !endsAtWord || !step.set.some((fits, code) => fits === 1 && WORD[code] === 0);
  });
}

/** More than any number of bytes of a line. */
const UNBOUNDED = 2 ** 30;

/** Finds the first place where its steps fit. */
export class Shape {
  /** Span of the whole match. */
  start = 0;
  end = 0;
  /** Span of the group; that of the whole match where there is none. */
  from = 0;
  to = 0;
  readonly #first: Uint8Array;
  /** Text that every match begins with. */
  readonly literal: Uint8Array;
  /** How far a byte in the place of the last one of the literal lets the search go on (Horspool 1980). */
  readonly #skips: Uint8Array;
  readonly #again: number;
  /** Of the steps behind the literal: sets, and how often at least and at most. */
  readonly #sets: readonly Uint8Array[];
  /** 1 for a set that is the digits. */
  readonly #isDigits: Uint8Array;
  readonly #least: Int32Array;
  readonly #most: Int32Array;
  /** Steps before which the group begins and ends. */
  readonly #begin: number;
  readonly #finish: number;
  readonly #startsAtWord: boolean;
  readonly #endsAtWord: boolean;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  private constructor(steps: readonly Step[], begin: number, finish: number, startsAtWord: boolean, endsAtWord: boolean) {
    this.#first = steps[0].set;
    const literal = Uint8Array.from(literalOf(steps));
    this.literal = literal;
    this.#skips = new Uint8Array(256).fill(literal.length);
    for (let i = 0; i < literal.length - 1; i++) this.#skips[literal[i]] = literal.length - 1 - i;
    // Where its last byte stands the rest is looked at first.
    this.#again = this.#skips[literal[literal.length - 1]];
    if (literal.length > 1) this.#skips[literal[literal.length - 1]] = 0;
    const behind = steps.slice(literal.length);
    this.#sets = behind.map(({ set }) => set);
    this.#isDigits = Uint8Array.from(behind, ({ set }) => (set.every((fits, code) => fits === DIGIT[code]) ? 1 : 0));
    this.#least = Int32Array.from(behind, ({ least }) => least);
    this.#most = Int32Array.from(behind, ({ most }) => Math.min(most, UNBOUNDED));
    this.#begin = begin;
    this.#finish = finish;
    this.#startsAtWord = startsAtWord;
    this.#endsAtWord = endsAtWord;
  }

  /** The pattern as a shape; undefined where it is not simple enough, which says nothing against it. */
  static of(pattern: string): Shape | undefined {
    const reader = new Reader(pattern);
    const startsAtWord = reader.take('\\b');
    const steps: Step[] = [];
    let begin = -1;
    let finish = -1;
    let endsAtWord = false;
    while (reader.at < pattern.length) {
      if (begin < 0 && pattern[reader.at + 1] !== '?' && reader.take('(')) begin = steps.length;
      else if (begin >= 0 && finish < 0 && reader.take(')')) finish = steps.length;
      else if (pattern.endsWith('\\b') && reader.at === pattern.length - 2) {
        reader.at = pattern.length;
        endsAtWord = true;
      } else {
        const beyond = reader.beyond();
        beyond?.forEach((byte) => steps.push({ set: Uint8Array.from({ length: 256 }, (_, code) => (code === byte ? 1 : 0)), least: 1, most: 1 }));
        if (beyond !== undefined) continue;
        const set = reader.set();
        const times = set && reader.times();
        if (set === undefined || times === undefined || times[1] < times[0] || times[1] === 0) return undefined;
        steps.push({ set, least: times[0], most: times[1] });
      }
    }
    // A group that is repeated shows as a step that cannot be read.
    if (begin >= 0 && finish < 0) return undefined;
    if (begin === steps.length) return undefined;
    if (steps.length === 0 || steps[0].least === 0 || !isGreedy(steps, endsAtWord)) return undefined;
    return new Shape(steps, begin < 0 ? 0 : begin, begin < 0 ? steps.length : finish, startsAtWord, endsAtWord);
  }

  /** Looks in bytes[from .. to), of which no byte before `from` counts. */
  find(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.literal.length > 1) return this.#findLiteral(bytes, from, to);
    const first = this.#first;
    for (let at = from; at < to; at++) if (first[bytes[at]] === 1 && this.fits(bytes, at, from, to)) return true;
    return false;
  }

  #findLiteral(bytes: Uint8Array, from: number, to: number): boolean {
    const literal = this.literal;
    const last = literal.length - 1;
    const again = this.#again;
    const skips = this.#skips;
    const length = last + 1;
    for (let at = from + last; at < to;) {
      const byte = bytes[at];
      // Nearly always; a constant step lets the processor run ahead, one that was read does not.
      const skip = skips[byte];
      if (skip === length) at += length;
      else if (skip > 0) at += skip;
      else if (this.fits(bytes, at - last, from, to)) return true;
      else at += again;
    }
    return false;
  }

  /** Whether it fits at `start`, of which no byte before `lineStart` counts. */
  fits(bytes: Uint8Array, start: number, lineStart: number, to: number): boolean {
    const { literal } = this;
    if (literal.length > to - start) return false;
    for (let i = 0; i < literal.length; i++) if (bytes[start + i] !== literal[i]) return false;
    return this.fitsBehind(bytes, start, lineStart, to);
  }

  /** The same where the literal is known to stand at `start`, before `to`. */
  fitsBehind(bytes: Uint8Array, start: number, lineStart: number, to: number): boolean {
    if (this.#startsAtWord && WORD[bytes[start]] === (start > lineStart ? WORD[bytes[start - 1]] : 0)) return false;
    const known = this.literal.length;
    // Steps of the literal take one byte each.
    this.from = start + this.#begin;
    this.to = start + this.#finish;
    let at = start + known;
    const sets = this.#sets;
    const isDigits = this.#isDigits;
    for (let i = 0; i < sets.length; i++) {
      const set = sets[i];
      if (known + i === this.#begin) this.from = at;
      if (known + i === this.#finish) this.to = at;
      const begun = at;
      const stop = Math.min(to, at + this.#most[i]);
      if (isDigits[i] === 1) at = this.#digitsEnd(bytes, at, stop);
      else while (at < stop && set[bytes[at]] === 1) at++;
      if (at - begun < this.#least[i]) return false;
    }
    if (this.#finish === known + sets.length) this.to = at;
    if (this.#endsAtWord && WORD[bytes[at - 1]] === (at < to ? WORD[bytes[at]] : 0)) return false;
    this.start = start;
    this.end = at;
    return true;
  }

  /** Index of the first byte of [at .. to) that is no digit. */
  #digitsEnd(bytes: Uint8Array, at: number, to: number): number {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    const view = this.#view;
    let i = at;
    for (; i + 4 <= to; i += 4) {
      const others = noDigits(view.getInt32(i, true));
      if (others !== 0) return i + lowestByte(others);
    }
    while (i < to && DIGIT[bytes[i]] === 1) i++;
    return i;
  }
}
