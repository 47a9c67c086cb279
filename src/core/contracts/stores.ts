/** What is kept: ledger, history, and the sinks that receive verdicts. */
import type { SeriesDictionary, SeriesInfo } from '../events.ts';
import type { VerdictBatch } from '../verdicts.ts';
import type { AnswerRecord } from './answers.ts';
import type { Control, ControlRecord, IncidentRecord, OutboxItem, OutboxResult, Transition } from './incidents.ts';
import type { JsonValue, Position, Sent } from './records.ts';

/** Receives verdicts after the commit; may see those since the last flush again after a crash or a failure, with the same ids. */
export interface Sink {
  /** `resume` is what `flush` last answered and the ledger kept. */
  open(resume: JsonValue | undefined): Promise<void>;
  write(verdicts: VerdictBatch, pipeline: string, dictionary: SeriesDictionary): Promise<void> | void;
  /** Everything written is with the receiver; answers where it stands, so that a repeat can be cut off. */
  flush(): Promise<JsonValue>;
  close(): Promise<void>;
}

export interface DeadLetter {
  id: number;
  pipeline: string;
  partition: number;
  offset: number;
  place: number;
  code: string;
  detail: string;
  bytes: Uint8Array;
  /** Of a record that was a message of its own. */
  sent?: Sent;
  /** Wall clock, ms. */
  at: number;
  replayed: boolean;
}

/** One named piece of state to be written: stage, key (series index, or 0 for global), bytes. */
export interface StateWrite {
  stage: string;
  key: number;
  /** Hash of the options that shape the state; another hash means: warm up again. */
  shape: number;
  /** The whole, or the first piece of a state that is larger than one. */
  data: Uint8Array;
  /** Of a state in pieces: the bytes of all of it, and those of its further pieces that changed (numbered from 1; each replaces the one of its number). */
  rest?: { size: number; pieces: readonly { number: number; data: Uint8Array }[] };
}

/** Everything that becomes durable in one step. */
export interface LedgerCommit {
  pipeline: string;
  owner: number;
  /** Checkpoint number, one more than the last. */
  checkpoint: number;
  position: Position;
  /** Position in the control channel applied so far. */
  control: number;
  decoder: JsonValue;
  /** Reorder buffer, largest times per partition, watermark: opaque to the ledger. */
  order: Uint8Array;
  watermark: number;
  counts: Record<string, number>;
  series: readonly SeriesInfo[];
  /** The bytes of each may be others once the next is asked for; all of them can be asked for anew. */
  states: Iterable<StateWrite>;
  deadLetters: readonly Omit<DeadLetter, 'id' | 'replayed'>[];
  replayed: readonly number[];
  incidents: readonly IncidentRecord[];
  transitions: readonly Transition[];
  outbox: readonly OutboxItem[];
  outboxResults: readonly OutboxResult[];
  audit: readonly { at: number; by: string; what: string; detail: string }[];
  /** Answers that are new or changed. */
  answers?: readonly AnswerRecord[];
  /** Verdicts handed to sinks and not yet known to have arrived; null clears. */
  sinkPending: Uint8Array | null;
  sinkResume: JsonValue;
  /** Present when a configuration takes force at this checkpoint. */
  epoch?: { hash: string; config: JsonValue };
  /** Highest value the clock reached; ticks never go back behind it. */
  clock: number;
}

/** What a pipeline finds when it starts. */
export interface Recovered {
  checkpoint: number;
  position: Position | undefined;
  control: number;
  decoder: JsonValue | undefined;
  order: Uint8Array | undefined;
  watermark: number;
  counts: Record<string, number>;
  series: SeriesInfo[];
  incidents: IncidentRecord[];
  /** In force, the oldest first. */
  answers: AnswerRecord[];
  sinkPending: Uint8Array | null;
  sinkResume: JsonValue | undefined;
  /** The configuration in force, and the checkpoint since which it is. */
  epoch: { hash: string; config: JsonValue; checkpoint: number } | undefined;
  clock: number;
}

/** The small transactional store. One writer; synchronous, because it is called between two batches. */
export interface Ledger {
  /** Takes ownership of a pipeline: raises its owner number, so that whoever owned it before is fenced. */
  claim(pipeline: string): { owner: number; recovered: Recovered };
  /** One transaction; answers how many dead letters of the pipeline were ever dropped, if it dropped some. Throws LEDGER_FENCED when `owner` is no longer the owner, DISK_FULL, LEDGER_IO. */
  commit(commit: LedgerCommit): number | undefined;
  /** State of one key, or undefined. */
  state(pipeline: string, stage: string, key: number): { shape: number; data: Uint8Array } | undefined;
  states(pipeline: string, stage: string): Iterable<{ key: number; shape: number; data: Uint8Array }>;
  /** Control records of a pipeline after `sequence`, oldest first. */
  controls(pipeline: string, after: number): Control[];
  /** Durable before it answers; gives the sequence. */
  appendControl(pipeline: string, record: ControlRecord): number;
  outboxPending(pipeline: string): (OutboxItem & { attempts: number })[];
  deadLetters(pipeline: string, ids: readonly number[]): DeadLetter[];
  /** A whole copy in the same folder, written beside and moved into place; the one before is kept. */
  savepoint(): string;
  /** After a failure to write: closes, opens and reads anew before anything is trusted. */
  reopen(): void;
  close(): void;
}

/** Downsampled values of one series in one bucket. */
export interface Rollup {
  series: number;
  /** Start of the bucket, ms. */
  time: number;
  count: number;
  sum: number;
  min: number;
  max: number;
  anomalies: number;
  maxScore: number;
}

/** Keys of series by their index. */
export interface SeriesNames {
  get(index: number): { key: string };
}

/** The large store: verdicts and series. Appending the same again is appending it once. */
export interface History {
  /**
   * Durable when it returns (or resolves); called before the ledger's commit. A store that may outlive the ledger keeps series by
   * their keys, `#index` where no names are given. Fails with DISK_FULL or a code that begins with HISTORY where the same is to be
   * tried again, for as long as it takes.
   */
  append(pipeline: string, verdicts: readonly VerdictBatch[], rollups: readonly Rollup[], names?: SeriesNames): void | Promise<void>;
  /** What keeps appended verdicts from where they are shown, though they are durable; '' while nothing does. */
  trouble?(): string;
  /** At most `points` points between two event times; buckets where there are more rows. */
  range(pipeline: string, series: number, from: number, to: number, points: number): Range | Promise<Range>;
  close(): void;
}

/** A chart's worth of one series: raw rows or buckets, columns side by side. */
export interface Range {
  /** Width of a bucket in ms; 0 for raw rows. */
  resolution: number;
  time: number[];
  mean: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
  expected: (number | null)[];
  lower: (number | null)[];
  upper: (number | null)[];
  score: (number | null)[];
  /** Limit that the score was held against; of a bucket, that of its highest score. Absent where a store does not keep it. */
  threshold?: (number | null)[];
  anomalous: number[];
  late: number[];
}
