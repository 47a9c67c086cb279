/** Rows thinned out to the columns of a picture, so that nothing that stands out is lost. */
import { STRONG_ONSET, type Rows, type Said } from '../../pipeline/compare.ts';
import type { Stretch } from '../../evaluation/compare/labels.ts';

/** Where a row falls: by time, or by number where all rows have the same time. */
function placer(time: Float64Array, columns: number): (i: number) => number {
  const [from, to] = [time[0], time[time.length - 1]];
  const last = columns - 1;
  if (!(to > from)) return (i) => (time.length === 1 ? 0 : Math.floor((i / (time.length - 1)) * last));
  return (i) => Math.max(0, Math.min(last, Math.floor(((time[i] - from) / (to - from)) * last)));
}

/** Smallest and largest value of each picture column, NaN where there is none. Of several columns of values, each is scaled to 0..1 of its own range. */
export function valueColumns({ time, values, width }: Rows, columns: number): { low: Float64Array; high: Float64Array; least: number; most: number }[] {
  const place = placer(time, columns);
  return Array.from({ length: width }, (_, c) => {
    const low = new Float64Array(columns).fill(NaN);
    const high = new Float64Array(columns).fill(NaN);
    let [least, most] = [Infinity, -Infinity];
    for (let i = 0; i < time.length; i++) {
      const x = values[i * width + c];
      if (!Number.isFinite(x)) continue;
      const at = place(i);
      if (!(low[at] <= x)) low[at] = x;
      if (!(high[at] >= x)) high[at] = x;
      least = Math.min(least, x);
      most = Math.max(most, x);
    }
    return { low, high, least, most };
  });
}

export interface SaidColumns {
  /** Largest score of each picture column as a share of its limit (of the largest score where there is no limit), NaN without scores. */
  share: Float64Array;
  anomalous: Uint8Array;
  alert: Uint8Array;
}

export function saidColumns(time: Float64Array, said: Said, columns: number): SaidColumns {
  const place = placer(time, columns);
  const share = new Float64Array(columns).fill(NaN);
  const anomalous = new Uint8Array(columns);
  const alert = new Uint8Array(columns);
  const largest = said.score.reduce((most, x) => (x > most ? x : most), 0) || 1;
  for (let i = 0; i < time.length; i++) {
    const at = place(i);
    const limit = said.limit[i] > 0 && Number.isFinite(said.limit[i]) ? said.limit[i] : largest;
    const x = said.score[i] / limit;
    if (!(share[at] >= x) && x === x) share[at] = x;
    anomalous[at] |= said.anomalous[i];
    if (said.onset[i] > STRONG_ONSET) alert[at] = 1;
  }
  return { share, anomalous, alert };
}

/** 1 for each picture column that a labelled stretch touches. */
export function labelColumns(time: Float64Array, labels: readonly Stretch[], columns: number): Uint8Array {
  const marked = new Uint8Array(columns);
  const place = placer(time, columns);
  let stretch = 0;
  for (let i = 0; i < time.length; i++) {
    while (stretch < labels.length && labels[stretch].to < time[i]) stretch++;
    if (stretch < labels.length && labels[stretch].from <= time[i]) marked[place(i)] = 1;
  }
  return marked;
}
