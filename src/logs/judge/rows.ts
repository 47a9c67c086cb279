/** Writes verdicts on sessions into the columns of a batch. */
import { ANOMALOUS, NO_MEMBER, VERDICT_KINDS, verdictTexts, type VerdictBatch } from '../../core/verdicts.ts';
import type { LastVerdict } from './remembered.ts';
import type { WaitingLook } from './waiting.ts';

const SESSION = VERDICT_KINDS.indexOf('session');
const F64 = ['time', 'score', 'limit', 'expected', 'lower', 'upper', 'onset', 'offset', 'values'] as const;
const U32 = ['series', 'idHigh', 'idLow', 'partition', 'place', 'row'] as const;
const U8 = ['kind', 'flags', 'member', 'shares'] as const;

/** What is said of one session. */
export interface SessionVerdict {
  time: number;
  score: number;
  limit: number;
  anomalous: boolean;
  /** Index into the members; -1 for none. */
  member: number;
  detail: string;
}

/** Appends what is said of this look, and answers its row; the value of a row is the number of lines. */
export function writeVerdict(batch: VerdictBatch, look: WaitingLook, said: SessionVerdict): number {
  const i = batch.length++;
  if (i >= batch.series.length || i >= batch.values.length || i >= batch.score.length) grow(batch, Math.max(64, i * 2));
  const texts = (batch.texts ??= verdictTexts());
  batch.series[i] = look.series;
  batch.time[i] = said.time;
  batch.values[i] = look.lines;
  batch.kind[i] = SESSION;
  batch.flags[i] = said.anomalous ? ANOMALOUS : 0;
  batch.score[i] = said.score;
  batch.limit[i] = said.limit;
  batch.expected[i] = batch.lower[i] = batch.upper[i] = NaN;
  batch.onset[i] = said.anomalous ? 1 : 0;
  batch.member[i] = said.member < 0 ? NO_MEMBER : said.member;
  batch.shares[i] = 0;
  batch.partition[i] = look.partition;
  batch.offset[i] = look.offset;
  batch.place[i] = look.place;
  // The cause is the session's first line, not a row of this batch.
  batch.row[i] = 0;
  texts.subject[i] = look.id;
  texts.detail[i] = said.detail;
  texts.replaces[i] = -1;
  texts.revises[i] = '';
  return i;
}

/** Row i replaces this verdict on the same session; nothing begins where that was anomalous too. */
export function replaceVerdict(batch: VerdictBatch, i: number, { place, anomalous }: LastVerdict): void {
  batch.texts!.replaces[i] = place;
  if (anomalous) batch.onset[i] = 0;
}

function grow(batch: VerdictBatch, capacity: number): void {
  for (const name of F64) batch[name] = copied(batch[name], new Float64Array(capacity));
  for (const name of U32) batch[name] = copied(batch[name], new Uint32Array(capacity));
  for (const name of U8) batch[name] = copied(batch[name], new Uint8Array(capacity));
}

function copied<T extends Float64Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from.subarray(0, to.length));
  return to;
}
