/** What the stages of a log pipeline keep, as of the last commit. */
import type { LogModel } from '../../core/api.ts';
import { openStateReader, type CommittedProgress, type StateReader } from '../../stores/sqlite/state-reader.ts';

/** A template; times are ms. */
export interface KnownTemplate {
  id: number;
  text: string;
  name: string | null;
  level: string;
  count: number;
  first: number;
  last: number;
  pinned: boolean;
  ignored: boolean;
  example: string;
  parameters: { type: string; examples: string[] }[];
  trend: number[];
}

export interface KnownTemplates {
  templates: readonly KnownTemplate[];
  /** Width of a bucket of the trends and start of the first, ms; NaN before there is one. */
  bucket: number;
  from: number;
}

export interface KnownSessions {
  by: string;
  evidence: string[];
  open: number;
}

export interface KnownAnswer {
  id: string;
  pattern: string;
  says: 'normal' | 'anomalous';
  reason: string;
  by: string;
  session: string;
  /** Wall clock, ms. */
  at: number;
  undone: boolean;
}

export interface KnownJudging {
  answers: readonly KnownAnswer[];
  models: readonly LogModel[];
}

/** All of it, decoded once a commit. */
export interface Committed {
  progress: CommittedProgress;
  templates: KnownTemplates;
  sessions: KnownSessions;
  judging: KnownJudging;
}

/** Reads the ledger of a data folder; opened when it is there, and again when it was replaced. */
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
