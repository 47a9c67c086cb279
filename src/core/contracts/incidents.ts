/** What runs right of the cut: incidents, and what leaves because of them. */
import type { VerdictBatch } from '../verdicts.ts';
import type { Answer } from './answers.ts';
import type { LogAnswer, TemplateEdit } from './logs.ts';
import type { JsonValue } from './records.ts';

export type IncidentState = 'Normal' | 'Pending' | 'Alerting' | 'Recovering' | 'NoData' | 'Error';

export type Severity = 'info' | 'warning' | 'critical';

/** The strongest verdict of an incident. */
export interface Peak {
  series: string;
  time: number;
  /** null for a row of several columns. */
  value: number | null;
  score: number | null;
  expected: number | null;
  unit: string;
  /** Of a row: the columns that had most of the score, the largest share first; absent where the detector cannot tell. */
  contributions?: Contribution[];
}

/** What a column of a row had in its score: `share` of 0 to 1. */
export interface Contribution {
  column: string;
  value: number | null;
  share: number;
}

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
  peak: Peak | null;
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
  /** Key of the first notice that this receiver got about the incident; absent in that one itself. */
  first?: string;
  /** Nothing has happened: somebody tries out the receiver. */
  test?: true;
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

/** How an attempt to reach a receiver, or an action, ended; `retryAfter`: the receiver asks to be left alone for so many ms. */
export type Outcome = { ok: true; detail?: string } | { ok: false; detail: string; retry: boolean; retryAfter?: number };

/** Sends one notice; must give up when `signal` aborts. */
export interface Notifier {
  readonly name: string;
  send(notice: Notice, signal: AbortSignal): Promise<Outcome>;
  /** Sends several notices in one message, in their order; absent where the receiver takes one at a time. */
  sendTogether?(notices: readonly Notice[], signal: AbortSignal): Promise<Outcome>;
  /** For a receiver that must be reminded: what it was told in an earlier run of the process and is still going on. */
  resume?(told: readonly Notice[]): void;
  /** Ends what goes on beside `send`. */
  close?(): void;
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

/** What people (and clocks) say goes in as these records, applied between two commits. */
export type ControlRecord =
  | { type: 'acknowledge'; incident: string; by: string; comment: string }
  | { type: 'silence'; id: string; matchers: Record<string, string>; until: number; by: string; comment: string }
  | { type: 'unsilence'; id: string; by: string }
  | ({ type: 'answer' } & Answer)
  | { type: 'undo-answer'; id: string; by: string }
  | { type: 'edit-template'; edit: TemplateEdit; by: string }
  | { type: 'answer-session'; answer: Omit<LogAnswer, 'by'>; by: string }
  | { type: 'undo-session-answer'; id: string; by: string }
  | { type: 'replay-dead-letters'; ids: number[]; by: string }
  | { type: 'savepoint'; by: string }
  | { type: 'restart-source'; by: string }
  /** `note`: what changed, in words, for the audit. */
  | { type: 'configure'; config: JsonValue; by: string; note?: string };

/** A control record with its place in the one channel from server to engine. */
export interface Control {
  sequence: number;
  pipeline: string;
  record: ControlRecord;
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
