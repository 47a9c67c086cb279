/** What a conformance suite is made of; whoever runs it brings the test framework. */

/**
 * One promise, tried out: `run` throws when it is not kept.
 *
 *     for (const check of detectorChecks(detectors)) it(check.name, check.run);
 */
export interface Check {
  name: string;
  run(): void;
}

/** A check that waits for something: a source, a sink, a disk. */
export interface AsyncCheck {
  name: string;
  run(): Promise<void>;
}

/** Bit-for-bit comparison of numbers, in which NaN equals NaN, or of words; throws with the first place where they differ. */
export function expectSame(got: ArrayLike<number | string>, want: ArrayLike<number | string>, what: string): void {
  if (got.length !== want.length) throw new Error(`${what}: ${got.length} values instead of ${want.length}`);
  for (let i = 0; i < want.length; i++) {
    if (!Object.is(got[i], want[i])) throw new Error(`${what}: value ${i} is ${got[i]} instead of ${want[i]}`);
  }
}

export function expectThat(kept: boolean, what: string): void {
  if (!kept) throw new Error(what);
}
