/** The chain of stages that a configuration asks for. */
import type { Operator } from '../core/contracts.ts';
import type { SeriesDictionary } from '../core/events.ts';
import { hashText } from '../core/hash.ts';
import { DetectStage } from '../detectors/stage.ts';
import type { StagePlan } from '../runtime/chain.ts';
import { Aggregate } from '../runtime/stages/aggregate.ts';
import { createAlign } from '../runtime/stages/align.ts';
import { definitionOf, type PipelineConfig, type Registry } from './config/index.ts';

/** Values per event as the format decodes them. */
export function decodedWidth({ format }: PipelineConfig): number {
  const { together, columns } = format?.options ?? {};
  return together === true && Array.isArray(columns) ? columns.length : 1;
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

/** Stages in order; the verdicts of the last one go to the cut. `config` is the configuration hash that they carry. */
export function stagesOf(pipeline: PipelineConfig, registry: Registry, dictionary: SeriesDictionary, config: string): StagePlan[] {
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
