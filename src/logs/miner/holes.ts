/** Finds templates that are equal but for one chunk: an index by the hash of all other chunks. Bounded by its capacity. */

/** Chunks of a template, from its beginning, that can turn out to be parameters. */
export const PLACES = 32;
const HEADS = 1 << 16;

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

export class Holes {
  /** Entries are slot * PLACES + place; a chain holds the entry plus one, 0 at its end. */
  readonly #heads = new Uint32Array(HEADS);
  #next = new Uint32Array(0);
  #hash = new Uint32Array(0);
  /** Bit per place that is linked. */
  #linked = new Uint32Array(0);

  /** Hash of all chunks but the one at each place, for the first PLACES. */
  static hashes(chunks: readonly string[]): Uint32Array {
    const single = Uint32Array.from(chunks, hashOf);
    let whole = chunks.length;
    let factor = 1;
    for (let i = 0; i < single.length; i++) {
      single[i] = Math.imul(single[i] | 1, (factor = Math.imul(factor, 0x9e3779b1) + 0x7f4a7c15));
      whole = (whole + single[i]) | 0;
    }
    return Uint32Array.from(single.subarray(0, PLACES), (hash, i) => Math.imul(whole - hash, 0x85ebca6b) + i);
  }

  add(slot: number, place: number, hash: number): void {
    if (slot >= this.#linked.length) this.#grow(slot + 1);
    const entry = slot * PLACES + place;
    const head = (hash ^ (hash >>> 16)) & (HEADS - 1);
    this.#hash[entry] = hash;
    this.#next[entry] = this.#heads[head];
    this.#heads[head] = entry + 1;
    this.#linked[slot] |= 1 << place;
  }

  remove(slot: number): void {
    if (slot >= this.#linked.length) return;
    for (let place = 0; place < PLACES; place++) {
      if ((this.#linked[slot] & (1 << place)) !== 0) this.#unlink(slot * PLACES + place);
    }
    this.#linked[slot] = 0;
  }

  /** Slots with this hash at this place. */
  find(place: number, hash: number): number[] {
    const slots: number[] = [];
    for (let at = this.#heads[(hash ^ (hash >>> 16)) & (HEADS - 1)]; at !== 0; at = this.#next[at - 1]) {
      if (this.#hash[at - 1] === hash && (at - 1) % PLACES === place) slots.push(Math.floor((at - 1) / PLACES));
    }
    return slots;
  }

  #unlink(entry: number): void {
    const hash = this.#hash[entry];
    const head = (hash ^ (hash >>> 16)) & (HEADS - 1);
    if (this.#heads[head] === entry + 1) {
      this.#heads[head] = this.#next[entry];
      return;
    }
    let at = this.#heads[head];
    while (this.#next[at - 1] !== entry + 1) at = this.#next[at - 1];
    this.#next[at - 1] = this.#next[entry];
  }

  #grow(slots: number): void {
    const capacity = Math.max(256, 2 ** Math.ceil(Math.log2(slots)));
    const bigger = (old: Uint32Array, length: number): Uint32Array<ArrayBuffer> => {
      const array = new Uint32Array(length);
      array.set(old);
      return array;
    };
    this.#next = bigger(this.#next, capacity * PLACES);
    this.#hash = bigger(this.#hash, capacity * PLACES);
    this.#linked = bigger(this.#linked, capacity);
  }
}
