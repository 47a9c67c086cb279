/** A map from whole numbers below 2^53 to row numbers, in two typed arrays: open addressing, linear probing. */
export class KeyTable {
  #keys = new Float64Array(1024).fill(-1);
  #rows = new Int32Array(1024);
  #size = 0;

  /** -1 where there is none. */
  get(key: number): number {
    const at = this.#find(key);
    return this.#keys[at] === key ? this.#rows[at] : -1;
  }

  set(key: number, row: number): void {
    if (this.#size * 2 >= this.#keys.length) this.#grow();
    const at = this.#find(key);
    if (this.#keys[at] !== key) {
      this.#keys[at] = key;
      this.#size++;
    }
    this.#rows[at] = row;
  }

  /** Place of the key, or the free one where it belongs. */
  #find(key: number): number {
    const mask = this.#keys.length - 1;
    let at = (Math.imul(key >>> 0, 0x9e3779b1) ^ Math.imul(Math.floor(key / 0x1_0000_0000), 0x85ebca6b)) & mask;
    at = (at ^ (at >>> 7)) & mask;
    while (this.#keys[at] !== -1 && this.#keys[at] !== key) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const [keys, rows] = [this.#keys, this.#rows];
    this.#keys = new Float64Array(keys.length * 2).fill(-1);
    this.#rows = new Int32Array(keys.length * 2);
    for (let i = 0; i < keys.length; i++) {
      if (keys[i] === -1) continue;
      const at = this.#find(keys[i]);
      this.#keys[at] = keys[i]!;
      this.#rows[at] = rows[i]!;
    }
  }
}
