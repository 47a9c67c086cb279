/** Finds the lines of a stream; blank ones are none. */
import type { JsonValue } from '../../core/contracts.ts';
import { CR, LF, bomLength } from '../bytes.ts';
import type { Framer } from '../framing.ts';

export class LineFramer implements Framer {
  #skipping = false;
  #begun = false;

  begin(): void {
    this.#skipping = false;
    this.#begun = false;
  }

  split(bytes: Uint8Array, ends: boolean, take: (start: number, end: number) => void): number {
    let at = 0;
    if (this.#skipping) {
      const newline = bytes.indexOf(LF);
      if (newline < 0) return bytes.length;
      at = newline + 1;
      this.#skipping = false;
    }
    for (;;) {
      const newline = bytes.indexOf(LF, at);
      if (newline < 0 && !ends) return at;
      const end = newline < 0 ? bytes.length : newline;
      this.#line(bytes, at, end, take);
      if (newline < 0) return bytes.length;
      at = newline + 1;
    }
  }

  #line(bytes: Uint8Array, from: number, to: number, take: (start: number, end: number) => void): void {
    const start = this.#begun ? from : from + bomLength(bytes, from);
    this.#begun = true;
    const end = to > start && bytes[to - 1] === CR ? to - 1 : to;
    if (end > start) take(start, end);
  }

  skip(): void {
    this.#skipping = true;
  }

  state(): JsonValue {
    return { skipping: this.#skipping, begun: this.#begun };
  }

  restore(state: JsonValue): void {
    const kept = state as { skipping: boolean; begun: boolean };
    this.#skipping = kept.skipping;
    this.#begun = kept.begun;
  }
}
