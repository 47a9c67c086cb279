/** Several ways to detect over the same rows, side by side. */
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import { ANOMALOUS } from '../core/verdicts.ts';
import { definitionOf } from './config/index.ts';
import { registry } from './registry.ts';
import { Scorer, type DetectChoice } from './scorer.ts';

/** Rows of one series, in the order they stand. */
export interface Rows {
  key: string;
  unit: string;
  /** Values a row. */
  width: number;
  /** Ms. */
  time: Float64Array;
  /** Row-major; NaN where missing. */
  values: Float64Array;
}

/** What one way to detect said of one series: a number a row. */
export interface Said {
  /** NaN while warming up. */
  score: Float64Array;
  limit: Float64Array;
  expected: Float64Array;
  lower: Float64Array;
  upper: Float64Array;
  onset: Float64Array;
  /** 1 where anomalous. */
  anomalous: Uint8Array;
  /** What the detector found out about the series, in words. */
  words: readonly string[];
  /** Seconds of work. */
  seconds: number;
}

/** An onset above this is an alert. */
export const STRONG_ONSET = 0.5;

const BATCH = 8192;

/** Alerts of two ways that are at most so many rows apart are about the same thing. */
const NEAR_ROWS = 10;

/** Scores the rows of one series with a detector that has seen nothing. Throws what the choice's definitions throw. */
export function sayOf(rows: Rows, choice: DetectChoice): Said {
  const { time, values, width, key } = rows;
  const n = time.length;
  const said: Said = {
    score: new Float64Array(n),
    limit: new Float64Array(n),
    expected: new Float64Array(n),
    lower: new Float64Array(n),
    upper: new Float64Array(n),
    onset: new Float64Array(n),
    anomalous: new Uint8Array(n),
    words: [],
    seconds: 0,
  };
  const dictionary = new SeriesDictionary(1);
  const events = new EventBuilder(dictionary, width, Math.min(n, BATCH));
  const series = dictionary.intern(key);
  const scorer = new Scorer(choice, registry, dictionary, width, 'compare');
  for (let from = 0; from < n; from += BATCH) {
    const to = Math.min(n, from + BATCH);
    events.reset();
    for (let i = from; i < to; i++) {
      const row = events.row(series, time[i], 0, i, 0);
      for (let c = 0; c < width; c++) events.values[row * width + c] = values[i * width + c];
    }
    const began = performance.now();
    const verdicts = scorer.score(events);
    said.seconds += (performance.now() - began) / 1000;
    for (const column of ['score', 'limit', 'expected', 'lower', 'upper', 'onset'] as const) said[column].set(verdicts[column].subarray(0, to - from), from);
    for (let i = from; i < to; i++) said.anomalous[i] = verdicts.flags[i - from] & ANOMALOUS;
  }
  said.words = scorer.describe(series);
  return said;
}

/** Whether a way to detect takes rows of this width. */
export function takes({ detector }: DetectChoice, width: number): boolean {
  return width === 1 || definitionOf(registry, 'detector', detector.name)!.columns === 'many';
}

/** Rows at which an alert begins. */
export function alertsOf({ onset }: Said): number[] {
  const rows: number[] = [];
  for (let i = 0; i < onset.length; i++) if (onset[i] > STRONG_ONSET) rows.push(i);
  return rows;
}

/** Share of the alerts of either that the other has nearby: 1 when both say the same, 0 when nothing; NaN when neither says anything. */
export function agreement(a: Said, b: Said): number {
  const [first, second] = [alertsOf(a), alertsOf(b)];
  const total = first.length + second.length;
  return total === 0 ? NaN : (shared(first, second) + shared(second, first)) / total;
}

function shared(rows: readonly number[], others: readonly number[]): number {
  let at = 0;
  let count = 0;
  for (const row of rows) {
    while (at < others.length && others[at] < row - NEAR_ROWS) at++;
    if (at < others.length && others[at] <= row + NEAR_ROWS) count++;
  }
  return count;
}
