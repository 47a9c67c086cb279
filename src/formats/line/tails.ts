/** Knows again what stands between the changing part of a header and the message, such as ` INFO dfs.DataNode: `. */
import { SPACE, TAB } from '../bytes.ts';
import type { Header } from './header.ts';

const TAILS = 8;
/** Numbers of four bytes that a tail takes at most. */
const WORDS = 24;
/** Shorter texts, as messages are, come with bytes of their own each, for which the look at them would cost more than it spares. */
const LEAST_TEXT = 4096;
/** One in so many that were not known is learnt. */
const RARELY = 4;
/** The bytes of a last number that count. */
const MASKS = Int32Array.of(-1, 0xff, 0xffff, 0xffffff);

/** The latest tails, compared four bytes at a time. What a tail says depends on its own bytes alone, and on that the message behind it begins with no blank. */
export class HeaderTails {
  readonly #words = new Int32Array(TAILS * WORDS);
  readonly #length = new Uint32Array(TAILS);
  /** Where the component begins and ends, from the beginning of the tail; where both are 0 there is none. */
  readonly #component = new Uint32Array(TAILS);
  readonly #componentEnd = new Uint32Array(TAILS);
  /** 0 for none. */
  readonly #level = new Uint8Array(TAILS);
  /** Those that are often met move to the front. */
  readonly #order = Uint8Array.from({ length: TAILS }, (_, i) => i);
  #known = 0;
  #unknown = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** Fills the header with what the tail at `at` says; false where it is none that is known. */
  find(bytes: Uint8Array, at: number, to: number, header: Header): boolean {
    // Numbers are read whole.
    if (bytes.length < LEAST_TEXT || to + 4 > bytes.length) return false;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    const order = this.#order;
    for (let k = 0; k < this.#known; k++) {
      const tail = order[k];
      const end = at + this.#length[tail];
      if (end >= to || !this.#fits(tail, at, end) || bytes[end] === SPACE || bytes[end] === TAB) continue;
      if (k > 0) {
        order[k] = order[k - 1];
        order[k - 1] = tail;
      }
      header.message = end;
      if (this.#level[tail] > 0) header.level = this.#level[tail];
      if (this.#componentEnd[tail] === 0) return true;
      header.component = at + this.#component[tail];
      header.componentEnd = at + this.#componentEnd[tail];
      return true;
    }
    return false;
  }

  #fits(tail: number, at: number, end: number): boolean {
    const view = this.#view;
    const words = this.#words;
    let w = tail * WORDS;
    let i = at;
    for (; i + 4 <= end; i += 4) if (view.getInt32(i, true) !== words[w++]) return false;
    return i === end || (view.getInt32(i, true) & MASKS[end - i]) === words[w];
  }

  /** Learns, now and then, the tail at `at` of a header that was read; `hasLevel` and `hasComponent`: the tail says these. */
  learn(bytes: Uint8Array, at: number, to: number, header: Header, hasLevel: boolean, hasComponent: boolean): void {
    const end = header.message;
    // Bytes that `find` did not look at are not learnt.
    if (bytes !== this.#bytes || to + 4 > bytes.length || end >= to || end - at > 4 * WORDS || ++this.#unknown % RARELY !== 0) return;
    const tail = this.#known < TAILS ? this.#known++ : this.#order[TAILS - 1];
    for (let i = at, w = tail * WORDS; i < end; i += 4) this.#words[w++] = this.#view.getInt32(i, true) & MASKS[end - i < 4 ? end - i : 0];
    this.#length[tail] = end - at;
    this.#level[tail] = hasLevel ? header.level : 0;
    this.#component[tail] = hasComponent ? header.component - at : 0;
    this.#componentEnd[tail] = hasComponent ? header.componentEnd - at : 0;
  }
}
