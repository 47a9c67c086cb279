/** From errors of the network to probabilities. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';

/** Errors of sessions that were held out, ascending, with how many sessions have at least this one. */
export class Calibration {
  readonly #errors: Float64Array;
  readonly #sessions: Float64Array;

  constructor(errors: Float64Array, sessions: Float64Array) {
    this.#errors = errors;
    this.#sessions = sessions;
  }

  static of(found: readonly (readonly [error: number, sessions: number])[]): Calibration {
    const sorted = found.toSorted((a, b) => a[0] - b[0]);
    const sessions = Float64Array.from(sorted, ([, n]) => n);
    for (let i = sessions.length - 2; i >= 0; i--) sessions[i] += sessions[i + 1];
    return new Calibration(
      Float64Array.from(sorted, ([error]) => error),
      sessions,
    );
  }

  get largest(): number {
    return this.#errors.at(-1) ?? 0;
  }

  /**
   * -log10 of the probability that a session has an error this large (nats): its rank among those held out (conformal p-value, Vovk et al. 2005);
   * behind the largest of them it falls as the network's own probability does.
   */
  digits(error: number): number {
    let low = 0;
    let high = this.#errors.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#errors[middle] < error) low = middle + 1;
      else high = middle;
    }
    const rank = (1 + (this.#sessions[low] ?? 0)) / (1 + (this.#sessions[0] ?? 0));
    return -Math.log10(rank) + Math.max(0, error - this.largest) / Math.LN10;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.f64s(this.#errors);
    writer.f64s(this.#sessions);
  }

  static restore(reader: SnapshotReader): Calibration {
    const errors = reader.f64s();
    return new Calibration(errors, reader.f64s());
  }
}
