/** Remembers which template lines with the same hash have; a memo that may be emptied at any time. */

const SLOTS = 1 << 16;
const PROBES = 4;

export class LineCache {
  readonly #high = new Uint32Array(SLOTS);
  readonly #low = new Uint32Array(SLOTS);
  /** Slot of the template, plus one; 0 for nothing. */
  readonly #slot = new Uint32Array(SLOTS);

  /** Slot kept for this hash, or -1. */
  find(high: number, low: number): number {
    for (let probe = 0; probe < PROBES; probe++) {
      const at = (high + probe) & (SLOTS - 1);
      if (this.#low[at] === low && this.#high[at] === high) return this.#slot[at] - 1;
    }
    return -1;
  }

  /** Where all places of a hash are taken, one of them is given up. */
  put(high: number, low: number, slot: number): void {
    let at = (high + (low & (PROBES - 1))) & (SLOTS - 1);
    for (let probe = 0; probe < PROBES; probe++) {
      const place = (high + probe) & (SLOTS - 1);
      if (this.#slot[place] !== 0 && !(this.#low[place] === low && this.#high[place] === high)) continue;
      at = place;
      break;
    }
    this.#high[at] = high;
    this.#low[at] = low;
    this.#slot[at] = slot + 1;
  }

  clear(): void {
    this.#slot.fill(0);
  }
}
