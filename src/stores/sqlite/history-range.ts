/** A chart's worth of one series: raw rows where they fit, else buckets made of all rows, of rollups where there are too many. */
import type { Range } from '../../core/contracts.ts';
import { ANOMALOUS, LATE, emptyVerdicts } from '../../core/verdicts.ts';
import type { VerdictBatch } from '../../core/verdicts.ts';
import { decodeChunk } from './chunk.ts';
import { chunksOf } from './history-chunks.ts';
import type { HistoryPart } from './history-chunks.ts';
import { collectRows } from './history-rows.ts';
import { Buckets } from '../buckets.ts';
import { rawRange } from '../raw-range.ts';

/** Up to this many rows a chart is made of the rows themselves (about .1 s), beyond it of rollups. */
const MOST_ROWS = 200_000;
/** The chunks at both ends may hold many more rows than the range does, so rows are counted one by one up to this many times the points. */
const EDGES = 4;

/** `parts` is gone through several times. Of verdicts over several values, the first value is shown. */
export function readRange(parts: Iterable<HistoryPart>, pipeline: string, series: number, from: number, to: number, points: number): Range {
  const extent = extentOf(parts, series, from, to);
  if (extent.rows >= extent.rolled && extent.rows <= points * EDGES) {
    const rows = collectRows(parts, { pipeline, series, from, to, marked: false, anomalousOnly: false, limit: points + 1 });
    if (rows.length <= points) return rawRange(rows);
  }
  const buckets = new Buckets(Math.max(from, extent.first), Math.min(to, extent.last), points);
  if (extent.rows >= extent.rolled && (extent.rows <= MOST_ROWS || extent.rolled === 0)) addRows(parts, series, from, to, buckets, true);
  else {
    for (const part of parts) addRollups(part, series, from, to, buckets);
    if (extent.marked <= MOST_ROWS) addRows(parts, series, from, to, buckets, false);
  }
  return buckets.range();
}

interface Extent {
  /** Rows in chunks that reach into the time asked for; how many of them are anomalous or late. */
  rows: number;
  marked: number;
  /** Events of whole rollup buckets in it: more than `rows` where only anomalies are stored. */
  rolled: number;
  first: number;
  last: number;
}

function extentOf(parts: Iterable<HistoryPart>, series: number, from: number, to: number): Extent {
  const extent: Extent = { rows: 0, marked: 0, rolled: 0, first: Infinity, last: -Infinity };
  for (const { db, base } of parts) {
    const key = base + series;
    const chunks = db
      .prepare(
        'select sum(rows) as rows, sum(marked) as marked, min(first) as first, max(last) as last from chunks where series = ? and first <= ? and last >= ?',
      )
      .get(key, to, from) as Record<string, number | null>;
    const rollups = db
      .prepare(
        `select sum(count) filter (where time < (select max(time) from rollups where series = ?1 and time <= ?3)) as rolled,
          min(time) as first, max(time) as last from rollups where series = ?1 and time >= ?2 and time <= ?3`,
      )
      .get(key, from, to) as Record<string, number | null>;
    extent.rows += chunks.rows ?? 0;
    extent.marked += chunks.marked ?? 0;
    extent.rolled += rollups.rolled ?? 0;
    extent.first = Math.min(extent.first, chunks.first ?? Infinity, rollups.first ?? Infinity);
    extent.last = Math.max(extent.last, chunks.last ?? -Infinity, rollups.last ?? -Infinity);
  }
  return extent;
}

/** With `whole` every row goes into its bucket; without, only the marks of anomalous and late rows (their values are in the rollups). */
function addRows(parts: Iterable<HistoryPart>, series: number, from: number, to: number, buckets: Buckets, whole: boolean): void {
  const seen = new Set<number>();
  let newest = -Infinity;
  let scratch = emptyVerdicts(1, 1024);
  for (const part of parts) {
    for (const chunk of chunksOf(part, { series, from, to, marked: !whole })) {
      if (scratch.width !== chunk.width) scratch = emptyVerdicts(chunk.width, 1024);
      scratch.length = 0;
      scratch = decodeChunk(chunk.data, chunk.width, series, scratch, part.path);
      // A repeat has the time that it had before, and chunks come in the order of their first.
      if (chunk.first > newest) seen.clear();
      for (let row = 0; row < scratch.length; row++) {
        const time = scratch.time[row];
        newest = Math.max(newest, time);
        const isMarked = (scratch.flags[row] & (ANOMALOUS | LATE)) !== 0;
        if (time < from || time > to || (!whole && !isMarked)) continue;
        if (isRepeat(seen, scratch, row)) continue;
        buckets.addRow(scratch, row, whole);
      }
    }
  }
}

/** Whether a row of this id was met before, by as many bits of it as a number holds. */
function isRepeat(seen: Set<number>, batch: VerdictBatch, row: number): boolean {
  const key = batch.idHigh[row] * 2 ** 21 + (batch.idLow[row] >>> 11);
  if (seen.has(key)) return true;
  seen.add(key);
  return false;
}

interface RollupRow {
  bucket: number;
  count: number;
  sum: number | null;
  min: number | null;
  max: number | null;
  anomalies: number;
  score: number | null;
}

function addRollups({ db, base }: HistoryPart, series: number, from: number, to: number, buckets: Buckets): void {
  const rows = db
    .prepare(
      `select cast((time - ?) / ? as integer) as bucket, sum(count) as count, sum(sum) as sum, min(min) as min, max(max) as max,
        sum(anomalies) as anomalies, max(max_score) as score from rollups where series = ? and time >= ? and time <= ? group by bucket`,
    )
    .all(buckets.origin, buckets.resolution, base + series, Math.max(from, buckets.origin), to) as unknown as RollupRow[];
  for (const row of rows) buckets.addRollup(row);
}
