/** What REST and SSE carry. The dashboard knows the process by these types alone. Times are ms since 1970 unless a verdict's ISO text. */
import type { AnswerPart, AnswerRecord, IncidentRecord, Transition } from './contracts.ts';
import type { LogJob } from './log-api.ts';
import type { Verdict } from './verdicts.ts';

export type * from './log-api.ts';
export type * from './settings-api.ts';

/** How a part is: `degraded` goes on with less, `failed` has given up until somebody or something restarts it. */
export type Condition = 'starting' | 'ok' | 'degraded' | 'failed' | 'finished' | 'stopped';

/** One part of a pipeline as the Health page shows it. */
export interface PartHealth {
  /** `source`, `engine`, `history`, `ledger`, `sink file#0`, `receiver webhook#0`, `worker 1`. */
  part: string;
  condition: Condition;
  /** Why, in words; empty when ok. */
  reason: string;
  /** Since when, wall clock. */
  since: number;
}

export interface PipelineStatus {
  name: string;
  condition: Condition;
  parts: PartHealth[];
  source: string;
  detector: string;
  threshold: string;
  /** Configuration hash in force, and since which checkpoint. */
  config: string;
  epoch: number;
  parallelism: number;
  /** Wall clock of the start of this process's run of it. */
  startedAt: number;
  /** Totals since the pipeline first ran, not since this process. */
  counts: Counts;
  /** Over the last seconds, per second. */
  eventsPerSecond: number;
  verdictsPerSecond: number;
  /** Event time before which nothing more is expected; null before the first event. */
  watermark: number | null;
  /** How far behind the newest event it is, ms: clock less its time; 0 where nothing waits to be read; null when unknown. */
  lagMs: number | null;
  /** Bytes that wait to be read; null where the source does not know. */
  lagBytes: number | null;
  checkpoint: { number: number; at: number; durationMs: number; bytes: number; intervalMs: number };
  queues: { name: string; used: number; limit: number }[];
  series: { known: number; hot: number; limit: number };
  openIncidents: number;
  /** Seconds that recovery took at the last start, and how many events were read again. */
  recovery: { seconds: number; checkpoint: number } | null;
  /** What the format chose, in words. */
  report: string[];
  /** Notices not sent because they were about the past. */
  backlogNotices: number;
  /** It reads log lines: the page Logs shows its results. */
  logs: boolean;
  /** null where no truth comes with the data. */
  truth: TruthStatus | null;
}

export interface Counts {
  records: number;
  events: number;
  verdicts: number;
  anomalies: number;
  late: number;
  deadLetters: number;
  deadLettersDropped: number;
  /** Times that something was lost before the journal could keep it. */
  gaps: number;
  bytes: number;
}

/** How right the alerts of a pipeline are, where the truth comes with its data. Precision is right / alerts, recall found / faults. */
export interface TruthStatus {
  faults: number;
  /** Faults with an anomalous verdict between their start and the grace after their end. */
  found: number;
  /** Stretches of anomalous verdicts; those about a fault are `right`. */
  alerts: number;
  right: number;
  /** Mean time from the start of a fault to its first anomalous verdict; null before one was found. */
  delayMs: number | null;
  kinds: { kind: string; faults: number; found: number }[];
}

/** One line of the Streams page. */
export interface SeriesStatus {
  pipeline: string;
  index: number;
  key: string;
  labels: Readonly<Record<string, string>>;
  unit: string;
  time: number | null;
  value: number | null;
  score: number | null;
  threshold: number | null;
  anomalous: boolean;
  /** True while the detector has seen too little. */
  warmup: boolean;
}

export interface Page<T> {
  items: T[];
  /** Give it back as `cursor` to read on; null at the end. */
  next: string | null;
  total?: number;
}

export interface IncidentDetail extends IncidentRecord {
  transitions: Transition[];
  notices: OutboxView[];
  actions: OutboxView[];
}

/** A notice or an action as the audit shows it. */
export interface OutboxView {
  key: string;
  kind: 'notice' | 'action';
  target: string;
  state: 'pending' | 'delivered' | 'failed' | 'unknown';
  attempts: number;
  detail: string;
  createdAt: number;
  doneAt: number | null;
}

export interface DeadLetterView {
  id: number;
  pipeline: string;
  partition: number;
  offset: number;
  place: number;
  code: string;
  detail: string;
  /** UTF-8 with replacement characters, at most 4 KiB. */
  text: string;
  at: number;
  replayed: boolean;
}

export interface SilenceView {
  id: string;
  pipeline: string;
  matchers: Record<string, string>;
  until: number;
  by: string;
  comment: string;
}

/** What somebody answered; `active` while it is in force for at least one of its series. */
export interface AnswerView extends AnswerRecord {
  active: boolean;
}

/** How a verdict stands: an alert is where an anomaly begins. */
export type Standing = 'normal' | 'anomalous' | 'alert';

/** A stored verdict that would have been another. */
export interface ChangedVerdict {
  series: string;
  time: number;
  score: number;
  /** Limit as it was, and with the answer. */
  limit: number;
  limitWith: number;
  was: Standing;
  becomes: Standing;
}

/** What an answer would have changed of what is stored. */
export interface AnswerPreview {
  /** What it would do to each series. */
  parts: AnswerPart[];
  /** Event times that were looked at. */
  from: number;
  to: number;
  /** Verdicts that were looked at. */
  verdicts: number;
  /** False where only anomalous verdicts are stored: what was normal may then have become anomalous unseen. */
  complete: boolean;
  /** False where a factor may not go as far as it would take to make what was answered right. */
  enough: boolean;
  anomalous: { without: number; with: number };
  alerts: { without: number; with: number };
  /** How many verdicts would have been others, and the first of them. */
  changed: number;
  first: ChangedVerdict[];
}

export interface AuditView {
  at: number;
  by: string;
  what: string;
  detail: string;
}

/** Several detectors side by side over what is stored of one series. */
export interface Comparison {
  /** Rows that were compared, and their event times. */
  rows: number;
  from: number;
  to: number;
  /** Width of the buckets whose means were compared, ms; 0 for the rows themselves. */
  resolution: number;
  /** The values, thinned out: smallest and largest of the rows that a point stands for. */
  time: number[];
  low: (number | null)[];
  high: (number | null)[];
  ways: ComparedWay[];
}

export interface ComparedWay {
  detector: string;
  threshold: string;
  /** Event times at which an alert begins. */
  alerts: number[];
  alertsADay: number;
  /** Rows that are anomalous. */
  anomalous: number;
  /** Rows before the first score. */
  warmUp: number;
  rowsPerSecond: number;
  /** Of each point the largest score, as a share of its limit; null while warming up. */
  share: (number | null)[];
  /** Share of the alerts that this and each other way have in common; null where neither alerts. */
  agreement: (number | null)[];
  /** What the detector found out, in words. */
  words: string[];
}

/** What the running detector of a series has found out about it, as of the last commit. */
export interface DetectorView {
  detector: string;
  threshold: string;
  /** Empty where the detector does not say, or has seen nothing. */
  words: string[];
}

/** A detector or a threshold that there is. */
export interface ComponentView {
  name: string;
  summary: string;
  finds: string;
  columns: 'one' | 'many';
}

export interface Health {
  condition: Condition;
  version: string;
  node: string;
  uptimeSeconds: number;
  rssBytes: number;
  eventLoopDelayMs: number;
  ledgerBytes: number;
  /** null for a history that is kept elsewhere. */
  historyBytes: number | null;
  pipelines: { name: string; condition: Condition; parts: PartHealth[] }[];
}

/** RFC 9457 problem; `code` is ours. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  mend: string;
}

/** What one commit made visible; the `data` of an SSE event named by `type`. */
export type LiveEvent =
  | { type: 'status'; pipelines: PipelineStatus[] }
  | { type: 'verdicts'; pipeline: string; checkpoint: number; verdicts: Verdict[]; /** Left out because there were too many. */ skipped: number }
  | { type: 'incident'; incident: IncidentRecord; transition: Transition }
  | { type: 'series'; pipeline: string; items: SeriesStatus[] }
  /** A job over an uploaded file is another than before. */
  | { type: 'log-job'; job: LogJob }
  /** What came before this is not complete any more: fetch anew. */
  | { type: 'reset'; reason: string };

/** How a receiver took a test notice. */
export interface ReceiverTest {
  pipeline: string;
  /** `slack#0`. */
  target: string;
  ok: boolean;
  /** What it answered, or why it did not. */
  detail: string;
  /** How long it took. */
  ms: number;
  /** What to do; empty when it is ok. */
  mend: string;
}
