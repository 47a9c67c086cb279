/** How far judging is: training, both thresholds, and what they made of the scores so far. */
import type { Threshold } from '../../core/contracts.ts';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { QuantileSketch } from '../../math/sketch.ts';
import { trainedLimit, type TrainedJudge } from '../judges/definition.ts';
import type { JudgePlan } from './options.ts';
import { SideBySide } from './side-by-side.ts';

/** Scores that a quantile for the static limit is taken of count alike, however old. */
const NO_DECAY = 1e12;

export class Progress {
  readonly #plan: JudgePlan;
  readonly #threshold: Threshold;
  readonly compared: SideBySide;
  /** Scores before there is a static limit, where it is a quantile of them. */
  readonly #scores: QuantileSketch;
  /** The static limit; Infinity until there is one. */
  limit = Infinity;
  /** Looks learnt as training. */
  trained = 0;
  /** True once the training period has ended. */
  ended = false;
  /** Event time at which the warm-up ended; NaN before. */
  warmSince = NaN;
  judged = 0;
  anomalous = 0;
  /** Page on which new sessions are remembered. */
  page = 0;

  private constructor(plan: JudgePlan, threshold: Threshold, compared: SideBySide, scores: QuantileSketch) {
    this.#plan = plan;
    this.#threshold = threshold;
    this.compared = compared;
    this.#scores = scores;
  }

  static create(plan: JudgePlan): Progress {
    const progress = new Progress(plan, plan.threshold.create(plan.thresholdOptions), new SideBySide(), new QuantileSketch(NO_DECAY));
    const { judge, options } = plan;
    if (options.static_limit !== undefined) progress.limit = options.static_limit;
    else if ('untrained' in judge.limit && !hasTraining(plan)) progress.limit = judge.limit.untrained;
    return progress;
  }

  /** False while it trains or warms up. */
  get isReady(): boolean {
    return hasTraining(this.#plan) ? this.ended : this.warmSince === this.warmSince;
  }

  /** The dynamic limit for a score, which it learns. */
  dynamicLimit(time: number, score: number): number {
    return this.#threshold.limit(time, score);
  }

  /** Notes the score of a training session, or of one while there is no static limit. */
  noteScore(score: number): void {
    const { judge, options } = this.#plan;
    if (this.limit !== Infinity || score !== score || !('quantile' in judge.limit)) return;
    this.#scores.push(score);
    if (!hasTraining(this.#plan) && this.#scores.count >= options.warm_up) this.limit = this.#scores.quantile(judge.limit.quantile);
  }

  /** The training period is over: the static limit follows from it unless one is given. */
  endTraining(judge: TrainedJudge): void {
    this.ended = true;
    judge.endTraining?.();
    if (this.limit !== Infinity) return;
    const { limit } = this.#plan.judge;
    if ('trained' in limit) this.limit = judge.limit?.() ?? trainedLimit(limit.trained, this.trained);
    else this.limit = this.#scores.count === 0 ? Infinity : this.#scores.quantile(limit.quantile);
  }

  snapshot(writer: SnapshotWriter): void {
    for (const number of [this.limit, this.trained, this.warmSince, this.judged, this.anomalous, this.page]) writer.f64(number);
    writer.u8(this.ended ? 1 : 0);
    this.compared.snapshot(writer);
    this.#scores.snapshot(writer);
    const part = new SnapshotWriter();
    part.begin(this.#plan.threshold.version);
    this.#threshold.snapshot(part);
    writer.bytes(part.view());
  }

  static restore(reader: SnapshotReader, plan: JudgePlan): Progress {
    const [limit, trained, warmSince, judged, anomalous, page] = Array.from({ length: 6 }, () => reader.f64());
    const ended = reader.u8() === 1;
    const compared = SideBySide.restore(reader);
    const scores = QuantileSketch.restore(reader, NO_DECAY);
    const threshold = plan.threshold.restore(new SnapshotReader(reader.bytes(), plan.threshold.version), plan.thresholdOptions);
    return Object.assign(new Progress(plan, threshold, compared, scores), { limit, trained, warmSince, judged, anomalous, page, ended });
  }
}

export function hasTraining({ options }: JudgePlan): boolean {
  return options.train_sessions !== undefined || options.train_until !== undefined;
}
