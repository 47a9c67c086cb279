/** What a running process shows: lists out of the ledger of this machine, verdicts and charts out of Cassandra. */
import type { Page } from '../../core/api.ts';
import type { JudgedRow, Reader, VerdictQuery } from '../../core/live.ts';
import { verdictAt, type Verdict } from '../../core/verdicts.ts';
import { afterOf, judgedRows, ofLedger } from '../shown.ts';
import { bytesOnDisk } from '../sqlite/history-folder.ts';
import { LedgerReader } from '../sqlite/ledger-reader.ts';
import { ledgerPath } from '../sqlite/ledger.ts';
import { readRange } from './chart.ts';
import { Connection } from './connection.ts';
import { checkSchema } from './ensure.ts';
import type { CassandraOptions } from './options.ts';
import { RowReader } from './row-reader.ts';

/** Opens nothing yet. What comes out of Cassandra rejects with HISTORY_UNREACHABLE, HISTORY_SCHEMA. */
export function openCassandraReader(dataFolder: string, options: CassandraOptions): Reader & { close(): void } {
  const ledger = new LedgerReader(dataFolder);
  // Tables are made by whoever writes them.
  const connection = new Connection(options, checkSchema);
  const rows = new RowReader(connection);
  const keyOf = (pipeline: string, series: number): string => ledger.seriesByIndex(pipeline, new Set([series])).get(series).key;
  return {
    ...ofLedger(ledger),
    verdicts: (query) => verdicts(ledger, rows, query),
    judged: (pipeline, series, from, to, limit) => judged(rows, pipeline, keyOf(pipeline, series), from, to, limit),
    range: (pipeline, series, from, to, points) => readRange(rows, pipeline, keyOf(pipeline, series), from, to, points),
    span: (pipeline, series) => span(rows, pipeline, keyOf(pipeline, series)),
    sizes: () => ({ ledger: bytesOnDisk(ledgerPath(dataFolder)), history: null }),
    close() {
      ledger.close();
      connection.close();
    },
  };
}

async function verdicts(ledger: LedgerReader, reader: RowReader, query: VerdictQuery): Promise<Page<Verdict>> {
  const { pipeline, from, to, anomalousOnly, limit, series } = query;
  const wanted = { pipeline, from, to, anomalousOnly, limit: limit + 1, after: afterOf(query.cursor) };
  const rows = series === undefined ? await reader.ofAll(ledger.seriesKeys(pipeline), wanted) : await reader.ofSeries(series, wanted);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ batch, row, key }) => {
      const info = ledger.seriesByKey(pipeline, key) ?? { index: -1, key, labels: {}, unit: '' };
      return verdictAt(batch, row, pipeline, { get: () => info });
    }),
    next: rows.length > limit && last !== undefined ? `${last.time}_${last.id}` : null,
  };
}

async function judged(reader: RowReader, pipeline: string, series: string, from: number, to: number, limit: number): Promise<JudgedRow[]> {
  return judgedRows(await reader.newest(pipeline, series, from, to, limit));
}

async function span(reader: RowReader, pipeline: string, series: string): Promise<{ from: number; to: number } | null> {
  const days = await reader.days(pipeline, series, -Infinity, Infinity);
  const [from, to] = await Promise.all([false, true].map((last) => reader.edgeOf(pipeline, series, days, last)));
  return from === undefined || to === undefined ? null : { from, to };
}
