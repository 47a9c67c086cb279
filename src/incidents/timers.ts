/** Event-time timers: a binary heap ordered by (time, name), so that equal times ring in an order that no restart changes. */

export interface Timed {
  readonly name: string;
  /** Time under which it is queued; Infinity when it is not. */
  queued: number;
}

interface Entry<T> {
  at: number;
  owner: T;
}

function before(a: Entry<Timed>, b: Entry<Timed>): boolean {
  return a.at < b.at || (a.at === b.at && a.owner.name < b.owner.name);
}

export class Timers<T extends Timed> {
  readonly #heap: Entry<T>[] = [];

  /** Time of the first entry; it may be stale, then `pop` answers undefined. */
  get next(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0].at;
  }

  /** Rings at `at` at the latest; an earlier time than the queued one takes its place. */
  set(owner: T, at: number): void {
    if (at >= owner.queued) return;
    owner.queued = at;
    const heap = this.#heap;
    let i = heap.length;
    const entry = { at, owner };
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(entry, heap[parent])) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }

  /** Takes the first entry away; answers its owner unless an earlier time took its place since. */
  pop(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop()!;
    if (heap.length > 0) this.#sink(last);
    if (first.owner.queued !== first.at) return undefined;
    first.owner.queued = Infinity;
    return first.owner;
  }

  #sink(entry: Entry<T>): void {
    const heap = this.#heap;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], entry)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = entry;
  }
}
