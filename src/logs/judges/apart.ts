/** How seldom a session lies as far from all others as one does. */

/** Probabilities that a session lies so far from all others: among those around it, and among all. */
export interface Isolation {
  around: number;
  all: number;
}

/** Of a session that is known. */
export const TOGETHER: Isolation = { around: 1, all: 1 };

/** Sessions of one kind: how much they weigh, how often one came, and while it came once how far the nearest other kind lies. */
interface Neighbour {
  weight: number;
  seen: number;
  near: number;
}

/** Of some sessions and one more, those that lie so far from all others. */
export class Apart {
  #all: number;
  #apart: number;
  #farthest = Math.LN2;

  constructor(next: number) {
    this.#all = this.#apart = next;
  }

  add({ weight, seen, near }: Neighbour, at: number): void {
    this.#all += weight;
    if (seen !== 1 || near === Infinity) return;
    if (near >= at) this.#apart += weight;
    if (near > this.#farthest) this.#farthest = near;
  }

  share(at: number): number {
    return (this.#apart / this.#all) * Math.min(1, at === Infinity ? 1 : Math.exp(this.#farthest - at));
  }
}
