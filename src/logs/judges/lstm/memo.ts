/** What was worked out before, bounded. */
import { NumberMap } from '../../../math/number-map.ts';

/** Two generations: when the young one is full it becomes the old one, and what was not asked for since is forgotten. */
export class Memo {
  readonly #capacity: number;
  #young = new NumberMap();
  #old = new NumberMap();

  /** At most twice `capacity` values. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: number): number | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: number, value: number): void {
    if (this.#young.size >= this.#capacity) {
      this.#old = this.#young;
      this.#young = new NumberMap();
    }
    this.#young.set(key, value);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
