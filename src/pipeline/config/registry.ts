/** What a configuration may name: the lists of components and the options of sections that other rooms own. */
import type {
  ActionDefinition,
  Definition,
  DetectorDefinition,
  FormatDefinition,
  NotifierDefinition,
  SinkDefinition,
  SourceDefinition,
  ThresholdDefinition,
  TObject,
} from '../../core/schema.ts';
import type { JudgeDefinition } from '../../logs/judges/definition.ts';

export interface Registry {
  sources: readonly SourceDefinition[];
  formats: readonly FormatDefinition[];
  detectors: readonly DetectorDefinition[];
  thresholds: readonly ThresholdDefinition[];
  sinks: readonly SinkDefinition[];
  notifiers: readonly NotifierDefinition[];
  actions: readonly ActionDefinition[];
  judges: readonly JudgeDefinition[];
  /** Options of the sections of a pipeline over logs. */
  logs: Record<LogSection, TObject>;
  /** Options of a pipeline's `incident` section. */
  incident: TObject;
  /** Options of the `server` section; the server room owns them, so whoever loads gives them. */
  server?: TObject;
}

/** Sections that make a pipeline one over logs, beside `judge`. */
export const LOG_SECTIONS = ['parse', 'rate', 'session', 'judging'] as const;
export type LogSection = (typeof LOG_SECTIONS)[number];

export type ComponentKind = 'source' | 'format' | 'detector' | 'threshold' | 'judge' | 'sink' | 'notifier' | 'action';

const LISTS = {
  source: 'sources',
  format: 'formats',
  detector: 'detectors',
  threshold: 'thresholds',
  judge: 'judges',
  sink: 'sinks',
  notifier: 'notifiers',
  action: 'actions',
} as const satisfies Record<ComponentKind, keyof Registry>;

/** Every definition of one kind. */
export function definitionsOf<K extends ComponentKind>(registry: Registry, kind: K): Registry[(typeof LISTS)[K]] {
  return registry[LISTS[kind]];
}

/** The definition of this name; undefined where there is none. */
export function definitionOf<K extends ComponentKind>(registry: Registry, kind: K, name: string): Registry[(typeof LISTS)[K]][number] | undefined {
  const all: readonly Definition[] = definitionsOf(registry, kind);
  return all.find((definition) => definition.name === name) as Registry[(typeof LISTS)[K]][number] | undefined;
}
