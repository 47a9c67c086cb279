/** What the engine uses of the world around it; tests give their own. */

export interface Clock {
  /** Wall clock, ms; may jump. */
  now(): number;
  /** Monotonic, ms. */
  monotonic(): number;
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
};

/** A clock that never goes back: it follows the wall clock, and stands still where that one jumps behind. */
export class SteadyClock {
  readonly #clock: Clock;
  #value: number;

  constructor(clock: Clock, atLeast: number) {
    this.#clock = clock;
    this.#value = Math.max(clock.now(), atLeast);
  }

  now(): number {
    this.#value = Math.max(this.#value, this.#clock.now());
    return this.#value;
  }
}

/** Resolves after `ms`, or at once when `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Delay before attempt `n` (1, 2, …): exponential with full jitter, bounded (Brooker, "Exponential backoff and jitter"). */
export function backoff(attempt: number, base: number, limit: number, random: () => number): number {
  return Math.min(limit, base * 2 ** Math.min(attempt - 1, 30)) * (0.5 + random() / 2);
}
