/** Logs without an engine: lines through the stages of a pipeline over logs, everything kept in memory. */
import type { ByteRecords, Decoder, JsonValue } from '../../core/contracts.ts';
import { EventBuilder, SeriesDictionary, type EventBatch } from '../../core/events.ts';
import { hashId } from '../../core/hash.ts';
import { ANOMALOUS, VERDICT_KINDS, type VerdictBatch } from '../../core/verdicts.ts';
import { readGrouping, readSessions } from '../../logs/sessions/overview.ts';
import { Chain } from '../../runtime/chain.ts';
import { snapshotOf } from '../../runtime/states.ts';
import { VerdictIds } from '../../runtime/verdict-buffer.ts';
import { definitionOf, type Component, type PipelineConfig } from '../config/index.ts';
import { parseConfig } from '../load.ts';
import { registry } from '../registry.ts';
import { stagesOf } from '../stages.ts';
import type { Committed } from './committed.ts';
import { committedOf } from './decode-committed.ts';
import { linesOf, type LineInput } from './lines.ts';
import { MemoryLedger } from './memory-ledger.ts';

/** Name that goes into the ids of verdicts as the pipeline's name does. */
const NAME = 'logs';
/** States kept as objects after a commit; what a stage knows better wins. */
const CACHE = 4096;
/** Lines between two commits, which let go of what is cold. */
const COMMIT_LINES = 250_000;
/** Anomalous sessions that are told apart in the count; further ones only add to it. */
const MOST_COUNTED = 1_000_000;
const PARTITION = 2 ** 44;
export const SESSION = VERDICT_KINDS.indexOf('session');

/** How lines are read, parted and judged; what is left out is as in a pipeline that names nothing. */
export interface LogChoice {
  format?: Component;
  /** What tells sessions apart, as `session.by`. */
  by?: string;
  /** Length of windows, ms, as `session.window`. */
  window?: number;
  /** Absent: the default; null: sessions are counted, not judged. */
  judge?: Component | null;
  /** False: how many lines come of each template and level is not watched. */
  rates?: boolean;
  /** The dynamic threshold. */
  threshold?: Component;
  /** As the section `judging`. */
  judging?: Record<string, JsonValue>;
}

/** The pipeline that such a run is. Throws OPTION_INVALID. */
export function pipelineFor({ format, by, window, judge, threshold, judging }: LogChoice): PipelineConfig {
  const judged = judge === undefined || judge === null ? '' : `, judge: ${judge.name}`;
  const text = `pipelines: { ${NAME}: { source: { stdin: {} }, format: { line: {} }, parse: {}${judged} } }`;
  const [pipeline] = parseConfig(text, 'logs.yaml', {}).pipelines;
  const logs = pipeline.logs!;
  return {
    ...pipeline,
    ...(format === undefined ? {} : { format }),
    logs: {
      ...logs,
      session: { ...logs.session, ...(by === undefined ? {} : { by }), ...(window === undefined ? {} : { window }) },
      judge: judge ?? logs.judge,
      threshold: threshold ?? logs.threshold,
      judging: { ...logs.judging, ...judging },
    },
  };
}

/** Makes decoders of the pipeline's format. */
export function decoders({ format }: PipelineConfig, dictionary: SeriesDictionary): () => Decoder {
  const { name, options } = format!;
  return () => definitionOf(registry, 'format', name)!.create(options, dictionary);
}

/** Sessions are told apart by (partition, offset of the first line) in one number. */
export function sessionOf(partition: number, offset: number): number {
  return partition * PARTITION + offset;
}

/** Takes verdicts, valid during the call; `identify` fills the ids of a batch, which are left open since few are shown. */
export type TakeVerdicts = (verdicts: VerdictBatch, identify: () => void) => void;

/** Lines to verdicts of sessions. */
export class LogRun {
  readonly dictionary = new SeriesDictionary();
  readonly pipeline: PipelineConfig;
  lines = 0;
  /** Records that could not be read, or were cut. */
  refused = 0;
  /** Why the first of them was. */
  refusal: string | undefined;
  /** Sessions whose verdict in force is anomalous. */
  anomalous = 0;
  /** Looks at sessions that had no score: in a run that only trains, those that were learnt. */
  trained = 0;
  /** Event times of the first and the last line, ms; NaN before any. */
  first = NaN;
  last = NaN;
  readonly #ledger = new MemoryLedger();
  readonly #chain: Chain;
  readonly #take: TakeVerdicts;
  readonly #ids: Map<string, VerdictIds> = new Map();
  readonly #odd = new Set<number>();
  #sinceCommit = 0;

  /** False where sessions are only counted. */
  readonly judges: boolean;

  /** `learnt`: a run over a normal time, with whose templates and judge this one goes on. Throws OPTION_INVALID. */
  constructor(choice: LogChoice, take: TakeVerdicts, learnt?: LogRun) {
    const training: Record<string, JsonValue> = learnt === undefined ? {} : { train_sessions: Math.max(1, learnt.trained) };
    const sessions = learnt === undefined || (choice.by ?? 'auto') !== 'auto' ? {} : learnt.#found();
    this.pipeline = pipelineFor({ ...choice, ...sessions, judging: { ...choice.judging, ...training } });
    this.#take = take;
    const config = hashId(JSON.stringify(this.pipeline.logs));
    this.judges = choice.judge !== null;
    const plans = stagesOf(this.pipeline, registry, this.dictionary, config, !this.judges).filter(
      ({ operator: { name } }) => (this.judges || name !== 'judge') && (choice.rates !== false || name !== 'rate'),
    );
    for (const { operator, shape } of plans) {
      if (learnt !== undefined && (operator.name === 'parse' || operator.name === 'judge')) this.#ledger.copy(operator.name, shape, learnt.#ledger);
    }
    this.#chain = new Chain(plans, this.dictionary, CACHE, (stage, key) => this.#ledger.lookup(stage, key));
    this.#chain.recover((stage) => this.#ledger.committed(stage));
  }

  /** A run that learns all sessions as normal and judges none. */
  static training(choice: LogChoice): LogRun {
    return new LogRun({ ...choice, judging: { ...choice.judging, train_sessions: Number.MAX_SAFE_INTEGER } }, () => {});
  }

  /** Takes all lines of these inputs, merged by time; `between` is called after each batch. Answers what the formats chose, in words. */
  async read(inputs: readonly LineInput[], between: () => void | Promise<void> = () => {}): Promise<string[]> {
    const made: Decoder[] = [];
    const create = decoders(this.pipeline, this.dictionary);
    const remembered = (): Decoder => {
      const decoder = create();
      made.push(decoder);
      return decoder;
    };
    for await (const events of linesOf(inputs, remembered, this.dictionary)) {
      this.take(events);
      await between();
    }
    return [...new Set(made.flatMap((decoder) => decoder.report()))];
  }

  /** Takes records of several inputs as they arrive. */
  async follow(records: AsyncIterable<ByteRecords>, between: () => void | Promise<void>): Promise<string[]> {
    const decoder = decoders(this.pipeline, this.dictionary)();
    const events = new EventBuilder(this.dictionary, 1, 4096, true);
    for await (const record of records) {
      events.reset();
      decoder.decode(record, events);
      this.take(events);
      await between();
    }
    return decoder.report();
  }

  /** Takes a batch of lines. */
  take(events: EventBuilder): void {
    this.refused += events.bad.length;
    this.refusal ??= events.bad[0]?.detail;
    if (events.length === 0) return;
    if (this.lines === 0) this.first = events.time[0];
    this.last = events.time[events.length - 1];
    this.lines += events.length;
    // More of the very time of the last line may come.
    this.#process(events, this.last);
    this.#sinceCommit += events.length;
    if (this.#sinceCommit >= COMMIT_LINES) this.commit();
  }

  /** After the last line: closes what is open. */
  finish(): void {
    this.#process(new EventBuilder(this.dictionary, 1, 1, true), Infinity);
    this.commit();
  }

  /** What the stages know; as of the last commit. */
  known(): Committed {
    const progress = { checkpoint: 1, position: null, decoder: null, counts: {} };
    return committedOf(this.pipeline, this.#ledger, progress);
  }

  commit(): void {
    this.#ledger.apply(this.#chain.writes());
    this.#chain.committed();
    this.#sinceCommit = 0;
  }

  #process(events: EventBatch, watermark: number): void {
    this.#chain.process(events, watermark, (verdicts) => {
      this.#take(verdicts, () => this.#idsOf(verdicts.stage).fillAll(verdicts));
      this.#count(verdicts);
    });
  }

  #idsOf(stage: string): VerdictIds {
    const known = this.#ids.get(stage) ?? new VerdictIds(NAME, stage, this.dictionary);
    this.#ids.set(stage, known);
    return known;
  }

  /** Whether the verdict in force on the session of row i is anomalous; asked while the batch is taken. */
  isAnomalous({ partition, offset }: VerdictBatch, i: number): boolean {
    return this.#odd.has(sessionOf(partition[i], offset[i]));
  }

  /** Sessions that began so far, as of the last commit. */
  get sessions(): number {
    return readSessions(this.#sessionState).opened;
  }

  /** What sessions were found to be, as a choice. */
  #found(): Pick<LogChoice, 'by' | 'window'> {
    const found = readGrouping(this.#sessionState);
    if (found === undefined) return {};
    return found.by === 'pattern' ? { by: found.pattern } : found;
  }

  readonly #sessionState = (key: number): Uint8Array | undefined => {
    const kept = this.#ledger.lookup('session', key);
    return kept && snapshotOf(kept.data);
  };

  #count(verdicts: VerdictBatch): void {
    const { length, kind, flags, partition, offset, score } = verdicts;
    for (let i = 0; i < length; i++) {
      if (kind[i] !== SESSION) continue;
      if (Number.isNaN(score[i])) this.trained++;
      const isAnomalous = (flags[i] & ANOMALOUS) !== 0;
      if (isAnomalous === this.isAnomalous(verdicts, i)) continue;
      const session = sessionOf(partition[i], offset[i]);
      this.anomalous += isAnomalous ? 1 : -1;
      if (!isAnomalous) this.#odd.delete(session);
      else if (this.#odd.size < MOST_COUNTED) this.#odd.add(session);
    }
  }
}
