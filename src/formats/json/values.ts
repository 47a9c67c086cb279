/** Finds the values of a JSON text one after another: values side by side, or the elements of arrays at the top. */
import type { JsonValue } from '../../core/contracts.ts';
import { BACKSLASH, COMMA, LF, QUOTE, SPACE } from '../bytes.ts';
import type { Framer } from '../framing.ts';

const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const COLON = 58;

/**
 * Keeps no more than one value at a time, so an array of any length flows through. A raw newline inside a text is no JSON, and
 * neither is an object or array inside another that follows neither `:` nor `,` nor `[`: the value ends there as a broken one,
 * and what comes is a new chance. So a line that was cut off takes at most the next one with it.
 */
export class ValueFramer implements Framer {
  /** Inside an array at the top. */
  #array = false;
  /** Dropping a value that was too long, at this depth. */
  #skipping = false;
  #depth = 0;
  #text = false;
  #escaped = false;
  /** Last byte of the chunk before that is no space, while a value is dropped. */
  #before = COMMA;

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
      if (at < 0) {
        this.#before = this.#lastOf(bytes, 0, bytes.length);
        return bytes.length;
      }
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
      else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
        if (this.#depth > 0 && !this.#mayOpen(bytes, from, i)) return i;
        this.#depth++;
      } else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) {
        if (this.#depth === 0) return i > from ? i : i + 1;
        if (--this.#depth === 0) return i + 1;
      } else if (this.#depth === 0 && (c === COMMA || c === LF)) return i;
    }
    return -1;
  }

  /** Whether an object or an array may begin at `at` inside another one. */
  #mayOpen(bytes: Uint8Array, from: number, at: number): boolean {
    const c = this.#lastOf(bytes, from, at);
    return c === COLON || c === COMMA || c === OPEN_ARRAY;
  }

  /** Last byte before `at` that is no space. */
  #lastOf(bytes: Uint8Array, from: number, at: number): number {
    let i = at - 1;
    while (i >= from && bytes[i] <= SPACE) i--;
    return i >= from ? bytes[i] : this.#before;
  }

  skip(bytes: Uint8Array, from: number): void {
    this.#skipping = true;
    this.#reset();
    this.#scan(bytes, from);
    this.#before = this.#lastOf(bytes, from, bytes.length);
  }

  state(): JsonValue {
    return { array: this.#array, skipping: this.#skipping, depth: this.#depth, text: this.#text, escaped: this.#escaped, before: this.#before };
  }

  restore(state: JsonValue): void {
    const kept = state as { array: boolean; skipping: boolean; depth: number; text: boolean; escaped: boolean; before?: number };
    this.#array = kept.array;
    this.#skipping = kept.skipping;
    this.#depth = kept.depth;
    this.#text = kept.text;
    this.#escaped = kept.escaped;
    this.#before = kept.before ?? COMMA;
  }
}
