/** The chain of stages that a configuration asks for. */
import { PARSED_WIDTH, type Operator } from '../core/contracts.ts';
import type { SeriesDictionary } from '../core/events.ts';
import { hashText } from '../core/hash.ts';
import { DetectStage } from '../detectors/stage.ts';
import { logMembers, type JudgeOptions } from '../logs/judge/options.ts';
import { JudgeStage } from '../logs/judge/stage.ts';
import type { ParseOptions } from '../logs/parse/options.ts';
import { ParseStage } from '../logs/parse/stage.ts';
import type { RateOptions } from '../logs/rate/options.ts';
import { RateStage } from '../logs/rate/stage.ts';
import type { SessionOptions } from '../logs/sessions/options.ts';
import { SessionStage } from '../logs/sessions/stage.ts';
import type { StagePlan } from '../runtime/chain.ts';
import { Aggregate } from '../runtime/stages/aggregate.ts';
import { createAlign } from '../runtime/stages/align.ts';
import { definitionOf, type LogConfig, type PipelineConfig, type Registry } from './config/index.ts';

/** Values per event as the format decodes them. */
export function decodedWidth({ format }: PipelineConfig): number {
  const { together, columns } = format?.options ?? {};
  return together === true && Array.isArray(columns) ? columns.length : 1;
}

/** Names of the values of a verdict; none where there is one value. */
export function columnsOf({ align, format }: PipelineConfig): readonly string[] {
  if (align !== undefined) return align.columns;
  const { together, columns } = format?.options ?? {};
  return together === true && Array.isArray(columns) ? (columns as string[]) : [];
}

/** Values per verdict. */
export function verdictWidth(pipeline: PipelineConfig): number {
  return pipeline.align?.columns.length ?? decodedWidth(pipeline);
}

/**
 * Hash of what shapes the state behind a stage. A change of any of it makes the series warm up again; a change of anything
 * else (learn, adapt_after, incident, store, rollup, bounds) keeps what was learnt.
 */
function shapeOf(...parts: unknown[]): number {
  return hashText(JSON.stringify(parts));
}

/**
 * Stages in order; their verdicts go to the cut. `config` is the configuration hash that they carry. `onlyClosed`: nobody is to
 * hear of sessions of log lines before they end.
 */
export function stagesOf(pipeline: PipelineConfig, registry: Registry, dictionary: SeriesDictionary, config: string, onlyClosed = false): StagePlan[] {
  const { logs } = pipeline;
  return logs === undefined ? numberStages(pipeline, registry, dictionary, config) : logStages(pipeline, logs, registry, dictionary, config, onlyClosed);
}

function numberStages(pipeline: PipelineConfig, registry: Registry, dictionary: SeriesDictionary, config: string): StagePlan[] {
  const plans: StagePlan[] = [];
  const decoded = decodedWidth(pipeline);
  const { aggregate, align, detect } = pipeline;
  const add = (operator: unknown, shape: number, width: number): void => void plans.push({ operator: operator as Operator<never>, shape, width });
  if (aggregate !== undefined) add(new Aggregate(aggregate, dictionary), shapeOf('aggregate', aggregate, decoded), decoded);
  if (align !== undefined) add(createAlign(align, dictionary, dictionary), shapeOf('align', align, aggregate), align.columns.length);
  const width = verdictWidth(pipeline);
  const detector = definitionOf(registry, 'detector', detect.detector.name)!;
  const threshold = definitionOf(registry, 'threshold', detect.threshold.name)!;
  const stage = new DetectStage({
    detector,
    detectorOptions: detect.detector.options,
    threshold,
    thresholdOptions: detect.threshold.options,
    learn: detect.learn,
    learnOneIn: detect.learnOneIn,
    adaptAfter: detect.adaptAfter,
    width,
    rollup: pipeline.rollup,
    config,
  });
  add(stage, shapeOf(detect.detector, detector.version, detect.threshold, threshold.version, width, aggregate, align), width);
  return plans;
}

function logStages(
  pipeline: PipelineConfig,
  logs: LogConfig,
  registry: Registry,
  dictionary: SeriesDictionary,
  config: string,
  onlyClosed: boolean,
): StagePlan[] {
  const parse = logs.parse as unknown as ParseOptions;
  const session = logs.session as unknown as SessionOptions;
  const { every, max_templates, ...rate } = logs.rate as unknown as RateOptions;
  const judging = logs.judging as unknown as JudgeOptions;
  const judge = definitionOf(registry, 'judge', logs.judge.name)!;
  const threshold = definitionOf(registry, 'threshold', logs.threshold.name)!;
  const rateDetector = definitionOf(registry, 'detector', rate.detector.name)!;
  const rateThreshold = definitionOf(registry, 'threshold', rate.threshold.name)!;
  const watched = {
    every,
    max_templates,
    detector: rateDetector,
    detectorOptions: rate.detector.options,
    threshold: rateThreshold,
    thresholdOptions: rate.threshold.options,
    rollup: pipeline.rollup,
    config,
    judge: judge.name,
    members: logMembers(judge, logs.judge.options),
  };
  const judged = { judge, judgeOptions: logs.judge.options, threshold, thresholdOptions: logs.threshold.options, options: judging, config };
  const plan = (operator: unknown, width: number, ...shape: unknown[]): StagePlan => ({
    operator: operator as Operator<never>,
    shape: shapeOf(...shape),
    width,
  });
  return [
    plan(new ParseStage(parse), PARSED_WIDTH, 'parse', parse),
    plan(new RateStage(watched, dictionary), 1, 'rate', logs.rate, rateDetector.version, rateThreshold.version),
    plan(new SessionStage(session, dictionary, onlyClosed), 1, 'session', session),
    plan(new JudgeStage(judged), 1, 'judge', logs.judge, judge.version, logs.threshold, threshold.version, judging),
  ];
}
