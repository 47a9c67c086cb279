/** The stages of a pipeline one after another, in this thread. */
import { RowError, type Operator, type Rollup, type StageControl, type StageOutput, type StateWrite } from '../core/contracts.ts';
import { messageOf } from '../core/errors.ts';
import { EventBuilder, type EventBatch, type SeriesDictionary } from '../core/events.ts';
import { SnapshotWriter } from '../core/snapshot.ts';
import { emptyVerdicts, type VerdictBatch } from '../core/verdicts.ts';
import { States, type StateLookup } from './states.ts';

/** Rows that a stage may put out at once. */
const ROOM = 4096;

/** One stage as the plan names it. */
export interface StagePlan {
  // The chain never looks into a state, so it need not know its type.
  operator: Operator<never>;
  /** Hash of the options that shape its state. */
  shape: number;
  /** Values per event that it puts out. */
  width: number;
}

/** Takes what the chain says; called in order, before the next batch. */
export type Cut = (verdicts: VerdictBatch) => void;

/** The keyed stages of a pipeline, wherever they run. */
export interface Stages {
  /** Buckets that closed since the last commit. */
  rollups: Rollup[];
  /** More is due by the watermark than was put out: what there is may be committed, and a call without rows goes on. */
  readonly isLeft?: boolean;
  process(batch: EventBatch, watermark: number, cut: Cut): void | Promise<void>;
  /** Takes effect from the next batch on. */
  control(control: StageControl): void;
  /** What changed since the last commit, each valid until the next is asked for. All of them may be asked for anew until more is processed. */
  writes(): Iterable<StateWrite> | Promise<Iterable<StateWrite>>;
  /** The ledger holds what `writes` gave. */
  committed(): void;
  /** States held as objects, and how many were dropped so far. */
  readonly hot: number;
  readonly spilled: number;
  close(): void | Promise<void>;
}

/** An operator failed; names the record where one is to blame. */
export class StageError extends Error {
  readonly stage: string;
  readonly culprit: { partition: number; offset: number; place: number } | undefined;

  constructor(stage: string, culprit: StageError['culprit'], cause: unknown) {
    super(messageOf(cause), { cause });
    this.name = 'StageError';
    this.stage = stage;
    this.culprit = culprit;
  }
}

interface Link {
  operator: Operator<unknown>;
  states: States<unknown>;
  out: StageOutput;
}

export class Chain implements Stages {
  rollups: Rollup[] = [];
  isLeft = false;
  readonly #links: Link[];
  readonly #dictionary: SeriesDictionary;
  readonly #most: number;
  readonly #writer = new SnapshotWriter();

  /** `most`: how often a stage that reached the watermark may fill its output before the call returns with `isLeft`. */
  constructor(stages: readonly StagePlan[], dictionary: SeriesDictionary, cache: number, lookup: StateLookup, most = Infinity) {
    this.#dictionary = dictionary;
    this.#most = most;
    this.#links = stages.map(({ operator, shape, width }) => ({
      operator: operator as Operator<unknown>,
      states: new States(operator as Operator<unknown>, { cache: operator.cache ?? cache, shape, lookup }),
      out: { events: new EventBuilder(dictionary, width, 64), verdicts: emptyVerdicts(width, 0), rollups: this.rollups, room: ROOM },
    }));
  }

  /** Takes up pending timers, and what stages keep an index of, from the committed states. */
  recover(committed: (stage: string) => Iterable<{ key: number; shape: number; data: Uint8Array }>): void {
    for (const { operator, states } of this.#links) {
      if (operator.timed) states.recover(committed(operator.name));
      operator.recover?.(states.restored(committed(operator.name)));
    }
  }

  /** Runs one batch, then the timers up to the watermark. Throws StageError. */
  process(batch: EventBatch, watermark: number, cut: Cut): void {
    this.isLeft = false;
    this.#run(0, batch, watermark, cut);
  }

  /** Runs the stages from number `at` on; without a watermark more of the same batch follows. */
  #run(at: number, input: EventBatch, watermark: number | undefined, cut: Cut): void {
    const link = this.#links[at];
    if (link === undefined) return;
    const { operator, states, out } = link;
    out.events.reset();
    out.verdicts.length = 0;
    const say = (): void => {
      if (out.verdicts.length > 0) cut(out.verdicts);
      out.verdicts.length = 0;
    };
    // A stage that puts out more than there is room for goes on once the stages behind it, or the cut, have what there is; false where it did so often enough.
    const pour = (most: number): boolean => {
      let poured = 0;
      do {
        const isFull = out.events.length >= ROOM || out.verdicts.length >= ROOM;
        say();
        if (out.events.length >= ROOM) {
          this.#run(at + 1, out.events, undefined, cut);
          out.events.reset();
        }
        if (isFull && operator.resume !== undefined && ++poured === most) return false;
      } while (operator.resume?.(states, out) === true);
      return true;
    };
    let reached = watermark;
    try {
      if (input.length > 0) {
        operator.process(input, states, out);
        pour(Infinity);
      }
      if (watermark !== undefined) {
        operator.advance(watermark, states, out);
        // The stages behind it have not all that comes before the watermark.
        if (!pour(this.#most)) reached = undefined;
      }
    } catch (thrown) {
      if (thrown instanceof StageError) throw thrown;
      throw new StageError(operator.name, culpritOf(thrown, input), thrown);
    }
    if (watermark !== undefined && reached === undefined) this.isLeft = true;
    this.#run(at + 1, operator.passes === true ? input : out.events, reached, cut);
  }

  /** Gives every stage an empty batch, before which it names what new series bring. */
  name(): void {
    for (const { operator, states, out } of this.#links) operator.process(new EventBuilder(this.#dictionary, 1, 1), states, out);
  }

  control(control: StageControl): void {
    for (const { operator, states } of this.#links) operator.control?.(control, states);
  }

  writes(): Iterable<StateWrite> {
    return { [Symbol.iterator]: () => this.#writes() };
  }

  *#writes(): Generator<StateWrite, void> {
    for (const { states } of this.#links) yield* states.writes(this.#writer);
  }

  committed(): void {
    this.rollups.length = 0;
    for (const { states } of this.#links) states.committed();
  }

  get hot(): number {
    return this.#links.reduce((sum, { states }) => sum + states.hot, 0);
  }

  get spilled(): number {
    return this.#links.reduce((sum, { states }) => sum + states.spilled, 0);
  }

  close(): void {}
}

function culpritOf(thrown: unknown, input: EventBatch): StageError['culprit'] {
  if (!(thrown instanceof RowError)) return undefined;
  const { row } = thrown;
  return { partition: input.partition[row], offset: input.offset[row], place: input.place[row] };
}
