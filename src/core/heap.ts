/** How large the heap of this process may grow before it is swept, and its part for what is new. */
import { setFlagsFromString } from 'node:v8';

/**
 * By default a heap may grow to several times what lives before it is swept, and most of it would be garbage: judging a log takes
 * 50 to 70 MiB less so, for 2 to 5% more of the processor. Holds for all threads of the process, from the next sweep on.
 */
export function sweepHeapEarly(): void {
  setFlagsFromString('--heap-growing-percent=30');
}

/**
 * Waits for these modules. Loading them makes so much that stays that the part of the heap for what is new would grow to its
 * bound, 16 MiB twice, and a thread that has little to do would keep that: 15 to 25 MiB of resident memory. Node 24 lets it grow to half of the bound
 * all the same. Afterwards it grows where what is made lives on.
 */
export async function loaded<T>(modules: Promise<T>): Promise<T> {
  setFlagsFromString('--semi-space-growth-factor=1');
  try {
    return await modules;
  } finally {
    setFlagsFromString('--semi-space-growth-factor=2');
  }
}

/** Limits of threads that work on batches: those live in typed arrays, and what else is made dies young. */
export const SMALL_NURSERY = { maxYoungGenerationSizeMb: 6 } as const;
