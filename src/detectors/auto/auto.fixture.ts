/** Made series for the tests of `auto`. */
import { detectorOutput, resetOutput, type DetectorOutput } from '../../core/contracts.ts';
import { CounterRandom } from '../../core/random.ts';
import { AutoColumn, MEMBERS, type ColumnOptions } from './column.ts';

export const STEP = 300_000;
const MONDAY = Date.UTC(2026, 0, 5);
const random = new CounterRandom(7);

export function timeOf(row: number, step = STEP): number {
  return MONDAY + row * step;
}

/** Normal noise, the same for the same stream and row. */
export function noise(row: number, stream = 0): number {
  return random.at(stream, row).normal();
}

export function day(row: number, amplitude: number): number {
  return amplitude * Math.sin((2 * Math.PI * row) / 288);
}

export interface Said {
  score: number;
  out: DetectorOutput;
}

/** An `auto` that rows are fed to, each scored and then learnt. */
export function fed(rows: number, value: (row: number) => number, options: Partial<ColumnOptions> = {}) {
  const column = new AutoColumn({ adaptAfter: undefined, members: MEMBERS, ...options });
  const cell = new Float64Array(1);
  const out = detectorOutput(1);
  let at = 0;
  const next = (x: number, time = timeOf(at)): Said => {
    at++;
    cell[0] = x;
    const score = column.score(time, cell, 0, resetOutput(out));
    column.learn(time, cell, 0);
    return { score, out: { ...out } };
  };
  const scores = Float64Array.from({ length: rows }, (_, row) => next(value(row)).score);
  return { column, next, scores };
}

export function memberOf({ out }: Said): string {
  return MEMBERS[out.member] ?? 'none';
}

/** What a part of one score says of each value before it learns it. */
export function scoresOf(part: { score(x: number): number; learn(x: number): unknown }, values: readonly number[]): number[] {
  return values.map((x) => {
    const score = part.score(x);
    part.learn(x);
    return score;
  });
}

/** Plain noise. */
export const white = Array.from({ length: 2000 }, (_, row) => noise(row));
