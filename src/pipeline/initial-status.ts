/** What is shown of a pipeline before the engine has said anything of it. */
import type { PipelineStatus } from '../core/api.ts';
import { configHash, describeComponent, type PipelineConfig, type Registry } from './config/index.ts';

export function initialStatus(pipeline: PipelineConfig, registry: Registry, parallelism: number): PipelineStatus {
  const now = Date.now();
  return {
    name: pipeline.name,
    condition: 'starting',
    parts: [{ part: 'engine', condition: 'starting', reason: '', since: now }],
    source: pipeline.source.name,
    detector: describeComponent('detector', pipeline.detect.detector, registry),
    threshold: describeComponent('threshold', pipeline.detect.threshold, registry),
    config: configHash(pipeline, registry),
    epoch: 0,
    parallelism,
    startedAt: now,
    counts: { records: 0, events: 0, verdicts: 0, anomalies: 0, late: 0, deadLetters: 0, deadLettersDropped: 0, gaps: 0, bytes: 0 },
    eventsPerSecond: 0,
    verdictsPerSecond: 0,
    watermark: null,
    lagMs: null,
    lagBytes: null,
    checkpoint: { number: 0, at: 0, durationMs: 0, bytes: 0, intervalMs: pipeline.checkpoint.minInterval },
    queues: [],
    series: { known: 0, hot: 0, limit: pipeline.maxSeries },
    openIncidents: 0,
    recovery: null,
    report: [],
    backlogNotices: 0,
    logs: pipeline.logs !== undefined,
    truth: null,
  };
}
