/** A run as REST, SSE and the page show it. */
import type { PipelineStatus } from '../core/api.ts';
import type { Run } from './run.ts';

/**
 * How far behind the newest event the pipeline is, ms: clock less its time, and nothing where the source has handed over
 * all that it has, however long ago that was. null before the first event.
 */
export function lagOf(newest: number, now: number, bytesLeft: number | null): number | null {
  if (bytesLeft === 0) return 0;
  return Number.isFinite(newest) ? Math.max(0, now - newest) : null;
}

export function statusOf(run: Run): PipelineStatus {
  const { plan, meter, health, order, committer, parts, stages } = run;
  const rates = meter.rates();
  const { lagBytes } = run;
  const { watermark, newest } = order;
  return {
    name: plan.pipeline,
    condition: health.overall(),
    parts: health.list(),
    source: plan.source,
    detector: plan.detectorText,
    threshold: plan.thresholdText,
    config: plan.hash,
    epoch: committer.epoch,
    parallelism: plan.parallelism,
    startedAt: run.startedAt,
    counts: { ...meter.counts },
    eventsPerSecond: rates.events,
    verdictsPerSecond: rates.verdicts,
    watermark: Number.isFinite(watermark) ? watermark : Number.isFinite(newest) ? newest : null,
    lagMs: lagOf(newest, parts.clock.now(), lagBytes),
    lagBytes,
    checkpoint: committer.last,
    queues: [
      { name: 'waiting for the watermark', used: order.waiting, limit: plan.order.maxBuffer },
      { name: 'verdicts until the commit', used: run.stored.length, limit: run.maxPending },
    ],
    series: { known: run.dictionary.size, hot: stages.hot, limit: plan.maxSeries },
    openIncidents: committer.openIncidents,
    recovery: run.recovery,
    report: run.report,
    backlogNotices: run.backlogNotices,
    logs: plan.lines,
    truth: run.scoreboard?.status() ?? null,
  };
}
