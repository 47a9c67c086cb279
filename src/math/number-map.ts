/** Numbers by numbers, in typed arrays and without an object. */

/** Places at first; twice as many whenever two thirds of them are taken. */
const LEAST = 32;

const float = new Float64Array(1);
const halves = new Uint32Array(float.buffer);

/** A hash of all bits of a number. */
function hashOf(key: number): number {
  float[0] = key;
  let h = Math.imul(halves[0] ^ Math.imul(halves[1], 0x85ebca6b), 0xc2b2ae35);
  h ^= h >>> 15;
  return Math.imul(h, 0x27d4eb2f) ^ (h >>> 13);
}

/**
 * Values by key, both any number but that no key is NaN or -0, in an open table with linear probing: 24 to 48 bytes a key, where a Map of such numbers takes
 * up to 100 and leaves its former tables behind as it grows.
 */
export class NumberMap {
  size = 0;
  #keys = new Float64Array(LEAST).fill(NaN);
  #values = new Float64Array(LEAST);

  get(key: number): number | undefined {
    const at = this.#find(key);
    return this.#keys[at] === key ? this.#values[at] : undefined;
  }

  has(key: number): boolean {
    return this.#keys[this.#find(key)] === key;
  }

  set(key: number, value: number): void {
    let at = this.#find(key);
    if (this.#keys[at] !== key) {
      if (3 * ++this.size > 2 * this.#keys.length) {
        this.#grow();
        at = this.#find(key);
      }
      this.#keys[at] = key;
    }
    this.#values[at] = value;
  }

  /** Forgets all, and gives back the memory. */
  clear(): void {
    this.size = 0;
    this.#keys = new Float64Array(LEAST).fill(NaN);
    this.#values = new Float64Array(LEAST);
  }

  /** Where a key is, or where it would be put. */
  #find(key: number): number {
    const keys = this.#keys;
    const mask = keys.length - 1;
    let at = hashOf(key) & mask;
    for (let there = keys[at]; there !== key && there === there; there = keys[at]) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Float64Array(keys.length * 2).fill(NaN);
    this.#values = new Float64Array(keys.length * 2);
    for (let i = 0; i < keys.length; i++) {
      if (keys[i] !== keys[i]) continue;
      const at = this.#find(keys[i]);
      this.#keys[at] = keys[i];
      this.#values[at] = values[i];
    }
  }
}
