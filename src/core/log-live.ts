/** What a running process offers about logs to those who show and steer it: results of a log pipeline, and jobs over uploaded files. */
import type { ControlRecord } from './contracts.ts';
import type {
  LogAnswerPreview,
  LogAnswerShown,
  LogJob,
  LogModel,
  LogOverview,
  LogScores,
  LogSession,
  LogSessionDetail,
  LogSessions,
  LogTemplate,
  LogTemplates,
} from './log-api.ts';

export interface LogTemplatesQuery {
  /** In text, name or example; case does not matter. */
  search?: string;
  sort: 'count' | 'first' | 'last' | 'id';
  limit: number;
}

export interface LogSessionsQuery {
  /** Only anomalous ones, or only the others. */
  anomalous?: boolean;
  /** Only those of this pattern. */
  pattern?: string;
  /** In the session's identifier; case does not matter. */
  search?: string;
  /** Event time of the verdict, ms, both ends included. */
  from: number;
  to: number;
  sort: 'time' | 'score';
  limit: number;
  cursor?: string;
}

export interface LogAnswerQuestion {
  pattern: string;
  says: 'normal' | 'anomalous';
  /** How far back to look for what it would have changed. */
  days: number;
}

/** What is committed of one log pipeline, read beside its writer. */
export interface LogResults {
  overview(): Promise<LogOverview>;
  templates(query: LogTemplatesQuery): Promise<LogTemplates>;
  sessions(query: LogSessionsQuery): Promise<LogSessions>;
  /** Throws NOT_FOUND. */
  session(id: string): Promise<LogSessionDetail>;
  scores(): Promise<LogScores>;
  models(): Promise<LogModel[]>;
  /** The newest first. */
  answers(): Promise<LogAnswerShown[]>;
  preview(question: LogAnswerQuestion): Promise<LogAnswerPreview>;
  /** Every template, or every session in force in the order of time, piece by piece. */
  allTemplates(): AsyncIterable<LogTemplate[]>;
  allSessions(): AsyncIterable<LogSession[]>;
  /** Durable when it resolves; gives the sequence in the control channel. */
  control(record: ControlRecord): Promise<number>;
}

export interface NewLogJob {
  file: string;
  /** Bytes. */
  size: number;
  /** How lines become sessions, as in a configuration; undefined: found out. */
  session?: string;
}

/** Bounds of uploads and jobs. */
export interface JobLimits {
  /** Largest file, bytes. */
  maxUpload: number;
  /** Jobs kept, those that are done included. */
  maxJobs: number;
  /** Jobs that ended, and uploads that stopped, are removed after so long, ms. */
  keep: number;
}

/** Jobs over uploaded files: one runs at a time, the others wait in the order in which their uploads ended. Each method that takes an id throws NOT_FOUND. */
export interface LogJobs {
  /** The newest first. */
  list(): LogJob[];
  get(id: string): LogJob;
  /** Throws BODY_TOO_LARGE, OVERLOADED (too many jobs that are not done), DISK_FULL, REQUEST_INVALID (a session that is none). */
  create(job: NewLogJob, limits: JobLimits): Promise<LogJob>;
  /**
   * Appends to the file of a job; answers how many bytes are safely on the disk. A content that breaks off is kept as far as it came.
   * A second append takes the place of one under way. Throws UPLOAD_OFFSET, JOB_STATE, BODY_TOO_LARGE, DISK_FULL, REQUEST_INVALID (broken off).
   */
  append(id: string, offset: number, content: AsyncIterable<Uint8Array>): Promise<number>;
  /** Throws JOB_STATE for one that has ended. */
  cancel(id: string): Promise<LogJob>;
  /** With its file and all its results; cancelled first where it has not ended. */
  remove(id: string): Promise<void>;
  results(id: string): LogResults;
}

export interface RunningLogs {
  readonly jobs: LogJobs;
  /** Throws NOT_FOUND, LOGS_NONE for a pipeline that is no log pipeline. */
  results(pipeline: string): LogResults;
}
