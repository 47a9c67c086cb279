/** Made rows of many columns that move together: a daily season and a load, each column with its own share of both and its own noise. */
import { CounterRandom } from '../../core/random.ts';
import { ANOMALIES, strike, type AnomalyKind } from './anomalies.ts';
import { DAY, STEP_MS, type Base } from './bases.ts';
import type { SimulatedStream } from './streams.ts';

const BEGIN = Date.UTC(2026, 0, 5);
/** Random words of each purpose; the noise of column c draws from OWN + c. */
const STREAMS = { load: 0, shares: 1, hit: 2, own: 100 } as const;
/** Rows that a column which goes its own way does so. */
const DECOUPLED_ROWS = 200;

/** Anomalies of many columns: those of one that change level or noise, and a column that answers the load the other way round. */
export type RowAnomaly = Extract<AnomalyKind, 'spike' | 'shift' | 'drift' | 'variance' | 'stuck' | 'zeros' | 'leak'> | 'decoupled';

const COLUMN: Base = { story: 'one of many', sd: 1, fill: () => {} };

export interface RowAnomalyAt {
  kind: RowAnomaly;
  /** First row of it, at least 1. */
  at: number;
  /** How many columns it is in. */
  columns: number;
}

/** Rows of `width` columns; with an anomaly in some of them where one is given. Sizes are in standard deviations of a column's own noise. */
export function manyColumns(width: number, rows: number, seed: number, anomaly?: RowAnomalyAt): SimulatedStream {
  const random = new CounterRandom(seed);
  const hit = anomaly === undefined ? [] : columnsHit(width, anomaly.columns, random);
  const load = new Float64Array(rows);
  for (let i = 1; i < rows; i++) load[i] = 0.95 * load[i - 1] + 0.31 * random.at(STREAMS.load, i).normal();
  const values = new Float64Array(rows * width);
  const parts = { level: new Float64Array(rows), noise: new Float64Array(rows) };
  for (let c = 0; c < width; c++) {
    const bySeason = 3 * random.at(STREAMS.shares, 2 * c).normal();
    const byLoad = 2 + random.at(STREAMS.shares, 2 * c + 1).normal();
    const isHit = anomaly !== undefined && hit.includes(c);
    const against = (i: number): boolean => isHit && anomaly.kind === 'decoupled' && i >= anomaly.at && i < anomaly.at + DECOUPLED_ROWS;
    for (let i = 0; i < rows; i++) {
      parts.level[i] = 50 + bySeason * Math.sin((2 * Math.PI * i) / DAY) + (against(i) ? -1 : 1) * byLoad * load[i];
      parts.noise[i] = random.at(STREAMS.own + c, i).normal();
    }
    if (isHit && anomaly.kind !== 'decoupled') strike(anomaly.kind, COLUMN, anomaly.at, parts, random);
    for (let i = 0; i < rows; i++) values[i * width + c] = parts.level[i] + parts.noise[i];
  }
  const time = Float64Array.from({ length: rows }, (_, i) => BEGIN + i * STEP_MS);
  if (anomaly === undefined) return { kind: 'clean', width, time, values, truth: [], columns: [] };
  const length = anomaly.kind === 'decoupled' ? DECOUPLED_ROWS : ANOMALIES[anomaly.kind].rows;
  const from = BEGIN + anomaly.at * STEP_MS;
  return { kind: anomaly.kind, width, time, values, truth: [{ from, to: from + length * STEP_MS }], columns: hit };
}

/** Some of the columns, chosen by chance, in ascending order. */
function columnsHit(width: number, count: number, random: CounterRandom): number[] {
  const order = Array.from({ length: width }, (_, c) => ({ c, key: random.at(STREAMS.hit, c).uniform() }));
  return order
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ c }) => c)
    .sort((a, b) => a - b);
}
