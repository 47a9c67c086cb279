/** Totals that survive restarts, and rates over the last seconds. */
import type { Counts } from '../core/api.ts';
import type { Clock } from './ports.ts';

const ZERO: Counts = { records: 0, events: 0, verdicts: 0, anomalies: 0, late: 0, deadLetters: 0, deadLettersDropped: 0, gaps: 0, bytes: 0 };

export class Meter {
  readonly counts: Counts;
  readonly #clock: Clock;
  #rates = { events: 0, verdicts: 0 };
  #last: { at: number; events: number; verdicts: number };

  constructor(clock: Clock, committed: Record<string, number>) {
    this.#clock = clock;
    this.counts = { ...ZERO, ...committed };
    this.#last = { at: clock.monotonic(), events: this.counts.events, verdicts: this.counts.verdicts };
  }

  /** Events and verdicts per second, smoothed over about three seconds. */
  rates(): { events: number; verdicts: number } {
    const at = this.#clock.monotonic();
    const seconds = (at - this.#last.at) / 1000;
    if (seconds < 0.2) return this.#rates;
    const weight = 1 - Math.exp(-seconds / 3);
    const { events, verdicts } = this.counts;
    this.#rates = {
      events: this.#rates.events + weight * ((events - this.#last.events) / seconds - this.#rates.events),
      verdicts: this.#rates.verdicts + weight * ((verdicts - this.#last.verdicts) / seconds - this.#rates.verdicts),
    };
    this.#last = { at, events, verdicts };
    return this.#rates;
  }
}
