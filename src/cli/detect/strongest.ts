/** Those with the highest scores, of however many there are. */
export class Strongest<T extends { score: number }> {
  readonly #most: number;
  #kept: T[] = [];
  #least = -Infinity;
  seen = 0;

  /** `most`: how many are kept; 0 keeps all. */
  constructor(most: number) {
    this.#most = most === 0 ? Infinity : most;
  }

  /** `make` is called only for one that is kept. */
  add(score: number, make: () => T): void {
    this.seen++;
    if (this.#kept.length >= this.#most && score <= this.#least) return;
    this.#kept.push(make());
    // Sorting once per doubling keeps the cost of a long stream of growing scores small.
    if (this.#kept.length >= this.#most * 2) this.#trim();
  }

  kept(): T[] {
    this.#trim();
    return [...this.#kept];
  }

  #trim(): void {
    if (this.#kept.length <= this.#most) return;
    this.#kept.sort((a, b) => b.score - a.score);
    this.#kept.length = this.#most;
    this.#least = this.#kept.at(-1)!.score;
  }
}
