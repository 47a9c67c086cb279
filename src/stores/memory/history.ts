/** A history that lives as long as its store object: for tests. */
import type { History, Range, Rollup } from '../../core/contracts.ts';
import { idText, numberOrNull } from '../../core/verdicts.ts';
import { Buckets } from '../buckets.ts';
import { rawRange } from '../raw-range.ts';
import type { StoredRow } from '../raw-range.ts';

interface SeriesHistory {
  rows: Map<string, StoredRow>;
  rollups: Map<number, Rollup>;
}

/** What outlives a closed history: series by pipeline and index. */
export class MemoryHistoryStore {
  readonly series = new Map<string, SeriesHistory>();

  of(pipeline: string, series: number): SeriesHistory {
    const key = `${series} ${pipeline}`;
    let found = this.series.get(key);
    if (found === undefined) this.series.set(key, (found = { rows: new Map(), rollups: new Map() }));
    return found;
  }
}

export function openMemoryHistory(store: MemoryHistoryStore = new MemoryHistoryStore()): History {
  return {
    append(pipeline, verdicts, rollups) {
      for (const given of verdicts) {
        const batch = structuredClone(given);
        for (let row = 0; row < batch.length; row++) {
          const time = batch.time[row];
          const id = idText(batch.idHigh[row], batch.idLow[row]);
          store.of(pipeline, batch.series[row]).rows.set(`${time} ${id}`, { batch, row, time, id });
        }
      }
      for (const rollup of rollups) store.of(pipeline, rollup.series).rollups.set(rollup.time, { ...rollup });
    },
    range: (pipeline, series, from, to, points) => rangeOf(store.of(pipeline, series), from, to, points),
    close() {},
  };
}

function rangeOf(history: SeriesHistory, from: number, to: number, points: number): Range {
  const isWithin = ({ time }: { time: number }) => time >= from && time <= to;
  const rows = [...history.rows.values()].filter(isWithin).toSorted((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
  const rollups = [...history.rollups.values()].filter(isWithin).toSorted((a, b) => a.time - b.time);
  // The last bucket may reach beyond the range, so it does not count.
  const rolled = rollups.slice(0, -1).reduce((sum, { count }) => sum + count, 0);
  const areAllStored = rows.length >= rolled;
  if (areAllStored && rows.length <= points) return rawRange(rows);
  const times = [...rows, ...rollups].map(({ time }) => time);
  const buckets = new Buckets(Math.min(...times), Math.max(...times), points);
  for (const { batch, row } of rows) buckets.addRow(batch, row, areAllStored);
  if (!areAllStored) {
    for (const { time, sum, maxScore, ...rest } of rollups) {
      const finite = { sum: numberOrNull(sum), min: numberOrNull(rest.min), max: numberOrNull(rest.max), score: numberOrNull(maxScore) };
      buckets.addRollup({ ...rest, ...finite, bucket: Math.floor((time - buckets.origin) / buckets.resolution) });
    }
  }
  return buckets.range();
}
