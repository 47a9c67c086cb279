/** Messages between the server's thread and the engine's. Everything in them can be cloned. */
import type { Condition, LiveEvent, PartHealth, PipelineStatus } from '../core/api.ts';
import type { ControlRecord, OutboxItem, OutboxResult } from '../core/contracts.ts';
import type { Verdict } from '../core/verdicts.ts';

/** Latest state of series that changed, as columns side by side. */
export interface LatestColumns {
  /** Keys, labels and units of series that are new since the last report. */
  added: { index: number; key: string; labels: Readonly<Record<string, string>>; unit: string }[];
  series: Uint32Array;
  time: Float64Array;
  value: Float64Array;
  score: Float64Array;
  limit: Float64Array;
  flags: Uint8Array;
}

/** What one commit made visible. */
export interface CommitReport {
  pipeline: string;
  checkpoint: number;
  /** Position of a journal up to which everything is committed; -1 where there is no journal. */
  released: number;
  verdicts: Verdict[];
  skipped: number;
  incidents: Extract<LiveEvent, { type: 'incident' }>[];
  outbox: (OutboxItem & { attempts: number })[];
}

/** Which verdicts the server wants to see as they are committed. */
export interface Interest {
  /** Somebody looks at verdicts as they come. */
  watched: boolean;
  /** Requests that wait for the verdicts of a record: then all are sent. */
  waiting: number;
}

export type ToEngine =
  /** The journals are open: the pipelines may start. */
  | { type: 'go' }
  | { type: 'control'; request: number; pipeline: string; record: ControlRecord }
  | { type: 'outbox-result'; result: OutboxResult }
  | { type: 'journal-grew'; pipeline: string }
  /** There is room again for what the ledger's outbox holds. */
  | { type: 'offer-outbox'; pipeline: string }
  | { type: 'interest'; interest: Interest }
  | { type: 'stop' };

export type FromEngine =
  /** The ledger is open and owned; waits for `go`. */
  | { type: 'ready' }
  | { type: 'refused'; code: string; message: string; means: string; mend: string }
  | { type: 'committed'; report: CommitReport }
  | { type: 'status'; status: PipelineStatus }
  /** How a pipeline is while it waits for its next attempt. */
  | { type: 'health'; pipeline: string; condition: Condition; parts: PartHealth[] }
  | { type: 'latest'; pipeline: string; latest: LatestColumns }
  | { type: 'control-done'; request: number; sequence: number }
  | { type: 'control-failed'; request: number; code: string; message: string }
  | { type: 'finished'; pipeline: string }
  | { type: 'log'; level: 'info' | 'warn' | 'error'; message: string; pipeline: string }
  | { type: 'stopped' };
