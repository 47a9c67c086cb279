/** Event times of the rows of one partition, which never go back. */
import type { JsonValue } from '../../core/contracts.ts';

/** So many lines in a row have to state times beyond a jump before it is believed. */
const CONFIRMING = 3;
/** A log of the past says nothing further ahead of the clock than this, ms: as much as a pipeline takes by itself. */
const AHEAD = 3_600_000;

/**
 * A line counts at the time it states, or at that of the line before where it states none or an earlier one. A jump ahead of more
 * than `maxJump` is believed once the next lines confirm it; until then its lines count at the time before it, so that one absurd time
 * does not make everything behind it late. A time ahead of the clock on the wall is never believed after one that is not, so that a host
 * whose clock is wrong takes nobody else's lines along. Lines of a stream that states no times count at their arrival, or are 1 ms apart.
 */
export class LineClock {
  /** Time of the last row, ms; NaN before the first. */
  #now = NaN;
  /** Where a jump went that is not confirmed, and how many lines did so. */
  #ahead = NaN;
  #confirmed = 0;
  /** No line has stated a time yet. */
  #untimed = true;
  /** The latest time that can be believed, as of the last look at the clock on the wall. */
  #horizon = -Infinity;
  readonly #maxJump: number;
  readonly #wall: () => number;

  constructor(maxJump: number, wall: () => number = Date.now) {
    this.#maxJump = maxJump;
    this.#wall = wall;
  }

  get untimed(): boolean {
    return this.#untimed;
  }

  /** Before the first row: the times that the first lines state, of which the first is not believed where it lies ahead of the others. */
  begin(times: readonly number[]): void {
    if (this.#now === this.#now || times.length === 0) return;
    this.#untimed = false;
    const some = this.#isAhead(times[0]) ? times : times.slice(0, CONFIRMING + 1);
    const least = some.reduce((a, b) => Math.min(a, b));
    this.#now = times[0] - least > this.#maxJump ? least : times[0];
  }

  /** Time of a row that states `stated` (NaN: none) and arrived at `arrival` (NaN: unknown). */
  next(stated: number, arrival: number): number {
    if (stated !== stated) {
      if (!this.#untimed) return this.#now;
      const next = arrival === arrival ? arrival : this.#now === this.#now ? this.#now + 1 : 0;
      return (this.#now = this.#now === this.#now ? Math.max(this.#now, next) : next);
    }
    const first = this.#now !== this.#now || this.#untimed;
    this.#untimed = false;
    if (stated > this.#horizon && !first && this.#isAhead(stated) && this.#now <= this.#horizon) return this.#now;
    if (first || (stated >= this.#now && stated - this.#now <= this.#maxJump)) {
      this.#confirmed = 0;
      return (this.#now = first && this.#now === this.#now ? Math.max(this.#now, stated) : stated);
    }
    if (stated < this.#now) {
      this.#confirmed = 0;
      return this.#now;
    }
    return this.#jump(stated);
  }

  #isAhead(time: number): boolean {
    if (time > this.#horizon) this.#horizon = this.#wall() + AHEAD;
    return time > this.#horizon;
  }

  #jump(stated: number): number {
    if (this.#confirmed > 0 && Math.abs(stated - this.#ahead) <= this.#maxJump) this.#confirmed++;
    else this.#confirmed = 1;
    this.#ahead = stated;
    if (this.#confirmed < CONFIRMING) return this.#now;
    this.#confirmed = 0;
    return (this.#now = stated);
  }

  state(): JsonValue {
    const or = (x: number): number | null => (x === x ? x : null);
    return { now: or(this.#now), ahead: or(this.#ahead), confirmed: this.#confirmed, untimed: this.#untimed };
  }

  restore(state: JsonValue): void {
    const kept = state as { now: number | null; ahead: number | null; confirmed: number; untimed: boolean };
    this.#now = kept.now ?? NaN;
    this.#ahead = kept.ahead ?? NaN;
    this.#confirmed = kept.confirmed;
    this.#untimed = kept.untimed;
  }
}
