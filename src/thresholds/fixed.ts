/** A limit that never changes; it learns nothing, so its snapshot is empty. */
import type { Threshold } from '../core/contracts.ts';

export class FixedLimit implements Threshold {
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  limit(): number {
    return this.#limit;
  }

  snapshot(): void {}
}
