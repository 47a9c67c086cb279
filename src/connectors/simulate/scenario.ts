/** What a scenario is: a number of series and their values, step by step. */

/** A series as the dictionary takes it. */
export interface SimulatedSeries {
  key: string;
  labels: Readonly<Record<string, string>>;
  unit: string;
}

/**
 * Values of all series at one step after another. What it gives at a step depends on the seed, the step and at most
 * `memory` steps before it, so that a run can go on anywhere.
 */
export interface Scenario {
  readonly series: readonly SimulatedSeries[];
  /** What can be wrong with a value: the truth at index 1 and up; index 0 is normal. */
  readonly kinds: readonly string[];
  /** Steps to be gone through and thrown away before the first one that counts. */
  readonly memory: number;
  /** Writes values[i] (NaN: nothing arrives) and kinds[i] of each series at a step; steps follow one another. */
  step(step: number, values: Float64Array, kinds: Uint8Array): void;
}

/** Where a scenario stands in time: step n is at `start + n * interval`, both ms. */
export interface Clockwork {
  start: number;
  interval: number;
}

/** How many steps a duration takes, at least one unless it is nothing. */
export function stepsOf(duration: number, interval: number): number {
  return duration <= 0 ? 0 : Math.max(1, Math.round(duration / interval));
}

/** Two decimals, as an instrument would show. */
export function rounded(x: number): number {
  return Math.round(x * 100) / 100;
}

/** A line as a scenario writes it. */
export interface SimulatedLine {
  /** Event time, whole ms. */
  time: number;
  session: string;
  /** As it stands in the line: `INFO`. */
  level: string;
  component: string;
  message: string;
  /** What is wrong with the session, at the line that shows it; '' elsewhere. */
  kind: string;
}

/** Sessions that begin at one tick after another, and what each writes. What begins at a tick depends on the seed and the tick alone. */
export interface LogScenario {
  /** Series of all lines. */
  readonly key: string;
  /** Lines that the sessions of one tick write on average. */
  readonly linesPerTick: number;
  /** Ticks after which a session writes nothing more. */
  readonly memory: number;
  /** All lines of the sessions that begin at this tick. */
  begun(tick: number): SimulatedLine[];
}
