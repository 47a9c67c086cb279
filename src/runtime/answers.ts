/** What people answered of one pipeline: taken in between two commits, kept in the ledger, told to the stages. */
import type { Answer, AnswerInForce, AnswerRecord, ControlRecord, AnswersControl } from '../core/contracts.ts';
import type { SeriesDictionary } from '../core/events.ts';

/** Answers in force: for one series, and in all. The oldest makes room for one more. */
export const ANSWERS_A_SERIES = 32;
const ANSWERS = 10_000;
/** Times beyond this are no dates, ms. */
const LATEST = 8.64e15;

/** Where the input stands when a control record is applied. */
export interface Moment {
  watermark: number;
  clock: number;
}

type AnswerControl = Extract<ControlRecord, { type: 'answer' | 'undo-answer' }>;

export class AnswerBook {
  readonly #pipeline: string;
  readonly #dictionary: SeriesDictionary;
  /** In force, the oldest first. */
  readonly #active = new Map<string, AnswerRecord>();
  /** Ids by series, the oldest first. */
  readonly #bySeries = new Map<string, string[]>();
  readonly #changed = new Map<string, AnswerRecord>();

  /** `recovered`: what the ledger has in force, the oldest first. */
  constructor(pipeline: string, dictionary: SeriesDictionary, recovered: readonly AnswerRecord[]) {
    this.#pipeline = pipeline;
    this.#dictionary = dictionary;
    for (const record of recovered) this.#add(record);
  }

  /** What the stages have to know at the start. */
  all(): AnswersControl[] {
    return [...this.#bySeries.keys()].map((series) => this.#controlOf(series));
  }

  /** Takes in what somebody said. Answers what the stages have to know now, and what the audit says of it. */
  apply(record: AnswerControl, moment: Moment): { controls: AnswersControl[]; note: string } {
    return record.type === 'answer' ? this.#answer(record, moment) : this.#undo(record, moment);
  }

  /** What is new or has changed since the last commit. */
  take(): AnswerRecord[] {
    const changed = [...this.#changed.values()];
    this.#changed.clear();
    return changed;
  }

  #answer({ type: _, ...answer }: { type: 'answer' } & Answer, { watermark, clock }: Moment): { controls: AnswersControl[]; note: string } {
    if (this.#active.has(answer.id)) return { controls: [], note: `${answer.id}: is known already` };
    const parts = answer.parts.filter(({ series }) => this.#dictionary.find(series) >= 0).map((part) => ({ ...part, ended: null }));
    if (parts.length === 0) return { controls: [], note: `${answer.id}: none of its series is known` };
    const at = timeOf(watermark);
    const record: AnswerRecord = { ...answer, pipeline: this.#pipeline, at: clock, since: watermark === -Infinity ? null : at, parts, undone: null };
    const touched = new Set(parts.map(({ series }) => series));
    for (const { series } of parts) this.#makeRoom(series, at);
    if (this.#active.size >= ANSWERS) {
      const oldest = this.#active.values().next().value!;
      for (const { series } of oldest.parts) touched.add(series);
      this.#endAll(oldest, at);
    }
    this.#add(record);
    this.#changed.set(record.id, record);
    const series = parts.length === 1 ? parts[0].series : `${parts.length} series`;
    return { controls: [...touched].map((key) => this.#controlOf(key)), note: `${record.id} ${record.says} ${series} ${record.comment}`.trim() };
  }

  #undo({ id, by }: Extract<ControlRecord, { type: 'undo-answer' }>, { watermark, clock }: Moment): { controls: AnswersControl[]; note: string } {
    const record = this.#active.get(id);
    if (record === undefined) return { controls: [], note: `${id}: no such answer is in force` };
    record.undone = { by, at: clock };
    this.#endAll(record, timeOf(watermark));
    return { controls: record.parts.map(({ series }) => this.#controlOf(series)), note: id };
  }

  /** Ends what has expired, and the oldest where a series has its number. */
  #makeRoom(series: string, at: number): void {
    const ids = this.#bySeries.get(series) ?? [];
    const expired = ids.map((id) => this.#active.get(id)!).filter(({ until }) => until !== null && until <= at);
    for (const record of expired) this.#end(record, series, at);
    if (ids.length >= ANSWERS_A_SERIES) this.#end(this.#active.get(ids[0])!, series, at);
  }

  #add(record: AnswerRecord): void {
    this.#active.set(record.id, record);
    for (const { series, ended } of record.parts) {
      if (ended !== null) continue;
      const ids = this.#bySeries.get(series);
      if (ids === undefined) this.#bySeries.set(series, [record.id]);
      else ids.push(record.id);
    }
  }

  #endAll(record: AnswerRecord, at: number): void {
    for (const { series, ended } of record.parts) if (ended === null) this.#end(record, series, at);
  }

  /** The answer counts no more for this series. */
  #end(record: AnswerRecord, series: string, at: number): void {
    for (const part of record.parts) if (part.series === series) part.ended = at;
    const ids = this.#bySeries.get(series)!;
    ids.splice(ids.indexOf(record.id), 1);
    if (ids.length === 0) this.#bySeries.delete(series);
    if (record.parts.every(({ ended }) => ended !== null)) this.#active.delete(record.id);
    this.#changed.set(record.id, record);
  }

  #controlOf(series: string): AnswersControl {
    const answers = (this.#bySeries.get(series) ?? []).map((id): AnswerInForce => {
      const { when, until, parts } = this.#active.get(id)!;
      const { from, to, limitFactor, onsetFactor } = parts.find((part) => part.series === series)!;
      return { when, from, to, until: until ?? Infinity, limitFactor, onsetFactor };
    });
    return { type: 'answers', series: this.#dictionary.find(series), answers };
  }
}

/** The record keeps times that JSON can hold: before the first event, and behind the last. */
function timeOf(watermark: number): number {
  return Math.min(LATEST, Math.max(-LATEST, watermark));
}
