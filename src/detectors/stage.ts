/** The detect stage: events of each series through its own detector and threshold, one verdict an event. */
import {
  detectorOutput,
  resetOutput,
  RowError,
  type AnswerInForce,
  type Detector,
  type DetectorOutput,
  type KeyedStates,
  type Operator,
  type Rollup,
  type StageControl,
  type StageOutput,
  type Threshold,
} from '../core/contracts.ts';
import type { EventBatch } from '../core/events.ts';
import type { DetectorDefinition, ThresholdDefinition } from '../core/schema.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { ANOMALOUS, NO_MEMBER, NO_ROW, VERDICT_KINDS, WHOLE_SHARE, type VerdictBatch } from '../core/verdicts.ts';
import { answerAt, movedLimit, movedOnset } from './answers.ts';

const POINT = VERDICT_KINDS.indexOf('point');
const DRIFT = VERDICT_KINDS.indexOf('drift');
const NO_ANSWERS: readonly AnswerInForce[] = [];

/** What is learnt of anomalous rows: all, none, or one in so many. */
export type Learning = 'always' | 'never' | 'down-weighted';

/** How one pipeline detects: the definitions with their validated options. */
export interface DetectOptions {
  detector: DetectorDefinition;
  detectorOptions: Record<string, unknown>;
  threshold: ThresholdDefinition;
  thresholdOptions: Record<string, unknown>;
  learn: Learning;
  /** `down-weighted` learns one anomalous row in so many. */
  learnOneIn: number;
  /** A change that stays becomes the new normal after so much event time, ms. */
  adaptAfter: number;
  width: number;
  /** Width of a rollup bucket, ms. */
  rollup: number;
  /** Configuration hash carried by every verdict. */
  config: string;
}

/** What is kept of one series: the detector, the threshold, whether the last event was anomalous, and the open bucket. */
export class SeriesState {
  detector: Detector;
  threshold: Threshold;
  /** Judges the onsets, where the threshold bounds alerts and the detector has onsets of its own. */
  alerts: Threshold | undefined;
  /** Anomalous rows since the last one that was learnt. */
  unlearnt = 0;
  anomalous = false;
  /** Event time at which the anomaly began that still lasts; NaN while there is none. */
  since = NaN;
  bucketEnd = -Infinity;
  count = 0;
  sum = 0;
  min = Infinity;
  max = -Infinity;
  anomalies = 0;
  maxScore = -Infinity;

  constructor(detector: Detector, threshold: Threshold, alerts: Threshold | undefined) {
    this.detector = detector;
    this.threshold = threshold;
    this.alerts = alerts;
  }
}

export class DetectStage implements Operator<SeriesState> {
  readonly name = 'detect';
  readonly key = 'series';
  readonly timed = false;
  readonly version = 2;
  readonly #options: DetectOptions;
  readonly #judgesOnsets: boolean;
  readonly #members: readonly string[];
  readonly #scratch: DetectorOutput;
  readonly #part = new SnapshotWriter();
  /** What people answered, by series: kept by the ledger, not in the states, because it holds for every detector that comes. */
  readonly #answers = new Map<number, readonly AnswerInForce[]>();

  constructor(options: DetectOptions) {
    this.#options = options;
    this.#members = options.detector.membersOf?.(options.detectorOptions) ?? options.detector.members ?? [];
    this.#judgesOnsets = options.threshold.bounds === 'alerts' && options.detector.onsets === true;
    this.#scratch = detectorOutput(options.width);
  }

  create(): SeriesState {
    const { detector, detectorOptions, threshold, thresholdOptions, width } = this.#options;
    const judge = (): Threshold => threshold.create(thresholdOptions);
    return new SeriesState(detector.create(detectorOptions, width), judge(), this.#judgesOnsets ? judge() : undefined);
  }

  snapshot(state: SeriesState, writer: SnapshotWriter): void {
    writer.u8(state.anomalous ? 1 : 0);
    writer.f64(state.since);
    writer.f64(state.bucketEnd);
    writer.f64(state.count);
    writer.f64(state.sum);
    writer.f64(state.min);
    writer.f64(state.max);
    writer.f64(state.anomalies);
    writer.f64(state.maxScore);
    this.#part.begin(this.#options.detector.version);
    state.detector.snapshot(this.#part);
    writer.bytes(this.#part.view());
    for (const threshold of [state.threshold, state.alerts]) {
      if (threshold === undefined) continue;
      this.#part.begin(this.#options.threshold.version);
      threshold.snapshot(this.#part);
      writer.bytes(this.#part.view());
    }
    writer.u32(state.unlearnt);
  }

  restore(reader: SnapshotReader): SeriesState {
    const { detector, detectorOptions, threshold, thresholdOptions, width } = this.#options;
    const head = { anomalous: reader.u8() === 1, since: reader.f64(), bucketEnd: reader.f64(), count: reader.f64(), sum: reader.f64() };
    const tail = { min: reader.f64(), max: reader.f64(), anomalies: reader.f64(), maxScore: reader.f64() };
    const judge = (): Threshold => threshold.restore(new SnapshotReader(reader.bytes(), threshold.version), thresholdOptions);
    const restored = detector.restore(new SnapshotReader(reader.bytes(), detector.version), detectorOptions, width);
    const state = new SeriesState(restored, judge(), this.#judgesOnsets ? judge() : undefined);
    // Version 1 knew no down-weighted learning.
    if (reader.version > 1) state.unlearnt = reader.u32();
    return Object.assign(state, head, tail);
  }

  process(batch: EventBatch, states: KeyedStates<SeriesState>, out: StageOutput): void {
    const verdicts = this.#begin(batch, out.verdicts);
    let i = 0;
    try {
      for (; i < batch.length; i++) this.#row(batch, i, states.get(batch.series[i]), verdicts, out.rollups);
    } catch (thrown) {
      throw new RowError(i, thrown);
    }
  }

  /** At the end of the stream the open buckets are complete, also those of series that were last met before a restart. */
  advance(watermark: number, states: KeyedStates<SeriesState>, out: StageOutput): void {
    if (watermark === Infinity) this.close(out.events.dictionary.all.keys(), states, out);
  }

  /** Hands out the open buckets of these series. */
  close(all: Iterable<number>, states: KeyedStates<SeriesState>, out: StageOutput): void {
    for (const series of all) {
      const state = states.peek(series);
      if (state !== undefined && state.count > 0) out.rollups.push(rollupOf(series, state, this.#options.rollup));
    }
  }

  control(control: StageControl): void {
    if (control.type !== 'answers') return;
    const { series, answers } = control;
    if (answers.length === 0) this.#answers.delete(series);
    else this.#answers.set(series, answers);
  }

  /** Shares the columns that a verdict repeats from its event, and sizes the others. */
  #begin(batch: EventBatch, verdicts: VerdictBatch): VerdictBatch {
    const n = batch.length;
    if (verdicts.score.length < n) {
      const capacity = Math.max(n, verdicts.score.length * 2);
      for (const column of ['score', 'limit', 'expected', 'lower', 'upper', 'onset'] as const) verdicts[column] = new Float64Array(capacity);
      for (const column of ['idHigh', 'idLow', 'row'] as const) verdicts[column] = new Uint32Array(capacity);
      for (const column of ['kind', 'flags', 'member'] as const) verdicts[column] = new Uint8Array(capacity);
      verdicts.shares = new Uint8Array(capacity * batch.width);
    }
    verdicts.length = n;
    verdicts.width = batch.width;
    verdicts.stage = this.name;
    verdicts.detector = this.#options.detector.name;
    verdicts.members = this.#members;
    verdicts.config = this.#options.config;
    verdicts.series = batch.series;
    verdicts.time = batch.time;
    verdicts.values = batch.values;
    verdicts.partition = batch.partition;
    verdicts.offset = batch.offset;
    verdicts.place = batch.place;
    return verdicts;
  }

  #row(batch: EventBatch, i: number, state: SeriesState, verdicts: VerdictBatch, rollups: Rollup[]): void {
    const at = i * batch.width;
    const time = batch.time[i];
    const output = resetOutput(this.#scratch);
    const score = state.detector.score(time, batch.values, at, output);
    let anomalous = false;
    let limit = NaN;
    const answer = this.#answers.size === 0 ? undefined : answerAt(this.#answers.get(batch.series[i]) ?? NO_ANSWERS, time);
    if (score === score) {
      limit = state.threshold.limit(time, score);
      if (answer !== undefined) limit = movedLimit(limit, answer.limitFactor);
      anomalous = score > limit;
    }
    verdicts.score[i] = score;
    verdicts.limit[i] = limit;
    verdicts.expected[i] = output.expected;
    verdicts.lower[i] = output.expected - limit * output.below;
    verdicts.upper[i] = output.expected + limit * output.above;
    verdicts.onset[i] = output.onset === output.onset ? judgedOnset(time, output.onset, state.alerts) : anomalous && !state.anomalous ? 1 : 0;
    if (answer !== undefined) verdicts.onset[i] = movedOnset(verdicts.onset[i], answer.onsetFactor);
    verdicts.member[i] = output.member < 0 ? NO_MEMBER : output.member;
    if (batch.width > 1) writeShares(output.contributions, verdicts.shares, at);
    verdicts.kind[i] = output.drift ? DRIFT : POINT;
    verdicts.flags[i] = anomalous ? ANOMALOUS : 0;
    verdicts.row[i] = batch.partition[i] === NO_ROW ? NO_ROW : i;
    // A value that is missing or warming up says nothing of whether an anomaly goes on.
    if (score === score && anomalous !== state.anomalous) {
      state.anomalous = anomalous;
      state.since = anomalous ? time : NaN;
    }
    if (!anomalous || this.#isLearnt(state, time)) state.detector.learn(time, batch.values, at);
    const value = batch.values[at];
    if (time >= state.bucketEnd) this.#roll(batch.series[i], time, state, rollups);
    if (value === value) {
      state.count++;
      state.sum += value;
      if (value < state.min) state.min = value;
      if (value > state.max) state.max = value;
    }
    if (anomalous) state.anomalies++;
    if (score > state.maxScore) state.maxScore = score;
  }

  /** Whether an anomalous row is learnt. */
  #isLearnt(state: SeriesState, time: number): boolean {
    const { learn, learnOneIn, adaptAfter } = this.#options;
    if (learn === 'always' || time - state.since >= adaptAfter) return true;
    if (learn === 'never') return false;
    state.unlearnt = (state.unlearnt + 1) % learnOneIn;
    return state.unlearnt === 0;
  }

  /** Hands out the closed bucket and opens the one that `time` falls into. */
  #roll(series: number, time: number, state: SeriesState, rollups: Rollup[]): void {
    const width = this.#options.rollup;
    if (state.count > 0) rollups.push(rollupOf(series, state, width));
    state.bucketEnd = (Math.floor(time / width) + 1) * width;
    state.count = state.sum = state.anomalies = 0;
    state.min = Infinity;
    state.max = -Infinity;
    state.maxScore = -Infinity;
  }
}

/** The onset on a scale on which the limit of the alerts, where there is one, lies at 0.5: its odds divided by those of the limit. */
function judgedOnset(time: number, onset: number, alerts: Threshold | undefined): number {
  if (alerts === undefined) return onset;
  const limit = Math.min(1, alerts.limit(time, onset));
  const above = onset * (1 - limit);
  return above === 0 ? 0 : above / (above + limit * (1 - onset));
}

function writeShares(contributions: Float64Array, shares: Uint8Array, at: number): void {
  const isKnown = contributions[0] === contributions[0];
  for (let c = 0; c < contributions.length; c++) shares[at + c] = isKnown ? Math.round(contributions[c] * WHOLE_SHARE) : 0;
}

/** The bucket that a state has open, as a row of the history. */
function rollupOf(series: number, state: SeriesState, width: number): Rollup {
  const { count, sum, min, max, anomalies } = state;
  return { series, time: state.bucketEnd - width, count, sum, min, max, anomalies, maxScore: Math.max(0, state.maxScore) };
}
