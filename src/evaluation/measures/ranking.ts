/** How well scores rank anomalous rows above the others, over all limits at once. Nothing is adjusted: a hit counts for its own row. */

/** Rows from the highest score to the lowest; NaN (no score) counts as lower than any. */
function descending(scores: ArrayLike<number>): { order: Uint32Array; score: Float64Array } {
  const score = Float64Array.from(scores, (x) => (Number.isNaN(x) ? -Infinity : x));
  const order = Uint32Array.from(score.keys()).sort((a, b) => score[b] - score[a] || 0);
  return { order, score };
}

function checkLengths(labels: ArrayLike<number>, scores: ArrayLike<number>): void {
  if (labels.length !== scores.length) throw new RangeError(`${labels.length} labels for ${scores.length} scores`);
}

/**
 * Average precision: the precision at each limit, weighted by the recall that it adds (Davis and Goadrich 2006, without interpolation).
 * Rows of one score enter together. `labels`: above 0 where anomalous. NaN without an anomalous row.
 */
export function averagePrecision(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  checkLengths(labels, scores);
  const { order, score } = descending(scores);
  let positives = 0;
  let before = 0;
  let sum = 0;
  for (let k = 0; k < order.length; k++) {
    if (labels[order[k]] > 0) positives++;
    if (k + 1 < order.length && score[order[k + 1]] === score[order[k]]) continue;
    sum += (positives - before) * (positives / (k + 1));
    before = positives;
  }
  return positives === 0 ? NaN : sum / positives;
}

/** Area under the ROC curve: the chance that an anomalous row scores higher than another, ties counted half. NaN where one of both kinds is missing. */
export function rocAuc(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  checkLengths(labels, scores);
  const { order, score } = descending(scores);
  let positives = 0;
  let negatives = 0;
  let wins = 0;
  for (let k = 0; k < order.length;) {
    const group = score[order[k]];
    let here = 0;
    let others = 0;
    for (; k < order.length && score[order[k]] === group; k++) {
      if (labels[order[k]] > 0) here++;
      else others++;
    }
    wins += others * (positives + here / 2);
    positives += here;
    negatives += others;
  }
  return positives === 0 || negatives === 0 ? NaN : wins / (positives * negatives);
}

/** First and last row of each run of anomalous rows. */
function runsOf(labels: ArrayLike<number>): [first: number, last: number][] {
  const runs: [number, number][] = [];
  for (let i = 0; i < labels.length; i++) {
    if (!(labels[i] > 0)) continue;
    const last = runs.at(-1);
    if (last !== undefined && last[1] === i - 1) last[1] = i;
    else runs.push([i, i]);
  }
  return runs;
}

/** Labels that fade out on both sides of a run: sqrt(1 - distance / buffer) up to half a buffer away. */
function faded(labels: ArrayLike<number>, runs: readonly [number, number][], buffer: number): Float64Array {
  const soft = Float64Array.from(labels, (label) => (label > 0 ? 1 : 0));
  const reach = Math.floor(buffer / 2);
  for (const [first, last] of runs) {
    for (let distance = 1; distance <= reach; distance++) {
      const weight = Math.sqrt(1 - distance / buffer);
      for (const row of [first - distance, last + distance]) if (row >= 0 && row < soft.length) soft[row] = Math.min(1, soft[row] + weight);
    }
  }
  return soft;
}

/** Area under the precision-recall curve with labels faded out over one buffer length. */
function rangeAveragePrecision(soft: Float64Array, rows: number, { order, score }: { order: Uint32Array; score: Float64Array }): number {
  const runs = runsOf(soft);
  const runAt = new Int32Array(soft.length).fill(-1);
  runs.forEach(([first, last], run) => runAt.fill(run, first, last + 1));
  const isHit = new Uint8Array(runs.length);
  const total = (rows + soft.reduce((sum, x) => sum + x, 0)) / 2;
  let hits = 0;
  let found = 0;
  let before = 0;
  let area = 0;
  for (let k = 0; k < order.length; k++) {
    const row = order[k];
    found += soft[row];
    if (runAt[row] >= 0 && isHit[runAt[row]] === 0) {
      isHit[runAt[row]] = 1;
      hits++;
    }
    if (k + 1 < order.length && score[order[k + 1]] === score[row]) continue;
    const recall = Math.min(1, found / total) * (hits / runs.length);
    area += (recall - before) * (found / (k + 1));
    before = recall;
  }
  return area;
}

/**
 * VUS-PR (Paparrizos, Boniol, Palpanas, Tsay, Elmore and Franklin 2022, "Volume Under the Surface"): the range-based area under the
 * precision-recall curve, averaged over buffer lengths from 0 to `longest` in steps of `step` rows. Recall is multiplied by the share of
 * anomalies of which any row is found. NaN without an anomalous row.
 */
export function vusPr(labels: ArrayLike<number>, scores: ArrayLike<number>, longest = 100, step = 10): number {
  checkLengths(labels, scores);
  const runs = runsOf(labels);
  if (runs.length === 0) return NaN;
  const rows = runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const ranked = descending(scores);
  let sum = 0;
  let count = 0;
  for (let buffer = 0; buffer <= longest; buffer += step, count++) sum += rangeAveragePrecision(faded(labels, runs, buffer), rows, ranked);
  return sum / count;
}
