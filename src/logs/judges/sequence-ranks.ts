/** How many sessions surprise as much as one. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { Calibration } from './lstm/calibration.ts';

/** Sessions of the first stretch whose surprises are ranked; each next one is as long as all before. */
const FIRST = 64;
/** Surprises so near each other, in digits, are alike: counts go on while they are ranked. */
const ALIKE = 0.1;

/** Surprises (digits) of the sessions since the last but one power of two: what was ranked when little was known is left out once there is more. */
export class Ranks {
  #ranks = Calibration.of([]);
  #next = Calibration.of([]);
  #stretch = FIRST;

  /** -log10 of the share of the sessions that surprise as much; NaN before the first. */
  digits(surprise: number): number {
    return this.#ranks.isEmpty ? NaN : this.#ranks.digits((surprise - ALIKE) * Math.LN10);
  }

  /** Takes in the surprise of a session, found before that was learnt; so many were before. */
  learn(surprise: number, before: number): void {
    this.#ranks.learn(surprise * Math.LN10);
    this.#next.learn(surprise * Math.LN10);
    if (before < this.#stretch) return;
    this.#stretch *= 2;
    this.#ranks = this.#next;
    this.#next = Calibration.of([]);
  }

  snapshot(writer: SnapshotWriter): void {
    writer.f64(this.#stretch);
    this.#ranks.snapshot(writer);
    this.#next.snapshot(writer);
  }

  restore(reader: SnapshotReader): void {
    this.#stretch = reader.f64();
    this.#ranks = Calibration.restore(reader);
    this.#next = Calibration.restore(reader);
  }
}
