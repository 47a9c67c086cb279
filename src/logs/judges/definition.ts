/** How a judge of sessions states itself once: options, defaults, validation and documentation come from it. */
import type { Judge, JsonValue, SessionLook } from '../../core/contracts.ts';
import type { LogModel } from '../../core/log-api.ts';
import type { Definition, Static, TObject } from '../../core/schema.ts';
import type { SnapshotReader } from '../../core/snapshot.ts';
import type { KnownSessions } from './known.ts';

/** What a person wants to know before choosing a judge. */
export interface JudgeAbout {
  /** What it finds, in a sentence. */
  finds: string;
  /** When to use it, and when another one. */
  use: string;
  /** How much it must have seen before there is a score, with the default options. */
  warmUp: string;
  /** Bytes of state with the default options, and how it grows. */
  memory: string;
  /** Paper or document it follows. */
  paper: string;
}

/** A judge with what only some have. */
export interface TrainedJudge extends Judge {
  /** Learns what can be learnt of a session that still grows, which is not given to `learn`. */
  grows?(look: SessionLook): void;
  /** The training period that a person named has ended; called once, and only where there is one. Nothing is learnt afterwards unless asked for. */
  endTraining?(): void;
  /** After `endTraining`: the static limit that follows from its training, where it knows better than its definition. */
  limit?(): number;
  /** Of one that combines others: what each of them said of the session that was scored last, as digits, and which spoke loudest (-1 for none). */
  readonly digits?: Float64Array;
  readonly member?: number;
  /** Its model as shown to people: what it is and how its training went. */
  card?(): Omit<LogModel, 'judge'>;
  /** Of one that combines others: the cards of those. */
  cards?(): LogModel[];
}

export interface JudgeDefinition<O extends TObject = TObject> extends Definition<O> {
  about: JudgeAbout;
  /**
   * `digits`: a score is -log10 of the probability that a session is this odd (2 is 1 in 100), in which all sessions seen count;
   * `free`: any number, higher is odder.
   */
  scale: 'digits' | 'free';
  /** Whether what it says follows from (templates, counts) alone or from the order of the lines as well. */
  sees: 'counts' | 'sequence';
  /** The dynamic threshold used when the configuration names none. */
  threshold: { name: string; options: Record<string, JsonValue> };
  /**
   * The static limit used when the configuration names none and the judge itself knows no better. Of `digits`: with a named training period (or what that
   * can tell, if it is short), and without. Of `free`: the quantile of the scores of the training period, or of the first sessions where there is none.
   */
  limit: { trained: number; untrained: number } | { quantile: number };
  /** Names of the judges that it combines; `member` of it is an index into them. */
  membersOf?(options: Static<O>): readonly string[];
  /** Options of it as one of several that are combined, where they are not the defaults. */
  asMember?: Partial<Static<O>>;
  /** Version of the snapshots written; a reader knows this one and the one before. */
  version: number;
  /** `known`: what is learnt of all sessions' counts beside the judge, whichever it is; whoever calls `learn` of the judge calls that of `known` after it. */
  create(options: Static<O>, known: KnownSessions): TrainedJudge;
  restore(reader: SnapshotReader, options: Static<O>, known: KnownSessions): TrainedJudge;
}

/** Keeps the options' static type with the definition. */
export function defineJudge<O extends TObject>(definition: JudgeDefinition<O>): JudgeDefinition<O> {
  return definition;
}

/** A limit in digits after a training with so many sessions: what none of them was as odd as; more digits than that a training cannot tell. */
export function trainedLimit(limit: number, sessions: number): number {
  return Math.min(limit, Math.log10((sessions + 1) / 2));
}
