/** One file of the history while it is written to. */
import type { Rollup } from '../../core/contracts.ts';
import { mix32 } from '../../core/hash.ts';
import type { VerdictBatch } from '../../core/verdicts.ts';
import { ANOMALOUS, LATE } from '../../core/verdicts.ts';
import { ChunkEncoder } from './chunk.ts';
import { KEYS } from './commit-writer.ts';
import { closeQuietly, closeWritable, HISTORY_CACHE, openWritable, storeError, transaction } from './database.ts';
import type { Database, Statement, Synchronous } from './database.ts';
import { SLOTS } from './history-folder.ts';
import type { HistoryFileName } from './history-folder.ts';
import { HISTORY_MIGRATIONS } from './migrations/index.ts';
import { migrate } from './migrate.ts';
import type { RowGroups } from './row-groups.ts';

const encoder = new ChunkEncoder();

export class HistoryWriter {
  readonly file: HistoryFileName;
  readonly #db: Database;
  readonly #chunk: Statement;
  readonly #rollup: Statement;
  readonly #slot: number;
  readonly #pipelines = new Map<string, number>();
  readonly #metas = new Map<string, number>();

  constructor(file: HistoryFileName, synchronous: Synchronous) {
    this.file = file;
    this.#slot = file.period / SLOTS;
    this.#db = openWritable(file.path, synchronous, HISTORY_CACHE);
    try {
      migrate(this.#db, HISTORY_MIGRATIONS, file.path);
      this.#chunk = this.#db.prepare('insert or ignore into chunks (series, first, last, rows, marked, digest, meta, data) values (?, ?, ?, ?, ?, ?, ?, ?)');
      this.#rollup = this.#db.prepare(
        'insert or replace into rollups (series, time, count, sum, min, max, anomalies, max_score) values (?, ?, ?, ?, ?, ?, ?, ?)',
      );
    } catch (thrown) {
      closeQuietly(this.#db);
      throw storeError(thrown, file.path);
    }
  }

  /** Everything of these batches and rollups that belongs into this file, in one transaction. */
  append(pipeline: string, groups: readonly RowGroups[], rollups: readonly Rollup[]): void {
    try {
      transaction(this.#db, () => {
        const base = this.#pipeline(pipeline) * KEYS;
        for (const group of groups) this.#batch(base, group);
        for (const rollup of rollups) if (this.holds(rollup.time)) this.#addRollup(base, rollup);
      });
    } catch (thrown) {
      this.#pipelines.clear();
      this.#metas.clear();
      throw storeError(thrown, this.file.path);
    }
  }

  holds(time: number): boolean {
    return time >= this.file.start && time < this.file.start + this.file.period;
  }

  close(): void {
    closeWritable(this.#db);
  }

  /** Cuts the rows of each series into chunks that stay within a slot. */
  #batch(base: number, { batch, rows, ends, groups }: RowGroups): void {
    const meta = this.#meta(batch);
    const { time } = batch;
    for (let g = 0, from = 0; g < groups; from = ends[g++]!) {
      const end = ends[g];
      for (let at = from; at < end;) {
        const slot = Math.floor(time[rows[at]] / this.#slot);
        let to = at + 1;
        while (to < end && Math.floor(time[rows[to]] / this.#slot) === slot) to++;
        if (this.holds(time[rows[at]])) this.#addChunk(base, meta, batch, rows, at, to);
        at = to;
      }
    }
  }

  #addChunk(base: number, meta: number, batch: VerdictBatch, rows: Uint32Array, from: number, to: number): void {
    let first = Infinity;
    let last = -Infinity;
    let marked = 0;
    let [low, high] = [0, 0];
    for (let i = from; i < to; i++) {
      const row = rows[i];
      const at = batch.time[row];
      if (at < first) first = at;
      if (at > last) last = at;
      if ((batch.flags[row] & (ANOMALOUS | LATE)) !== 0) marked++;
      low = (Math.imul(low, 31) + batch.idLow[row]) | 0;
      high = (Math.imul(high, 37) + batch.idHigh[row]) | 0;
    }
    const series = base + batch.series[rows[from]];
    // 53 bits: two chunks of one series and time that have the same would be taken for one.
    const digest = (mix32(high) & 0x1fffff) * 2 ** 32 + mix32(low ^ Math.imul(high, 0x9e3779b1));
    this.#chunk.run(series, first, last, to - from, marked, digest, meta, encoder.encode(batch, rows, from, to));
  }

  #addRollup(base: number, r: Rollup): void {
    this.#rollup.run(base + r.series, r.time, r.count, r.sum, r.min, r.max, r.anomalies, r.maxScore);
  }

  #pipeline(name: string): number {
    let id = this.#pipelines.get(name);
    if (id === undefined) {
      const sql = 'insert into pipelines (name) values (?) on conflict do update set name = name returning id';
      id = (this.#db.prepare(sql).get(name) as { id: number }).id;
      this.#pipelines.set(name, id);
    }
    return id;
  }

  #meta(batch: VerdictBatch): number {
    const key = JSON.stringify([batch.stage, batch.detector, batch.config, batch.width]);
    let id = this.#metas.get(key);
    if (id === undefined) {
      const sql =
        'insert into meta (stage, detector, config, width, members) values (?, ?, ?, ?, ?) on conflict do update set members = excluded.members returning id';
      id = (this.#db.prepare(sql).get(batch.stage, batch.detector, batch.config, batch.width, JSON.stringify(batch.members)) as { id: number }).id;
      this.#metas.set(key, id);
    }
    return id;
  }
}
