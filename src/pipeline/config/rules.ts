/** What a schema cannot say: values that must fit each other. Fills the format that a source brings along. */
import type { Component, Config, PipelineConfig } from './config.ts';
import { tlsProblem } from '../../core/tls.ts';
import { openRule } from '../../incidents/options.ts';
import { defaultComponent } from './components.ts';
import type { Problems } from './problems.ts';
import { definitionOf, type Registry } from './registry.ts';
import { printQuantity } from '../../core/units.ts';

type At = (where: string) => number;

export function checkTop(config: Config, problems: Problems, at: At, written: (where: string) => boolean): void {
  const tokens = (config.server['tokens'] ?? []) as Record<string, unknown>[];
  tokens.forEach((token, i) => {
    const where = `server.tokens[${i}]`;
    if (token['token'] === undefined) problems.invalid(at(where), where, 'holds neither token nor token_file');
  });
  const known = config.pipelines.map(({ name }) => name);
  config.heartbeat?.pipelines.forEach((name, i) => {
    const where = `heartbeat.pipelines[${i}]`;
    if (!known.includes(name)) problems.invalid(at(where), where, `is ${name}, and there is no such pipeline; there are ${known.join(', ')}`);
  });
  if (config.history.cassandra === undefined) return;
  const wrong = tlsProblem(config.history.cassandra.tls);
  const here = `history.cassandra.${wrong?.option}`;
  if (wrong !== undefined) problems.invalid(at(here), here, wrong.detail);
  for (const where of ['history.period', 'history.keep', 'history.max_size'].filter(written))
    problems.invalid(at(where), where, 'is about files in the data folder, and the history is in Cassandra; use history.cassandra.ttl');
}

/** `written`: whether a path stands in the file. */
export function checkPipeline(pipeline: PipelineConfig, registry: Registry, problems: Problems, at: At, written: (where: string) => boolean): void {
  const here = `pipelines.${pipeline.name}`;
  const complain = (path: string, detail: string): void => problems.invalid(at(`${here}.${path}`), `${here}.${path}`, detail);
  chooseFormat(pipeline, registry, complain);
  checkComponents(pipeline, registry, complain);
  if (pipeline.logs !== undefined) checkLogs(pipeline, written, complain);
  else if (pipeline.format?.name === 'line') complain('format', 'is line, which gives lines of logs; add `parse: {}` to find templates and sessions in them');
  const detector = definitionOf(registry, 'detector', pipeline.detect.detector.name)!;
  const threshold = definitionOf(registry, 'threshold', pipeline.detect.threshold.name)!;
  if (threshold.needsSigma && detector.scale !== 'sigma') {
    complain(
      'detect.threshold',
      `is ${threshold.name}, which counts in standard deviations, and the scores of ${detector.name} are not; use ${detector.threshold.name}`,
    );
  }
  if (detector.columns === 'one' && (pipeline.align?.columns.length ?? 1) > 1) {
    complain('align.columns', `makes rows of ${pipeline.align!.columns.length} columns, and ${detector.name} takes one`);
  }
  // A detector that says where something new begins opens incidents by that.
  const { incident } = pipeline;
  if (pipeline.logs !== undefined) incident['open'] ??= '1 of 1';
  else if (detector.onsets === true && incident['open'] === undefined) incident['open_on'] ??= 'onset';
  const rule = openRule(incident);
  if ('problem' in rule) complain('incident.open', rule.problem);
  const { minInterval, maxInterval } = pipeline.checkpoint;
  if (minInterval > maxInterval)
    complain('checkpoint.min_interval', `is ${printQuantity('duration', minInterval)}, more than max_interval ${printQuantity('duration', maxInterval)}`);
  const { backoff, maxBackoff } = pipeline.restart;
  if (backoff > maxBackoff)
    complain('restart.backoff', `is ${printQuantity('duration', backoff)}, more than max_backoff ${printQuantity('duration', maxBackoff)}`);
  for (const [path, length] of [
    ['rollup', pipeline.rollup],
    ['aggregate.every', pipeline.aggregate?.every],
    ['align.every', pipeline.align?.every],
  ] as const) {
    if (length !== undefined && length <= 0) complain(path, 'is 0; it must be longer');
  }
}

/** Stages of numbers have no place among those of logs. */
function checkLogs(pipeline: PipelineConfig, written: (path: string) => boolean, complain: (path: string, detail: string) => void): void {
  const stages = ['aggregate', 'align', 'detect'] as const;
  for (const stage of stages) if (written(stage)) complain(stage, 'is about numbers, and this pipeline is over logs; `judge` says what is odd there');
  if (pipeline.format === undefined || pipeline.format.name === 'line') return;
  complain('format', `is ${pipeline.format.name}, which gives numbers, and this pipeline is over logs; use line`);
}

/** Bytes need a format, ready events have none. */
function chooseFormat(pipeline: PipelineConfig, registry: Registry, complain: (path: string, detail: string) => void): void {
  const source = definitionOf(registry, 'source', pipeline.source.name)!;
  if (source.delivers === 'events') {
    if (pipeline.format) complain('format', `is not used: the source ${source.name} hands over ready events`);
  } else if (source.delivers === 'records' && !pipeline.format) {
    if (source.format === undefined)
      complain('format', `is missing, and the source ${source.name} brings none; known: ${registry.formats.map((format) => format.name).join(', ')}`);
    else pipeline.format = defaultComponent(registry, 'format', pipeline.logs === undefined ? source.format : 'line');
  } else if (pipeline.logs !== undefined && !pipeline.format) pipeline.format = defaultComponent(registry, 'format', 'line');
}

/** Options of sources, sinks and receivers that must fit each other. */
function checkComponents({ source, sinks, notify }: PipelineConfig, registry: Registry, complain: (path: string, detail: string) => void): void {
  const check = (kind: 'source' | 'sink' | 'notifier', { name, options }: Component, path: string): void => {
    const wrong = definitionOf(registry, kind, name)!.check?.(options);
    if (wrong !== undefined) complain(`${path}.${name}${wrong.option === '' ? '' : `.${wrong.option}`}`, wrong.detail);
  };
  check('source', source, 'source');
  sinks.forEach((sink, i) => check('sink', sink, `sinks[${i}]`));
  notify.forEach((notifier, i) => check('notifier', notifier, `notify[${i}]`));
}
