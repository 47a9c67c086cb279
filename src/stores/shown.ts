/** What readers share, wherever the history is: lists out of the ledger, rows as they are judged anew, cursors. */
import { HomeostatError } from '../core/errors.ts';
import type { JudgedRow, Reader } from '../core/live.ts';
import { ANOMALOUS, LATE } from '../core/verdicts.ts';
import type { StoredRow } from './raw-range.ts';
import type { LedgerReader } from './sqlite/ledger-reader.ts';

type OfLedger = Pick<Reader, 'incidents' | 'incident' | 'deadLetters' | 'silences' | 'answers' | 'answer' | 'audit' | 'outbox'>;

export function ofLedger(ledger: LedgerReader): OfLedger {
  return {
    incidents: (query) => ledger.incidents(query),
    incident: (id) => ledger.incident(id),
    deadLetters: (query) => ledger.deadLetters(query),
    silences: (pipeline) => ledger.silences(pipeline),
    answers: (query) => ledger.answers(query),
    answer: (id) => ledger.answer(id),
    audit: (query) => ledger.audit(query),
    outbox: (query) => ledger.outbox(query),
  };
}

/** Those that are not late. */
export function judgedRows(rows: readonly StoredRow[]): JudgedRow[] {
  return rows
    .filter(({ batch, row }) => (batch.flags[row] & LATE) === 0)
    .map(({ batch, row, time }) => ({
      time,
      score: batch.score[row],
      limit: batch.limit[row],
      onset: batch.onset[row],
      anomalous: (batch.flags[row] & ANOMALOUS) !== 0,
    }));
}

/** Where a page of verdicts goes on. Throws REQUEST_INVALID for a cursor that was not given out. */
export function afterOf(cursor: string | undefined): { time: number; id: string } | undefined {
  if (cursor === undefined) return undefined;
  const match = /^(-?[\d.e+]+)_([0-9a-f]{16})$/.exec(cursor);
  if (match === null) throw new HomeostatError('REQUEST_INVALID', { detail: `cursor "${cursor.slice(0, 100)}" is not one that was given out` });
  return { time: Number(match[1]), id: match[2] };
}
