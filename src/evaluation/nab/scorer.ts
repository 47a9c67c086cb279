/**
 * Scorer of the Numenta Anomaly Benchmark v1.1 (Lavin and Ahmad, "Evaluating Real-Time Anomaly Detection Algorithms: the
 * Numenta Anomaly Benchmark", ICMLA 2015), written from the paper's formulae.
 */

/** A labelled series: rows in the order of the file, times in ms; a window covers its first and its last time. */
export interface NabSeries {
  name: string;
  times: Float64Array;
  values: Float64Array;
  windows: readonly (readonly [from: number, to: number])[];
}

/** What a profile pays for a window found, a window missed and a false alarm. */
export interface NabProfile {
  tpWeight: number;
  fnWeight: number;
  fpWeight: number;
}

export interface NabResult {
  /** 0 for a detector that never fires, 100 for one that fires at the begin of every window and nowhere else. */
  score: number;
  /** The threshold that the optimiser chose, one for the whole corpus: a row fires from this score on. */
  threshold: number;
  /** Windows in which a row fires. */
  found: number;
  windows: number;
  /** Rows that fire outside every window. */
  falseAlarms: number;
}

/** Rows at the begin of a series that are not scored: 15%, at most 750. */
export function probationaryRows(rows: number): number {
  return Math.min(Math.floor(0.15 * rows), 750);
}

/** Weight of a detection at `position`, in widths of the window: -1 its begin, 0 its end, above 0 after it. */
function scaledSigmoid(position: number): number {
  return position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
}

const AT_BEGIN = scaledSigmoid(-1);

/** No window: a row of it is a false alarm when it fires. */
const NO_WINDOW = -1;

/** The scored rows of a corpus. */
interface Rows {
  score: number[];
  /** What it brings when it fires: the part of a window's weight that is earned, or of a false alarm's that is paid (negative). */
  gain: number[];
  /** Number of the window in the corpus, or NO_WINDOW. */
  window: number[];
  windows: number;
}

/** First and last row of each window of which a row is scored: one that lies before could not be found. */
function windowRows(series: NabSeries): [first: number, last: number][] {
  const { times } = series;
  const found: [number, number][] = [];
  let row = 0;
  for (const [from, to] of series.windows) {
    while (row < times.length && times[row] < from) row++;
    if (row === times.length || times[row] > to) continue;
    const first = row;
    // NAB leaves a window at the first row of its last time, so that a repeated last row already lies outside.
    while (times[row] < to && row + 1 < times.length && times[row + 1] <= to) row++;
    if (row >= probationaryRows(times.length)) found.push([first, row]);
    row++;
  }
  return found;
}

/** Adds the rows of one series that lie behind its probationary period. */
function addRows(rows: Rows, series: NabSeries, scores: ArrayLike<number>): void {
  const windows = windowRows(series);
  const begin = probationaryRows(scores.length);
  let next = 0;
  for (let i = 0; i < scores.length; i++) {
    if (next < windows.length && i > windows[next][1]) next++;
    const inside = next < windows.length && i >= windows[next][0];
    let gain = -1;
    if (inside) {
      const [first, last] = windows[next];
      gain = scaledSigmoid(-(last - i + 1) / (last - first + 1)) / AT_BEGIN;
    } else if (next > 0) {
      const [first, last] = windows[next - 1];
      // A window of one row has no width to forgive a late row by.
      gain = last > first ? scaledSigmoid((i - last) / (last - first)) : -1;
    }
    if (i < begin) continue;
    // NaN is no score: such a row never fires before every other row has.
    rows.score.push(scores[i] === scores[i] ? scores[i] : -Infinity);
    rows.gain.push(gain);
    rows.window.push(inside ? rows.windows + next : NO_WINDOW);
  }
  rows.windows += windows.length;
}

/**
 * Score of a detector over a corpus, for each profile; `scores[k]` are those of the rows of `corpus[k]`, higher is more
 * unusual, NaN for none. As the benchmark does, one threshold for the whole corpus is chosen for each profile, the one that scores highest.
 */
export function scoreNab<P extends string>(
  corpus: readonly NabSeries[],
  scores: readonly ArrayLike<number>[],
  profiles: Readonly<Record<P, NabProfile>>,
): Record<P, NabResult> {
  const rows: Rows = { score: [], gain: [], window: [], windows: 0 };
  corpus.forEach((series, k) => {
    if (scores[k].length !== series.times.length) throw new RangeError(`${series.name} has ${series.times.length} rows, but ${scores[k].length} scores`);
    addRows(rows, series, scores[k]);
  });
  const order = Uint32Array.from(rows.score.keys()).sort((a, b) => rows.score[b] - rows.score[a]);
  const results = {} as Record<P, NabResult>;
  for (const name of Object.keys(profiles) as P[]) results[name] = sweep(rows, order, profiles[name]);
  return results;
}

/** Lowers the threshold from score to score and keeps where the sum is highest. */
function sweep(rows: Rows, order: Uint32Array, profile: NabProfile): NabResult {
  const best = new Float64Array(rows.windows).fill(-profile.fnWeight);
  const missed = -profile.fnWeight * rows.windows;
  const perfect = profile.tpWeight * rows.windows;
  let sum = missed;
  let found = 0;
  let falseAlarms = 0;
  const result: NabResult = { score: sum, threshold: Infinity, found, windows: rows.windows, falseAlarms };
  for (let k = 0; k < order.length; k++) {
    const row = order[k];
    const window = rows.window[row];
    if (window === NO_WINDOW) {
      sum += rows.gain[row] * profile.fpWeight;
      falseAlarms++;
    } else {
      const gain = rows.gain[row] * profile.tpWeight;
      if (best[window] === -profile.fnWeight) found++;
      if (gain > best[window]) {
        sum += gain - best[window];
        best[window] = gain;
      }
    }
    const isLastOfScore = k + 1 === order.length || rows.score[order[k + 1]] !== rows.score[row];
    if (isLastOfScore && sum > result.score) Object.assign(result, { score: sum, threshold: rows.score[row], found, falseAlarms });
  }
  result.score = (100 * (result.score - missed)) / (perfect - missed);
  return result;
}
