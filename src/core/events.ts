/** Columns of events, and the dictionary that names their series. */
import type { LineColumns, SessionColumns } from './contracts/logs.ts';
import type { Gap, Sent } from './contracts/records.ts';
import { grown } from './grown.ts';
import { LineTable } from './lines.ts';

/** What is known of one series; `index` is its place in its pipeline's dictionary and never changes. */
export interface SeriesInfo {
  index: number;
  key: string;
  labels: Readonly<Record<string, string>>;
  /** Unit of the values, as the source names it; empty when unknown. */
  unit: string;
}

/** Longest key of a series, characters: a table can have it as its key, and many do not fill the memory. */
export const LONGEST_KEY = 16_384;

/** Names the series of one pipeline; bounded, so that a stream of ever new keys cannot fill the memory. */
export class SeriesDictionary {
  readonly all: SeriesInfo[] = [];
  readonly #byKey = new Map<string, number>();
  readonly limit: number;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #unit: string;

  /** `labels` are added to every series; `unit` is that of series whose source names none. */
  constructor(limit = 1_000_000, labels: Readonly<Record<string, string>> = {}, unit = '') {
    this.limit = limit;
    this.#labels = labels;
    this.#unit = unit;
  }

  get size(): number {
    return this.all.length;
  }

  /** Index of the series with this key, or -1. */
  find(key: string): number {
    return this.#byKey.get(key) ?? -1;
  }

  /** Index of the series with this key, made if new; -1 when new and the dictionary is full, or the key too long. */
  intern(key: string, labels: Readonly<Record<string, string>> = {}, unit = ''): number {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    if (this.all.length >= this.limit || key.length > LONGEST_KEY) return -1;
    const index = this.all.length;
    this.all.push({ index, key, labels: { ...this.#labels, ...labels }, unit: unit || this.#unit });
    this.#byKey.set(key, index);
    return index;
  }

  /** Why `intern` did not take this key, in words. */
  refusal(key: string): string {
    const shown = key.length > 200 ? `${key.slice(0, 200)}…` : key;
    if (this.size < this.limit) return `the series "${shown}" has a name of more than ${LONGEST_KEY} characters`;
    return `the series "${shown}" would be one more than max_series ${this.limit}`;
  }

  /** Takes up series that were committed, in the order of their index. */
  restore(committed: readonly SeriesInfo[]): void {
    for (const info of committed) {
      this.all.push(info);
      this.#byKey.set(info.key, info.index);
    }
  }

  get(index: number): SeriesInfo {
    return this.all[index];
  }
}

/**
 * Many events side by side. Row i belongs to series[i] at time[i] (ms since 1970, UTC) and holds
 * values[i * width] .. values[i * width + width - 1]; NaN means missing. (partition, offset, place)
 * is where it came from: the partition of its source, the position of its record there, and its place in that record.
 */
export interface EventBatch {
  length: number;
  width: number;
  series: Uint32Array;
  time: Float64Array;
  values: Float64Array;
  partition: Uint32Array;
  offset: Float64Array;
  place: Uint32Array;
  /** 1 where the event was behind its partition's watermark when it was read. */
  late: Uint8Array;
  /** Text of the rows, where they are log lines. */
  lines?: LineColumns;
  /** What the rows are looks at, where they are sessions. */
  sessions?: SessionColumns;
}

/** A record that could not become an event. */
export interface BadRecord {
  partition: number;
  offset: number;
  place: number;
  /** A code of core/errors.ts. */
  code: string;
  detail: string;
  bytes: Uint8Array;
  /** What its message said beside the bytes, needed to decode it anew. */
  sent?: Sent;
}

/** Builds a batch by appending rows; reused from batch to batch, so what it hands out is valid until `reset`. */
export class EventBuilder<Text extends LineColumns = LineTable> implements EventBatch {
  length = 0;
  readonly width: number;
  readonly dictionary: SeriesDictionary;
  series: Uint32Array;
  time: Float64Array;
  values: Float64Array;
  partition: Uint32Array;
  offset: Float64Array;
  place: Uint32Array;
  late: Uint8Array;
  /** Text of the rows: a decoder of lines writes row i of it for row i, a stage hands on what it was given. */
  lines: Text | undefined;
  /** What the rows are looks at; set by the stage that puts out sessions. */
  sessions: SessionColumns | undefined;
  /** Records refused since the last reset. */
  bad: BadRecord[] = [];
  /** What the source says was lost, noted since the last reset. */
  gaps: Gap[] = [];
  /** Events that their records say are part of a fault, noted since the last reset. */
  truth: { series: number; time: number; kind: string }[] = [];
  /** Its own text; `lines` may be that of another batch. */
  readonly #table: LineTable | undefined;
  #capacity: number;

  constructor(dictionary: SeriesDictionary, width = 1, capacity = 4096, hasLines = false) {
    this.dictionary = dictionary;
    this.width = width;
    this.#table = hasLines ? new LineTable(capacity) : undefined;
    this.lines = this.#table as LineColumns as Text | undefined;
    this.#capacity = capacity;
    this.series = new Uint32Array(capacity);
    this.time = new Float64Array(capacity);
    this.values = new Float64Array(capacity * width);
    this.partition = new Uint32Array(capacity);
    this.offset = new Float64Array(capacity);
    this.place = new Uint32Array(capacity);
    this.late = new Uint8Array(capacity);
  }

  reset(): void {
    this.length = 0;
    this.#table?.reset();
    if (this.bad.length > 0) this.bad = [];
    if (this.gaps.length > 0) this.gaps = [];
    if (this.truth.length > 0) this.truth = [];
  }

  /** Makes room for one more row and answers its number; the caller writes values[row * width + column]. */
  row(series: number, time: number, partition: number, offset: number, place: number): number {
    const i = this.length;
    if (i === this.#capacity) this.#grow(i * 2);
    this.series[i] = series;
    this.time[i] = time;
    this.partition[i] = partition;
    this.offset[i] = offset;
    this.place[i] = place;
    this.late[i] = 0;
    this.length = i + 1;
    return i;
  }

  /** Appends all rows of another batch, their values and text left out; answers the number of the first. */
  rows(other: EventBatch): number {
    const first = this.length;
    const { length } = other;
    const end = first + length;
    if (end > this.#capacity) this.#grow(Math.max(end, this.#capacity * 2));
    this.series.set(other.series.subarray(0, length), first);
    this.time.set(other.time.subarray(0, length), first);
    this.partition.set(other.partition.subarray(0, length), first);
    this.offset.set(other.offset.subarray(0, length), first);
    this.place.set(other.place.subarray(0, length), first);
    this.late.fill(0, first, end);
    this.length = end;
    return first;
  }

  /** Appends an event of width 1. */
  add(series: number, time: number, value: number, partition: number, offset: number, place: number): void {
    const i = this.row(series, time, partition, offset, place);
    this.values[i * this.width] = value;
  }

  /** Notes a record that cannot become an event; its bytes are copied, at most 4 KiB of them. */
  refuse(partition: number, offset: number, place: number, code: string, detail: string, bytes: Uint8Array): void {
    // A copy also of a Buffer, whose slices are none.
    this.bad.push({ partition, offset, place, code, detail, bytes: new Uint8Array(bytes.subarray(0, 4096)) });
  }

  #grow(capacity: number): void {
    this.#capacity = capacity;
    this.series = grown(this.series, capacity);
    this.time = grown(this.time, capacity);
    this.values = grown(this.values, capacity * this.width);
    this.partition = grown(this.partition, capacity);
    this.offset = grown(this.offset, capacity);
    this.place = grown(this.place, capacity);
    this.late = grown(this.late, capacity);
  }
}
