/** How a configuration will run, in words: what `validate --plan` prints. */
import { join } from 'node:path';
import type { Component, Config, LogConfig, PipelineConfig } from './config.ts';
import { configHash } from './canonical.ts';
import { printOptions } from './print.ts';
import { definitionOf, type ComponentKind, type LogSection, type Registry } from './registry.ts';
import { printQuantity } from '../../core/units.ts';

const duration = (x: number): string => printQuantity('duration', x);
const size = (x: number): string => printQuantity('size', x);

/** One block a pipeline: its stages with their keys, what is state, checkpoints, bounds, and where data goes. */
export function describePlan(config: Config, registry: Registry): string {
  const threads = config.parallelism === 1 ? 'one engine thread' : `one engine thread and ${config.parallelism - 1} more that detect, series split by hash`;
  const head = [
    `${config.file}: ${config.pipelines.length} ${config.pipelines.length === 1 ? 'pipeline' : 'pipelines'}, ${threads}`,
    `  data      ${config.data}`,
    `  ledger    ${join(config.data, 'ledger.db')}, ${config.ledger.synchronous === 'full' ? 'every commit survives a power cut' : 'a power cut may take back the last commits'}`,
    `  history   ${describeHistory(config)}`,
  ];
  return [...head, ...config.pipelines.flatMap((pipeline) => ['', ...describePipeline(pipeline, config, registry)])].join('\n') + '\n';
}

function describeHistory({ data, history }: Config): string {
  const { period, keep, maxSize, cassandra } = history;
  if (cassandra === undefined) return `${join(data, 'history')}, one file per ${duration(period)}, kept ${duration(keep)} and up to ${size(maxSize)}`;
  const { contact_points, port, keyspace, consistency, ttl } = cassandra;
  const kept = ttl === 0 ? 'for ever' : duration(ttl);
  return `Cassandra at ${contact_points.join(', ')} port ${port}, keyspace ${keyspace}, ${consistency}, kept ${kept}; the ledger stays here`;
}

function describePipeline(pipeline: PipelineConfig, config: Config, registry: Registry): string[] {
  const { order, checkpoint, restart } = pipeline;
  const lines: [string, string][] = [
    ['source', describeSource(pipeline, config, registry)],
    [
      'order',
      `by event time, ${duration(order.allowedLateness)} of lateness allowed, at most ${duration(order.maxFuture)} ahead of the clock, ${order.maxBuffer} events may wait`,
    ],
    ...describeStages(pipeline, registry),
    ['incidents', `global; ${describeOptions(printOptions(pipeline.incident, registry.incident, registry))}`],
    ['history', `${pipeline.store === 'all' ? 'every verdict' : 'anomalous verdicts'}, charts in buckets of ${duration(pipeline.rollup)}`],
    ...pipeline.sinks.map((sink, i): [string, string] => [`sink ${i}`, `${describeComponent('sink', sink, registry)}, after the commit`]),
    ...pipeline.notify.map((notifier, i): [string, string] => [
      `notify ${i}`,
      `${describeComponent('notifier', notifier, registry)}, through the outbox, at least once`,
    ]),
    ...pipeline.actions.map((step, i): [string, string] => [
      `action ${i}`,
      `${describeComponent('action', step.run, registry)} on ${step.on}, at most every ${duration(step.cooldown)}`,
    ]),
    ['state', describeState(pipeline)],
    [
      'commit',
      `every ${duration(checkpoint.minInterval)} while cheap, at least every ${duration(checkpoint.maxInterval)}: position, order, state, incidents and outbox in one step`,
    ],
    ['restart', `${restart.attempts} times after ${duration(restart.backoff)} doubling to ${duration(restart.maxBackoff)}`],
    ['config', configHash(pipeline, registry)],
  ];
  return [pipeline.name, ...lines.map(([name, text]) => `  ${name.padEnd(10)}${text}`)];
}

function describeState({ logs, state, maxSeries }: PipelineConfig): string {
  if (logs !== undefined) return 'templates, rates, open sessions and what the judge knows; sessions that are silent are in the ledger alone';
  return `per series: detector and threshold; ${state.cache} of at most ${maxSeries} series in memory, the others in the ledger`;
}

function describeSource(pipeline: PipelineConfig, config: Config, registry: Registry): string {
  const format = pipeline.format ? `, decoded as ${describeComponent('format', pipeline.format, registry)}` : '';
  if (definitionOf(registry, 'source', pipeline.source.name)!.delivers !== 'journal')
    return `${describeComponent('source', pipeline.source, registry)}${format}`;
  const { maxSize, maxAge } = pipeline.journal;
  const journal = `journaled in ${join(config.data, 'journal', pipeline.name)}, at most ${size(maxSize)} waiting, kept ${duration(maxAge)}`;
  return `${describeComponent('source', pipeline.source, registry)}${format || ', decoded by the media type of the message'}, ${journal}`;
}

function describeStages(pipeline: PipelineConfig, registry: Registry): [string, string][] {
  const { aggregate, align, detect, logs } = pipeline;
  if (logs !== undefined) return describeLogs(logs, registry);
  const stages: [string, string][] = [];
  if (aggregate) {
    const filter = Object.entries(aggregate.filter).map(([label, value]) => `${label}=${value}`);
    stages.push(['aggregate', `by series: ${aggregate.function} per ${duration(aggregate.every)}${filter.length > 0 ? ` where ${filter.join(', ')}` : ''}`]);
  }
  if (align) {
    const fill = align.fill === 'last' ? `last value up to ${duration(align.maxAge)}` : align.fill;
    stages.push(['align', `by ${align.by}: one row every ${duration(align.every)} of ${align.columns.join(', ')} (by ${align.columnLabel}), fill ${fill}`]);
  }
  const until = `before they have lasted ${duration(detect.adaptAfter)}`;
  const learns = {
    always: 'learns everything',
    never: `does not learn from anomalies ${until}`,
    'down-weighted': `learns one in ${detect.learnOneIn} of anomalous events ${until}`,
  }[detect.learn];
  stages.push([
    'detect',
    `by series: ${describeComponent('detector', detect.detector, registry)}, threshold ${describeComponent('threshold', detect.threshold, registry)}, ${learns}`,
  ]);
  return stages;
}

function describeLogs(logs: LogConfig, registry: Registry): [string, string][] {
  const section = (name: LogSection): string => describeOptions(printOptions(logs[name], registry.logs[name], registry));
  return [
    ['parse', `global: lines to templates; ${section('parse')}`],
    ['rate', `by template and level: lines per interval; ${section('rate')}`],
    ['session', `by identifier: lines to sessions; ${section('session')}`],
    [
      'judge',
      `global: ${describeComponent('judge', logs.judge, registry)}, dynamic threshold ${describeComponent('threshold', logs.threshold, registry)}; ${section('judging')}`,
    ],
  ];
}

/** `ema (span 20, min_spread 0)`. */
export function describeComponent(kind: ComponentKind, { name, options }: Component, registry: Registry): string {
  const text = describeOptions(printOptions(options, definitionOf(registry, kind, name)!.options, registry));
  return text === '' ? name : `${name} (${text})`;
}

function describeOptions(options: Component['options']): string {
  return Object.entries(options)
    .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
