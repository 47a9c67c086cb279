/** Verdicts that wait for the commit, copied out of the stage's columns; and how verdicts get their ids. */
import { grown } from '../core/grown.ts';
import { hashText, mix32 } from '../core/hash.ts';
import type { EventBatch, SeriesDictionary } from '../core/events.ts';
import {
  copyTexts,
  emptyVerdicts,
  F64_COLUMNS,
  LATE,
  NO_MEMBER,
  NO_ROW,
  sharedBy,
  U32_COLUMNS,
  U8_COLUMNS,
  VERDICT_KINDS,
  idText,
  type VerdictBatch,
} from '../core/verdicts.ts';

const SEED_LOW = 0x9747b28c;
const KIND = 0x61c88647;
const SESSION = VERDICT_KINDS.indexOf('session');

/**
 * Ids are a hash of pipeline, stage, series, kind and cause, so that the same verdict has the same id in every run:
 * two independent 32-bit hashes over the cause's partition, offset and place, or the timer's event time.
 */
export class VerdictIds {
  readonly #prefix: string;
  readonly #dictionary: SeriesDictionary;
  readonly #high: number[] = [];
  readonly #low: number[] = [];

  constructor(pipeline: string, stage: string, dictionary: SeriesDictionary) {
    this.#prefix = `${pipeline}\u0000${stage}\u0000`;
    this.#dictionary = dictionary;
  }

  fillAll(batch: VerdictBatch): void {
    for (let i = 0; i < batch.length; i++) this.fill(batch, i);
    const { texts } = batch;
    if (texts === undefined) return;
    for (let i = 0; i < batch.length; i++) texts.revises[i] = texts.replaces[i] < 0 ? '' : this.#idAt(batch, i, texts.replaces[i]);
  }

  /** The id that row i would have at another place of its record. */
  #idAt(batch: VerdictBatch, i: number, otherPlace: number): string {
    const series = batch.series[i];
    const place = otherPlace ^ Math.imul(batch.kind[i], KIND);
    return idText(mixed(this.#high[series], batch.partition[i], batch.offset[i], place), mixed(this.#low[series], batch.partition[i], batch.offset[i], place));
  }

  /** Fills the id of row i. */
  fill(batch: VerdictBatch, i: number): void {
    const series = batch.series[i];
    if (this.#high[series] === undefined) this.#seed(series);
    const kind = batch.kind[i];
    // A session is known by its first line and the number of the look, whether a line or a timer caused it.
    const offset = batch.row[i] === NO_ROW && kind !== SESSION ? batch.time[i] : batch.offset[i];
    const partition = batch.partition[i];
    const place = batch.place[i] ^ Math.imul(kind, KIND);
    batch.idHigh[i] = mixed(this.#high[series], partition, offset, place);
    batch.idLow[i] = mixed(this.#low[series], partition, offset, place);
  }

  #seed(series: number): void {
    const text = this.#prefix + this.#dictionary.get(series).key;
    this.#high[series] = hashText(text);
    this.#low[series] = hashText(text, SEED_LOW);
  }
}

function mixed(seed: number, partition: number, offset: number, place: number): number {
  const low = offset >>> 0;
  const high = Math.floor(offset / 0x1_0000_0000) >>> 0;
  return mix32(mix32(mix32(seed ^ low) + Math.imul(high ^ 0x2545f491, 0x9e3779b1)) ^ Math.imul(partition + 1, 0x27d4eb2f) ^ Math.imul(place + 1, 0x165667b1));
}

export class VerdictBuffer {
  /** The rows so far; valid until `clear`. */
  readonly batch: VerdictBatch;
  readonly #ids: VerdictIds;
  #capacity = 1024;

  constructor(width: number, stage: string, detector: string, config: string, ids: VerdictIds) {
    this.batch = Object.assign(emptyVerdicts(width, this.#capacity), { stage, detector, config });
    this.#ids = ids;
  }

  get length(): number {
    return this.batch.length;
  }

  clear(): void {
    this.batch.length = 0;
    this.batch.texts = undefined;
  }

  /** Copies the rows whose flags meet `mask`; mask 0 copies all. */
  append(from: VerdictBatch, mask: number): void {
    const to = this.batch;
    to.detector = from.detector;
    to.members = from.members;
    to.config = from.config;
    const { width } = to;
    for (let i = 0; i < from.length; i++) {
      if (mask !== 0 && (from.flags[i] & mask) === 0) continue;
      const row = this.#row();
      to.series[row] = from.series[i]!;
      to.time[row] = from.time[i]!;
      for (let c = 0; c < width; c++) {
        to.values[row * width + c] = from.values[i * width + c]!;
        to.shares[row * width + c] = from.shares[i * width + c]!;
      }
      to.kind[row] = from.kind[i]!;
      to.flags[row] = from.flags[i]!;
      to.score[row] = from.score[i]!;
      to.limit[row] = from.limit[i]!;
      to.expected[row] = from.expected[i]!;
      to.lower[row] = from.lower[i]!;
      to.upper[row] = from.upper[i]!;
      to.onset[row] = from.onset[i]!;
      to.member[row] = from.member[i]!;
      to.partition[row] = from.partition[i]!;
      to.offset[row] = from.offset[i]!;
      to.place[row] = from.place[i]!;
      to.row[row] = from.row[i]!;
      to.idHigh[row] = from.idHigh[i]!;
      to.idLow[row] = from.idLow[i]!;
      copyTexts(to, row, from, i);
    }
  }

  /** Late events become verdicts of their own: no score, nothing learnt, stored as late. */
  appendLate(events: EventBatch): void {
    const to = this.batch;
    const { width } = to;
    for (let i = 0; i < events.length; i++) {
      const row = this.#row();
      to.series[row] = events.series[i]!;
      to.time[row] = events.time[i]!;
      for (let c = 0; c < width; c++) to.values[row * width + c] = c < events.width ? events.values[i * events.width + c] : NaN;
      to.kind[row] = VERDICT_KINDS.indexOf('point');
      to.flags[row] = LATE;
      to.score[row] = to.limit[row] = to.expected[row] = to.lower[row] = to.upper[row] = NaN;
      to.onset[row] = 0;
      to.member[row] = NO_MEMBER;
      to.shares.fill(0, row * width, (row + 1) * width);
      to.partition[row] = events.partition[i]!;
      to.offset[row] = events.offset[i]!;
      to.place[row] = events.place[i]!;
      to.row[row] = i;
      this.#ids.fill(to, row);
    }
  }

  #row(): number {
    const to = this.batch;
    if (to.length === this.#capacity) {
      this.#capacity *= 2;
      for (const name of F64_COLUMNS) to[name] = grown(to[name], this.#capacity);
      for (const name of U32_COLUMNS) to[name] = grown(to[name], this.#capacity);
      for (const name of U8_COLUMNS) to[name] = grown(to[name], this.#capacity);
      to.values = grown(to.values, this.#capacity * to.width);
      to.shares = grown(to.shares, this.#capacity * to.width);
    }
    return to.length++;
  }
}

/** The rows whose flags meet `mask`, in columns of their own; the batch itself when all do. */
export function selectRows(batch: VerdictBatch, mask: number): VerdictBatch {
  const rows: number[] = [];
  for (let i = 0; i < batch.length; i++) if ((batch.flags[i] & mask) !== 0) rows.push(i);
  return rows.length === batch.length ? batch : rowsOf(batch, Uint32Array.from(rows));
}

/** Gives the rows in order of time, those of one time as they came. */
export class TimeOrder {
  /** Used again and again: a batch of columns a call would weigh more than what is in them. */
  #ordered = emptyVerdicts(1, 0);
  #capacity = 0;

  /** The batch itself where its rows are in order, else one that is valid until the next call. */
  of(batch: VerdictBatch): VerdictBatch {
    const { length, time, width } = batch;
    let ordered = 1;
    while (ordered < length && time[ordered - 1] <= time[ordered]) ordered++;
    if (ordered >= length) return batch;
    const rows = new Uint32Array(length);
    for (let i = 0; i < length; i++) rows[i] = i;
    rows.sort((a, b) => time[a] - time[b] || a - b);
    if (length > this.#capacity || width !== this.#ordered.width) {
      this.#capacity = Math.max(length, this.#capacity * 2);
      this.#ordered = emptyVerdicts(width, this.#capacity);
    }
    return copyRows(this.#ordered, batch, rows);
  }
}

function rowsOf(batch: VerdictBatch, rows: Uint32Array): VerdictBatch {
  return copyRows(emptyVerdicts(batch.width, rows.length), batch, rows);
}

/** Fills a batch that has room for them with these rows, a column at a time. */
function copyRows(to: VerdictBatch, from: VerdictBatch, rows: Uint32Array): VerdictBatch {
  const { width } = from;
  Object.assign(to, sharedBy(from), { length: rows.length, texts: undefined });
  for (const name of F64_COLUMNS) copyF64(to[name], from[name], rows);
  for (const name of U32_COLUMNS) copyU32(to[name], from[name], rows);
  for (const name of U8_COLUMNS) copyU8(to[name], from[name], rows);
  for (let row = 0; row < rows.length; row++) {
    const at = rows[row] * width;
    for (let c = 0; c < width; c++) {
      to.values[row * width + c] = from.values[at + c]!;
      to.shares[row * width + c] = from.shares[at + c]!;
    }
  }
  if (from.texts !== undefined) for (let row = 0; row < rows.length; row++) copyTexts(to, row, from, rows[row]);
  return to;
}

// One function a type of column, so that each stays quick.
function copyF64(to: Float64Array, from: Float64Array, rows: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]];
}

function copyU32(to: Uint32Array, from: Uint32Array, rows: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]];
}

function copyU8(to: Uint8Array, from: Uint8Array, rows: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]];
}
