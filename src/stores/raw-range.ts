/** Single verdicts as a chart's range. */
import type { Range } from '../core/contracts.ts';
import { ANOMALOUS, LATE, numberOrNull } from '../core/verdicts.ts';
import type { VerdictBatch } from '../core/verdicts.ts';

/** Row `row` of a batch, with its place in the order of a history: (time, id). */
export interface StoredRow {
  batch: VerdictBatch;
  row: number;
  time: number;
  id: string;
}

/** Of verdicts over several values, the first value is shown. */
export function rawRange(rows: readonly StoredRow[]): Range {
  const column = (pick: (batch: VerdictBatch, row: number) => number) => rows.map(({ batch, row }) => numberOrNull(pick(batch, row)));
  const value = column((batch, row) => batch.values[row * batch.width]);
  return {
    resolution: 0,
    time: rows.map(({ time }) => time),
    mean: value,
    min: value,
    max: value,
    expected: column((batch, row) => batch.expected[row]),
    lower: column((batch, row) => batch.lower[row]),
    upper: column((batch, row) => batch.upper[row]),
    score: column((batch, row) => batch.score[row]),
    threshold: column((batch, row) => batch.limit[row]),
    anomalous: rows.map(({ batch, row }) => ((batch.flags[row] & ANOMALOUS) === 0 ? 0 : 1)),
    late: rows.map(({ batch, row }) => ((batch.flags[row] & LATE) === 0 ? 0 : 1)),
  };
}
