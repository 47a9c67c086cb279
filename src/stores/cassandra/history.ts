/** The history in Apache Cassandra: nothing is opened before it is needed, and what fails is opened anew. */
import type { History, Range, Rollup, SeriesNames } from '../../core/contracts.ts';
import type { VerdictBatch } from '../../core/verdicts.ts';
import { readRange } from './chart.ts';
import { Connection } from './connection.ts';
import { ensureSchema } from './ensure.ts';
import type { CassandraOptions } from './options.ts';
import { RowReader } from './row-reader.ts';
import { Writer } from './writer.ts';

/** Never throws: what is wrong is said by `append`. `folder`: where relative paths of certificates start. */
export function openCassandraHistory(options: CassandraOptions, folder: string): History {
  return new CassandraHistory(options, folder);
}

const NUMBERS: SeriesNames = { get: (index) => ({ key: `#${index}` }) };

class CassandraHistory implements History {
  readonly #connection: Connection;
  readonly #writer: Writer;
  readonly #reader: RowReader;
  readonly #names = new Map<string, SeriesNames>();

  constructor(options: CassandraOptions, folder: string) {
    this.#connection = new Connection(options, folder, ensureSchema);
    // So that tables are there before the first verdict; what is wrong is said by the first append.
    this.#connection.use(async () => {}).catch(() => {});
    this.#writer = new Writer(this.#connection);
    this.#reader = new RowReader(this.#connection);
  }

  /** Rejects with HISTORY_UNREACHABLE, HISTORY_SCHEMA; what was written by then is harmless to write again. */
  async append(pipeline: string, verdicts: readonly VerdictBatch[], rollups: readonly Rollup[], names: SeriesNames = NUMBERS): Promise<void> {
    if (verdicts.every(({ length }) => length === 0) && rollups.length === 0) return;
    this.#names.set(pipeline, names);
    try {
      await this.#connection.use((client) => this.#writer.append(client, pipeline, verdicts, rollups, names));
    } catch (thrown) {
      this.#writer.forget();
      throw thrown;
    }
  }

  /** Of a series that an append of this process named. */
  async range(pipeline: string, series: number, from: number, to: number, points: number): Promise<Range> {
    const { key } = (this.#names.get(pipeline) ?? NUMBERS).get(series);
    return readRange(this.#reader, pipeline, key, from, to, points);
  }

  close(): void {
    this.#connection.close();
  }
}
