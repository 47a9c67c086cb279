/** Batches of records as a broker keeps them (version 2 of the format), for tests without one. */
import { crc32c } from './crc32c.ts';

export interface MadeBatch {
  first: number;
  values?: readonly (string | null)[];
  /** Offset of the last record less that of the first; more than there are values where some were compacted away. */
  lastDelta?: number;
  attributes?: number;
  time?: number;
  producer?: bigint;
  /** Records as they are packed, in place of `values`. */
  body?: Buffer;
  count?: number;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value < 0 ? -2 * value - 1 : 2 * value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.from([...bytes, left]);
}

export function recordOf(value: Buffer | null, offsetDelta: number, { key = null, timeDelta = 0 }: { key?: Buffer | null; timeDelta?: number } = {}): Buffer {
  const field = (bytes: Buffer | null): Buffer => (bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]));
  const body = Buffer.concat([Buffer.of(0), varint(timeDelta), varint(offsetDelta), field(key), field(value), varint(0)]);
  return Buffer.concat([varint(body.length), body]);
}

export function batchOf({
  first,
  values = [],
  lastDelta = Math.max(0, values.length - 1),
  attributes = 0,
  time = 0,
  producer = -1n,
  ...more
}: MadeBatch): Buffer {
  const body = more.body ?? Buffer.concat(values.map((value, i) => recordOf(value === null ? null : Buffer.from(value), i)));
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(BigInt(first), 0);
  head.writeInt32BE(61 - 12 + body.length, 8);
  head.writeInt8(2, 16);
  head.writeInt16BE(attributes, 21);
  head.writeInt32BE(lastDelta, 23);
  head.writeBigInt64BE(BigInt(time), 27);
  head.writeBigInt64BE(BigInt(time), 35);
  head.writeBigInt64BE(producer, 43);
  head.writeInt32BE(more.count ?? values.length, 57);
  const batch = Buffer.concat([head, body]);
  batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17);
  return batch;
}
