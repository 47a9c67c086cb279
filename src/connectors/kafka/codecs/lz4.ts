/** LZ4 in its frame format; after the block and frame descriptions of LZ4. */
import { Growing } from './growing.ts';
import { eachMatch } from './matches.ts';

const MAGIC = 0x184d2204;
const BLOCK = 64 * 1024;
/** A block that is not packed has this bit in its size. */
const PLAIN = 0x8000_0000;

/** Throws RangeError where the bytes are no LZ4 frame, TooLarge beyond `most` bytes. */
export function unpackLz4(packed: Uint8Array, most: number): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const out = new Growing(Math.min(most, packed.length * 4), most);
  let at = 0;
  // Several frames may follow one another.
  while (at + 7 <= packed.length) at = unpackFrame(packed, view, at, out);
  if (at === 0) throw new RangeError('no frame of LZ4');
  return out.done();
}

function unpackFrame(packed: Uint8Array, view: DataView, start: number, out: Growing): number {
  if (view.getUint32(start, true) !== MAGIC) throw new RangeError('no frame of LZ4');
  const flags = packed[start + 4];
  const [blockSum, hasSize, contentSum, hasDictionary] = [flags & 16, flags & 8, flags & 4, flags & 1];
  if (flags >> 6 !== 1 || hasDictionary !== 0) throw new RangeError('a frame of LZ4 of an unknown kind');
  let at = start + 7 + (hasSize === 0 ? 0 : 8);
  for (;;) {
    const head = view.getUint32(at, true);
    at += 4;
    if (head === 0) break;
    const end = at + (head & ~PLAIN);
    if (end > packed.length) throw new RangeError('a block of LZ4 is cut off');
    if (head >= PLAIN) out.append(packed, at, end);
    else unpackBlock(packed, at, end, out);
    at = end + (blockSum === 0 ? 0 : 4);
  }
  return at + (contentSum === 0 ? 0 : 4);
}

function unpackBlock(packed: Uint8Array, start: number, end: number, out: Growing): void {
  let at = start;
  const long = (count: number): number => {
    if (count < 15) return count;
    for (;;) {
      if (at >= end) throw new RangeError('a block of LZ4 is cut off');
      const byte = packed[at++];
      count += byte;
      if (byte < 255) return count;
    }
  };
  while (at < end) {
    const token = packed[at++];
    const literals = long(token >> 4);
    if (at + literals > end) throw new RangeError('a block of LZ4 is cut off');
    out.append(packed, at, at + literals);
    at += literals;
    if (at >= end) return;
    const distance = packed[at] | (packed[at + 1] << 8);
    at += 2;
    out.repeat(distance, long(token & 15) + 4);
  }
}

/** Independent blocks of 64 KiB without checksums but that of the header. */
export function packLz4(bytes: Uint8Array): Uint8Array {
  const head = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0);
  head[6] = (shortHash(head.subarray(4, 6)) >>> 8) & 255;
  const parts: Uint8Array[] = [head];
  for (let from = 0; from < bytes.length; from += BLOCK) {
    const to = Math.min(bytes.length, from + BLOCK);
    const block = packBlock(bytes, from, to);
    const isPacked = block.length < to - from;
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, isPacked ? block.length : to - from + PLAIN, true);
    parts.push(size, isPacked ? block : bytes.subarray(from, to));
  }
  parts.push(new Uint8Array(4));
  return Buffer.concat(parts);
}

function packBlock(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const out = new Growing(end - start + 64, Infinity);
  const put = (byte: number): void => {
    out.reserve(1);
    out.bytes[out.length++] = byte;
  };
  const long = (count: number): void => {
    if (count < 15) return;
    let left = count - 15;
    for (; left >= 255; left -= 255) put(255);
    put(left);
  };
  // The format asks for five literals at the end, and no copy that begins in the last twelve bytes.
  eachMatch(bytes, start, end, 13, 5, (from, at, distance, count) => {
    const [literals, more] = [at - from, Math.max(0, count - 4)];
    put((Math.min(15, literals) << 4) | Math.min(15, more));
    long(literals);
    out.append(bytes, from, at);
    if (count === 0) return;
    put(distance & 255);
    put(distance >> 8);
    long(more);
  });
  return out.done();
}

/** xxHash32 with seed 0 of fewer than 4 bytes. */
function shortHash(bytes: Uint8Array): number {
  let hash = (0x165667b1 + bytes.length) | 0;
  for (const byte of bytes) {
    hash = (hash + Math.imul(byte, 0x165667b1)) | 0;
    hash = Math.imul((hash << 11) | (hash >>> 21), 0x9e3779b1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae3d);
  return (hash ^ (hash >>> 16)) >>> 0;
}
