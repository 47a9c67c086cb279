/** From one pipeline of a configuration to what the engine runs. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Decoder, History, JsonValue, Ledger, Source } from '../core/contracts.ts';
import type { SeriesDictionary, SeriesInfo } from '../core/events.ts';
import { hashText } from '../core/hash.ts';
import { SMALL_NURSERY } from '../core/heap.ts';
import type { PushSourceDefinition, SourceContext } from '../core/schema.ts';
import { LabelledDecoder } from '../formats/labelled.ts';
import { ruleOf, type Rule } from '../incidents/delivery.ts';
import type { IncidentOptions } from '../incidents/options.ts';
import { IncidentTracker } from '../incidents/tracker.ts';
import { Chain, type Stages } from '../runtime/chain.ts';
import { journalSource } from '../runtime/journal/source.ts';
import type { RunParts, RunPlan } from '../runtime/plan.ts';
import { Pool } from '../runtime/pool.ts';
import type { Clock } from '../runtime/ports.ts';
import type { FromEngine, Interest } from '../runtime/protocol.ts';
import type { NamedSink } from '../runtime/sinks.ts';
import type { StateLookup } from '../runtime/states.ts';
import type { Prepared } from '../runtime/supervisor.ts';
import { canonical, configHash, definitionOf, describeComponent, type Component, type PipelineConfig, type Registry } from './config/index.ts';
import { GapDecoder } from './gaps.ts';
import { MediaDecoder } from './media-decoder.ts';
import { columnsOf, decodedWidth, stagesOf, verdictWidth } from './stages.ts';

/** How often the output of a stage is filled between two commits where very much is due at once, as all sessions are that are open at the end. */
const PIECE = 1;

/** What all pipelines of a process share. */
export interface Surroundings {
  registry: Registry;
  ledger: Ledger;
  history: History;
  clock: Clock;
  /** Folder of the configuration file, and the data folder. */
  folder: string;
  data: string;
  parallelism: number;
  /** Entry of a stage thread. */
  stageThread: URL;
  emit(message: FromEngine): void;
  interest(): Interest;
  /** Registers what wakes a journal source when its journal has grown. */
  onGrowth(pipeline: string, wake: () => void): void;
}

export function journalFolder(data: string, pipeline: string): string {
  return join(data, 'journal', pipeline);
}

/** Names receivers and actions in the order of the configuration: `webhook#0`. */
export function targetsOf(components: readonly Component[]): string[] {
  return components.map(({ name }, i) => `${name}#${i}`);
}

/** Whom each receiver's options let it be told of. */
function rulesOf({ notify }: PipelineConfig): Rule[] {
  return targetsOf(notify).map((target, i) => ruleOf(target, notify[i].options));
}

export function prepare(pipeline: PipelineConfig, around: Surroundings): Prepared {
  const hash = configHash(pipeline, around.registry);
  return { plan: planOf(pipeline, around, hash), parts: partsOf(pipeline, around, hash) };
}

function planOf(pipeline: PipelineConfig, around: Surroundings, hash: string): RunPlan {
  const { order, detect, logs } = pipeline;
  return {
    pipeline: pipeline.name,
    hash,
    config: canonical(pipeline, around.registry),
    source: pipeline.source.name,
    records: definitionOf(around.registry, 'source', pipeline.source.name)!.delivers === 'journal' ? 'messages' : 'bytes',
    detector: logs?.judge.name ?? detect.detector.name,
    detectorText:
      logs === undefined ? describeComponent('detector', detect.detector, around.registry) : describeComponent('judge', logs.judge, around.registry),
    thresholdText: describeComponent('threshold', logs?.threshold ?? detect.threshold, around.registry),
    parallelism: threadsOf(pipeline, around),
    labels: pipeline.labels,
    unit: pipeline.unit,
    maxSeries: pipeline.maxSeries,
    order: { allowedLateness: order.allowedLateness, maxFuture: order.maxFuture === 0 ? Infinity : order.maxFuture, maxBuffer: order.maxBuffer },
    idle: order.idle,
    width: decodedWidth(pipeline),
    verdictWidth: verdictWidth(pipeline),
    lines: logs !== undefined,
    ...(pipeline.truth === undefined ? {} : { truth: { ...pipeline.truth, by: pipeline.align?.by } }),
    store: pipeline.store,
    checkpoint: pipeline.checkpoint,
    cache: pipeline.state.cache,
    restart: pipeline.restart,
  };
}

function partsOf(pipeline: PipelineConfig, around: Surroundings, hash: string): RunParts {
  const { registry, ledger, history, clock, emit, interest } = around;
  return {
    ledger,
    history,
    clock,
    emit,
    interest,
    createSource: (dictionary) => sourceOf(pipeline, around, dictionary),
    createDecoder: (dictionary, state) => decoderOf(pipeline, registry, dictionary, state),
    createStages: (dictionary) => stagesIn(pipeline, around, dictionary, hash),
    createIncidents: (dictionary) =>
      new IncidentTracker(pipeline.incident as IncidentOptions, {
        pipeline: pipeline.name,
        dictionary,
        columns: columnsOf(pipeline),
        receivers: rulesOf(pipeline),
        actions: pipeline.actions.map(({ run, on, cooldown }, i) => ({ target: `action ${run.name}#${i}`, on, cooldown })),
      }),
    createSinks: () => sinksOf(pipeline, around),
  };
}

function sourceOf(pipeline: PipelineConfig, around: Surroundings, dictionary: SeriesDictionary): Source {
  const definition = definitionOf(around.registry, 'source', pipeline.source.name)!;
  const journal = journalFolder(around.data, pipeline.name);
  if (definition.delivers === 'journal') return journalSource(journal, { onWake: (wake) => around.onGrowth(pipeline.name, wake) });
  const context: SourceContext = {
    pipeline: pipeline.name,
    folder: around.folder,
    dictionary,
    journal,
    now: () => around.clock.now(),
    log: (level, message) => around.emit({ type: 'log', level, message, pipeline: pipeline.name }),
  };
  return definition.create(pipeline.source.options, context);
}

function decoderOf(pipeline: PipelineConfig, registry: Registry, dictionary: SeriesDictionary, state: JsonValue | undefined): Decoder | undefined {
  const source = definitionOf(registry, 'source', pipeline.source.name)!;
  if (source.delivers === 'events') return undefined;
  const create = (name: string, options: Component['options'], into: SeriesDictionary, from: JsonValue | undefined): Decoder =>
    definitionOf(registry, 'format', name)!.create(options, into, from ?? undefined);
  const decoder = new LabelledDecoder(
    (into, from) => {
      if (source.delivers === 'journal' && pipeline.format === undefined) {
        const { formats, format }: PushSourceDefinition = source;
        return new MediaDecoder(formats, format, (name, kept) => create(name, {}, into, kept), from);
      }
      const format = pipeline.format!;
      return create(format.name, format.options, into, from);
    },
    dictionary,
    state,
  );
  return source.delivers === 'journal' ? new GapDecoder(decoder) : decoder;
}

/** Stages of logs are global, so the engine's thread runs them. */
function threadsOf({ logs }: PipelineConfig, { parallelism }: Surroundings): number {
  return logs === undefined ? parallelism : 1;
}

function stagesIn(pipeline: PipelineConfig, around: Surroundings, dictionary: SeriesDictionary, hash: string): Stages {
  const { ledger, registry } = around;
  const parallelism = threadsOf(pipeline, around);
  if (parallelism > 1) {
    const workers = Array.from(
      { length: parallelism },
      (_, lane) =>
        new Worker(around.stageThread, { workerData: { pipeline, data: around.data, lane, lanes: parallelism, hash }, resourceLimits: SMALL_NURSERY }),
    );
    return new Pool(workers, dictionary, laneOf(pipeline), namer(pipeline, around, dictionary));
  }
  const lookup: StateLookup = (stage, key) => ledger.state(pipeline.name, stage, key);
  const chain = new Chain(stagesOf(pipeline, registry, dictionary, hash), dictionary, pipeline.state.cache, lookup, PIECE);
  chain.recover((stage) => ledger.states(pipeline.name, stage));
  return chain;
}

/** Names entities and units as the stages do at the start of a batch: by giving them an empty one. */
function namer(pipeline: PipelineConfig, { registry }: Surroundings, dictionary: SeriesDictionary): () => void {
  const chain = new Chain(stagesOf(pipeline, registry, dictionary, ''), dictionary, 0, () => undefined);
  return () => chain.name();
}

/** Series that meet in one state go to one thread: those of an entity where they are aligned, else each by itself. */
export function laneOf({ align }: PipelineConfig): (series: SeriesInfo) => number {
  return (series) => hashText(align === undefined ? series.key : (series.labels[align.by] ?? series.key));
}

function sinksOf(pipeline: PipelineConfig, { registry, folder }: Surroundings): NamedSink[] {
  const targets = targetsOf(pipeline.sinks);
  return pipeline.sinks.map(({ name, options }, i) => ({
    target: targets[i],
    sink: definitionOf(registry, 'sink', name)!.create(options, { pipeline: pipeline.name, folder }),
  }));
}
