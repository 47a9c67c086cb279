/** Makes the engine's thread; it loads its modules and then waits for its configuration as the first message. */
import { Worker } from 'node:worker_threads';
import { SMALL_NURSERY, sweepHeapEarly } from '../core/heap.ts';

/** The built entry beside this file. */
const ENTRY = new URL('./engine-thread.js', import.meta.url);

let warm: Worker | undefined;

/** Begins to load the engine now, so that it is ready once the configuration has been read. It keeps no process alive until it is taken. */
export function warmEngine(): void {
  warm = make(ENTRY);
  warm.unref();
}

/** The warm thread if there is one, else a new one; `entry` stands for another program than the built one. */
export function engineWorker(entry: URL = ENTRY): Worker {
  const taken = warm;
  if (taken === undefined || entry !== ENTRY) return make(entry);
  warm = undefined;
  taken.ref();
  return taken;
}

function make(entry: URL): Worker {
  // Also where another program than ours hosts the engine.
  sweepHeapEarly();
  return new Worker(entry, { resourceLimits: SMALL_NURSERY });
}
