/** The contracts between rooms. What each promises is listed in docs/architecture.md, with the test that holds it. */
import type { EventBatch, EventBuilder, SeriesDictionary, SeriesInfo } from './events.ts';
import { messageOf } from './errors.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';
import type { VerdictBatch } from './verdicts.ts';

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** Where a source stands: made and understood by the source alone, kept by the ledger. */
export type Position = JsonValue;

/** Bytes of one partition that hold whole records one after another (lines of a file or of a stream). */
export interface ByteRecords {
  kind: 'bytes';
  partition: number;
  /** Position in the stream (bytes before it) of bytes[0]; the offset of a record is that of its first byte. */
  offset: number;
  bytes: Uint8Array;
  /** True where a new stream begins: a header may come, what was learnt of the layout is forgotten. */
  begins: boolean;
  /** True where the stream ends: a last record without its newline is whole. */
  ends: boolean;
  /** A name that helps a person (a file's path). */
  name: string;
}

/** Separate messages of one partition, each one record; message i is bytes[ends[i - 1] ?? 0 .. ends[i]]. */
export interface MessageRecords {
  kind: 'messages';
  partition: number;
  offsets: Float64Array;
  ends: Uint32Array;
  bytes: Uint8Array;
  /** Media type per message where the sender named one, else ''. */
  types?: string[];
  /** Time of arrival per message (ms), used where the record holds no time. */
  arrivals?: Float64Array;
}

/** Events that need no decoding (simulators, this host's own figures): the source appends them itself. */
export interface ReadyEvents {
  kind: 'events';
  fill(out: EventBuilder): void;
}

export type Records = ByteRecords | MessageRecords | ReadyEvents;

/** One hand-over: records, and the position after the last of them. */
export interface SourceBatch {
  records: Records;
  position: Position;
  /** True labels of simulated events handed over beside the data, if any: rows of [series key, time, anomalous, kind]. */
  truth?: Truth[];
}

/** Ground truth of a simulated event that is not normal. */
export interface Truth {
  series: string;
  time: number;
  kind: string;
}

/** Reads a stream that can be read again from any position it handed out. */
export interface Source {
  /** How many partitions; fixed while open. */
  readonly partitions: number;
  /** True when the stream has an end (a file read once): then the watermark becomes infinite there. */
  readonly finite: boolean;
  /** Yields from `from` on (undefined: from the beginning) until the end or until `signal` aborts. May throw HomeostatError SOURCE_*. */
  open(from: Position | undefined, signal: AbortSignal): AsyncIterable<SourceBatch>;
  /** The partition whose events the others wait for: where there is a choice, it is read next. */
  prefer?(partition: number): void;
  /** Bytes that are there and were not handed over yet; undefined when unknown. */
  remaining?(): number | undefined;
  /** Everything up to this position is durable; called after the commit. */
  acknowledge?(position: Position): void | Promise<void>;
  close(): Promise<void>;
}

/** Turns records into columns. Holds what it learnt of the layout as JSON, kept with the position. */
export interface Decoder {
  decode(records: ByteRecords | MessageRecords, out: EventBuilder): void;
  state(): JsonValue;
  /** What was chosen, in words, for a person; empty until known. */
  report(): string[];
}

/** Where a detector writes what it says beside the score. */
export interface DetectorOutput {
  expected: number;
  /** Distance from expected to the lower and upper end of the band, per unit of score. NaN without a band. */
  below: number;
  above: number;
  /** 0..1, or NaN for "1 where anomalous begins". */
  onset: number;
}

/** Turns the events of one series into scores. Pure: no I/O, no clock, no randomness but its seeded own. */
export interface Detector {
  /** Scores the row values[at .. at + width - 1]; NaN while warming up or when every value is missing. Learns nothing. */
  score(time: number, values: Float64Array, at: number, out: DetectorOutput): number;
  /** Learns the row; called after `score` for every row, also a warming one. */
  learn(time: number, values: Float64Array, at: number): void;
  snapshot(writer: SnapshotWriter): void;
}

/** Turns scores into yes or no: anomalous is score > limit. */
export interface Threshold {
  /** The limit in force for this score (never NaN); may learn from the score afterwards. */
  limit(score: number): number;
  snapshot(writer: SnapshotWriter): void;
}

/** Where a stage writes. Rows of `events` go to the next stage, `verdicts` and closed `rollups` to the cut. */
export interface StageOutput {
  events: EventBuilder;
  verdicts: VerdictBatch;
  rollups: Rollup[];
}

/** Thrown by an operator that fails on one row, so that the host can blame the record. */
export class RowError extends Error {
  readonly row: number;

  constructor(row: number, cause: unknown) {
    super(messageOf(cause), { cause });
    this.name = 'RowError';
    this.row = row;
  }
}

/** State per key, kept by the host: present ones live as objects, cold ones are brought back from the ledger. */
export interface KeyedStates<S> {
  /** State of this key (made, or brought back, when absent), marked as changed. */
  get(key: number): S;
  /** State of this key if it exists, not marked as changed. */
  peek(key: number): S | undefined;
  /** Calls `visit` with every key that has a pending timer at or before `time`, in ascending (time, key) order; see `setTimer`. */
  due(time: number, visit: (key: number, state: S, at: number) => void): void;
  /** Sets the one timer of this key (event time, ms); Infinity clears it. */
  setTimer(key: number, at: number): void;
}

/** Pure logic of a stage: events in, events and verdicts out. */
export interface Operator<S> {
  readonly name: string;
  /** `series`: state per input series; `global`: one state under key 0. */
  readonly key: 'series' | 'global';
  /** True when it sets timers: the host then looks for pending ones at the start. */
  readonly timed: boolean;
  /** Version of the snapshots it writes; it reads this one and the one before. */
  readonly version: number;
  create(key: number): S;
  /** Writes the values of one state; the host has begun the snapshot and ends it. */
  snapshot(state: S, writer: SnapshotWriter): void;
  restore(reader: SnapshotReader, key: number): S;
  /** Rows come in order of (time, partition, offset, place); none is late. */
  process(batch: EventBatch, states: KeyedStates<S>, out: StageOutput): void;
  /** Nothing before `watermark` is still to come, though more of its very time may; Infinity at the end of a finite source. */
  advance(watermark: number, states: KeyedStates<S>, out: StageOutput): void;
}

/** Receives verdicts after the commit; may see those since the last flush again after a crash or a failure, with the same ids. */
export interface Sink {
  /** `resume` is what `flush` last answered and the ledger kept. */
  open(resume: JsonValue | undefined): Promise<void>;
  write(verdicts: VerdictBatch, pipeline: string, dictionary: SeriesDictionary): Promise<void> | void;
  /** Everything written is with the receiver; answers where it stands, so that a repeat can be cut off. */
  flush(): Promise<JsonValue>;
  close(): Promise<void>;
}

/** Name and labels of the series first seen since the last commit. */
export type NewSeries = SeriesInfo;

/** A source that senders push to: it needs a journal in front of it. */
export interface PushRequest {
  body: Uint8Array;
  /** Media type without parameters. */
  type: string;
  idempotencyKey: string | undefined;
}

/** Durable log in front of a source that cannot be read again. */
export interface JournalWriter {
  /** Resolves once the bytes are on the disk; `repeated` when the key was known and nothing was written. Throws JOURNAL_FULL, DISK_FULL. */
  append(request: PushRequest): Promise<{ offset: number; repeated: boolean }>;
  /** Everything before this offset has been committed and may be forgotten by the retention. */
  release(offset: number): void;
  close(): Promise<void>;
}

/** How an attempt to reach a receiver, or an action, ended; `retryAfter`: the receiver asks to be left alone for so many ms. */
export type Outcome = { ok: true; detail?: string } | { ok: false; detail: string; retry: boolean; retryAfter?: number };

/** Sends one notice; must give up when `signal` aborts. */
export interface Notifier {
  readonly name: string;
  send(notice: Notice, signal: AbortSignal): Promise<Outcome>;
}

/** One step of healing. */
export interface Action {
  readonly name: string;
  readonly idempotent: boolean;
  /** Longest time that `run` may take, ms. */
  readonly timeout: number;
  run(intent: ActionIntent, signal: AbortSignal): Promise<Outcome>;
  /** After a run that went well: waits to see whether it helped, and says so in a few words. */
  check?(intent: ActionIntent, signal: AbortSignal): Promise<string>;
}

export interface ActionIntent {
  key: string;
  pipeline: string;
  incident: IncidentRecord;
}

export type IncidentState = 'Normal' | 'Pending' | 'Alerting' | 'Recovering' | 'NoData' | 'Error';
export type Severity = 'info' | 'warning' | 'critical';

/** An incident as the ledger keeps it and REST shows it. Times are event time, ms. */
export interface IncidentRecord {
  /** Stable: hash of pipeline, group and the time it began. */
  id: string;
  pipeline: string;
  /** Grouping labels and their values. */
  group: Record<string, string>;
  state: IncidentState;
  severity: Severity;
  /** Series keys that took part, at most 100. */
  series: string[];
  startedAt: number;
  updatedAt: number;
  endedAt: number | null;
  anomalies: number;
  /** Strongest verdict so far. */
  peak: { series: string; time: number; value: number | null; score: number | null; expected: number | null; unit: string } | null;
  acknowledgedBy: string | null;
  silenced: boolean;
  /** One sentence: what it is about. */
  summary: string;
}

export interface Transition {
  incident: string;
  /** 1, 2, 3 … within the incident. */
  sequence: number;
  from: IncidentState;
  to: IncidentState;
  /** Event time, ms. */
  at: number;
  /** Why, in words; names the verdict, timer, tick or person. */
  cause: string;
}

/** A side effect waiting to leave; written with the commit that caused it. */
export interface OutboxItem {
  /** Idempotency key: the same effect has the same key, always. */
  key: string;
  pipeline: string;
  /** What leaves: a notice to a receiver, or an action to run. */
  kind: 'notice' | 'action';
  /** Which configured receiver or action: `webhook#0`. */
  target: string;
  payload: Notice | ActionIntent;
}

export interface Notice {
  key: string;
  status: 'firing' | 'resolved' | 'nodata' | 'error';
  incident: IncidentRecord;
  labels: Record<string, string>;
  /** Event time of the transition, ms. */
  at: number;
  /** True when this notice may have been sent before. */
  repeated: boolean;
}

/** What became of an outbox item; comes back to the engine, which alone writes it down. */
export interface OutboxResult {
  key: string;
  pipeline: string;
  state: 'delivered' | 'failed' | 'unknown';
  attempts: number;
  detail: string;
  /** Wall clock, ms. */
  at: number;
}

/** What people (and clocks) say goes in as these records, applied between two commits. */
export type ControlRecord =
  | { type: 'acknowledge'; incident: string; by: string; comment: string }
  | { type: 'silence'; id: string; matchers: Record<string, string>; until: number; by: string; comment: string }
  | { type: 'unsilence'; id: string; by: string }
  | { type: 'replay-dead-letters'; ids: number[]; by: string }
  | { type: 'savepoint'; by: string }
  | { type: 'restart-source'; by: string }
  | { type: 'configure'; config: JsonValue; by: string }
  | { type: 'tick'; clock: number };

/** A control record with its place in the one channel from server to engine. */
export interface Control {
  sequence: number;
  pipeline: string;
  record: ControlRecord;
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
  data: Uint8Array;
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
  states: readonly StateWrite[];
  deadLetters: readonly Omit<DeadLetter, 'id' | 'replayed'>[];
  replayed: readonly number[];
  incidents: readonly IncidentRecord[];
  transitions: readonly Transition[];
  outbox: readonly OutboxItem[];
  outboxResults: readonly OutboxResult[];
  audit: readonly { at: number; by: string; what: string; detail: string }[];
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
  /** One transaction. Throws LEDGER_FENCED when `owner` is no longer the owner, DISK_FULL, LEDGER_IO. */
  commit(commit: LedgerCommit): void;
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

/** The large store: verdicts and series. Appending the same again is appending it once. */
export interface History {
  /** Durable when it returns (or resolves); called before the ledger's commit. */
  append(pipeline: string, verdicts: readonly VerdictBatch[], rollups: readonly Rollup[]): void | Promise<void>;
  /** At most `points` points between two event times; buckets where there are more rows. */
  range(pipeline: string, series: number, from: number, to: number, points: number): Range | Promise<Range>;
  close(): void;
}

/** What the cut made since the last `take`, for the commit. */
export interface IncidentChanges {
  incidents: IncidentRecord[];
  transitions: Transition[];
  outbox: OutboxItem[];
  states: { key: number; data: Uint8Array }[];
  audit: { at: number; by: string; what: string; detail: string }[];
  /** Notices left out because their incident was about the past. */
  backlog: number;
}

/** Right of the cut: verdicts in, incidents and side effects out. Event time decides; the clock only where said. */
export interface IncidentLogic {
  /** Wall clock at which the batch that follows was read, ms. */
  setArrival(clock: number): void;
  process(verdicts: VerdictBatch): void;
  /** As for an operator. */
  advance(watermark: number): void;
  /** The clock is `clock`: silence of a series (NoData) and the end of a silence look at it. */
  tick(clock: number): void;
  /** The source is (again) connected since `clock`: silence counts from here. */
  connected(clock: number): void;
  control(record: ControlRecord, clock: number): void;
  /** The pipeline itself cannot go on: an incident in the state Error, until `mended`. */
  fault(reason: string, clock: number): void;
  /** The pipeline has read on: the incident of its fault, if there is one, is over. */
  mended(clock: number): void;
  /** Clock at which `tick` is needed next; Infinity when it is not. */
  nextTick(): number;
  take(): IncidentChanges;
  restore(states: Iterable<{ key: number; data: Uint8Array }>, open: readonly IncidentRecord[]): void;
}
