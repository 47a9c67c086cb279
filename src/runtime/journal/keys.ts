/** The keys of the last appends, so that a sender that repeats after a lost answer is recognised. */

interface Known {
  offset: number;
  arrival: number;
}

/** Bounded by count and by age (ms); the oldest go first. */
export class KeyWindow {
  readonly #known = new Map<string, Known>();
  readonly #count: number;
  readonly #age: number;

  constructor(count: number, age: number) {
    this.#count = count;
    this.#age = age;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Offset of the frame that carried the key, or undefined when it is not known (any more). */
  find(key: string, now: number): number | undefined {
    const known = this.#known.get(key);
    return known === undefined || known.arrival < now - this.#age ? undefined : known.offset;
  }

  add(key: string, offset: number, arrival: number): void {
    this.#known.delete(key);
    this.#known.set(key, { offset, arrival });
    for (const [oldest, known] of this.#known) {
      if (this.#known.size <= this.#count && known.arrival >= arrival - this.#age) return;
      this.#known.delete(oldest);
    }
  }
}
