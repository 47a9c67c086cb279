/** Records and positions: what sources hand over, formats decode and journals keep. */
import type { EventBuilder } from '../events.ts';

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** Where a source stands: made and understood by the source alone, kept by the ledger. */
export type Position = JsonValue;

/** Bytes of one partition that hold whole records one after another (lines of a file or of a stream). */
export interface ByteRecords {
  kind: 'bytes';
  partition: number;
  /** Position in the stream (bytes before it) of bytes[0]; the offset of a record is that of its first byte. */
  offset: number;
  bytes: Uint8Array;
  /** Bytes in front of bytes[0] in its buffer that hold nothing: a format may put there what it kept of the stream. */
  spare?: number;
  /** True where a new stream begins: a header may come, what was learnt of the layout is forgotten. */
  begins: boolean;
  /** True where the stream ends: a last record without its newline is whole. */
  ends: boolean;
  /** A name that helps a person (a file's path). */
  name: string;
  /** Media type, where it is a part of a message that named one. */
  type?: string;
}

/** Separate messages of one partition, each one record; message i is bytes[ends[i - 1] ?? 0 .. ends[i]]. */
export interface MessageRecords {
  kind: 'messages';
  partition: number;
  offsets: Float64Array;
  ends: Uint32Array;
  bytes: Uint8Array;
  /** Media type per message where the sender named one, else ''. */
  types?: string[];
  /** Time of arrival per message (ms), used where the record holds no time. */
  arrivals?: Float64Array;
  /** What the sender said of each message beside its bytes (topic levels, key, headers): labels of its series. Messages with equal labels may share the object. */
  labels?: readonly (MessageLabels | undefined)[];
}

/** Labels of the series of one message; that of the name `series` names the series where the record does not. */
export type MessageLabels = Readonly<Record<string, string>>;

/** What stands beside the bytes of a message. */
export interface Sent {
  /** Media type, or ''. */
  type: string;
  labels?: MessageLabels;
}

/** Something was lost before it could be kept: how much is unknown, since when and until when is known. */
export interface Gap {
  /** Wall clock, ms. */
  from: number;
  to: number;
  /** What was lost and why, in words. */
  reason: string;
}

/** Events that need no decoding (simulators, this host's own figures): the source appends them itself. */
export interface ReadyEvents {
  kind: 'events';
  fill(out: EventBuilder): void;
}

export type Records = ByteRecords | MessageRecords | ReadyEvents;

/** One hand-over: records, and the position after the last of them. */
export interface SourceBatch {
  records: Records;
  position: Position;
  /** What was lost before these records, and cannot be read any more. */
  gaps?: readonly Gap[];
  /** True labels of simulated events handed over beside the data, if any: rows of [series key, time, anomalous, kind]. */
  truth?: Truth[];
  /** Says that nobody reads the records any more, so that the source may use their memory again. Called at most once, before the next hand-over is asked for; need not be called. */
  done?(): void;
}

/** Ground truth of a simulated event that is not normal. */
export interface Truth {
  series: string;
  time: number;
  kind: string;
}

/** Reads a stream that can be read again from any position it handed out. */
export interface Source {
  /** How many partitions, or one more than the highest of their numbers; fixed from `connect` on. */
  readonly partitions: number;
  /** Numbers below `partitions` that it does not read. */
  readonly absent?: readonly number[];
  /** True when the stream has an end (a file read once): then the watermark becomes infinite there. */
  readonly finite: boolean;
  /** Reaches the system, for a source that learns there what it reads; called once, before `open`. Throws HomeostatError SOURCE_*. */
  connect?(signal: AbortSignal): Promise<void>;
  /** Yields from `from` on (undefined: from the beginning) until the end or until `signal` aborts. May throw HomeostatError SOURCE_*. */
  open(from: Position | undefined, signal: AbortSignal): AsyncIterable<SourceBatch>;
  /** The partition whose events the others wait for: where there is a choice, it is read next. */
  prefer?(partition: number): void;
  /** Bytes that are there and were not handed over yet; undefined when unknown. */
  remaining?(): number | undefined;
  /** Why nothing comes at present, in words, while the source itself tries again; undefined while all is well. */
  trouble?(): string | undefined;
  /** Everything up to this position is durable; called after the commit. */
  acknowledge?(position: Position): void | Promise<void>;
  close(): Promise<void>;
}

/** Turns records into columns. Holds what it learnt of the layout as JSON, kept with the position. */
export interface Decoder {
  /** Rows may lie in the bytes of the records until `out` is reset; what is kept beyond that is a copy. */
  decode(records: ByteRecords | MessageRecords, out: EventBuilder): void;
  state(): JsonValue;
  /** What was chosen, in words, for a person; empty until known. */
  report(): string[];
}

/** A source that senders push to: it needs a journal in front of it. */
export interface PushRequest {
  body: Uint8Array;
  /** Media type without parameters. */
  type: string;
  idempotencyKey: string | undefined;
  /** At most 64 KiB as JSON. */
  labels?: MessageLabels;
}

/** Durable log in front of a source that cannot be read again. */
export interface JournalWriter {
  /** When the newest message was kept, wall clock in ms; undefined while it holds none. */
  readonly newest: number | undefined;
  /** Resolves once the bytes are on the disk; `repeated` when the key was known and nothing was written. Throws JOURNAL_FULL, DISK_FULL. */
  append(request: PushRequest): Promise<{ offset: number; repeated: boolean }>;
  /** Resolves once all of them are on the disk, in their order; rejects where any is not. Those whose key was known are left out. */
  appendAll(requests: readonly PushRequest[]): Promise<void>;
  /** Everything before this offset has been committed and may be forgotten by the retention. */
  release(offset: number): void;
  close(): Promise<void>;
}
