/** What the stages of a log pipeline keep, as of the last commit. */
import type { LogAnswerShown, LogModel, LogScores } from '../../core/api.ts';
import type { ParsedTemplates } from '../../logs/parse/read.ts';
import { openStateReader, type CommittedProgress, type StateReader } from '../../stores/sqlite/state-reader.ts';

export type KnownTemplates = ParsedTemplates;

export interface KnownSessions {
  by: string;
  evidence: string[];
  open: number;
}

/** What came of sessions of one pattern over the last days of event time. */
export interface KnownPattern {
  judged: number;
  alerts: number;
}

/** All of it, each part decoded when it is first asked for. */
export interface Committed {
  progress: CommittedProgress;
  templates(): KnownTemplates;
  sessions(): KnownSessions;
  /** The oldest first. */
  answers(): readonly LogAnswerShown[];
  scores(): LogScores;
  models(): readonly LogModel[];
  pattern(name: string): KnownPattern;
}

/** Reads the ledger of a data folder; opened when it is there. */
export class CommittedReader {
  readonly #folder: string;
  readonly #pipeline: string;
  readonly #decode: (states: StateReader, progress: CommittedProgress) => Committed;
  #reader: StateReader | undefined;
  #last: Committed | undefined;

  constructor(folder: string, pipeline: string, decode: (states: StateReader, progress: CommittedProgress) => Committed) {
    this.#folder = folder;
    this.#pipeline = pipeline;
    this.#decode = decode;
  }

  /** undefined before the first commit. */
  read(): Committed | undefined {
    try {
      this.#reader ??= openStateReader(this.#folder);
    } catch {
      // There is no ledger yet.
      return undefined;
    }
    const progress = this.#reader.progress(this.#pipeline);
    if (progress === undefined) return undefined;
    if (this.#last?.progress.checkpoint !== progress.checkpoint) this.#last = this.#decode(this.#reader, progress);
    return this.#last;
  }

  close(): void {
    this.#reader?.close();
    this.#reader = undefined;
    this.#last = undefined;
  }
}
