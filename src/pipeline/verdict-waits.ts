/** Requests that wait for the verdicts of the record they pushed. */
import { HomeostatError } from '../core/errors.ts';
import type { Verdict } from '../core/verdicts.ts';
import type { CommitReport } from '../runtime/protocol.ts';

/** Verdicts of so many recent records are kept for a request that asks a moment after its record was committed. */
const RECENT = 1_000;

export class VerdictWaits {
  readonly #recent = new Map<number, Verdict[]>();
  readonly #waiting = new Set<{ offset: number; done(verdicts: Verdict[]): void }>();
  #released = -1;

  take(report: CommitReport): void {
    for (const verdict of report.verdicts) {
      const { offset } = verdict.cause;
      const known = this.#recent.get(offset);
      if (known === undefined) this.#recent.set(offset, [verdict]);
      else known.push(verdict);
    }
    if (report.released > this.#released) this.#released = report.released;
    for (const { offset, done } of this.#waiting) if (offset < this.#released) done(this.#recent.get(offset) ?? []);
    for (const offset of this.#recent.keys()) {
      if (this.#recent.size <= RECENT) break;
      this.#recent.delete(offset);
    }
  }

  /** Verdicts caused by the record at `offset`, once it is committed; rejects with OVERLOADED after `timeoutMs`. */
  of(offset: number, timeoutMs: number): Promise<Verdict[]> {
    if (offset < this.#released) return Promise.resolve(this.#recent.get(offset) ?? []);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter);
        reject(new HomeostatError('OVERLOADED', { what: 'The wait for verdicts', limit: `${timeoutMs} ms` }));
      }, timeoutMs);
      const waiter = {
        offset,
        done: (verdicts: Verdict[]): void => {
          clearTimeout(timer);
          this.#waiting.delete(waiter);
          resolve(verdicts);
        },
      };
      this.#waiting.add(waiter);
    });
  }
}
