/**
 * The history in Apache Cassandra. While it is away, what is appended waits in a bounded file of the data folder, so that detection,
 * incidents and alerts go on; a task in the background writes it as soon as that is possible again.
 */
import { join } from 'node:path';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { History, Range, Rollup, SeriesNames } from '../../core/contracts.ts';
import type { VerdictBatch } from '../../core/verdicts.ts';
import { readRange } from './chart.ts';
import { Connection } from './connection.ts';
import { ensureSchema } from './ensure.ts';
import type { CassandraOptions } from './options.ts';
import { RowReader } from './row-reader.ts';
import { Spool, type Append } from './spool.ts';
import { Writer } from './writer.ts';

export interface HistoryPlace {
  /** Data folder of the process. */
  data: string;
}

/** Does not wait for Cassandra: what is wrong there is said by `append` and `trouble`. Throws LEDGER_IO. */
export function openCassandraHistory(options: CassandraOptions, place: HistoryPlace): History {
  return new CassandraHistory(options, place);
}

function lostOf({ damaged }: Spool): string {
  return damaged === 0 ? '' : `; ${damaged} appends of it were damaged on the disk and are lost`;
}

const NUMBERS: SeriesNames = { get: (index) => ({ key: `#${index}` }) };
/** Longest pause between two attempts to write what waits, ms. */
const LONGEST_PAUSE = 5_000;

class CassandraHistory implements History {
  readonly #connection: Connection;
  readonly #writer: Writer;
  readonly #reader: RowReader;
  readonly #spool: Spool;
  readonly #names = new Map<string, SeriesNames>();
  #trouble = '';
  #attempts = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: CassandraOptions, { data }: HistoryPlace) {
    this.#connection = new Connection(options, ensureSchema);
    this.#writer = new Writer(this.#connection);
    this.#reader = new RowReader(this.#connection);
    this.#spool = new Spool(join(data, 'history-waiting.bin'), options.waiting);
    // Now, so that tables are there before the first verdict, and what is wrong is said before it.
    if (this.#spool.isEmpty) this.#connection.use(async () => {}).catch((thrown: unknown) => this.#wait(thrown));
    else this.#wait(new Error(`what waited at the last end is being written${lostOf(this.#spool)}`));
  }

  /** Durable with Cassandra or in the file. Rejects with HISTORY_UNREACHABLE, HISTORY_SCHEMA where the file is full as well; DISK_FULL, LEDGER_IO. */
  async append(pipeline: string, verdicts: readonly VerdictBatch[], rollups: readonly Rollup[], names: SeriesNames = NUMBERS): Promise<void> {
    if (verdicts.every(({ length }) => length === 0) && rollups.length === 0) return;
    this.#names.set(pipeline, names);
    const append = { pipeline, verdicts, rollups, names };
    // What came before is written before, so that the last word on a bucket stays the last.
    if (this.#timer === undefined) {
      try {
        return await this.#write(append);
      } catch (thrown) {
        if (this.#isClosed) throw thrown;
        this.#wait(thrown);
      }
    }
    if (this.#spool.put(append)) return;
    const detail = `${this.#trouble}; the file of what waits is full (history.cassandra.waiting)`;
    throw new HomeostatError('HISTORY_UNREACHABLE', { target: this.#connection.target, since: this.#connection.since, detail });
  }

  /** What keeps verdicts from Cassandra; '' while nothing does. */
  trouble(): string {
    if (this.#timer === undefined) return '';
    return `${this.#trouble}; ${(this.#spool.waiting / 2 ** 20).toFixed(1)} MiB wait in the data folder`;
  }

  /** Of a series that an append of this process named. */
  async range(pipeline: string, series: number, from: number, to: number, points: number): Promise<Range> {
    const { key } = (this.#names.get(pipeline) ?? NUMBERS).get(series);
    return readRange(this.#reader, pipeline, key, from, to, points);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#connection.close();
    this.#spool.close();
  }

  async #write({ pipeline, verdicts, rollups, names }: Append): Promise<void> {
    try {
      await this.#connection.use((client) => this.#writer.append(client, pipeline, verdicts, rollups, names));
    } catch (thrown) {
      this.#writer.forget();
      throw thrown;
    }
  }

  #wait(thrown: unknown): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    this.#trouble = messageOf(thrown);
    const delay = Math.min(LONGEST_PAUSE, 100 * 2 ** Math.min(this.#attempts++, 10)) * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => void this.#drain(), delay);
    this.#timer.unref();
  }

  /** Writes what waits, the oldest first, until nothing waits or it fails again. */
  async #drain(): Promise<void> {
    try {
      await this.#connection.use(async () => {}, false);
      for (let next = this.#spool.peek(); next !== undefined; next = this.#spool.peek()) {
        await this.#write(next);
        if (this.#isClosed) return;
        this.#spool.taken();
        this.#trouble = 'what waited is being written';
      }
      this.#attempts = 0;
      this.#timer = undefined;
    } catch (thrown) {
      this.#timer = undefined;
      this.#wait(thrown);
    }
  }
}
