/** How late the event loop of this thread is. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const WINDOW_MS = 10_000;

/** p99 over the last whole window of ten seconds (the first one as far as it goes). */
export class LoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #last: number | undefined;

  constructor() {
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      this.#last = this.#now();
      this.#histogram.reset();
    }, WINDOW_MS);
    this.#timer.unref();
  }

  get p99(): number {
    return this.#last ?? this.#now();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  /** The histogram holds times between two looks, so the time that was asked for is taken away. */
  #now(): number {
    const p99 = this.#histogram.percentile(99) / 1e6;
    return Math.max(0, p99 - RESOLUTION_MS);
  }
}
