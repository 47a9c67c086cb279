/** What runs left of the cut: detectors, thresholds and the stages that hold their state. */
import { messageOf } from '../errors.ts';
import type { EventBatch, EventBuilder } from '../events.ts';
import type { SnapshotReader, SnapshotWriter } from '../snapshot.ts';
import type { VerdictBatch } from '../verdicts.ts';
import type { Rollup } from './stores.ts';

/** Where a detector writes what it says beside the score. */
export interface DetectorOutput {
  expected: number;
  /** Distance from expected to the lower and upper end of the band, per unit of score. NaN without a band. */
  below: number;
  above: number;
  /** 0..1, or NaN for "1 where anomalous begins". */
  onset: number;
}

/** Turns the events of one series into scores. Pure: no I/O, no clock, no randomness but its seeded own. */
export interface Detector {
  /** Scores the row values[at .. at + width - 1]; NaN while warming up or when every value is missing. Learns nothing. */
  score(time: number, values: Float64Array, at: number, out: DetectorOutput): number;
  /** Learns the row; called after `score` for every row, also a warming one. */
  learn(time: number, values: Float64Array, at: number): void;
  snapshot(writer: SnapshotWriter): void;
}

/** Turns scores into yes or no: anomalous is score > limit. */
export interface Threshold {
  /** The limit in force for this score (never NaN); may learn from the score afterwards. */
  limit(score: number): number;
  snapshot(writer: SnapshotWriter): void;
}

/** Where a stage writes. Rows of `events` go to the next stage, `verdicts` and closed `rollups` to the cut. */
export interface StageOutput {
  events: EventBuilder;
  verdicts: VerdictBatch;
  rollups: Rollup[];
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
}
