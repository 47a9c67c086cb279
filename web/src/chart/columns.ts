/** What a chart shows, column by column: fetched ranges and live verdicts in one shape. Times are ms since 1970. */
import type { Range } from '../../../src/core/contracts.ts';
import type { Verdict } from '../../../src/core/verdicts.ts';

type Cell = number | null;

export interface Columns {
  /** Width of a bucket in ms; 0 for single events. */
  resolution: number;
  time: number[];
  value: Cell[];
  min: Cell[];
  max: Cell[];
  expected: Cell[];
  lower: Cell[];
  upper: Cell[];
  score: Cell[];
  threshold: Cell[];
  anomalous: number[];
  late: number[];
}

const CELLS = ['value', 'min', 'max', 'expected', 'lower', 'upper', 'score', 'threshold'] as const;
const COLUMNS = ['time', ...CELLS, 'anomalous', 'late'] as const;

export function emptyColumns(): Columns {
  return { resolution: 0, time: [], value: [], min: [], max: [], expected: [], lower: [], upper: [], score: [], threshold: [], anomalous: [], late: [] };
}

/** `threshold` is the one in force, for a range that does not carry its own. */
export function fromRange(range: Range, threshold: number | null = null): Columns {
  const { resolution, time, min, max, expected, lower, upper, score, anomalous, late } = range;
  return {
    resolution,
    time,
    value: range.mean,
    min,
    max,
    expected,
    lower,
    upper,
    score,
    threshold: range.threshold ?? time.map(() => threshold),
    anomalous,
    late,
  };
}

/**
 * Puts verdicts where their time belongs (late ones come after younger ones) and drops what is before `from`.
 * A verdict that is there already (same time, fetched and sent) is left out. Only for single events.
 */
export function addVerdicts(columns: Columns, verdicts: readonly Verdict[], from: number): void {
  for (const verdict of verdicts) {
    const time = Date.parse(verdict.time);
    if (time < from) continue;
    let at = columns.time.length;
    while (at > 0 && columns.time[at - 1] > time) at--;
    const value = verdict.values[0] ?? null;
    if (columns.time[at - 1] === time && columns.value[at - 1] === value) continue;
    const { expected, lower, upper, score, threshold } = verdict;
    const cells = { value, min: value, max: value, expected, lower, upper, score, threshold };
    columns.time.splice(at, 0, time);
    for (const name of CELLS) columns[name].splice(at, 0, cells[name]);
    columns.anomalous.splice(at, 0, verdict.anomalous ? 1 : 0);
    columns.late.splice(at, 0, verdict.late ? 1 : 0);
  }
  dropBefore(columns, from);
}

function dropBefore(columns: Columns, from: number): void {
  let n = 0;
  while (n < columns.time.length && columns.time[n] < from) n++;
  // Dropping moves everything: only when it pays.
  if (n > 200 || n > columns.time.length / 4) for (const name of COLUMNS) columns[name].splice(0, n);
}

/** Distance of neighbours from which on the line is broken: three times the usual one. Infinity when too few points say what is usual. */
export function gapLimit(columns: Columns): number {
  const steps: number[] = [];
  for (let i = 1; i < columns.time.length; i++) if (columns.late[i] === 0 || columns.resolution > 0) steps.push(columns.time[i] - columns.time[i - 1]);
  if (steps.length < 3) return columns.resolution > 0 ? columns.resolution * 1.5 : Infinity;
  steps.sort((a, b) => a - b);
  return Math.max(steps[steps.length >> 1] * 3, columns.resolution * 1.5);
}

/** The value that an anomaly's mark stands at: of a bucket, the end further from what was expected. */
export function markedValue(columns: Columns, i: number): Cell {
  const { value, min, max, expected } = columns;
  if (columns.resolution === 0 || min[i] === null || max[i] === null) return value[i]!;
  const middle = expected[i] ?? value[i] ?? 0;
  return max[i] - middle >= middle - min[i] ? max[i] : min[i];
}

/** A mark to draw over the line. */
export interface Mark {
  time: number;
  value: number;
  late: boolean;
}

export interface Drawn {
  /** x, upper, lower, max, min, expected, value. `undefined` is "no point here", null breaks the line. */
  main: (number | null | undefined)[][];
  /** x, score, threshold. */
  strip: (number | null | undefined)[][];
  marks: Mark[];
}

/** Columns as the two plots take them: breaks put into gaps, late events taken out of the line and marked. */
export function drawn(columns: Columns): Drawn {
  const main: Drawn['main'] = [[], [], [], [], [], [], []];
  const strip: Drawn['strip'] = [[], [], []];
  const marks: Mark[] = [];
  const limit = gapLimit(columns);
  const push = (target: Drawn['main'], row: (number | null | undefined)[]): void => row.forEach((cell, c) => target[c].push(cell));
  let before = Number.NaN;
  for (let i = 0; i < columns.time.length; i++) {
    const time = columns.time[i];
    if (time - before > limit) {
      push(main, [before + (time - before) / 2, null, null, null, null, null, null]);
      push(strip, [before + (time - before) / 2, null, null]);
    }
    before = time;
    const late = columns.late[i] > 0;
    const anomalous = columns.anomalous[i] > 0;
    const value = anomalous ? markedValue(columns, i) : columns.value[i]!;
    if ((late || anomalous) && value !== null) marks.push({ time, value, late: late && !anomalous });
    if (late && columns.resolution === 0) continue;
    const spread = columns.resolution > 0;
    push(main, [
      time,
      columns.upper[i],
      columns.lower[i],
      spread ? columns.max[i] : undefined,
      spread ? columns.min[i] : undefined,
      columns.expected[i],
      columns.value[i],
    ]);
    push(strip, [time, columns.score[i], columns.threshold[i]]);
  }
  return { main, strip, marks };
}

/** Row nearest to a time, or -1 without any. */
export function nearest(columns: Columns, time: number): number {
  let low = 0;
  let high = columns.time.length - 1;
  if (high < 0) return -1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (columns.time[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low > 0 && time - columns.time[low - 1] < columns.time[low] - time ? low - 1 : low;
}
