/** Snappy, plain and in the chunks that Kafka's Java clients write; after the format description of Snappy. */
import { Growing } from './growing.ts';
import { eachMatch } from './matches.ts';

/** Begins a stream of chunks: name, version and compatible version. */
const CHUNKED = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1);
const CHUNK = 32 * 1024;

/** Throws RangeError where the bytes are no Snappy, TooLarge beyond `most` bytes. */
export function unpackSnappy(packed: Uint8Array, most: number): Uint8Array {
  const isChunked = packed.length >= CHUNKED.length && CHUNKED.subarray(0, 8).every((byte, i) => packed[i] === byte);
  const out = new Growing(Math.min(most, packed.length * 3), most);
  if (!isChunked) {
    unpackBlock(packed, 0, packed.length, out);
    return out.done();
  }
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let at = CHUNKED.length; at + 4 <= packed.length;) {
    const end = at + 4 + view.getUint32(at);
    if (end > packed.length) throw new RangeError('a chunk of Snappy is cut off');
    unpackBlock(packed, at + 4, end, out);
    at = end;
  }
  return out.done();
}

function unpackBlock(packed: Uint8Array, start: number, end: number, out: Growing): void {
  let at = start;
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    if (at >= end || shift > 28) throw new RangeError('Snappy names no length');
    const byte = packed[at++];
    size += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  const begin = out.length;
  out.reserve(size);
  while (at < end) {
    const tag = packed[at++];
    const kind = tag & 3;
    if (kind === 0) {
      let count = (tag >> 2) + 1;
      if (count > 60) {
        const width = count - 60;
        count = 1 + little(packed, at, width);
        at += width;
      }
      out.append(packed, at, at + count);
      at += count;
    } else if (kind === 1) {
      out.repeat(((tag >> 5) << 8) | packed[at], ((tag >> 2) & 7) + 4);
      at += 1;
    } else {
      const width = kind === 2 ? 2 : 4;
      out.repeat(little(packed, at, width), (tag >> 2) + 1);
      at += width;
    }
  }
  if (out.length - begin !== size) throw new RangeError(`Snappy holds ${out.length - begin} bytes where it says ${size}`);
}

function little(bytes: Uint8Array, at: number, width: number): number {
  if (at + width > bytes.length) throw new RangeError('Snappy is cut off');
  let value = 0;
  for (let i = width; i-- > 0;) value = value * 256 + bytes[at + i];
  return value;
}

/** In chunks, as Java clients write and read it. */
export function packSnappy(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [CHUNKED];
  for (let from = 0; from < bytes.length; from += CHUNK) {
    const block = packBlock(bytes, from, Math.min(bytes.length, from + CHUNK));
    const head = new Uint8Array(4);
    new DataView(head.buffer).setUint32(0, block.length);
    parts.push(head, block);
  }
  return Buffer.concat(parts);
}

function packBlock(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const out = new Growing(end - start + 16, Infinity);
  const put = (byte: number): void => {
    out.reserve(1);
    out.bytes[out.length++] = byte;
  };
  let size = end - start;
  for (; size > 127; size >>>= 7) put((size & 127) | 128);
  put(size);
  eachMatch(bytes, start, end, 15, 0, (from, at, distance, count) => {
    const literals = at - from;
    if (literals > 60) {
      put(61 << 2);
      put((literals - 1) & 255);
      put((literals - 1) >> 8);
    } else if (literals > 0) put((literals - 1) << 2);
    out.append(bytes, from, at);
    for (let left = count; left > 0;) {
      const step = Math.min(64, left);
      put(((step - 1) << 2) | 2);
      put(distance & 255);
      put(distance >> 8);
      left -= step;
    }
  });
  return out.done();
}
