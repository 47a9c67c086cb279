/** How a component states its options once: types, defaults, validation, documentation and JSON Schema come from it. */
import { Type, type Static, type TObject, type TSchema } from 'typebox';
import type { Action, Decoder, Detector, Gap, JsonValue, Notifier, PushRequest, Sink, Source, Threshold } from './contracts.ts';
import type { SeriesDictionary } from './events.ts';
import type { SnapshotReader } from './snapshot.ts';

export { Type };
export type { Static, TSchema, TObject };

/** Durations, sizes and rates are written `5s`, `64MiB`, `100/s` and reach a component as ms, bytes and 1/s. */
export type Unit = 'duration' | 'size' | 'rate';

/** A timer of more than 24 days fires at once, again and again; no wait of ours is longer than this, ms. */
export const LONGEST_TIMER = 86_400_000;

/** An option written with a unit; reaches the component as a number of ms, bytes or 1/s. `fallback` is written as a person would. */
export function quantity(unit: Unit, description: string, fallback?: string, bounds: { minimum?: number; maximum?: number } = {}) {
  return Type.Number({ description, unit, ...(fallback === undefined ? {} : { default: fallback }), ...bounds });
}

/** What every component has: a name for the configuration, a sentence, and its options. */
export interface Definition<O extends TObject = TObject> {
  name: string;
  summary: string;
  options: O;
  /** A working example of the options, used in the documentation and run by its test. */
  sample: Record<string, JsonValue>;
}

/** A definition whose options must fit each other in ways that a schema cannot say. */
interface Checked<O extends TObject> extends Definition<O> {
  /** The option that does not fit ('' for all of them) and why, in words that follow its name. */
  check?(options: Static<O>): { option: string; detail: string } | undefined;
}

/** Made streams that show what a detector finds; drawn in its documentation. */
export const EXAMPLES = ['spikes', 'level-shift', 'drift', 'variance', 'season-break', 'stuck', 'gaps', 'shape', 'columns', 'slow-leak'] as const;

/** What a person wants to know before choosing a detector; shown by `homeostat detectors` and in the reference. */
export interface DetectorAbout {
  /** What it finds, in a sentence. */
  finds: string;
  /** When to use it, and when another one. */
  use: string;
  /** How much it must have seen before there is a score, with the default options. */
  warmUp: string;
  /** Bytes of hot state per series with the default options, as `bench speed` measures it; with how it grows. */
  memory: string;
  /** What comes beside the score. */
  gives: 'band' | 'contributions' | 'band and contributions' | 'score only';
  /** Paper or document it follows. */
  paper: string;
  /** The made stream that it is drawn on. */
  example: (typeof EXAMPLES)[number];
}

export interface DetectorDefinition<O extends TObject = TObject> extends Definition<O> {
  about: DetectorAbout;
  /** `sigma` when scores are in standard deviations; `free` otherwise. */
  scale: 'sigma' | 'free';
  /** The threshold used when the configuration names none. */
  threshold: { name: string; options: Record<string, JsonValue> };
  /** True when it gives an onset of its own; incidents then open by onset unless told otherwise. */
  onsets?: boolean;
  /** Names of the parts that it combines; `DetectorOutput.member` is an index into them. */
  members?: readonly string[];
  /** The same where they depend on the options. */
  membersOf?(options: Static<O>): readonly string[];
  /** `times`: it judges when rows come, so that a row without any value has a score as well. */
  judges?: 'values' | 'times';
  /** False for one that learns nothing: the first row has a score, and a flat series that of its level. */
  learns?: false;
  /** Version of the snapshots written; a reader knows this one and the one before. */
  version: number;
  /** One column (each column then becomes its own series) or many together. */
  columns: 'one' | 'many';
  create(options: Static<O>, width: number): Detector;
  restore(reader: SnapshotReader, options: Static<O>, width: number): Detector;
}

export interface ThresholdDefinition<O extends TObject = TObject> extends Definition<O> {
  /** When to use it, and the paper or document it follows. */
  about: { use: string; paper: string };
  version: number;
  /** True when the limits are only meaningful for scores in standard deviations. */
  needsSigma: boolean;
  /** `alerts`: it bounds how often something begins, and so judges the onset as well where the detector gives one; `scores` otherwise. */
  bounds: 'alerts' | 'scores';
  create(options: Static<O>): Threshold;
  restore(reader: SnapshotReader, options: Static<O>): Threshold;
}

export interface FormatDefinition<O extends TObject = TObject> extends Definition<O> {
  create(options: Static<O>, dictionary: SeriesDictionary, state?: JsonValue): Decoder;
}

/** What a source may use of the process around it. */
export interface SourceContext {
  pipeline: string;
  /** Folder that relative paths start from: that of the configuration file. */
  folder: string;
  dictionary: SeriesDictionary;
  /** Folder of the pipeline's journal, for push sources. */
  journal: string;
  /** Wall clock, ms. */
  now(): number;
  log(level: 'info' | 'warn', message: string): void;
}

/** A source that is read: it hands over records, and can be read again from any position it gave. */
export interface ReadSourceDefinition<O extends TObject = TObject> extends Checked<O> {
  /** `records`: bytes that a format decodes; `events`: ready events. */
  delivers: 'records' | 'events';
  /** Format used when the pipeline names none. */
  format?: string;
  create(options: Static<O>, context: SourceContext): Source;
  /** `validate --live`: answers what it found in words; throws when what it names cannot be reached. */
  reach?(options: Static<O>, context: ReachContext): Promise<Reached>;
}

/** A source that senders push to: a journal keeps what they send, and the runtime reads the journal, so there is nothing to create. */
export interface PushSourceDefinition<O extends TObject = TObject> extends Checked<O> {
  delivers: 'journal';
  /** Format used when the pipeline names none and the message names no media type of `formats`. */
  format: string;
  /** Media types that senders may name, and the format that decodes each. */
  formats: Readonly<Record<string, string>>;
  /** For a source that fetches what cannot be fetched again (a subscription, a scrape): begins to, and puts what it gets into the journal. */
  listen?(options: Static<O>, context: ListenContext): Listener;
  /** As of a source that is read. */
  reach?(options: Static<O>, context: ReachContext): Promise<Reached>;
}

/** What a listener is given. */
export interface ListenContext {
  pipeline: string;
  /** Folder that relative paths start from. */
  folder: string;
  /** Stable for this pipeline and data folder: for client ids that a broker keeps sessions by. */
  instance: string;
  /** Durable when it resolves. Rejects with JOURNAL_FULL, OVERLOADED or DISK_FULL: then the listener stops taking messages, and tries these again or counts a gap. */
  append(messages: readonly PushRequest[]): Promise<void>;
  /** When the journal got its newest message before this process began; undefined where it had none. What could not be kept since then is a gap. */
  readonly keptAt?: number | undefined;
  /** Keeps with the messages that some were lost here; counted, and shown in the audit. */
  gap(gap: Gap): Promise<void>;
  /** How the connection is; `reason` is empty when ok. */
  health(condition: 'starting' | 'ok' | 'degraded', reason: string): void;
  now(): number;
  log(level: 'info' | 'warn', message: string): void;
}

/** Runs until it is closed; keeps trying to reach its system by itself. */
export interface Listener {
  /** Takes no more messages, and resolves once those it has taken are kept. */
  close(): Promise<void>;
}

/** What `validate --live` found, in words; with what a person should mend though it works. */
export type Reached = string | { found: string; warning: string };

export interface ReachContext {
  pipeline: string;
  folder: string;
}

/** Told apart by `delivers`. */
export type SourceDefinition<O extends TObject = TObject> = ReadSourceDefinition<O> | PushSourceDefinition<O>;

export interface SinkDefinition<O extends TObject = TObject> extends Checked<O> {
  create(options: Static<O>, context: { pipeline: string; folder: string }): Sink;
  /** `validate --live`: answers what it found in words; throws when what it names cannot be reached or written. */
  reach?(options: Static<O>, context: ReachContext): Promise<Reached>;
}

export interface NotifierContext {
  /** Which configured receiver it is: `webhook#0`. */
  target: string;
  /** Folder that relative paths start from; that of the process where absent. */
  folder?: string;
  log(level: 'info' | 'warn', message: string): void;
}

export interface NotifierDefinition<O extends TObject = TObject> extends Checked<O> {
  create(options: Static<O>, context: NotifierContext): Notifier;
  reach?(options: Static<O>, context: ReachContext): Promise<Reached>;
}

export interface ActionDefinition<O extends TObject = TObject> extends Definition<O> {
  create(options: Static<O>, host: ActionHost): Action;
}

/** What an action can ask of the process. */
export interface ActionHost {
  checkpoint(pipeline: string): Promise<void>;
  restartSource(pipeline: string): Promise<void>;
  /** State of an incident now, to see whether the action helped. */
  incidentState(id: string): string | undefined;
}

/** Keeps the options' static type with the definition. */
export function defineDetector<O extends TObject>(definition: DetectorDefinition<O>): DetectorDefinition<O> {
  return definition;
}
export function defineThreshold<O extends TObject>(definition: ThresholdDefinition<O>): ThresholdDefinition<O> {
  return definition;
}
export function defineFormat<O extends TObject>(definition: FormatDefinition<O>): FormatDefinition<O> {
  return definition;
}
export function defineSource<O extends TObject>(definition: ReadSourceDefinition<O>): ReadSourceDefinition<O> {
  return definition;
}
export function definePushSource<O extends TObject>(definition: PushSourceDefinition<O>): PushSourceDefinition<O> {
  return definition;
}
export function defineSink<O extends TObject>(definition: SinkDefinition<O>): SinkDefinition<O> {
  return definition;
}
export function defineNotifier<O extends TObject>(definition: NotifierDefinition<O>): NotifierDefinition<O> {
  return definition;
}
export function defineAction<O extends TObject>(definition: ActionDefinition<O>): ActionDefinition<O> {
  return definition;
}
