/** Reads what is committed, through read-only connections beside the writer's; before anything was written there is nothing to show. */
import type { Range } from '../../core/contracts.ts';
import type { JudgedRow, Reader, VerdictQuery } from '../../core/live.ts';
import type { Page } from '../../core/api.ts';
import type { Verdict } from '../../core/verdicts.ts';
import { verdictAt } from '../../core/verdicts.ts';
import { afterOf, judgedRows, ofLedger } from '../shown.ts';
import { bytesOnDisk, listHistory } from './history-folder.ts';
import { HistoryReader } from './history-reader.ts';
import { LedgerReader } from './ledger-reader.ts';
import { ledgerPath } from './ledger.ts';

/** Everything is on this machine, so everything is answered at once. */
export interface StoredReader extends Reader {
  verdicts(query: VerdictQuery): Page<Verdict>;
  judged(pipeline: string, series: number, from: number, to: number, limit: number): JudgedRow[];
  range(pipeline: string, series: number, from: number, to: number, points: number): Range;
  span(pipeline: string, series: number): { from: number; to: number } | null;
  sizes(): { ledger: number; history: number };
  close(): void;
}

/** Opens nothing yet: files are opened when asked for, and again when they were replaced. */
export function openReader(folder: string): StoredReader {
  const ledger = new LedgerReader(folder);
  const history = new HistoryReader(folder);
  return {
    ...ofLedger(ledger),
    verdicts: (query) => verdicts(ledger, history, query),
    judged: (pipeline, series, from, to, limit) => judged(history, pipeline, series, from, to, limit),
    range: (pipeline, series, from, to, points) => history.range(pipeline, series, from, to, points),
    span: (pipeline, series) => history.span(pipeline, series),
    sizes: () => ({
      ledger: bytesOnDisk(ledgerPath(folder)),
      history: listHistory(folder).reduce((sum, file) => sum + bytesOnDisk(file.path), 0),
    }),
    close() {
      ledger.close();
      history.close();
    },
  };
}

function verdicts(ledger: LedgerReader, history: HistoryReader, query: VerdictQuery): Page<Verdict> {
  const { pipeline, from, to, anomalousOnly, limit } = query;
  const series = query.series === undefined ? undefined : ledger.seriesByKey(pipeline, query.series);
  if (query.series !== undefined && series === undefined) return { items: [], next: null };
  const after = afterOf(query.cursor);
  const rows = history.rows({ pipeline, series: series?.index, from, to, marked: anomalousOnly, anomalousOnly, limit: limit + 1, after });
  const shown = rows.slice(0, limit);
  const dictionary = ledger.seriesByIndex(pipeline, new Set(shown.map(({ batch, row }) => batch.series[row])));
  const last = shown.at(-1);
  return {
    items: shown.map(({ batch, row }) => verdictAt(batch, row, pipeline, dictionary)),
    next: rows.length > limit && last !== undefined ? `${last.time}_${last.id}` : null,
  };
}

function judged(history: HistoryReader, pipeline: string, series: number, from: number, to: number, limit: number): JudgedRow[] {
  return judgedRows(history.newest(pipeline, series, from, to, limit));
}
