/** What is left of a message when its values are taken out: lines of one template mostly share it. */
import { MESSAGE_BYTES, WILD, wordsOf } from './words.ts';

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '<': '>' };
const ENDS_VALUE = new Set([' ', ',', ';', ')', ']', '}', '>']);
/** Units that change with the size of the value. */
const UNITS = new Set('b kb mb gb tb kib mib gib ns us ms s sec secs second seconds min mins minute minutes h hour hours day days'.split(' '));
/** Between two wildcards: they then count as one. */
const SEPARATORS = new Set([' ', ':', ',', '=']);
const LAST_WORD = /[^\s=,:;()[\]{}"'<>]*$/;
/** Longest stretch of words whose repetition is recognised. */
const LONGEST_REPEAT = 16;

/** Index behind the value that begins at `from`, with its quotes and balanced brackets; where these stay open, they are ordinary. */
function valueEnd(words: readonly string[], from: number): number {
  const open: string[] = [];
  let quote = '';
  let plain = -1;
  for (let i = from; i < words.length; i++) {
    const word = words[i];
    if (plain < 0 && ENDS_VALUE.has(word)) plain = i;
    if (quote !== '') {
      if (word === quote) quote = '';
    } else if (word === '"' || word === "'") quote = word;
    else if (CLOSING[word] !== undefined) open.push(CLOSING[word]);
    else if (open.length > 0) {
      if (word === open.at(-1)) open.pop();
    } else if (ENDS_VALUE.has(word)) return i;
  }
  return quote === '' && open.length === 0 ? words.length : plain < 0 ? words.length : plain;
}

/** `key=value` becomes `key=<*>`; brackets that stand by themselves around nothing get a wildcard. */
function withoutValues(words: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    out.push(word);
    if (word === '=' && i > 0 && words[i - 1] !== ' ' && words[i - 1] !== '=' && words[i + 1] !== '=') {
      const end = valueEnd(words, i + 1);
      if (end > i + 1) out.push(WILD);
      i = end - 1;
    } else if (CLOSING[word] !== undefined && words[i - 1] === ' ' && words[i + 1] === CLOSING[word]) out.push(WILD);
  }
  return out;
}

/** True if the last `length` words repeat those before them and hold a wildcard. */
function repeats(words: readonly string[], length: number): boolean {
  const end = words.length;
  let wild = false;
  for (let k = 1; k <= length; k++) {
    if (words[end - k] !== words[end - k - length]) return false;
    if (words[end - k] === WILD) wild = true;
  }
  return wild;
}

/** A unit behind a wildcard goes; wildcards side by side become one; what repeats at once and holds a wildcard stands once. */
function withoutRepeats(words: readonly string[]): string[] {
  const out: string[] = [];
  let wild = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (wild && word === ' ' && out.at(-1) === WILD && i + 1 < words.length && UNITS.has(words[i + 1].toLowerCase())) {
      i++;
      continue;
    }
    out.push(word);
    if (word === WILD) {
      wild = true;
      if (out.length > 1 && out[out.length - 2] === WILD) out.length--;
      else if (out.length > 2 && out[out.length - 3] === WILD && SEPARATORS.has(out[out.length - 2])) out.length -= 2;
    }
    for (let length = 2; wild && length <= LONGEST_REPEAT && length * 2 <= out.length; length++) {
      if (!repeats(out, length)) continue;
      out.length -= length;
      length = 1;
    }
  }
  return out;
}

/** The message in Latin-1, as much of it as counts: where it is cut, the last word, which may not be whole, goes. */
export function messageText(bytes: Uint8Array, from: number, to: number): string {
  const end = to - from > MESSAGE_BYTES ? from + MESSAGE_BYTES : to;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).toString('latin1');
  return end < to ? `${text.slice(0, text.search(LAST_WORD))}\n` : text;
}

/** Signature of a message (as `messageText` gives it): its constant words as they stand, WILD for values, single spaces. */
export function signatureOf(text: string): string {
  let signature = '';
  for (const word of withoutRepeats(withoutValues(wordsOf(text)))) signature += word;
  return signature;
}
