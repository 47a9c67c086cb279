/** What runs left of the cut: detectors, thresholds and the stages that hold their state. */
import { messageOf } from '../errors.ts';
import type { EventBatch, EventBuilder } from '../events.ts';
import type { SnapshotReader, SnapshotWriter } from '../snapshot.ts';
import type { VerdictBatch } from '../verdicts.ts';
import type { StageControl } from './answers.ts';
import type { LineColumns } from './logs.ts';
import type { Rollup } from './stores.ts';

/** Where a detector writes what it says beside the score. */
export interface DetectorOutput {
  expected: number;
  /** Distance from expected to the lower and upper end of the band, per unit of score. NaN without a band. */
  below: number;
  above: number;
  /** How strongly a new anomaly begins here: 0..1, strong above 0.5, 0 while one lasts; NaN for "1 where anomalous begins". */
  onset: number;
  /** The share that each column has in the score, 0..1, together 1. As long as a row is wide; [0] is NaN where the detector cannot tell. */
  readonly contributions: Float64Array;
  /** Which of the definition's `members` had the largest part in the score; -1 for none. */
  member: number;
  /** True where the detector found that the normal itself has changed. */
  drift: boolean;
}

/** An output for rows of `width` columns in which nothing is said. */
export function detectorOutput(width: number): DetectorOutput {
  return resetOutput({ expected: NaN, below: NaN, above: NaN, onset: NaN, contributions: new Float64Array(width), member: -1, drift: false });
}

/** Takes back what was said of the row before; the host does so before every `score`. */
export function resetOutput(out: DetectorOutput): DetectorOutput {
  out.expected = out.below = out.above = out.onset = out.contributions[0] = NaN;
  out.member = -1;
  out.drift = false;
  return out;
}

/** Turns the events of one series into scores. Pure: no I/O, no clock, no randomness but its seeded own. */
export interface Detector {
  /**
   * Scores the row values[at .. at + width - 1]; NaN while warming up or when every value is missing. Learns nothing: asking
   * again, or of another row in between, gives the same answer. `out` comes reset.
   */
  score(time: number, values: Float64Array, at: number, out: DetectorOutput): number;
  /** Learns the row that was scored last (so what `score` computed may be kept for it); not called for a row that is not to be learnt. */
  learn(time: number, values: Float64Array, at: number): void;
  /** In words, a line each, what it has found out about the series and chosen; for people. */
  describe?(): string[];
  snapshot(writer: SnapshotWriter): void;
}

/** Turns scores into yes or no: anomalous is score > limit. */
export interface Threshold {
  /** The limit in force for this score (finite) at this event time (ms): never NaN, Infinity while too little was seen; may learn from the score afterwards. */
  limit(time: number, score: number): number;
  snapshot(writer: SnapshotWriter): void;
}

/** Where a stage writes. Rows of `events` go to the next stage, `verdicts` and closed `rollups` to the cut. */
export interface StageOutput {
  events: EventBuilder<LineColumns>;
  verdicts: VerdictBatch;
  rollups: Rollup[];
  /** Rows of `events` that are good at once, where the host calls `resume`; a stage that may put out very many for one row stops there. */
  room?: number;
}

/** Thrown by an operator that fails on one row, so that the host can blame the record. */
export class RowError extends Error {
  readonly row: number;

  constructor(row: number, cause: unknown) {
    super(messageOf(cause), { cause });
    this.name = 'RowError';
    this.row = row;
  }
}

/** State per key, kept by the host: present ones live as objects, cold ones are brought back from the ledger. */
export interface KeyedStates<S> {
  /** State of this key (made, or brought back, when absent), marked as changed. */
  get(key: number): S;
  /** State of this key if it exists, not marked as changed. */
  peek(key: number): S | undefined;
  /** Calls `visit` with every key that has a pending timer at or before `time`, in ascending (time, key) order; see `setTimer`. */
  due(time: number, visit: (key: number, state: S, at: number) => void): void;
  /** Sets the one timer of this key (event time, ms); Infinity clears it. */
  setTimer(key: number, at: number): void;
}

/** Pure logic of a stage: events in, events and verdicts out. */
export interface Operator<S> {
  readonly name: string;
  /** `series`: state per input series; `global`: one state under key 0. */
  readonly key: 'series' | 'global';
  /** True when it sets timers: the host then looks for pending ones at the start. */
  readonly timed: boolean;
  /** Version of the snapshots it writes; it reads this one and the one before. */
  readonly version: number;
  create(key: number): S;
  /** Writes the values of one state; the host has begun the snapshot and ends it. */
  snapshot(state: S, writer: SnapshotWriter): void;
  restore(reader: SnapshotReader, key: number): S;
  /** Rows come in order of (time, partition, offset, place); none is late. */
  process(batch: EventBatch, states: KeyedStates<S>, out: StageOutput): void;
  /** Nothing before `watermark` is still to come, though more of its very time may; Infinity at the end of a finite source. */
  advance(watermark: number, states: KeyedStates<S>, out: StageOutput): void;
  /** Something that people said, between two batches. Answers in force are said anew when the operator is made; what people say of logs is said once and kept in the state. */
  control?(control: StageControl, states: KeyedStates<S>): void;
  /** True for a stage that says something of its rows and hands them on as they are. */
  readonly passes?: boolean;
  /** States kept as objects after a commit, where the stage knows it better than the pipeline. */
  readonly cache?: number;
  /** True where a change of a state moves most of its bytes: it is written whole, not in pieces. */
  readonly whole?: boolean;
  /** Goes on with what `process` or `advance` left when `out.room` was reached; the host calls it, and hands on what was put out, until it answers false: nothing was left. */
  resume?(states: KeyedStates<S>, out: StageOutput): boolean;
  /** Called once with every committed state, in any order, before the first event: for a stage that keeps an index over all of them. The host need not keep the states as objects. */
  recover?(states: Iterable<{ key: number; state: S }>): void;
}
