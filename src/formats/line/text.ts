/** Bytes of any of the usual encodings to UTF-8, chunk by chunk. */
import type { JsonValue } from '../../core/contracts.ts';
import { joined } from '../bytes.ts';
import { utf8 } from './fields.ts';

export type Encoding = 'utf-8' | 'latin1' | 'utf-16le' | 'utf-16be';

/** Bytes from which an encoding is told. */
export const TELLING = 64;

const NOTHING = new Uint8Array(0);

/** Encoding of a stream that begins so, and the length of its byte order mark. Latin-1 is never guessed: UTF-8 keeps every byte as it is. */
export function encodingOf(bytes: Uint8Array): { encoding: Encoding; mark: number } {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return { encoding: 'utf-8', mark: 3 };
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { encoding: 'utf-16le', mark: 2 };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { encoding: 'utf-16be', mark: 2 };
  const n = Math.min(bytes.length, TELLING) & ~1;
  let even = 0;
  let odd = 0;
  for (let i = 0; i < n; i += 2) {
    if (bytes[i] === 0) even++;
    if (bytes[i + 1] === 0) odd++;
  }
  if (n >= 8 && even === 0 && odd > n / 4) return { encoding: 'utf-16le', mark: 0 };
  if (n >= 8 && odd === 0 && even > n / 4) return { encoding: 'utf-16be', mark: 0 };
  return { encoding: 'utf-8', mark: 0 };
}

/** Length of the byte order mark of a known encoding, 0 for none. */
export function markLength(bytes: Uint8Array, encoding: Encoding): number {
  const found = encodingOf(bytes.subarray(0, 3));
  return found.encoding === encoding ? found.mark : 0;
}

/** Turns chunks into UTF-8; holds back a unit that is not whole. UTF-8 itself goes through without a copy. */
export class Transcoder {
  encoding: Encoding;
  #held: Uint8Array = NOTHING;

  constructor(encoding: Encoding) {
    this.encoding = encoding;
  }

  /** Bytes that the length of a stretch of its UTF-8 took in the stream. */
  sourceLength(bytes: Uint8Array, from: number, to: number): number {
    if (this.encoding === 'utf-8') return to - from;
    const wide = this.encoding !== 'latin1';
    let units = 0;
    for (let i = from; i < to; i++) {
      const c = bytes[i];
      if ((c & 0xc0) !== 0x80) units += wide && c >= 0xf0 ? 2 : 1;
    }
    return wide ? 2 * units : units;
  }

  take(bytes: Uint8Array, ends: boolean): Uint8Array {
    if (this.encoding === 'utf-8') return bytes;
    if (this.encoding === 'latin1') return fromLatin1(bytes);
    const all = joined(this.#held, bytes);
    let whole = all.length & ~1;
    const high = this.encoding === 'utf-16le' ? whole - 1 : whole - 2;
    // The first half of a pair waits for the second.
    if (!ends && whole > 0 && (all[high] & 0xfc) === 0xd8) whole -= 2;
    this.#held = ends ? NOTHING : new Uint8Array(all.subarray(whole));
    return fromUtf16(all, whole, this.encoding === 'utf-16le', ends && whole < all.length);
  }

  state(): JsonValue {
    return Buffer.from(this.#held).toString('base64');
  }

  restore(state: JsonValue): void {
    this.#held = new Uint8Array(Buffer.from(state as string, 'base64'));
  }
}

function fromLatin1(bytes: Uint8Array): Uint8Array {
  let wide = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] >= 0x80) wide++;
  if (wide === 0) return bytes;
  const out = new Uint8Array(bytes.length + wide);
  let n = 0;
  for (let i = 0; i < bytes.length; i++) n = utf8(bytes[i], out, n);
  return out;
}

/** `cut`: half a unit stands at the end. */
function fromUtf16(bytes: Uint8Array, length: number, little: boolean, cut: boolean): Uint8Array {
  const out = new Uint8Array((length / 2) * 3 + 3);
  const unit = (i: number): number => (little ? bytes[i] | (bytes[i + 1] << 8) : (bytes[i] << 8) | bytes[i + 1]);
  let n = 0;
  for (let i = 0; i < length; i += 2) {
    let code = unit(i);
    if (code >= 0xd800 && code < 0xdc00 && i + 2 < length) {
      const low = unit(i + 2);
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        i += 2;
      }
    }
    n = utf8(code, out, n);
  }
  if (cut) n = utf8(0xfffd, out, n);
  return out.subarray(0, n);
}

/** What makes bytes look like something else than text, in words; undefined for text. Zeros are rare in text, and control bytes too. */
export function binaryIn(bytes: Uint8Array, from: number, to: number): string | undefined {
  let zeros = 0;
  let controls = 0;
  for (let i = from; i < to; i++) {
    const c = bytes[i];
    if (c === 0) zeros++;
    else if (c < 32 && (c < 7 || c > 13) && c !== 27) controls++;
  }
  const n = to - from;
  if (zeros + controls < 4 || (zeros + controls) * 50 <= n) return undefined;
  const kind = bytes[from] === 0x1f && bytes[from + 1] === 0x8b ? ' (gzip)' : bytes[from] === 0x28 && bytes[from + 1] === 0xb5 ? ' (zstd)' : '';
  return `it is binary, not text${kind}: ${zeros} zero and ${controls} control bytes among the first ${n}`;
}
