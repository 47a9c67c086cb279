/** Logs: what passes between the stages `parse`, `session` and `judge`, and what people say of templates and sessions. */
import type { SnapshotWriter } from '../snapshot.ts';

/** Levels of log lines, the least urgent first; a column holds the index. 0: the line names none. */
export const LEVELS = ['', 'trace', 'debug', 'info', 'notice', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof LEVELS)[number];

/** Column of `values` that `parse` puts out: the template of the line, and 1 where the template was never seen before this line. */
export const PARSED_WIDTH = 2;
export const TEMPLATE = 0;
export const FIRST_SEEN = 1;

/**
 * Text of a batch's rows, side by side, as a `line` format decodes it. Row i is bytes[start[i] .. end[i]), header and joined lines
 * included, in UTF-8. Its message is bytes[message[i] .. messageEnd[i]), which lies outside the row where it had to be unescaped.
 */
export interface LineColumns {
  bytes: Uint8Array;
  start: Uint32Array;
  end: Uint32Array;
  message: Uint32Array;
  messageEnd: Uint32Array;
  /** Span of the name of the component (logger, program) in `bytes`; empty where the line names none. */
  component: Uint32Array;
  componentEnd: Uint32Array;
  /** Index into LEVELS. */
  level: Uint8Array;
  /** The time that stands in the line, ms; NaN for none. `EventBatch.time` follows it, but never goes back within a partition. */
  stated: Float64Array;
}

/** Why a session is looked at: `growing`, something notable came; `idle`, nothing came for a while; `closed`, nothing more counts. */
export const LOOKS = ['growing', 'idle', 'closed'] as const;

/** Looks at sessions, side by side, as the stage `session` puts them out. A row's (partition, offset) is that of the session's first line, its `place` the number of the look at it, from 0. */
export interface SessionColumns {
  id: string[];
  /** Index into LOOKS. */
  look: Uint8Array;
  /** Event times of its first and its last line, ms; `EventBatch.time` is that of the look. */
  first: Float64Array;
  last: Float64Array;
  /** Lines so far, those beyond the bound of the sequence included. */
  lines: Uint32Array;
  /** Templates, ascending, with how often each came: those of row i end at countEnds[i]. */
  templates: Uint32Array;
  counts: Uint32Array;
  countEnds: Uint32Array;
  /** Templates in the order of the lines, as many as are kept, and the offsets of these lines: those of row i end at sequenceEnds[i]. */
  sequence: Uint32Array;
  offsets: Float64Array;
  sequenceEnds: Uint32Array;
}

/** One look at a session as a judge sees it: views that are valid during the call. */
export interface SessionLook {
  /** Event time of the look, ms. */
  time: number;
  first: number;
  last: number;
  lines: number;
  /** Index into LOOKS. */
  look: number;
  /** Ascending, and as long as `counts`. */
  templates: Uint32Array;
  counts: Uint32Array;
  sequence: Uint32Array;
  /** 64-bit hash of (templates, counts), and of the sequence: sessions that are alike share it. */
  countHash: bigint | number;
  sequenceHash: bigint | number;
}

/** Why a session is odd, in parts that a person can read once template numbers are replaced by their text. */
export interface Reason {
  judge: string;
  /** A short sentence; `{t:12}` stands for the text of template 12. */
  text: string;
  /** Templates that made it so, the strongest first; lines of these are highlighted. */
  templates: number[];
  /** Places in the sequence that made it so, where the judge knows them. */
  places?: number[];
}

/** Says how odd sessions are. Pure, as a detector is. */
export interface Judge {
  /** Higher is odder; NaN while it has seen too little. Learns nothing. */
  score(look: SessionLook): number;
  /** Learns the session that was scored last. */
  learn(look: SessionLook): void;
  /** Why the session that was scored last is odd; asked only of anomalous ones. */
  explain(look: SessionLook): Reason[];
  /** In words, a line each, what it has learnt; for people. */
  describe?(): string[];
  snapshot(writer: SnapshotWriter): void;
}

/** What stands in `detail` of a session's verdict, as JSON. */
export interface SessionDetail {
  reasons: Reason[];
  /** What the judges said, in the order of the verdict's members: probability of a session this odd among normal ones, null where not asked. */
  probabilities: (number | null)[];
  first: number;
  last: number;
  lines: number;
  /** Sequence and offsets of its lines, as many as are kept. */
  sequence: number[];
  offsets: number[];
  /** The nearest normal session: its templates and counts as [template, count] pairs. */
  nearest: [number, number][] | null;
  /** Name of its pattern, by which answers are kept. */
  pattern: string;
  /** Event time at which this pattern was first met, ms. */
  patternFirst: number;
  /** How often the pattern was met before. */
  patternSeen: number;
}

/** What people say of templates; ids are those the miner gave. */
export type TemplateEdit =
  | { do: 'name'; template: number; name: string }
  | { do: 'pin'; template: number; pinned: boolean }
  | { do: 'ignore'; template: number; ignored: boolean }
  /** Lines of `templates` count as `into` from now on. */
  | { do: 'merge'; templates: number[]; into: number }
  /** Lines whose word at `word` (from 0) of the template is one of `values` get templates of their own. */
  | { do: 'split'; template: number; word: number; values: string[] };

/** What people say of a pattern of sessions. */
export interface LogAnswer {
  id: string;
  pattern: string;
  says: 'normal' | 'anomalous';
  reason: string;
  by: string;
  /** Session that was answered, for people. */
  session: string;
}

/** What the stages of logs have to know of what people said. */
export type LogControl =
  | { type: 'template'; edit: TemplateEdit; by: string; at: number }
  | { type: 'log-answer'; answer: LogAnswer; at: number }
  | { type: 'undo-log-answer'; id: string; by: string; at: number };
