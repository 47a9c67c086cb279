/** The anomalies with the highest scores, of however many there are. */
import type { Verdict } from '../../core/verdicts.ts';

export class Strongest {
  readonly #most: number;
  #kept: Verdict[] = [];
  #least = -Infinity;
  seen = 0;

  /** `most`: how many are kept; 0 keeps all. */
  constructor(most: number) {
    this.#most = most === 0 ? Infinity : most;
  }

  /** `make` is called only for one that is kept. */
  add(score: number, make: () => Verdict): void {
    this.seen++;
    if (this.#kept.length >= this.#most && score <= this.#least) return;
    this.#kept.push(make());
    // Sorting once per doubling keeps the cost of a long stream of growing scores small.
    if (this.#kept.length >= this.#most * 2) this.#trim();
  }

  /** Those kept, by time. */
  byTime(): Verdict[] {
    this.#trim();
    return this.#kept.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  }

  #trim(): void {
    if (this.#kept.length <= this.#most) return;
    this.#kept.sort((a, b) => (b.score ?? 0) - (a.score ?? 0));
    this.#kept.length = this.#most;
    this.#least = this.#kept.at(-1)!.score ?? -Infinity;
  }
}
