/** Finds the values of a JSON text one after another: values side by side, or the elements of arrays at the top. */
import type { JsonValue } from '../../core/contracts.ts';
import { BACKSLASH, COMMA, LF, QUOTE, SPACE } from '../bytes.ts';
import type { Framer } from '../framing.ts';

const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/**
 * Keeps no more than one value at a time, so an array of any length flows through. A raw newline inside a text is no JSON:
 * the value ends there as a broken one, and the next line is a new chance.
 */
export class ValueFramer implements Framer {
  /** Inside an array at the top. */
  #array = false;
  /** Dropping a value that was too long, at this depth. */
  #skipping = false;
  #depth = 0;
  #text = false;
  #escaped = false;

  begin(): void {
    this.#array = false;
    this.#skipping = false;
    this.#reset();
  }

  #reset(): void {
    this.#depth = 0;
    this.#text = false;
    this.#escaped = false;
  }

  split(bytes: Uint8Array, ends: boolean, take: (start: number, end: number) => void): number {
    let at = 0;
    if (this.#skipping) {
      at = this.#scan(bytes, 0);
      if (at < 0) return bytes.length;
      this.#skipping = false;
    }
    while (at < bytes.length) {
      const c = bytes[at];
      if (c <= SPACE || c === COMMA || c === 0xef || c === 0xbb || c === 0xbf) at++;
      else if (c === OPEN_ARRAY && !this.#array) {
        this.#array = true;
        at++;
      } else if (c === CLOSE_ARRAY && this.#array) {
        this.#array = false;
        at++;
      } else {
        this.#reset();
        const end = this.#scan(bytes, at);
        if (end < 0) {
          if (!ends) return at;
          take(at, bytes.length);
          return bytes.length;
        }
        take(at, end);
        at = end;
      }
    }
    return at;
  }

  /** Index behind the value going on at `from`, or -1 when it is not whole. */
  #scan(bytes: Uint8Array, from: number): number {
    for (let i = from; i < bytes.length; i++) {
      const c = bytes[i];
      if (this.#text) {
        if (c === LF) return i;
        if (this.#escaped) this.#escaped = false;
        else if (c === BACKSLASH) this.#escaped = true;
        else if (c === QUOTE) this.#text = false;
      } else if (c === QUOTE) this.#text = true;
      else if (c === OPEN_OBJECT || c === OPEN_ARRAY) this.#depth++;
      else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) {
        if (this.#depth === 0) return i > from ? i : i + 1;
        if (--this.#depth === 0) return i + 1;
      } else if (this.#depth === 0 && (c === COMMA || c === LF)) return i;
    }
    return -1;
  }

  skip(bytes: Uint8Array, from: number): void {
    this.#skipping = true;
    this.#reset();
    this.#scan(bytes, from);
  }

  state(): JsonValue {
    return { array: this.#array, skipping: this.#skipping, depth: this.#depth, text: this.#text, escaped: this.#escaped };
  }

  restore(state: JsonValue): void {
    const kept = state as { array: boolean; skipping: boolean; depth: number; text: boolean; escaped: boolean };
    this.#array = kept.array;
    this.#skipping = kept.skipping;
    this.#depth = kept.depth;
    this.#text = kept.text;
    this.#escaped = kept.escaped;
  }
}
