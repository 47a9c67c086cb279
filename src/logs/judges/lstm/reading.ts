/** What the network is given of a session: its templates in an order that means something, closed by an end. */
import { LOOKS, type SessionLook } from '../../../core/contracts.ts';

/** Stands behind the last template of a session that has ended. */
export const END = 0xffffffff;

/** Templates of a session that are read at most, its end included. */
const LONGEST = 400;
/** Of one template where they are sorted, so that many of one do not hide the others. */
const RUN = 40;

const GROWING = LOOKS.indexOf('growing');

/** `sorted`: by template, so that what parallel work writes in changing order is the same; `kept`: as the lines came. */
export type Order = 'sorted' | 'kept';

export class Reading {
  readonly #templates = new Uint32Array(LONGEST);
  readonly #order: Order;
  #length = 0;
  /** Names the content among all others, below 2^53. */
  key = 0;

  constructor(order: Order) {
    this.#order = order;
  }

  /** Valid until the next `read`. */
  get templates(): Uint32Array {
    return this.#templates.subarray(0, this.#length);
  }

  read(look: SessionLook): this {
    let isWhole = look.look !== GROWING;
    this.#length = 0;
    if (this.#order === 'sorted') {
      for (let i = 0; i < look.templates.length; i++) this.#add(look.templates[i], look.counts[i]);
      if (isWhole) this.#length = Math.min(this.#length, LONGEST - 1);
    } else {
      this.#length = Math.min(LONGEST, look.sequence.length);
      this.#templates.set(look.sequence.subarray(0, this.#length));
      isWhole &&= look.lines < LONGEST && look.lines === look.sequence.length;
    }
    if (isWhole) this.#templates[this.#length++] = END;
    this.key = nameOf(this.#templates, this.#length);
    return this;
  }

  #add(template: number, count: number): void {
    const to = Math.min(LONGEST, this.#length + Math.min(count, RUN));
    this.#templates.fill(template, this.#length, to);
    this.#length = to;
  }
}

/** A hash of x[0 .. n), below 2^53. */
function nameOf(x: Uint32Array, n: number): number {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < n; i++) {
    a = Math.imul(a ^ x[i], 0x85ebca6b);
    a ^= a >>> 15;
    b = Math.imul(b ^ x[i], 0xc2b2ae35);
    b ^= b >>> 13;
  }
  return (a >>> 0) * 2 ** 21 + (Math.imul(b ^ (b >>> 16), 0x27d4eb2f) >>> 11);
}
