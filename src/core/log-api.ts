/** What the API says of logs: the same shapes for a live pipeline and for a job over an uploaded file. Times are ISO 8601, UTC. */

/** What was found out about the lines, and how far the work is. */
export interface LogOverview {
  /** What the format chose, in words, a line each. */
  layout: string[];
  /** How lines become sessions: `identifier`, `window`, `count` or `none yet`, with the evidence in words. */
  sessions: { by: string; evidence: string[] };
  lines: number;
  bytes: number;
  templates: number;
  sessionsJudged: number;
  sessionsOpen: number;
  anomalous: number;
  /** Event times of the first and the last line; null before any. */
  first: string | null;
  last: string | null;
  /** Lines that could not be read, or were cut. */
  deadLetters: number;
}

export interface LogTemplate {
  id: number;
  /** Constant words with `<*>` where parameters stand. */
  text: string;
  /** Given by a person; null for none. */
  name: string | null;
  /** Most frequent level of its lines, '' for none. */
  level: string;
  count: number;
  first: string;
  last: string;
  pinned: boolean;
  ignored: boolean;
  /** A line of it, shortened. */
  example: string;
  /** By place of `<*>`: type (`integer`, `number`, `ip`, `path`, `hex`, `uuid`, `identifier`, `time`, `text`) and some values. */
  parameters: { type: string; examples: string[] }[];
  /** Lines per bucket over the whole span, at most 60 buckets. */
  trend: number[];
}

export interface LogTemplates {
  templates: LogTemplate[];
  total: number;
  /** Width of a trend's bucket, ms, and the start of the first. */
  bucket: number;
  from: string | null;
}

export interface LogReason {
  judge: string;
  /** With templates' texts in place of their numbers. */
  text: string;
}

export interface LogSession {
  /** The session's identifier. */
  session: string;
  /** Id of its verdict in force. */
  verdict: string;
  time: string;
  first: string;
  last: string;
  lines: number;
  score: number | null;
  threshold: number | null;
  anomalous: boolean;
  reasons: LogReason[];
  pattern: string | null;
  /** How often the pattern was met before, and when first. */
  patternSeen: number;
  patternFirst: string | null;
  answered: 'normal' | 'anomalous' | null;
}

export interface LogSessions {
  sessions: LogSession[];
  next: string | null;
}

export interface LogSessionDetail extends LogSession {
  /** At most 1,000; `text` is null where the line cannot be read any more. */
  lineList: { offset: number; time: string | null; level: string; template: number; templateText: string; text: string | null; highlighted: boolean }[];
  /** Its templates beside those of the nearest normal session. */
  nearest: { template: number; templateText: string; here: number; there: number }[] | null;
}

/** Scores, and what a dynamic and a static threshold make of the same ones. A session that changes is judged again, and each judgement counts. */
export interface LogScores {
  /** Judgements per bin of score; bin i reaches from edges[i] to edges[i + 1], edges growing by a constant factor. */
  edges: number[];
  counts: number[];
  thresholds: { name: string; kind: 'dynamic' | 'static'; limit: number | null; flagged: number; inForce: boolean }[];
  /** Per stretch of event time: judgements and those each threshold flags, in the order of `thresholds`, and the limits at its end. */
  time: string[];
  sessions: number[];
  flagged: number[][];
  limits: (number | null)[][];
}

export interface LogModel {
  judge: string;
  /** Name and value, in the order to be shown. */
  card: [string, string][];
  loss: { epoch: number; training: number; validation: number }[];
}

export interface LogAnswerShown {
  id: string;
  pattern: string;
  says: 'normal' | 'anomalous';
  reason: string;
  by: string;
  session: string;
  at: string;
  undone: boolean;
}

/** What an answer would have changed over the last days, before it is given. */
export interface LogAnswerPreview {
  pattern: string;
  days: number;
  /** Alerts of this pattern in that time, and how many of them the answer would have silenced or added. */
  alerts: number;
  silenced: number;
  added: number;
  /** Answers of each kind so far, and what the pattern does once this one is given: `judged`, `silenced` or `flagged`. */
  normal: number;
  anomalous: number;
  then: 'judged' | 'silenced' | 'flagged';
}

export type LogJobState = 'uploading' | 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

export interface LogJob {
  id: string;
  file: string;
  /** Bytes of the whole file, and of it so far uploaded and read. */
  size: number;
  uploaded: number;
  read: number;
  state: LogJobState;
  lines: number;
  linesPerSecond: number;
  /** Resident memory of the process, bytes. */
  memory: number;
  secondsLeft: number | null;
  anomalous: number;
  createdAt: string;
  finishedAt: string | null;
  /** Error code and message of a failed one. */
  error: { code: string; message: string } | null;
  /** Place in the queue, 0 for the one that runs. */
  position: number | null;
}
