/** Results over logs in the shapes of the API: what a pipeline has committed, read beside its writer. */
import type {
  LogAnswerPreview,
  LogAnswerShown,
  LogModel,
  LogOverview,
  LogScores,
  LogSession,
  LogSessionDetail,
  LogSessions,
  LogTemplate,
  LogTemplates,
} from '../../core/api.ts';
import type { ControlRecord } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { LogAnswerQuestion, LogResults, LogSessionsQuery, LogTemplatesQuery } from '../../core/log-live.ts';
import type { PipelineConfig } from '../config/index.ts';
import type { CountedTemplate } from '../../logs/parse/read.ts';
import { CommittedReader, type Committed } from './committed.ts';
import { committedOf, layoutOf, NO_SCORES } from './decode-committed.ts';
import { detailOf, Texts, viewOf } from './session-view.ts';
import { previewOf } from './preview.ts';
import { SessionIndex } from './session-index.ts';
import { matching, searched } from './session-search.ts';

export interface ResultsReader extends LogResults {
  /** Sessions whose verdict in force is anomalous. */
  anomalous(): Promise<number>;
  close(): void;
}

export interface ResultsOptions {
  /** Data folder that the pipeline writes to. */
  data: string;
  pipeline: PipelineConfig;
  control(record: ControlRecord): Promise<number>;
}

/** Opens nothing yet: files are opened when something is asked for. */
export function openResults(options: ResultsOptions): ResultsReader {
  return new Results(options);
}

const PIECE = 1_000;

class Results implements ResultsReader {
  readonly control: (record: ControlRecord) => Promise<number>;
  readonly #pipeline: PipelineConfig;
  readonly #committed: CommittedReader;
  readonly #index: SessionIndex;

  constructor({ data, pipeline, control }: ResultsOptions) {
    this.control = control;
    this.#pipeline = pipeline;
    this.#committed = new CommittedReader(data, pipeline.name, (states, progress) => committedOf(pipeline, states, progress));
    this.#index = new SessionIndex(data, pipeline.name);
  }

  close(): void {
    this.#committed.close();
    this.#index.close();
  }

  async anomalous(): Promise<number> {
    await this.#index.refresh();
    return this.#index.anomalous;
  }

  async overview(): Promise<LogOverview> {
    const [known] = await this.#now();
    const parsed = known?.templates();
    const sessions = known?.sessions() ?? { by: 'none yet', evidence: [], open: 0 };
    const counts: Record<string, number> = known?.progress.counts ?? {};
    return {
      layout: known === undefined ? [] : layoutOf(this.#pipeline, known.progress.decoder),
      sessions: { by: sessions.by, evidence: sessions.evidence },
      lines: counts['events'] ?? 0,
      bytes: counts['bytes'] ?? 0,
      templates: parsed?.templates.length ?? 0,
      sessionsJudged: this.#index.sessions,
      sessionsOpen: sessions.open,
      anomalous: this.#index.anomalous,
      first: isoOf(parsed?.first ?? NaN),
      last: isoOf(parsed?.last ?? NaN),
      deadLetters: counts['deadLetters'] ?? 0,
    };
  }

  async templates({ search = '', sort, limit }: LogTemplatesQuery): Promise<LogTemplates> {
    const known = this.#committed.read()?.templates() ?? { templates: [], bucket: NaN, from: NaN };
    const wanted = search.toLowerCase();
    const found = known.templates.filter(
      ({ text, name, example }) => wanted === '' || [text, name ?? '', example].some((each) => each.toLowerCase().includes(wanted)),
    );
    const ordered = found.toSorted((a, b) => (sort === 'id' ? a.id - b.id : b[sort] - a[sort] || a.id - b.id));
    const bucket = Number.isFinite(known.bucket) ? known.bucket : 0;
    return { templates: ordered.slice(0, limit).map(templateOf), total: found.length, bucket, from: isoOf(known.from) };
  }

  async sessions(query: LogSessionsQuery): Promise<LogSessions> {
    const [known] = await this.#now();
    const texts = new Texts(known);
    const found = query.search === undefined || query.search === '' ? undefined : await searched(this.#index, query, texts);
    const { rows, next } = matching(this.#index, query, found);
    return { sessions: this.#index.stored(rows).map((stored) => viewOf(stored, texts)), next };
  }

  async session(id: string): Promise<LogSessionDetail> {
    const [known] = await this.#now();
    const stored = this.#index.newest(id);
    if (known === undefined || stored === undefined) throw new HomeostatError('NOT_FOUND', { what: `session of ${this.#pipeline.name}`, name: id });
    return detailOf(stored, known, this.#pipeline);
  }

  async scores(): Promise<LogScores> {
    return this.#committed.read()?.scores() ?? NO_SCORES;
  }

  async models(): Promise<LogModel[]> {
    const known = this.#committed.read();
    const texts = new Texts(known);
    return (known?.models() ?? []).map(({ judge, card, loss }) => ({ judge, card: card.map(([name, value]) => [name, texts.filled(value)]), loss }));
  }

  async answers(): Promise<LogAnswerShown[]> {
    return (this.#committed.read()?.answers() ?? []).toReversed();
  }

  async preview(question: LogAnswerQuestion): Promise<LogAnswerPreview> {
    const [known] = await this.#now();
    return previewOf(question, this.#index, known);
  }

  async *allTemplates(): AsyncGenerator<LogTemplate[]> {
    const { templates } = await this.templates({ sort: 'id', limit: Infinity });
    for (let at = 0; at < templates.length; at += PIECE) yield templates.slice(at, at + PIECE);
  }

  async *allSessions(): AsyncGenerator<LogSession[]> {
    const [known] = await this.#now();
    const texts = new Texts(known);
    const { rows } = this.#index;
    for await (const page of this.#index.all(false)) {
      yield page.filter((stored) => this.#index.isInForce(stored)).map((stored) => viewOf(stored, texts));
      // The index was made anew meanwhile: what is left is looked up in the new one.
      if (rows !== this.#index.rows) await this.#index.refresh();
    }
  }

  /** What is committed, and the index of its sessions up to date. */
  async #now(): Promise<[Committed | undefined]> {
    await this.#index.refresh();
    return [this.#committed.read()];
  }
}

export function templateOf({ first, last, ...rest }: CountedTemplate): LogTemplate {
  return { ...rest, first: isoOf(first) ?? '', last: isoOf(last) ?? '' };
}

/** null where it is no time. */
export function isoOf(ms: number): string | null {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : null;
}
