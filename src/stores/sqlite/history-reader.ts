/** Reads the files of a history beside whoever writes them; opens them when needed and again when they were replaced. */
import { statSync } from 'node:fs';
import type { Range } from '../../core/contracts.ts';
import { KEYS } from './commit-writer.ts';
import { closeQuietly, isWithoutTable, openReadOnly, storeError } from './database.ts';
import type { Database } from './database.ts';
import type { HistoryPart } from './history-chunks.ts';
import { historyFolder, listHistory } from './history-folder.ts';
import { readRange } from './history-range.ts';
import { collectRows, type RowsQuery } from './history-rows.ts';
import type { StoredRow } from '../raw-range.ts';

const OPEN_FILES = 8;

export class HistoryReader {
  readonly #folder: string;
  /** By path, least recently read first. */
  readonly #open = new Map<string, { db: Database; inode: number }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** At most `limit` rows between two event times (inclusive), after `after` in the order of (time, id), each once. */
  rows(query: RowsQuery): StoredRow[] {
    return this.#mapped(() => collectRows(this.#parts(query.pipeline, query.from, query.to), query));
  }

  /** The newest `limit` rows of a series between two event times (inclusive), in the order of (time, id), each once. */
  newest(pipeline: string, series: number, from: number, to: number, limit: number): StoredRow[] {
    return this.#mapped(() => {
      const start = Math.max(from, this.#startOfNewest(pipeline, series, from, to, limit));
      const rows = collectRows(this.#parts(pipeline, start, to), { pipeline, series, from: start, to, marked: false, anomalousOnly: false, limit: Infinity });
      return rows.slice(-limit);
    });
  }

  /** An event time from which on there are `limit` rows or a few more, by what is known of the chunks alone; -Infinity where there are fewer. */
  #startOfNewest(pipeline: string, series: number, from: number, to: number, limit: number): number {
    const chunks: { first: number; rows: number }[] = [];
    for (const { db, base } of this.#parts(pipeline, from, to)) {
      const sql = 'select first, rows from chunks where series = ? and last >= ? and last <= ?';
      // A chunk that reaches beyond the end may have all its rows there, so it does not count.
      chunks.push(...(db.prepare(sql).all(base + series, from, to) as { first: number; rows: number }[]));
    }
    let rows = 0;
    for (const chunk of chunks.toSorted((a, b) => b.first - a.first)) {
      rows += chunk.rows;
      if (rows >= limit) return chunk.first;
    }
    return -Infinity;
  }

  /** See History.range. */
  range(pipeline: string, series: number, from: number, to: number, points: number): Range {
    return this.#mapped(() => readRange(this.#parts(pipeline, from, to), pipeline, series, from, to, points));
  }

  /** First and last stored event time of a series, of its rows or its rollups. */
  span(pipeline: string, series: number): { from: number; to: number } | null {
    return this.#mapped(() => this.#span(pipeline, series));
  }

  #span(pipeline: string, series: number): { from: number; to: number } | null {
    let from = Infinity;
    let to = -Infinity;
    for (const { db, base } of this.#parts(pipeline, -Infinity, Infinity)) {
      const sql = `select min(first) as a, max(last) as b from chunks where series = ?1
        union all select min(time), max(time) from rollups where series = ?1`;
      for (const row of db.prepare(sql).all(base + series) as { a: number | null; b: number | null }[]) {
        from = Math.min(from, row.a ?? Infinity);
        to = Math.max(to, row.b ?? -Infinity);
      }
    }
    return from <= to ? { from, to } : null;
  }

  /** How many chunks there are of a series, and the latest event time of their rows, -Infinity where there are none. */
  extent(pipeline: string, series: number): { chunks: number; last: number } {
    return this.#mapped(() => {
      const all = { chunks: 0, last: -Infinity };
      for (const { db, base } of this.#parts(pipeline, -Infinity, Infinity)) {
        const sql = 'select count(*) as chunks, max(last) as last from chunks where series = ?';
        const { chunks, last } = db.prepare(sql).get(base + series) as { chunks: number; last: number | null };
        all.chunks += chunks;
        all.last = Math.max(all.last, last ?? -Infinity);
      }
      return all;
    });
  }

  /** After a failure every connection is opened anew at the next look. */
  #mapped<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      this.close();
      throw storeError(thrown, historyFolder(this.#folder));
    }
  }

  close(): void {
    for (const path of this.#open.keys()) this.#drop(path);
  }

  /**
   * The files that can hold something between two event times, oldest first, without those the pipeline never wrote to. A part is
   * good until the next one is asked for: then its connection may be closed.
   */
  #parts(pipeline: string, from: number, to: number): Iterable<HistoryPart> {
    return { [Symbol.iterator]: () => this.#eachPart(pipeline, from, to) };
  }

  *#eachPart(pipeline: string, from: number, to: number): Iterator<HistoryPart> {
    for (const file of listHistory(this.#folder)) {
      if (file.start > to || file.start + file.period <= from) continue;
      const db = this.#database(file.path);
      if (db === undefined) continue;
      const row = pipelineRow(db, pipeline, file.path);
      if (row !== undefined) yield { db, path: file.path, file, base: row.id * KEYS };
    }
  }

  #database(path: string): Database | undefined {
    const inode = statSync(path, { throwIfNoEntry: false })?.ino;
    const known = this.#open.get(path);
    if (known !== undefined) {
      this.#open.delete(path);
      if (known.inode === inode) {
        this.#open.set(path, known);
        return known.db;
      }
      closeQuietly(known.db);
    }
    if (inode === undefined) return undefined;
    if (this.#open.size >= OPEN_FILES) this.#drop(this.#open.keys().next().value!);
    const db = openReadOnly(path);
    this.#open.set(path, { db, inode });
    return db;
  }

  #drop(path: string): void {
    closeQuietly(this.#open.get(path)?.db);
    this.#open.delete(path);
  }
}

/** A file that its writer has only just made has no tables yet; it is as good as empty. */
function pipelineRow(db: Database, pipeline: string, path: string): { id: number } | undefined {
  try {
    return db.prepare('select id from pipelines where name = ?').get(pipeline) as { id: number } | undefined;
  } catch (thrown) {
    if (isWithoutTable(thrown)) return undefined;
    throw storeError(thrown, path);
  }
}
