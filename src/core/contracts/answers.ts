/** What people say of verdicts, and what a stage needs to know of it. */
import type { LogControl } from './logs.ts';

/** `false-alarm`: there was nothing; `missed`: there was something. */
export type Says = 'false-alarm' | 'missed';

/** Where an answer counts: at every time, or only near the same hour of the day or of the week (UTC). */
export type AnswerWhen = 'always' | 'hour-of-day' | 'hour-of-week';

/** Bounds of the factors: one answer widens or narrows by no more. */
export const LIMIT_FACTORS = { least: 0.1, most: 10 } as const;
export const ONSET_FACTORS = { least: 0.01, most: 100 } as const;

/** What an answer does to one series. */
export interface AnswerPart {
  series: string;
  /** First and last event time of what was answered, ms; the same for one verdict. */
  from: number;
  to: number;
  /** The limit of the threshold is moved by this: above 1 widens, below 1 narrows. */
  limitFactor: number;
  /** The odds of the onset are divided by this. */
  onsetFactor: number;
}

/** An answer as it is given. */
export interface Answer {
  id: string;
  says: Says;
  when: AnswerWhen;
  /** Event time from which on it counts no more, ms; null for never. */
  until: number | null;
  /** Id of the incident that was answered; null for a stretch of a series. */
  incident: string | null;
  /** One a series, at most 100. */
  parts: AnswerPart[];
  by: string;
  comment: string;
}

/** An answer as the ledger keeps it. */
export interface AnswerRecord extends Omit<Answer, 'parts'> {
  pipeline: string;
  /** Clock when it was taken in, ms. */
  at: number;
  /** Event time from which on it counts; null for the first. */
  since: number | null;
  /** `ended`: event time from which on the part counts no more, because it was taken back or newer ones took its place; null while it does. */
  parts: (AnswerPart & { ended: number | null })[];
  undone: { by: string; at: number } | null;
}

/** What a stage keeps of an answer. */
export interface AnswerInForce {
  when: AnswerWhen;
  from: number;
  to: number;
  /** Infinity for never. */
  until: number;
  limitFactor: number;
  onsetFactor: number;
}

/** What a stage has to know of what people said. It holds for the rows that come after. */
export type StageControl = AnswersControl | LogControl;

export interface AnswersControl {
  type: 'answers';
  series: number;
  /** All that are in force for the series, the newest last. */
  answers: readonly AnswerInForce[];
}
