/** The detect stage: events of each series through its own detector and threshold, one verdict an event. */
import {
  detectorOutput,
  resetOutput,
  RowError,
  type Detector,
  type DetectorOutput,
  type KeyedStates,
  type Operator,
  type Rollup,
  type StageOutput,
  type Threshold,
} from '../core/contracts.ts';
import type { EventBatch } from '../core/events.ts';
import type { DetectorDefinition, ThresholdDefinition } from '../core/schema.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { ANOMALOUS, NO_ROW, type VerdictBatch } from '../core/verdicts.ts';

/** How one pipeline detects: the definitions with their validated options. */
export interface DetectOptions {
  detector: DetectorDefinition;
  detectorOptions: Record<string, unknown>;
  threshold: ThresholdDefinition;
  thresholdOptions: Record<string, unknown>;
  /** `normal`: what is anomalous is not learnt, until it has lasted for `adaptAfter`. */
  learn: 'always' | 'normal';
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

  constructor(detector: Detector, threshold: Threshold) {
    this.detector = detector;
    this.threshold = threshold;
  }
}

export class DetectStage implements Operator<SeriesState> {
  readonly name = 'detect';
  readonly key = 'series';
  readonly timed = false;
  readonly version = 1;
  readonly #options: DetectOptions;
  readonly #scratch: DetectorOutput;
  readonly #part = new SnapshotWriter();
  /** Series that opened a bucket since this stage was made. */
  readonly #rolled = new Set<number>();

  constructor(options: DetectOptions) {
    this.#options = options;
    this.#scratch = detectorOutput(options.width);
  }

  create(): SeriesState {
    const { detector, detectorOptions, threshold, thresholdOptions, width } = this.#options;
    return new SeriesState(detector.create(detectorOptions, width), threshold.create(thresholdOptions));
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
    this.#part.begin(this.#options.threshold.version);
    state.threshold.snapshot(this.#part);
    writer.bytes(this.#part.view());
  }

  restore(reader: SnapshotReader): SeriesState {
    const { detector, detectorOptions, threshold, thresholdOptions, width } = this.#options;
    const head = { anomalous: reader.u8() === 1, since: reader.f64(), bucketEnd: reader.f64(), count: reader.f64(), sum: reader.f64() };
    const tail = { min: reader.f64(), max: reader.f64(), anomalies: reader.f64(), maxScore: reader.f64() };
    const state = new SeriesState(
      detector.restore(new SnapshotReader(reader.bytes(), detector.version), detectorOptions, width),
      threshold.restore(new SnapshotReader(reader.bytes(), threshold.version), thresholdOptions),
    );
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

  /** At the end of the stream the open buckets are complete. */
  advance(watermark: number, states: KeyedStates<SeriesState>, out: StageOutput): void {
    if (watermark !== Infinity) return;
    for (const series of this.#rolled) {
      const state = states.peek(series);
      if (state !== undefined && state.count > 0) out.rollups.push(rollupOf(series, state, this.#options.rollup));
    }
    this.#rolled.clear();
  }

  /** Shares the columns that a verdict repeats from its event, and sizes the others. */
  #begin(batch: EventBatch, verdicts: VerdictBatch): VerdictBatch {
    const n = batch.length;
    if (verdicts.score.length < n) {
      const capacity = Math.max(n, verdicts.score.length * 2);
      for (const column of ['score', 'limit', 'expected', 'lower', 'upper', 'onset'] as const) verdicts[column] = new Float64Array(capacity);
      for (const column of ['idHigh', 'idLow', 'row'] as const) verdicts[column] = new Uint32Array(capacity);
      verdicts.kind = new Uint8Array(capacity);
      verdicts.flags = new Uint8Array(capacity);
    }
    verdicts.length = n;
    verdicts.width = batch.width;
    verdicts.stage = this.name;
    verdicts.detector = this.#options.detector.name;
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
    if (score === score) {
      limit = state.threshold.limit(time, score);
      anomalous = score > limit;
    }
    verdicts.score[i] = score;
    verdicts.limit[i] = limit;
    verdicts.expected[i] = output.expected;
    verdicts.lower[i] = output.expected - limit * output.below;
    verdicts.upper[i] = output.expected + limit * output.above;
    verdicts.onset[i] = output.onset === output.onset ? output.onset : anomalous && !state.anomalous ? 1 : 0;
    verdicts.kind[i] = 0;
    verdicts.flags[i] = anomalous ? ANOMALOUS : 0;
    verdicts.row[i] = batch.partition[i] === NO_ROW ? NO_ROW : i;
    // A value that is missing or warming up says nothing of whether an anomaly goes on.
    if (score === score && anomalous !== state.anomalous) {
      state.anomalous = anomalous;
      state.since = anomalous ? time : NaN;
    }
    const { learn, adaptAfter } = this.#options;
    if (!anomalous || learn === 'always' || time - state.since >= adaptAfter) state.detector.learn(time, batch.values, at);
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

  /** Hands out the closed bucket and opens the one that `time` falls into. */
  #roll(series: number, time: number, state: SeriesState, rollups: Rollup[]): void {
    const width = this.#options.rollup;
    if (state.count > 0) rollups.push(rollupOf(series, state, width));
    state.bucketEnd = (Math.floor(time / width) + 1) * width;
    this.#rolled.add(series);
    state.count = state.sum = state.anomalies = 0;
    state.min = Infinity;
    state.max = -Infinity;
    state.maxScore = -Infinity;
  }
}

/** The bucket that a state has open, as a row of the history. */
function rollupOf(series: number, state: SeriesState, width: number): Rollup {
  const { count, sum, min, max, anomalies } = state;
  return { series, time: state.bucketEnd - width, count, sum, min, max, anomalies, maxScore: Math.max(0, state.maxScore) };
}
