/** Takes a message apart into words and delimiters. Text is Latin-1: a character a byte, so that invalid UTF-8 survives. */
import { lowestByte, noDigits } from '../../core/four-bytes.ts';

/** Stands where a line may hold anything. */
export const WILD = '<*>';

/** Bytes of a message that count; what follows them, or a line break, is a parameter. */
export const MESSAGE_BYTES = 2048;

const LETTER = 0;
export const DIGIT = 1;
const DOT = 2;
const DELIMITER = 3;
const SPACE = 4;
export const BREAK = 5;

export const CLASSES = new Uint8Array(256);
for (const c of '=,:;()[]{}"\'<>') CLASSES[c.charCodeAt(0)] = DELIMITER;
for (const c of '0123456789') CLASSES[c.charCodeAt(0)] = DIGIT;
for (const c of ' \t\r\v\f') CLASSES[c.charCodeAt(0)] = SPACE;
CLASSES['.'.charCodeAt(0)] = DOT;
CLASSES['\n'.charCodeAt(0)] = BREAK;

export const FULL_STOP = 46;
/** By byte: 0 where the hash of a word goes on, and where a word that has a digit does. */
export const ENDS_LETTERS = CLASSES.map((kind) => (kind === LETTER ? 0 : 1));
const ENDS_NUMBER = CLASSES.map((kind) => (kind <= DIGIT ? 0 : 1));
/** In place of the hash of a word with a digit; the second where it ends with a full stop. */
const NUMBER = 0x3c6ef372;
const NUMBER_STOP = 0x1b873593;
/** In place of the byte of a delimiter. */
const SPACES = 0x2545f491;
const REST = 0x165667b1;

/** A hash of 64 bits, as two of 32. */
export interface LineHash {
  high: number;
  low: number;
}

/** Where a value ends that goes on at `at`, behind its first digit; `view` shows the same bytes, of which there are four more behind `to`. */
export function valueEnd(bytes: Uint8Array, view: DataView, at: number, to: number): number {
  for (let i = at; i < to; i++) {
    // Digits, four at a time.
    const others = noDigits(view.getInt32(i, true));
    if (others === 0) {
      i += 3;
      continue;
    }
    i += lowestByte(others);
    if (i >= to) break;
    const c = bytes[i];
    if (ENDS_NUMBER[c] !== 0 && (c !== FULL_STOP || (i + 1 < to && bytes[i + 1] === FULL_STOP))) return i;
  }
  return to;
}

/**
 * Hashes a message so that two with the same hash have the same signature (`signatureOf`): words with a digit count as
 * one and the same, and so do runs of white space. Nothing is decoded and nothing made.
 */
export function hashMessage(bytes: Uint8Array, from: number, to: number, out: LineHash): void {
  const end = to - from > MESSAGE_BYTES ? from + MESSAGE_BYTES : to;
  let high = end < to ? REST : 0;
  let low = 0;
  let i = from;
  while (i < end) {
    let word = 0;
    let c = bytes[i];
    while (ENDS_LETTERS[c] === 0) {
      word = Math.imul(word + c, 0x2c1b3c6d);
      if (++i === end) break;
      c = bytes[i];
    }
    if (i < end) {
      const kind = CLASSES[c];
      i++;
      if (kind === DIGIT) {
        while (i < end && (ENDS_NUMBER[bytes[i]] === 0 || (bytes[i] === FULL_STOP && (i + 1 === end || bytes[i + 1] !== FULL_STOP)))) i++;
        word = bytes[i - 1] === FULL_STOP ? NUMBER_STOP : NUMBER;
      } else if (kind === SPACE) {
        while (i < end && CLASSES[bytes[i]] === SPACE) i++;
        word ^= SPACES;
      } else if (kind === BREAK) {
        i = end;
        word ^= REST;
      } else word += Math.imul(c, 0x51ed270b);
    }
    high = Math.imul(high ^ word, 0x5bd1e995);
    low = Math.imul(low + word, 0x297a2d39) ^ (high >>> 15);
  }
  high = Math.imul(high ^ (high >>> 16), 0x7feb352d);
  out.high = (high ^ (high >>> 15)) >>> 0;
  out.low = (low ^ (low >>> 16)) >>> 0;
}

/** Names that are values wherever they stand. */
const VALUES = new Set(
  (
    'true false null none True False None NULL TRUE FALSE Mon Tue Wed Thu Fri Sat Sun Monday Tuesday Wednesday Thursday Friday Saturday Sunday ' +
    'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec January February March April June July August September October November December'
  ).split(' '),
);

const INITIALS = new Set([...VALUES].map((name) => name[0]));

/** True of a word without a digit that is a value by its look: a path, a truth value, a day or a month. */
function isValue(word: string): boolean {
  const c = word[0];
  if (c === '/') return true;
  if (c === '~') return word[1] === '/';
  if (c === '.') return word.startsWith('./') || word.startsWith('../');
  return word.length <= 9 && INITIALS.has(c) && VALUES.has(word);
}

/**
 * Words, delimiters, single spaces and `..` for runs of dots, in order; WILD in place of words that are values.
 * Depends on nothing that `hashMessage` leaves out.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  const end = text.length;
  let i = 0;
  while (i < end) {
    const begin = i;
    const kind = CLASSES[text.charCodeAt(i)];
    if (kind === BREAK) {
      if (words.at(-1) !== ' ') words.push(' ');
      words.push(WILD);
      break;
    }
    if (kind === SPACE) {
      do i++;
      while (i < end && CLASSES[text.charCodeAt(i)] === SPACE);
      if (words.length > 0 && i < end) words.push(' ');
      continue;
    }
    if (kind === DELIMITER) {
      words.push(text[i++]);
      continue;
    }
    if (kind === DOT && text.charCodeAt(i + 1) === FULL_STOP) {
      do i++;
      while (text.charCodeAt(i) === FULL_STOP);
      words.push('..');
      continue;
    }
    let number = false;
    for (; i < end; i++) {
      const next = CLASSES[text.charCodeAt(i)];
      if (next > DOT || (next === DOT && text.charCodeAt(i + 1) === FULL_STOP)) break;
      if (next === DIGIT) number = true;
    }
    if (!number) {
      const word = text.slice(begin, i);
      words.push(isValue(word) ? WILD : word);
    } else if (text.charCodeAt(i - 1) === FULL_STOP) words.push(WILD, '.');
    else words.push(WILD);
  }
  return words;
}
