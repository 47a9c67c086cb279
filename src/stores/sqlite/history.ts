/** The history in SQLite: one file per period of event time, so that forgetting is deleting a file. */
import { mkdirSync } from 'node:fs';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { History, Range, Rollup } from '../../core/contracts.ts';
import type { VerdictBatch } from '../../core/verdicts.ts';
import type { Synchronous } from './database.ts';
import { bytesOnDisk, historyFile, historyFolder, lastWritten, listHistory, removeDatabase, roundedPeriod } from './history-folder.ts';
import { HistoryReader } from './history-reader.ts';
import { HistoryWriter } from './history-writer.ts';
import { RowGrouper } from './row-groups.ts';

export interface HistoryOptions {
  /** Length of one file in event time, ms. */
  period?: number;
  /** Wall-clock time after its last write for which a file is kept, ms. */
  keep?: number;
  /** Bytes of all files together, beyond which the oldest files go. */
  maxSize?: number;
  synchronous?: Synchronous;
  /** Wall clock, ms. */
  now?: () => number;
}

const DAY = 86_400_000;
const OPEN_FILES = 4;
const RETENTION_EVERY = 60_000;

/** Opens the history of a data folder, made if absent. Throws LEDGER_IO, DISK_FULL. */
export function openHistory(folder: string, options: HistoryOptions = {}): History {
  try {
    mkdirSync(historyFolder(folder), { recursive: true });
  } catch (thrown) {
    throw new HomeostatError('LEDGER_IO', { path: historyFolder(folder), detail: messageOf(thrown) }, thrown);
  }
  return new SqliteHistory(folder, options);
}

class SqliteHistory implements History {
  readonly #folder: string;
  readonly #period: number;
  readonly #options: HistoryOptions;
  readonly #now: () => number;
  readonly #reader: HistoryReader;
  readonly #grouper = new RowGrouper();
  /** By start of the period, least recently written first. */
  readonly #open = new Map<number, HistoryWriter>();
  #retentionDue = 0;

  constructor(folder: string, options: HistoryOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#period = roundedPeriod(options.period ?? 7 * DAY);
    this.#now = options.now ?? Date.now;
    this.#reader = new HistoryReader(folder);
  }

  /** One transaction per file touched. Throws DISK_FULL, LEDGER_IO, LEDGER_DAMAGED; what it had written by then is harmless to write again. */
  append(pipeline: string, verdicts: readonly VerdictBatch[], rollups: readonly Rollup[]): void {
    const starts = this.#starts(verdicts, rollups);
    if (starts.size === 0) return;
    const groups = verdicts.map((batch) => this.#grouper.group(batch));
    const touched = new Set<string>();
    for (const start of starts) {
      const writer = this.#writer(start);
      touched.add(writer.file.path);
      try {
        writer.append(pipeline, groups, rollups);
      } catch (thrown) {
        this.#drop(start);
        throw thrown;
      }
    }
    this.#retain(touched);
  }

  range(pipeline: string, series: number, from: number, to: number, points: number): Range {
    return this.#reader.range(pipeline, series, from, to, points);
  }

  close(): void {
    for (const start of this.#open.keys()) this.#drop(start);
    this.#reader.close();
  }

  #starts(verdicts: readonly VerdictBatch[], rollups: readonly Rollup[]): Set<number> {
    const starts = new Set<number>();
    let known = NaN;
    const note = (time: number) => {
      const start = Math.floor(time / this.#period) * this.#period;
      if (start !== known) starts.add((known = start));
    };
    for (const batch of verdicts) for (let i = 0; i < batch.length; i++) note(batch.time[i]);
    for (const rollup of rollups) note(rollup.time);
    return starts;
  }

  #writer(start: number): HistoryWriter {
    let writer = this.#open.get(start);
    if (writer === undefined) {
      if (this.#open.size >= OPEN_FILES) this.#drop(this.#open.keys().next().value!);
      writer = new HistoryWriter(historyFile(this.#folder, start, this.#period), this.#options.synchronous ?? 'full');
      this.#retentionDue = 0;
    } else this.#open.delete(start);
    this.#open.set(start, writer);
    return writer;
  }

  #drop(start: number): void {
    this.#open.get(start)?.close();
    this.#open.delete(start);
  }

  /** Deletes whole files, oldest event time first; never one that was just written. */
  #retain(current: ReadonlySet<string>): void {
    const now = this.#now();
    if (now < this.#retentionDue && now > this.#retentionDue - 2 * RETENTION_EVERY) return;
    this.#retentionDue = now + RETENTION_EVERY;
    const files = listHistory(this.#folder).map((file) => ({ ...file, bytes: bytesOnDisk(file.path), written: lastWritten(file.path) }));
    let total = files.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of files) {
      if (current.has(file.path) || file === files.at(-1)) continue;
      const tooOld = file.written < now - (this.#options.keep ?? 90 * DAY);
      if (!tooOld && total <= (this.#options.maxSize ?? 10 * 2 ** 30)) continue;
      if (this.#open.get(file.start)?.file.path === file.path) this.#drop(file.start);
      removeDatabase(file.path);
      total -= file.bytes;
    }
  }
}
