/** Switches off a member that earns nothing, and tries it again now and then. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';

/** A member whose evidence never was more than this part of its limit has earned nothing. */
const LEAST = 0.25;
/** It is off for so many times the length of a trial. */
const PAUSE = 4;

export class Duty {
  readonly #trial: number;
  #points = 0;
  #earned = 0;
  #isOn = true;

  /** `trial`: points after which a member must have earned something. */
  constructor(trial: number) {
    this.#trial = trial;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** `evidence`: of the member at this point, 1 at its limit, 0 where it has nothing to say; true where it is switched on again. */
  learn(evidence: number): boolean {
    this.#points++;
    if (!this.#isOn) {
      if (this.#points < PAUSE * this.#trial) return false;
      this.#points = this.#earned = 0;
      this.#isOn = true;
      return true;
    }
    if (evidence > this.#earned) this.#earned = evidence;
    if (this.#points >= this.#trial) {
      this.#isOn = this.#earned >= LEAST;
      this.#points = this.#earned = 0;
    }
    return false;
  }

  snapshot(writer: SnapshotWriter): void {
    for (const x of [this.#points, this.#earned, this.#isOn ? 0 : 1]) writer.f64(x);
  }

  static restore(reader: SnapshotReader, trial: number): Duty {
    const duty = new Duty(trial);
    duty.#points = reader.f64();
    duty.#earned = reader.f64();
    duty.#isOn = reader.f64() === 0;
    return duty;
  }
}
