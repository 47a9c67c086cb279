/** Single verdicts out of chunks: in the order of (time, id), each once, however often an append was repeated. */
import { ANOMALOUS, emptyVerdicts, idText } from '../../core/verdicts.ts';
import type { VerdictBatch } from '../../core/verdicts.ts';
import type { StoredRow } from '../raw-range.ts';
import { decodeChunk } from './chunk.ts';
import { chunksOf } from './history-chunks.ts';
import type { ChunkQuery, ChunkRow, HistoryPart } from './history-chunks.ts';

export interface RowsQuery extends ChunkQuery {
  anomalousOnly: boolean;
  /** Only these verdicts. */
  ids?: ReadonlySet<string>;
  limit: number;
  after?: { time: number; id: string };
}

export function collectRows(parts: Iterable<HistoryPart>, query: RowsQuery): StoredRow[] {
  const from = Math.max(query.from, query.after?.time ?? -Infinity);
  const batches = new Batches();
  let rows: StoredRow[] = [];
  let sortAt = query.limit + 1;
  for (const part of parts) {
    for (const chunk of chunksOf(part, { ...query, from })) {
      if (rows.length >= sortAt) {
        rows = ordered(rows);
        if (isSettled(rows, query.limit, chunk.first)) return rows.slice(0, query.limit);
        sortAt = Math.max(query.limit + 1, rows.length * 2);
      }
      batches.add(chunk, part.path, (batch, row) => {
        const time = batch.time[row];
        if (time < from || time > query.to) return;
        if (query.anomalousOnly && (batch.flags[row] & ANOMALOUS) === 0) return;
        const id = idText(batch.idHigh[row], batch.idLow[row]);
        if (query.ids?.has(id) === false) return;
        if (query.after === undefined || isAfter(time, id, query.after)) rows.push({ batch, row, time, id });
      });
    }
    rows = ordered(rows);
    if (isSettled(rows, query.limit, part.file.start + part.file.period)) break;
  }
  return ordered(rows).slice(0, query.limit);
}

/** True when nothing that begins at `next` or later can come before the last row asked for. */
function isSettled(rows: readonly StoredRow[], limit: number, next: number): boolean {
  return rows.length >= limit && rows[limit - 1].time < next;
}

function isAfter(time: number, id: string, after: { time: number; id: string }): boolean {
  return time > after.time || (time === after.time && id > after.id);
}

function ordered(rows: StoredRow[]): StoredRow[] {
  rows.sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) || a.batch.series[a.row] - b.batch.series[b.row]);
  return rows.filter((r, i) => i === 0 || !isSame(r, rows[i - 1]));
}

function isSame(a: StoredRow, b: StoredRow): boolean {
  return a.time === b.time && a.id === b.id && a.batch.series[a.row] === b.batch.series[b.row];
}

/** Gathers chunks into one batch per stage, detector, configuration and width. */
class Batches {
  readonly #byMeta = new Map<string, VerdictBatch>();

  add(chunk: ChunkRow, path: string, visit: (batch: VerdictBatch, row: number) => void): void {
    const { stage, detector, config, members, width } = chunk;
    const key = JSON.stringify([stage, detector, config, width]);
    let batch = this.#byMeta.get(key);
    // A batch that would have to grow is left to the rows that refer to it, and a new one is begun.
    if (batch === undefined || batch.length + chunk.rows > batch.series.length) {
      batch = Object.assign(emptyVerdicts(width, Math.max(256, chunk.rows)), { stage, detector, config, members: JSON.parse(members) as string[] });
      this.#byMeta.set(key, batch);
    }
    const start = batch.length;
    decodeChunk(chunk.data, width, chunk.series, batch, path);
    for (let row = start; row < batch.length; row++) visit(batch, row);
  }
}
