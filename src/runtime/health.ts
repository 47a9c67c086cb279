/** The condition of each part of a pipeline, with the reason and since when. */
import type { Condition, PartHealth } from '../core/api.ts';

const RANK: Record<Condition, number> = { ok: 0, finished: 1, starting: 2, stopped: 3, degraded: 4, failed: 5 };

export class HealthBoard {
  readonly #parts = new Map<string, PartHealth>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  set(part: string, condition: Condition, reason = ''): void {
    const known = this.#parts.get(part);
    if (known?.condition === condition && known.reason === reason) return;
    const since = known?.condition === condition ? known.since : this.#now();
    this.#parts.set(part, { part, condition, reason, since });
  }

  list(): PartHealth[] {
    return [...this.#parts.values()];
  }

  /** The worst of all parts; a failed receiver or sink only degrades the pipeline. */
  overall(): Condition {
    let worst: Condition = 'ok';
    for (const { part, condition } of this.#parts.values()) {
      const weighed = condition === 'failed' && part !== 'engine' && part !== 'source' ? 'degraded' : condition;
      if (RANK[weighed] > RANK[worst]) worst = weighed;
    }
    return worst;
  }
}
