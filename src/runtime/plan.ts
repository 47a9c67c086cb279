/** What the pipeline room gives the engine: numbers that were validated, and makers of the parts. */
import type { Decoder, History, IncidentLogic, JsonValue, Ledger, Source } from '../core/contracts.ts';
import type { SeriesDictionary } from '../core/events.ts';
import type { Stages } from './chain.ts';
import type { OrderOptions } from './order.ts';
import type { ScoreboardOptions } from './scoreboard.ts';
import type { Clock } from './ports.ts';
import type { FromEngine, Interest } from './protocol.ts';
import type { NamedSink } from './sinks.ts';

/** How one pipeline runs. Durations in ms. */
export interface RunPlan {
  pipeline: string;
  /** Configuration hash, and the canonical configuration it is the hash of. */
  hash: string;
  config: JsonValue;
  source: string;
  /** How the source hands over records: a dead letter is decoded anew in the same way. */
  records: 'bytes' | 'messages';
  detector: string;
  /** Detector and threshold with their options, for people. */
  detectorText: string;
  thresholdText: string;
  parallelism: number;
  labels: Record<string, string>;
  unit: string;
  maxSeries: number;
  order: OrderOptions;
  /** A source that hands over nothing for so long counts as standing still. */
  idle: number;
  /** Values per event as decoded, and per verdict. */
  width: number;
  verdictWidth: number;
  /** Events are log lines: their text comes with them. */
  lines: boolean;
  /** Present where alerts are held against the truth that comes with the data. */
  truth?: ScoreboardOptions;
  store: 'all' | 'anomalies';
  checkpoint: { minInterval: number; maxInterval: number };
  cache: number;
  restart: { backoff: number; maxBackoff: number; attempts: number };
}

/** Makes the parts of one run; called anew after each failure, so that nothing survives that was not committed. */
export interface RunParts {
  ledger: Ledger;
  history: History;
  clock: Clock;
  createSource(dictionary: SeriesDictionary): Source;
  /** undefined where the source hands over ready events. */
  createDecoder(dictionary: SeriesDictionary, state: JsonValue | undefined): Decoder | undefined;
  createStages(dictionary: SeriesDictionary): Stages;
  createIncidents(dictionary: SeriesDictionary): IncidentLogic;
  createSinks(): NamedSink[];
  /** Configurations that were asked for up to this control record are older than the file that this process began with. */
  configuredUpTo?: number;
  emit(message: FromEngine): void;
  interest(): Interest;
}
