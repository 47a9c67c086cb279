/** What a running process offers to those who show and steer it (server, CLI). */
import type {
  AnswerPreview,
  AnswerView,
  AuditView,
  Comparison,
  ComponentView,
  DeadLetterView,
  DetectorView,
  IncidentDetail,
  LiveEvent,
  OutboxView,
  Page,
  PipelineStatus,
  ReceiverTest,
  SeriesStatus,
  SilenceView,
} from './api.ts';
import type { AnswerWhen, ControlRecord, IncidentRecord, JournalWriter, Range, Says } from './contracts.ts';
import type { RunningLogs } from './log-live.ts';
import type { RunningSettings } from './settings-api.ts';
import type { Verdict } from './verdicts.ts';

export interface VerdictQuery {
  pipeline: string;
  /** Series key; every series when absent. */
  series?: string;
  from: number;
  to: number;
  anomalousOnly: boolean;
  limit: number;
  cursor?: string;
}

/** What counts of a stored verdict where it is judged anew. */
export interface JudgedRow {
  time: number;
  score: number;
  limit: number;
  onset: number;
  anomalous: boolean;
}

export interface AnswersQuery {
  pipeline?: string;
  /** Key of a series that they are about. */
  series?: string;
  /** Only those in force, or only the others. */
  active?: boolean;
  limit: number;
  cursor?: string;
}

/** What a store of this machine answers at once, and one beyond the network later: always await it. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Reads what is committed, through connections of its own that never write. Newest first unless said. What comes out of the ledger
 * is answered at once; what comes out of the history may be awaited, and throws or rejects with HISTORY_UNREACHABLE while it is away.
 */
export interface Reader {
  incidents(query: { pipeline?: string; open?: boolean; limit: number; cursor?: string }): Page<IncidentRecord>;
  incident(id: string): IncidentDetail | undefined;
  deadLetters(query: { pipeline?: string; limit: number; cursor?: string }): Page<DeadLetterView>;
  silences(pipeline?: string): SilenceView[];
  answers(query: AnswersQuery): Page<AnswerView>;
  answer(id: string): AnswerView | undefined;
  audit(query: { limit: number; cursor?: string }): Page<AuditView>;
  outbox(query: { pipeline?: string; limit: number; cursor?: string }): Page<OutboxView>;
  /** Committed verdicts in order of time, from the history. */
  verdicts(query: VerdictQuery): Awaitable<Page<Verdict>>;
  /** Verdicts of a series that are not late, in order of time, both ends included; at most the newest `limit`. */
  judged(pipeline: string, series: number, from: number, to: number, limit: number): Awaitable<JudgedRow[]>;
  range(pipeline: string, series: number, from: number, to: number, points: number): Awaitable<Range>;
  /** First and last stored event time of a series, or null. */
  span(pipeline: string, series: number): Awaitable<{ from: number; to: number } | null>;
  /** Bytes on this machine's disk; null for a history that is kept elsewhere. */
  sizes(): { ledger: number; history: number | null };
}

/** A row of values posted for detection. */
export interface DetectRequest {
  /** Epoch ms, s, µs, ns or ISO 8601 per point; 0, 1, 2 … seconds when absent. */
  times?: (number | string)[];
  /** One number per point, or one row per point. */
  values: (number | null)[] | (number | null)[][];
  detector?: Record<string, unknown>;
  threshold?: Record<string, unknown>;
}

export interface CompareQuery {
  pipeline: string;
  series: number;
  /** Event time, both ends included. */
  from: number;
  to: number;
  /** Names, or components as in a configuration. */
  detectors: readonly (string | Record<string, unknown>)[];
}

/** What somebody is about to answer: an incident, or a stretch of a series. */
export interface AnswerQuery {
  pipeline: string;
  says: Says;
  when: AnswerWhen;
  of: { incident: string } | { series: string; from: number; to: number };
  /** How far back to look for what it would have changed, ms. */
  back: number;
}

export interface Running {
  readonly reader: Reader;
  readonly logs: RunningLogs;
  readonly settings: RunningSettings;
  pipelines(): PipelineStatus[];
  /** Latest state of known series, from memory. */
  series(query: { pipeline?: string; search?: string; sort: 'score' | 'key'; limit: number; cursor?: string }): Page<SeriesStatus>;
  /** Index of a series key, or -1. */
  seriesIndex(pipeline: string, key: string): number;
  /** Sends one test notice to a receiver such as `slack#0`. Throws NOT_FOUND. */
  testReceiver(pipeline: string, target: string): Promise<ReceiverTest>;
  /** Durable when it resolves; gives the sequence in the control channel. */
  control(pipeline: string, record: ControlRecord): Promise<number>;
  /** The journal of a pipeline whose source is pushed to. */
  journal(pipeline: string): JournalWriter | undefined;
  /** Says, before it pushes, that somebody will ask for verdicts; call what it answers when done. */
  expectVerdicts(): () => void;
  /** Committed verdicts caused by the record at this offset of the pipeline's journal; rejects with OVERLOADED after `timeoutMs`. */
  verdictsOf(pipeline: string, offset: number, timeoutMs: number): Promise<Verdict[]>;
  /** Scores posted points with a fresh detector. */
  detect(request: DetectRequest): Verdict[];
  /** Detectors that can be compared. */
  detectors(): ComponentView[];
  /** Runs detectors that have seen nothing over what is stored of a series; rejects with OVERLOADED while another comparison runs. */
  compare(query: CompareQuery): Promise<Comparison>;
  /** What the detector of a series has found out about it. */
  detectorOf(pipeline: string, series: number): DetectorView;
  /** What an answer would do, and would have changed. Rejects with NOT_FOUND, REQUEST_INVALID, HISTORY_UNREACHABLE. */
  previewAnswer(query: AnswerQuery): Promise<AnswerPreview>;
  subscribe(listener: (event: LiveEvent) => void): () => void;
}
