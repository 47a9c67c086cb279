/** A configuration as the program uses it: validated, defaults filled, durations in ms, sizes in bytes. Options of components keep the names of their schema. */
import type { JsonValue } from '../../core/contracts.ts';
import type { Learning } from '../../detectors/stage.ts';
import type { CassandraOptions } from '../../stores/cassandra/options.ts';
import type { HeartbeatOptions } from '../../incidents/heartbeat.ts';
import { defaultComponent, defaultSection, thresholdFor, thresholdOfJudge } from './components.ts';
import { LOG_SECTIONS, type LogSection, type Registry } from './registry.ts';
import { DEFAULT_JUDGE, type Component, type FileTree, type PipelineTree } from './schema.ts';

export type { Component } from './schema.ts';

type Options = Record<string, JsonValue>;

/** Sections as their schemas say. */
export interface LogConfig extends Record<LogSection, Options> {
  judge: Component;
  /** The dynamic threshold. */
  threshold: Component;
}

export interface PipelineConfig {
  name: string;
  source: Component;
  /** undefined: ready events, or a push source whose messages name their own format. */
  format?: Component;
  labels: Record<string, string>;
  unit: string;
  order: { allowedLateness: number; maxFuture: number; idle: number; maxBuffer: number };
  maxSeries: number;
  aggregate?: { every: number; function: AggregateFunction; filter: Record<string, string>; unit?: string; maxValues: number };
  align?: { by: string; columns: string[]; columnLabel: string; every: number; fill: 'last' | 'none' | 'zero'; maxAge: number };
  detect: { detector: Component; threshold: Component; learn: Learning; learnOneIn: number; adaptAfter: number };
  /** Present in a pipeline over logs, which has these stages in the place of `detect`. */
  logs?: LogConfig;
  /** As the schema of the incidents says. */
  incident: Options;
  notify: Component[];
  actions: { run: Component; on: 'alerting' | 'no-data'; cooldown: number }[];
  sinks: Component[];
  /** Present where alerts are held against the truth. */
  truth?: { grace: number };
  store: 'all' | 'anomalies';
  /** Bucket of the downsampled values, ms. */
  rollup: number;
  checkpoint: { minInterval: number; maxInterval: number };
  state: { cache: number };
  journal: { maxSize: number; maxAge: number };
  restart: { backoff: number; maxBackoff: number; attempts: number };
}

export type AggregateFunction = 'mean' | 'sum' | 'min' | 'max' | 'count' | 'p50' | 'p95' | 'p99' | 'rate';

export interface Config {
  /** The file as it was named. */
  file: string;
  /** Folder that relative paths start from. */
  folder: string;
  /** Absolute path of the data folder. */
  data: string;
  /** As the schema of the server says. */
  server: Options;
  log: { level: 'debug' | 'info' | 'warn' | 'error'; format: 'text' | 'json' };
  parallelism: number;
  ledger: { synchronous: 'full' | 'normal'; savepointEvery: number };
  history: { period: number; keep: number; maxSize: number; cassandra?: CassandraOptions };
  /** Absent: no outward sign of life. */
  heartbeat?: HeartbeatOptions;
  pipelines: PipelineConfig[];
}

/** Names a validated tree as the code does. */
export function pipelineOf(name: string, tree: PipelineTree & { incident: Options }, registry: Registry): PipelineConfig {
  const { order, aggregate, align, detect, checkpoint, journal, restart } = tree;
  return {
    name,
    source: tree.source,
    ...(tree.format ? { format: tree.format } : {}),
    labels: tree.labels,
    unit: tree.unit,
    order: { allowedLateness: order.allowed_lateness, maxFuture: order.max_future, idle: order.idle, maxBuffer: order.max_buffer },
    maxSeries: tree.max_series,
    ...(aggregate
      ? {
          aggregate: {
            every: aggregate.every,
            function: aggregate.function,
            filter: aggregate.filter,
            ...(aggregate.unit === undefined ? {} : { unit: aggregate.unit }),
            maxValues: aggregate.max_values,
          },
        }
      : {}),
    ...(align
      ? { align: { by: align.by, columns: align.columns, columnLabel: align.column_label, every: align.every, fill: align.fill, maxAge: align.max_age } }
      : {}),
    detect: {
      detector: detect.detector,
      threshold: detect.threshold ?? thresholdFor(registry, detect.detector.name),
      learn: detect.learn,
      learnOneIn: detect.learn_one_in,
      adaptAfter: detect.adapt_after,
    },
    ...(isOverLogs(tree) ? { logs: logsOf(tree, registry) } : {}),
    incident: tree.incident,
    notify: tree.notify,
    actions: tree.actions,
    sinks: tree.sinks,
    ...(tree.truth === undefined ? {} : { truth: tree.truth }),
    store: tree.store,
    rollup: tree.rollup,
    checkpoint: { minInterval: checkpoint.min_interval, maxInterval: checkpoint.max_interval },
    state: tree.state,
    journal: { maxSize: journal.max_size, maxAge: journal.max_age },
    restart: { backoff: restart.backoff, maxBackoff: restart.max_backoff, attempts: restart.attempts },
  };
}

function isOverLogs(tree: PipelineTree): boolean {
  return tree.judge !== undefined || LOG_SECTIONS.some((section) => tree[section] !== undefined);
}

function logsOf(tree: PipelineTree, registry: Registry): LogConfig {
  const section = (name: LogSection): Options => tree[name] ?? defaultSection(registry, registry.logs[name]);
  const judge = tree.judge ?? defaultComponent(registry, 'judge', DEFAULT_JUDGE);
  const { threshold = thresholdOfJudge(registry, judge.name), ...judging } = section('judging') as Options & { threshold?: Component };
  return { parse: section('parse'), rate: section('rate'), session: section('session'), judging, judge, threshold };
}

/** The sections beside the pipelines. */
export function topOf(tree: FileTree): Pick<Config, 'log' | 'parallelism' | 'ledger' | 'history' | 'heartbeat'> {
  const { period, keep, max_size, cassandra } = tree.history;
  const { synchronous, savepoint_every } = tree.ledger;
  return {
    log: tree.log,
    parallelism: tree.parallelism,
    ledger: { synchronous, savepointEvery: savepoint_every },
    ...(tree.heartbeat === undefined ? {} : { heartbeat: tree.heartbeat }),
    history: { period, keep, maxSize: max_size, ...(cassandra === undefined ? {} : { cassandra }) },
  };
}
