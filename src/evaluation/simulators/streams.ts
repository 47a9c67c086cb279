/** Made streams with truth: a base, and at most one anomaly in it. Pure: the same arguments give the same stream to the last bit. */
import { CounterRandom } from '../../core/random.ts';
import { ANOMALIES, ANOMALY_KINDS, phaseOf, strike, type AnomalyKind } from './anomalies.ts';
import { BASES, STEP_MS, type Base, type BaseName } from './bases.ts';

const BEGIN = Date.UTC(2026, 0, 5);

/** Event time, [from, to), ms. */
export interface Interval {
  from: number;
  to: number;
}

export interface SimulatedStream {
  kind: AnomalyKind | 'decoupled' | 'clean';
  width: number;
  /** Ms; five minutes from row to row. */
  time: Float64Array;
  /** Row-major. */
  values: Float64Array;
  truth: Interval[];
  /** Columns that the anomaly is in. */
  columns: number[];
}

/** Whether there is anything to be found of this anomaly in this base. */
export function suits(base: BaseName, kind: AnomalyKind): boolean {
  return ANOMALIES[kind].suits(BASES[base]);
}

/** The kinds of anomaly that suit a base. */
export function kindsFor(base: BaseName): AnomalyKind[] {
  return ANOMALY_KINDS.filter((kind) => suits(base, kind));
}

/** One column without an anomaly. */
export function cleanStream(base: BaseName, rows: number, seed: number): SimulatedStream {
  return made(base, rows, seed, undefined, rows);
}

/** One column with an anomaly from row `at` (at least 1) on. Of `rows-gone` the rows are missing, and its truth ends with the first row behind them. */
export function streamWith(base: BaseName, kind: AnomalyKind, rows: number, at: number, seed: number): SimulatedStream {
  return made(base, rows, seed, kind, at);
}

/** What a clean stream is made of. */
export function partsOf(base: BaseName, rows: number, seed: number): { level: Float64Array; noise: Float64Array } {
  const parts = { level: new Float64Array(rows), noise: new Float64Array(rows) };
  BASES[base].fill(parts.level, parts.noise, new CounterRandom(seed), () => 0);
  return parts;
}

function made(name: BaseName, rows: number, seed: number, kind: AnomalyKind | undefined, at: number): SimulatedStream {
  const base: Base = BASES[name];
  const random = new CounterRandom(seed);
  const parts = { level: new Float64Array(rows), noise: new Float64Array(rows) };
  base.fill(parts.level, parts.noise, random, phaseOf(kind, base, at));
  if (kind !== undefined) strike(kind, base, at, parts, random);
  const values = parts.level.map((level, i) => written(base, level + parts.noise[i]));
  const time = Float64Array.from({ length: rows }, (_, i) => BEGIN + i * STEP_MS);
  if (kind === undefined) return { kind: 'clean', width: 1, time, values, truth: [], columns: [] };
  const length = ANOMALIES[kind].rows;
  const gone = (row: number): boolean => kind === 'rows-gone' && row >= at && row < at + length;
  const to = BEGIN + (at + length + (kind === 'rows-gone' ? 1 : 0)) * STEP_MS;
  return {
    kind,
    width: 1,
    time: time.filter((_, row) => !gone(row)),
    values: values.filter((_, row) => !gone(row)),
    truth: [{ from: BEGIN + at * STEP_MS, to }],
    columns: [0],
  };
}

/** A value as the base would send it. */
function written(base: Base, value: number): number {
  if (base.counts === true) return Math.max(0, Math.round(value));
  return base.rounded === undefined ? value : Math.round(value / base.rounded) * base.rounded;
}
