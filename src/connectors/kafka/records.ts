/**
 * Batches of records (version 2 of Kafka's format) to columns, after the description of the protocol: values side by side,
 * offsets, timestamps, labels; nothing is made per record but what labels need.
 */
import type { MessageLabels, MessageRecords } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import { unpack } from './codecs/index.ts';
import { crc32c } from './crc32c.ts';
import type { Labeller } from './labels.ts';

const HEAD = 61;
const LENGTH_AT = 8;
const MAGIC_AT = 16;
const COUNT_AT = 57;
const SUM_AT = 17;
/** From here on the sum covers the batch. */
const SUMMED_AT = 21;
const COMPRESSION = 7;
const APPEND_TIME = 8;
const TRANSACTIONAL = 16;
const CONTROL = 32;
/** What producers without a clock of theirs write in place of a time. */
const NO_TIME = -1;

/** A transaction that was aborted: its records begin at `first`. */
export interface Aborted {
  producer: bigint;
  first: number;
}

export interface ReadRules {
  /** Records before it are left out: a batch is given whole, also when only its end was asked for. */
  from: number;
  /** Aborted transactions in order of their first offset; empty under read_uncommitted. */
  aborted: readonly Aborted[];
  most: number;
  labels: Labeller | undefined;
}

export interface ReadResult {
  records: MessageRecords | undefined;
  /** Offset after the last whole batch; `from` where there was none. */
  next: number;
  /** Records without a value. */
  empty: number;
}

/** Columns while they grow. */
class Columns {
  offsets: Float64Array;
  ends: Uint32Array;
  times: Float64Array;
  labels: (MessageLabels | undefined)[] | undefined;
  bytes: Uint8Array;
  count = 0;
  length = 0;
  empty = 0;

  constructor(rows: number, bytes: number, hasLabels: boolean) {
    this.offsets = new Float64Array(rows);
    this.ends = new Uint32Array(rows);
    this.times = new Float64Array(rows);
    this.bytes = new Uint8Array(bytes);
    this.labels = hasLabels ? [] : undefined;
  }

  reserve(rows: number, bytes: number): void {
    if (this.count + rows > this.offsets.length) {
      const capacity = Math.max(this.count + rows, this.offsets.length * 2);
      const grow = <T extends Float64Array | Uint32Array>(column: T, to: T): T => (to.set(column), to);
      this.offsets = grow(this.offsets, new Float64Array(capacity));
      this.ends = grow(this.ends, new Uint32Array(capacity));
      this.times = grow(this.times, new Float64Array(capacity));
    }
    if (this.length + bytes > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length + bytes, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
  }
}

/**
 * Reads the whole batches of an answer, up to the first whose checksum does not fit; throws a DamagedBatch where that one comes
 * first, and HomeostatError SOURCE_* for the format before Kafka 0.11 and for what cannot be a batch.
 */
export function readBatches(bytes: Buffer, partition: number, rules: ReadRules): ReadResult {
  const columns = new Columns(1024, bytes.length, rules.labels !== undefined);
  const open = new Set<bigint>();
  let aborted = 0;
  let next = rules.from;
  for (let at = 0; at + HEAD <= bytes.length;) {
    if (bytes[at + MAGIC_AT] !== 2)
      throw damaged(`records of partition ${partition} are in the old format ${bytes[at + MAGIC_AT]}; only that of Kafka 0.11 and later is read`);
    const first = int64(bytes, at);
    const length = bytes.readInt32BE(at + LENGTH_AT);
    if (length < HEAD - 12) throw new DamagedBatch(partition, first);
    const end = at + 12 + length;
    // The last one may be cut off; it comes again.
    if (end > bytes.length) break;
    if (bytes.readUInt32BE(at + SUM_AT) !== crc32c(bytes, at + SUMMED_AT, end)) {
      if (at === 0) throw new DamagedBatch(partition, first);
      break;
    }
    const last = first + bytes.readInt32BE(at + 23);
    const flags = bytes.readInt16BE(at + 21);
    const producer = bytes.readBigInt64BE(at + 43);
    while (aborted < rules.aborted.length && rules.aborted[aborted].first <= last) open.add(rules.aborted[aborted++].producer);
    if ((flags & CONTROL) !== 0) {
      if (isAbort(bytes, at, end)) open.delete(producer);
    } else if ((flags & TRANSACTIONAL) === 0 || !open.has(producer)) {
      readBatch(bytes, at, end, first, flags, rules, columns);
    }
    if (last + 1 > next) next = last + 1;
    at = end;
  }
  return { records: columns.count === 0 ? undefined : recordsOf(columns, partition), next, empty: columns.empty };
}

/** A copy of the records that is not as it was written; another replica, or the same one later, may give a whole one. */
export class DamagedBatch extends Error {
  constructor(partition: number, offset: number) {
    super(
      `records of partition ${partition} from offset ${offset} on are damaged: their checksum does not fit; ` +
        'let another replica lead the partition, or give them up with kafka-delete-records.sh and on_lost: gap',
    );
  }
}

function readBatch(bytes: Buffer, at: number, end: number, first: number, flags: number, rules: ReadRules, columns: Columns): void {
  const count = bytes.readInt32BE(at + COUNT_AT);
  const [baseTime, maxTime] = [int64(bytes, at + 27), int64(bytes, at + 35)];
  const compression = flags & COMPRESSION;
  const packed = bytes.subarray(at + HEAD, end);
  const body = compression === 0 ? packed : unpack(compression, packed, rules.most);
  columns.reserve(count, body.length);
  const reader = new RecordReader(body);
  for (let i = 0; i < count; i++) {
    const stop = reader.begin();
    const time = (flags & APPEND_TIME) === 0 ? baseTime + reader.timeDelta : maxTime;
    const offset = first + reader.offsetDelta;
    if (offset >= rules.from) append(reader, body, offset, time, rules.labels, columns);
    reader.at = stop;
  }
}

function append(reader: RecordReader, body: Uint8Array, offset: number, time: number, labels: Labeller | undefined, columns: Columns): void {
  const keyLength = reader.varint();
  const keyAt = reader.at;
  if (keyLength > 0) reader.at += keyLength;
  const length = reader.varint();
  if (length < 0) {
    columns.empty++;
    return;
  }
  const valueAt = reader.at;
  if (valueAt + length > body.length) throw damaged('a record ends behind its batch');
  columns.bytes.set(body.subarray(valueAt, valueAt + length), columns.length);
  columns.length += length;
  const row = columns.count++;
  columns.offsets[row] = offset;
  columns.ends[row] = columns.length;
  columns.times[row] = time === NO_TIME ? NaN : time;
  if (labels === undefined) return;
  reader.at = valueAt + length;
  columns.labels!.push(labels.of(reader, keyAt, keyLength));
}

function recordsOf(columns: Columns, partition: number): MessageRecords {
  const { count } = columns;
  return {
    kind: 'messages',
    partition,
    offsets: columns.offsets.subarray(0, count),
    ends: columns.ends.subarray(0, count),
    bytes: columns.bytes.subarray(0, columns.length),
    arrivals: columns.times.subarray(0, count),
    ...(columns.labels === undefined ? {} : { labels: columns.labels }),
  };
}

/** Walks over records, with the numbers of variable length that they are made of. */
export class RecordReader {
  readonly body: Uint8Array;
  at = 0;
  timeDelta = 0;
  offsetDelta = 0;

  constructor(body: Uint8Array) {
    this.body = body;
  }

  /** Reads what stands before the key; answers where the record ends. */
  begin(): number {
    const length = this.varint();
    const end = this.at + length;
    if (length < 0 || end > this.body.length) throw damaged('a record ends behind its batch');
    this.at++;
    this.timeDelta = this.varint();
    this.offsetDelta = this.varint();
    return end;
  }

  varint(): number {
    const { body } = this;
    let byte = body[this.at++];
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 127;
    let scale = 128;
    do {
      byte = body[this.at++];
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte >= 128 && this.at <= body.length);
    if (this.at > body.length) throw damaged('a number is cut off');
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(at: number, length: number): string {
    return Buffer.from(this.body.buffer, this.body.byteOffset + at, length).toString('utf8');
  }
}

/** The one record of a control batch has a key of version and kind; kind 0 is an abort. */
function isAbort(bytes: Buffer, at: number, end: number): boolean {
  // Compaction may leave the batch alone.
  if (bytes.readInt32BE(at + COUNT_AT) === 0) return false;
  const reader = new RecordReader(bytes.subarray(at + HEAD, end));
  reader.begin();
  const length = reader.varint();
  return length >= 4 && bytes.readInt16BE(at + HEAD + reader.at + 2) === 0;
}

function int64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}

function damaged(detail: string): HomeostatError {
  return new HomeostatError('SOURCE_CHANGED', { source: 'kafka', detail });
}
