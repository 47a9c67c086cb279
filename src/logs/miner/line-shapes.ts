/** Knows lines again by comparing them with lines before: quicker than a hash where few templates make up most of a log. */
import { CLASSES, DIGIT, ENDS_LETTERS, MESSAGE_BYTES, BREAK, FULL_STOP, valueEnd } from './words.ts';

/** Shapes by the first four bytes of a message, so many of a kind; those that begin with a digit are of one kind more. */
const KIND_BITS = 6;
const DIGITS = 1 << KIND_BITS;
const WAYS = 4;
const SHAPES = (DIGITS + 1) * WAYS;
/** Numbers of a shape at most. */
const ROOM = 96;
/** One in so many lines that were not known is learnt, so that rare ones do not drive out the common. */
const RARELY = 8;

/** Steps of a shape: a number of bytes and then the bytes themselves, four to a number; or one of these. */
const END = 0;
const VALUE = -1;
const VALUE_STOP = -2;
/** The bytes of a last word that count. */
const MASKS = Int32Array.of(-1, 0xff, 0xffff, 0xffffff);

/**
 * A shape is what the hash of a message (`hashMessage`) looks at: constant bytes, and values between them. A line that fits one has the same
 * hash as the line that it was learnt from; a line that fits none may still have the hash of one, as where it holds two spaces for one.
 */
export class LineShapes {
  /** Steps by shape, and behind them room for one that is written. */
  readonly #steps = new Int32Array((SHAPES + 1) * ROOM);
  /** Slot of the template, plus one; 0 for nothing. */
  readonly #slot = new Uint32Array(SHAPES);
  /** Those of a kind that are often met move to the front. */
  readonly #order = Uint16Array.from({ length: SHAPES }, (_, i) => i);
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** The kind of the line looked for last, or -1 for one that is never learnt. */
  #kind = -1;
  #unknown = 0;

  /** Slot of the line bytes[from .. to), or -1. */
  find(bytes: Uint8Array, from: number, to: number): number {
    this.#kind = -1;
    // Words are read whole, also at the end of the line.
    if (to - from < 4 || to - from > MESSAGE_BYTES || to + 4 > bytes.length) return -1;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    const kind = CLASSES[bytes[from]] === DIGIT ? DIGITS : Math.imul(this.#view.getInt32(from, true), 0x2c1b3c6d) >>> (32 - KIND_BITS);
    this.#kind = kind;
    const order = this.#order;
    const first = kind * WAYS;
    for (let k = first; k < first + WAYS; k++) {
      const shape = order[k];
      if (this.#slot[shape] === 0) return -1;
      if (!this.#fits(shape * ROOM, bytes, from, to)) continue;
      if (k > first) {
        order[k] = order[k - 1];
        order[k - 1] = shape;
      }
      return this.#slot[shape] - 1;
    }
    return -1;
  }

  #fits(begin: number, bytes: Uint8Array, from: number, to: number): boolean {
    const steps = this.#steps;
    const view = this.#view;
    let at = from;
    for (let p = begin; ;) {
      const step = steps[p++];
      if (step > 0) {
        if (at + step > to) return false;
        const whole = at + (step & ~3);
        for (; at < whole; at += 4) if (view.getInt32(at, true) !== steps[p++]) return false;
        const rest = step & 3;
        if (rest === 0) continue;
        if ((view.getInt32(at, true) & MASKS[rest]) !== steps[p++]) return false;
        at += rest;
      } else if (step === END) return at === to;
      else {
        while (at < to && ENDS_LETTERS[bytes[at]] === 0) at++;
        if (at >= to || CLASSES[bytes[at]] !== DIGIT) return false;
        at = valueEnd(bytes, view, at + 1, to);
        if ((bytes[at - 1] === FULL_STOP) !== (step === VALUE_STOP)) return false;
      }
    }
  }

  /** Learns the line looked for last, which has this template, now and then. */
  learn(bytes: Uint8Array, from: number, to: number, slot: number): void {
    if (this.#kind < 0 || ++this.#unknown % RARELY !== 0) return;
    if (!this.#write(bytes, from, to)) return;
    const last = (this.#kind + 1) * WAYS - 1;
    let k = this.#kind * WAYS;
    // Where all are taken the last one goes.
    while (k < last && this.#slot[this.#order[k]] !== 0) k++;
    const shape = this.#order[k];
    this.#steps.copyWithin(shape * ROOM, SHAPES * ROOM);
    this.#slot[shape] = slot + 1;
  }

  /** Writes the steps of a line; false where it has none: they are too many, a value stands in what tells its kind, or not all of it counts. */
  #write(bytes: Uint8Array, from: number, to: number): boolean {
    const steps = this.#steps;
    const most = steps.length - 2;
    let p = SHAPES * ROOM;
    let constant = from;
    for (let at = from; at <= to;) {
      let end = at;
      while (end < to && ENDS_LETTERS[bytes[end]] === 0) end++;
      const isValue = end < to && CLASSES[bytes[end]] === DIGIT;
      if (isValue && at < from + 4 && this.#kind !== DIGITS) return false;
      if (end < to && CLASSES[bytes[end]] === BREAK) return false;
      if (isValue || end >= to) {
        const length = (isValue ? at : to) - constant;
        if (p + 1 + ((length + 3) >> 2) > most) return false;
        if (length > 0) p = this.#constant(p, constant, length);
        if (!isValue) break;
        at = constant = valueEnd(bytes, this.#view, end + 1, to);
        steps[p++] = bytes[at - 1] === FULL_STOP ? VALUE_STOP : VALUE;
      } else at = end + 1;
    }
    steps[p] = END;
    return true;
  }

  #constant(p: number, from: number, length: number): number {
    const steps = this.#steps;
    steps[p++] = length;
    for (let k = 0; k < length; k += 4) steps[p++] = this.#view.getInt32(from + k, true) & MASKS[length - k < 4 ? length - k : 0];
    return p;
  }

  clear(): void {
    this.#slot.fill(0);
  }
}
