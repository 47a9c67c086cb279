/** Switches off a member that earns nothing, and tries it again now and then. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';

const POINTS = 0;
const EARNED = 1;
const OFF = 2;
const SIZE = 3;

/** A member whose evidence never was more than this part of its limit has earned nothing. */
const LEAST = 0.25;
/** It is off for so many times the length of a trial. */
const PAUSE = 4;

export class Duty {
  readonly #state = new Float64Array(SIZE);
  readonly #trial: number;

  /** `trial`: points after which a member must have earned something. */
  constructor(trial: number) {
    this.#trial = trial;
  }

  get isOn(): boolean {
    return this.#state[OFF] === 0;
  }

  /** `evidence`: of the member at this point, 1 at its limit, 0 where it has nothing to say; true where it is switched on again. */
  learn(evidence: number): boolean {
    const s = this.#state;
    s[POINTS]++;
    if (s[OFF] === 1) {
      if (s[POINTS] < PAUSE * this.#trial) return false;
      s.fill(0);
      return true;
    }
    if (evidence > s[EARNED]) s[EARNED] = evidence;
    if (s[POINTS] >= this.#trial) {
      s[OFF] = s[EARNED] < LEAST ? 1 : 0;
      s[POINTS] = s[EARNED] = 0;
    }
    return false;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  static restore(reader: SnapshotReader, trial: number): Duty {
    const duty = new Duty(trial);
    reader.block(duty.#state);
    return duty;
  }
}
