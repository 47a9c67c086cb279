/**
 * Order by event time, per pipeline. Late is decided here, per record, from the records of its own partition before it;
 * what waits for the watermark is part of the checkpoint, so a crash loses none of it.
 */
import type { LineColumns } from '../core/contracts.ts';
import { EventBuilder, type EventBatch, type SeriesDictionary } from '../core/events.ts';
import { LineTable } from '../core/lines.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { recordOf } from './record-of.ts';

export interface OrderOptions {
  /** How far behind the newest event of its partition an event may be, ms. */
  allowedLateness: number;
  /** How far ahead of the clock an event may be, ms. */
  maxFuture: number;
  /** Events that may wait at once; at the bound all of them are released, and what is older becomes late. */
  maxBuffer: number;
}

const VERSION = 1;
/** Years 0 to 9999, ms: what people, files and other programs can name. */
const FIRST = Date.parse('0000-01-01T00:00:00Z');
const LAST = Date.UTC(10_000, 0) - 1;

/** Copies row i of `from` to the end of `to`. */
function copyRow(from: EventBatch, i: number, to: EventBuilder): void {
  const row = to.row(from.series[i], from.time[i], from.partition[i], from.offset[i], from.place[i]);
  const width = to.width;
  for (let c = 0; c < width; c++) to.values[row * width + c] = from.values[i * width + c]!;
  if (from.lines !== undefined) to.lines!.copy(row, from.lines, i);
}

export class Order {
  /** Rows that came behind their watermark, as they came. Valid until the next call. */
  readonly late: EventBuilder;
  /** Event time before which nothing more is expected. */
  watermark = -Infinity;
  readonly #options: OrderOptions;
  readonly #released: EventBuilder;
  #ready: EventBuilder;
  /** Largest time per partition, and the time before which its events are late. */
  readonly #newest: Float64Array;
  readonly #floor: Float64Array;
  #waiting: EventBuilder;
  #spare: EventBuilder;

  /** `lines`: the rows have text. */
  constructor(options: OrderOptions, partitions: number, dictionary: SeriesDictionary, width: number, lines = false) {
    this.#options = options;
    this.#newest = new Float64Array(partitions).fill(-Infinity);
    this.#floor = new Float64Array(partitions).fill(-Infinity);
    this.#released = new EventBuilder(dictionary, width, 4096, lines);
    this.#ready = this.#released;
    this.late = new EventBuilder(dictionary, width, 4096, lines);
    this.#waiting = new EventBuilder(dictionary, width, 64, lines);
    this.#spare = new EventBuilder(dictionary, width, 64, lines);
  }

  /** Rows that may be processed now, in order of (time, partition, offset, place). Valid until the next call, and as long as the input they came from. */
  get ready(): EventBuilder {
    return this.#ready;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Largest event time seen, or -Infinity. */
  get newest(): number {
    return this.#newest.reduce((a, b) => Math.max(a, b), -Infinity);
  }

  /** The partition that holds the others back. */
  get laggard(): number {
    let slowest = 0;
    for (let p = 1; p < this.#floor.length; p++) if (this.#floor[p] < this.#floor[slowest]) slowest = p;
    return slowest;
  }

  /** Which partitions are not read: those hold nobody back; of a source without an end the others may have been such before. */
  read(absent: readonly number[], finite: boolean): void {
    for (let p = 0; p < this.#floor.length; p++) {
      if (absent.includes(p)) this.#floor[p] = Infinity;
      else if (!finite && this.#floor[p] === Infinity) this.#floor[p] = this.#newest[p];
    }
  }

  /** Nothing more comes of this partition: it holds nobody back any more. */
  end(partition: number): void {
    this.#floor[partition] = Infinity;
  }

  /** Takes decoded rows; refuses into `input.bad` what is further ahead of `now` than allowed, or in no year that there is. */
  add(input: EventBuilder, now: number): void {
    this.#begin();
    const straight = this.#floor.length === 1 && this.#options.allowedLateness === 0 && this.#waiting.length === 0;
    const horizon = Math.min(now + this.#options.maxFuture, LAST);
    if (straight && this.#follows(input, horizon)) {
      this.#ready = input;
      this.#follow();
      return;
    }
    for (let i = 0; i < input.length; i++) {
      const time = input.time[i];
      if (!(time >= FIRST && time <= horizon)) {
        this.#refuse(input, i, now);
        continue;
      }
      const partition = input.partition[i];
      if (time < this.#floor[partition]) {
        copyRow(input, i, this.late);
        continue;
      }
      if (time > this.#newest[partition]) {
        this.#newest[partition] = time;
        this.#floor[partition] = Math.max(this.#floor[partition], time - this.#options.allowedLateness);
      }
      if (straight) {
        copyRow(input, i, this.#released);
      } else {
        copyRow(input, i, this.#waiting);
        if (this.#waiting.length > this.#options.maxBuffer) this.#relieve();
      }
    }
    this.#follow();
  }

  /** The source stands still: what waits is released, and what comes before the newest event from now on is late. */
  idle(): void {
    this.#begin();
    if (this.#waiting.length > 0 || this.watermark < this.newest) this.#release(this.#raise(), Infinity);
  }

  /** The source has ended. */
  finish(): void {
    this.#begin();
    this.#raise();
    this.watermark = Infinity;
    this.#release(Infinity, Infinity);
  }

  snapshot(): Uint8Array {
    const writer = new SnapshotWriter();
    writer.begin(VERSION);
    writer.f64s(this.#newest);
    writer.f64s(this.#floor);
    writer.f64(this.watermark);
    const w = this.#waiting;
    writer.u32s(w.series.subarray(0, w.length));
    writer.f64s(w.time.subarray(0, w.length));
    writer.f64s(w.values.subarray(0, w.length * w.width));
    writer.u32s(w.partition.subarray(0, w.length));
    writer.f64s(w.offset.subarray(0, w.length));
    writer.u32s(w.place.subarray(0, w.length));
    if (w.lines !== undefined) writeLines(writer, w.lines, w.length);
    return writer.end();
  }

  /** Partitions in a snapshot. */
  static partitionsIn(bytes: Uint8Array): number {
    return new SnapshotReader(bytes, VERSION).f64s().length;
  }

  /** Takes up a snapshot; partitions that are new since then begin empty. */
  restore(bytes: Uint8Array): void {
    const reader = new SnapshotReader(bytes, VERSION);
    const newest = reader.f64s();
    this.#newest.set(newest.subarray(0, this.#newest.length));
    this.#floor.set(reader.f64s().subarray(0, this.#floor.length));
    this.watermark = reader.f64();
    const series = reader.u32s();
    const time = reader.f64s();
    const values = reader.f64s();
    const partition = reader.u32s();
    const offset = reader.f64s();
    const place = reader.u32s();
    const length = series.length;
    const lines = this.#waiting.lines === undefined ? undefined : readLines(reader, length);
    copyAll({ length, width: this.#waiting.width, series, time, values, partition, offset, place, late: new Uint8Array(length), lines }, this.#waiting);
  }

  #begin(): void {
    this.#released.reset();
    this.#ready = this.#released;
    this.late.reset();
  }

  /** Whether no row is early, late or out of order, so that all of them pass as they are; notes the newest of them if so. */
  #follows({ time, length }: EventBuilder, horizon: number): boolean {
    let last = Math.max(this.#floor[0], FIRST);
    for (let i = 0; i < length; i++) {
      const at = time[i];
      if (!(at >= last)) return false;
      last = at;
    }
    if (length === 0 || last > horizon) return false;
    this.#newest[0] = this.#floor[0] = last;
    return true;
  }

  /** Raises every watermark to the newest event of all; answers it. */
  #raise(): number {
    const newest = this.newest;
    for (let p = 0; p < this.#floor.length; p++) this.#floor[p] = Math.max(this.#floor[p], newest);
    this.watermark = Math.max(this.watermark, newest);
    return newest;
  }

  /** Raises the watermark to that of the slowest partition and releases what waited for it. */
  #follow(): void {
    const slowest = this.#floor[this.laggard];
    // When all have ended the newest event is as far as is known; `finish` says that there is no more.
    this.watermark = Math.max(this.watermark, slowest === Infinity ? this.newest : slowest);
    this.#release(this.watermark, this.#foremost());
  }

  /** Too many wait: releases what need not wait any more, and everything where that is not enough. */
  #relieve(): void {
    this.#follow();
    if (this.#waiting.length > this.#options.maxBuffer) this.#release(this.#raise(), Infinity);
  }

  /** The partition up to which an event at the watermark need not wait: where one alone goes on, what it still brings comes later in the order. */
  #foremost(): number {
    let alone = Infinity;
    for (let p = 0; p < this.#floor.length; p++) {
      if (this.#floor[p] === Infinity) continue;
      if (alone < Infinity) return -1;
      alone = p;
    }
    return alone;
  }

  /** Moves what waits before `until`, and at it in partitions up to `foremost`, to `ready`, in order. */
  #release(until: number, foremost: number): void {
    const { time, partition, offset, place, length } = this.#waiting;
    const rows: number[] = [];
    let sorted = true;
    for (let i = 0; i < length; i++) {
      if (!(time[i] < until || (time[i] === until && partition[i] <= foremost))) continue;
      if (rows.length > 0 && time[i] <= time[rows[rows.length - 1]]) sorted = false;
      rows.push(i);
    }
    if (rows.length === 0) return;
    if (!sorted) {
      rows.sort((a, b) => time[a] - time[b] || partition[a] - partition[b] || offset[a] - offset[b] || place[a] - place[b]);
    }
    for (const i of rows) copyRow(this.#waiting, i, this.#released);
    const kept = this.#spare;
    kept.reset();
    if (rows.length < length) {
      const gone = new Uint8Array(length);
      for (const i of rows) gone[i] = 1;
      for (let i = 0; i < length; i++) if (gone[i] === 0) copyRow(this.#waiting, i, kept);
    }
    this.#spare = this.#waiting;
    this.#waiting = kept;
  }

  #refuse(input: EventBuilder, i: number, now: number): void {
    const time = input.time[i];
    const [partition, offset, place] = [input.partition[i], input.offset[i], input.place[i]];
    const series = input.dictionary.get(input.series[i]).key;
    const bytes = recordOf(input, i, input.dictionary);
    if (time > now + this.#options.maxFuture) {
      input.refuse(partition, offset, place, 'RECORD_TOO_EARLY', `${series} is ${Math.round((time - now) / 1000)} s ahead of the clock`, bytes);
    } else input.refuse(partition, offset, place, 'RECORD_NO_TIME', `${series} at ${time} ms is in none of the years 0 to 9999`, bytes);
  }
}

const SPANS = ['start', 'end', 'message', 'messageEnd', 'component', 'componentEnd'] as const;

/** The text of the first rows, in a table of its own that holds no more than it. */
function writeLines(writer: SnapshotWriter, from: LineColumns, length: number): void {
  const table = new LineTable(length);
  for (let i = 0; i < length; i++) table.copy(i, from, i);
  writer.bytes(table.bytes.subarray(0, table.used));
  for (const name of SPANS) writer.u32s(table[name].subarray(0, length));
  writer.bytes(table.level.subarray(0, length));
  writer.f64s(table.stated.subarray(0, length));
}

function readLines(reader: SnapshotReader, length: number): LineColumns {
  const table = new LineTable(length);
  table.use(reader.bytes());
  for (const name of SPANS) table[name].set(reader.u32s());
  table.level.set(reader.bytes());
  table.stated.set(reader.f64s());
  return table;
}

function copyAll(from: EventBatch, to: EventBuilder): void {
  for (let i = 0; i < from.length; i++) copyRow(from, i, to);
}
