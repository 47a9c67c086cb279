/** How a simulated source keeps to its rate and lets others of its thread have their turn. */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

/** Events handed over at once, at most. */
export const BATCH = 4096;
/** Shortest wait of a run that keeps to a rate. */
export const PACE_MS = 50;
/** Farther ahead of its pace than this, the clock was put back, and the pace begins anew. */
export const AHEAD_MS = 5000;
/** A run as fast as possible lets timers and messages of its thread through this often. */
const TURN_MS = 20;

export class Pace {
  #turned = performance.now();

  /** Waits so many ms or until it is stopped; with 0 only gives way, and that now and then. */
  async rest(wait: number, stopped: AbortSignal): Promise<void> {
    if (wait > 0) await sleep(wait, undefined, { signal: stopped }).catch(() => {});
    else if (performance.now() - this.#turned > TURN_MS) {
      await turn();
      this.#turned = performance.now();
    }
  }
}
