/** Masses in order: which part of all is as rare as one of them. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';

/** Masses are ordered in bins of an eighth of a factor of two, from 2^-64 to 2^96. */
const PER_OCTAVE = 8;
const LOWEST = -64;
const BINS = 160 * PER_OCTAVE;
/** Masses so many bins below that of all (2^-40 of it) count for nothing. */
const NEGLIGIBLE = 40 * PER_OCTAVE;

export class MassBins {
  readonly #bins = new Float64Array(BINS);

  /** A mass changes; 0 where it was or is none. */
  move(before: number, after: number): void {
    if (before > 0) this.#bins[binOf(before)] = Math.max(0, this.#bins[binOf(before)] - before);
    if (after > 0) this.#bins[binOf(after)] += after;
  }

  /** Share of `total`, and of what comes `next`, that masses have which are no larger than this one once it holds `next` as well. */
  rank(mass: number, next: number, total: number): number {
    const last = binOf(mass + next);
    const all = total + next;
    const heaviest = binOf(all);
    let sum = 0;
    // From the nearer end.
    if (heaviest - last < NEGLIGIBLE >> 1) {
      for (let bin = heaviest; bin > last; bin--) sum += this.#bins[bin];
      return Math.max(0, 1 - sum / all);
    }
    for (let bin = Math.max(0, heaviest - NEGLIGIBLE); bin <= last; bin++) sum += this.#bins[bin];
    return Math.min(1, (sum + next) / all);
  }

  /** The least sum of a mass and `next` whose rank is this share or more. */
  least(share: number, next: number, total: number): number {
    const most = (1 - share) * (total + next);
    let sum = 0;
    let bin = binOf(total + next);
    const last = Math.max(0, bin - NEGLIGIBLE);
    for (; bin > last && sum + this.#bins[bin] <= most; bin--) sum += this.#bins[bin];
    return 2 ** (bin / PER_OCTAVE + LOWEST);
  }

  /** Begins anew with these. */
  fill(masses: Iterable<number>): void {
    this.#bins.fill(0);
    for (const mass of masses) this.#bins[binOf(mass)] += mass;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#bins);
  }

  restore(reader: SnapshotReader): void {
    reader.block(this.#bins);
  }
}

function binOf(mass: number): number {
  return mass > 0 ? Math.max(0, Math.min(BINS - 1, Math.floor((Math.log2(mass) - LOWEST) * PER_OCTAVE))) : 0;
}
