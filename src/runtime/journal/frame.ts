/**
 * A journal frame, little-endian: magic u32, length u32 of what follows, CRC-32 of what follows, then
 * acknowledged f64, arrival f64 (ms), flags u8, type length u8, [key hash 16 bytes], media type, [labels: length u16, JSON], body.
 * The body of a packed frame is several messages of the same type and labels: their number u32, the length of each u32, their bytes.
 * Message i of it has the offset of the frame plus i.
 * `acknowledged` is the offset up to which the journal was durable when the frame was written. Frames that are not yet durable
 * all say the same, so after a power cut a bad frame before good ones is told apart: it is damage only where a good one says
 * that what lies there had been acknowledged.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { MessageLabels } from '../../core/contracts.ts';

export const FRAME_HEADER = 12;
export const KEY_BYTES = 16;
const MAGIC = 0x52465348; // "HSFR"
const FIXED = 18;
const HAS_KEY = 1;
const HAS_LABELS = 2;
const PACKED = 4;
const MOST = 2 ** 30;
/** Longest labels of a message, bytes of JSON. */
export const MOST_LABELS = 2 ** 16 - 1;

export interface Frame {
  acknowledged: number;
  arrival: number;
  /** 16 bytes as Latin-1 text, or undefined when the sender gave no key. */
  key: string | undefined;
  type: string;
  /** JSON text. */
  labels: string | undefined;
  /** Its messages, one unless it is packed; views into the bytes that were read. */
  bodies: Uint8Array[];
  /** Bytes of the whole frame. */
  size: number;
}

/** First half of SHA-256, so that keys of any length take 16 bytes and two different ones are never taken for one. */
export function keyHash(key: string): string {
  return createHash('sha256').update(key).digest().toString('latin1', 0, KEY_BYTES);
}

/** Labels as a frame holds them; made once for messages that share them. */
export function labelBytes(labels: MessageLabels): Buffer {
  const bytes = Buffer.from(JSON.stringify(labels), 'utf8');
  if (bytes.length > MOST_LABELS) throw new RangeError(`the labels of a message take ${bytes.length} bytes, at most ${MOST_LABELS} fit`);
  return bytes;
}

export function frameSize(type: string, hasKey: boolean, labels: Buffer | undefined, bodies: readonly Uint8Array[]): number {
  let size = bodies.length === 1 ? 0 : 4 + 4 * bodies.length;
  for (const body of bodies) size += body.length;
  return FRAME_HEADER + FIXED + (hasKey ? KEY_BYTES : 0) + typeBytes(type).length + (labels === undefined ? 0 : 2 + labels.length) + size;
}

/** Writes a frame at `at`; answers the place after it. The caller has made room by `frameSize`. */
export function writeFrame(
  bytes: Buffer,
  at: number,
  frame: { acknowledged: number; arrival: number; key: string | undefined; type: string; labels: Buffer | undefined; bodies: readonly Uint8Array[] },
): number {
  const type = typeBytes(frame.type);
  let p = at + FRAME_HEADER;
  p = bytes.writeDoubleLE(frame.acknowledged, p);
  p = bytes.writeDoubleLE(frame.arrival, p);
  p = bytes.writeUInt8((frame.key === undefined ? 0 : HAS_KEY) | (frame.labels === undefined ? 0 : HAS_LABELS) | (frame.bodies.length === 1 ? 0 : PACKED), p);
  p = bytes.writeUInt8(type.length, p);
  if (frame.key !== undefined) p += bytes.write(frame.key, p, KEY_BYTES, 'latin1');
  bytes.set(type, p);
  p += type.length;
  if (frame.labels !== undefined) {
    p = bytes.writeUInt16LE(frame.labels.length, p);
    bytes.set(frame.labels, p);
    p += frame.labels.length;
  }
  if (frame.bodies.length !== 1) {
    p = bytes.writeUInt32LE(frame.bodies.length, p);
    for (const body of frame.bodies) p = bytes.writeUInt32LE(body.length, p);
  }
  for (const body of frame.bodies) {
    bytes.set(body, p);
    p += body.length;
  }
  bytes.writeUInt32LE(MAGIC, at);
  bytes.writeUInt32LE(p - at - FRAME_HEADER, at + 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(at + FRAME_HEADER, p)), at + 8);
  return p;
}

/** Bytes of the frame that begins at `at`, from its header alone; 0 when no frame begins there. */
export function sizeAt(bytes: Buffer, at: number): number {
  if (at + FRAME_HEADER > bytes.length || bytes.readUInt32LE(at) !== MAGIC) return 0;
  const length = bytes.readUInt32LE(at + 4);
  return length < FIXED || length > MOST ? 0 : FRAME_HEADER + length;
}

/** The whole frame at `at`, or undefined when it is cut short, damaged or none. */
export function readFrame(bytes: Buffer, at: number): Frame | undefined {
  const size = sizeAt(bytes, at);
  if (size === 0 || at + size > bytes.length) return undefined;
  const end = at + size;
  if (crc32(bytes.subarray(at + FRAME_HEADER, end)) !== bytes.readUInt32LE(at + 8)) return undefined;
  const rest = restAt(bytes, at);
  const hasLabels = (bytes[at + FRAME_HEADER + 16] & HAS_LABELS) !== 0;
  const body = hasLabels ? rest + 2 + bytes.readUInt16LE(rest) : rest;
  const labels = hasLabels ? bytes.toString('utf8', rest + 2, body) : undefined;
  const isPacked = (bytes[at + FRAME_HEADER + 16] & PACKED) !== 0;
  return { ...readHead(bytes, at), labels, bodies: isPacked ? unpacked(bytes.subarray(body, end)) : [bytes.subarray(body, end)], size };
}

function unpacked(body: Buffer): Uint8Array[] {
  const count = body.readUInt32LE(0);
  let from = 4 + 4 * count;
  return Array.from({ length: count }, (_, i) => body.subarray(from, (from += body.readUInt32LE(4 + 4 * i))));
}

/** What stands before labels and body, unchecked. `bytes` holds at least HEAD bytes from `at`. */
export function readHead(bytes: Buffer, at: number): Omit<Frame, 'labels' | 'bodies' | 'size'> {
  const p = at + FRAME_HEADER;
  const hasKey = (bytes[p + 16] & HAS_KEY) !== 0;
  const rest = restAt(bytes, at);
  return {
    acknowledged: bytes.readDoubleLE(p),
    arrival: bytes.readDoubleLE(p + 8),
    key: hasKey ? bytes.toString('latin1', p + FIXED, p + FIXED + KEY_BYTES) : undefined,
    type: bytes.toString('utf8', rest - bytes[p + 17], rest),
  };
}

/** Enough bytes of a frame to read what stands before labels and body. */
export const HEAD = FRAME_HEADER + FIXED + KEY_BYTES + 255;

/** Place of the next frame that is whole and not before `at`, or -1. */
export function nextWholeFrame(bytes: Buffer, at: number): number {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(MAGIC);
  for (let p = bytes.indexOf(magic, at); p !== -1; p = bytes.indexOf(magic, p + 1)) {
    if (readFrame(bytes, p) !== undefined) return p;
  }
  return -1;
}

/** Place behind the media type. */
function restAt(bytes: Buffer, at: number): number {
  const p = at + FRAME_HEADER;
  return p + FIXED + ((bytes[p + 16] & HAS_KEY) !== 0 ? KEY_BYTES : 0) + bytes[p + 17];
}

function typeBytes(type: string): Buffer {
  return Buffer.from(type, 'utf8').subarray(0, 255);
}
