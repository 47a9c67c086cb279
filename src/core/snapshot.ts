/**
 * Binary snapshots of state: `HS`, version (u16), payload length (u32), CRC-32 of the payload (u32), payload;
 * everything little-endian. A reader refuses what is cut short, damaged or newer than it knows.
 */
import { crc32 } from 'node:zlib';
import { HomeostatError } from './errors.ts';

const MAGIC = 0x5348; // "HS"
const HEADER = 12;

/** Writes one snapshot after another into one growing buffer: `begin`, values, `end`. */
export class SnapshotWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #at = HEADER;
  #version = 0;

  begin(version: number): void {
    this.#at = HEADER;
    this.#version = version;
  }

  /** A copy of the finished snapshot. */
  end(): Uint8Array {
    return this.view().slice();
  }

  /** The finished snapshot where it was written: valid until the next `begin`. */
  view(): Uint8Array {
    const payload = this.#bytes.subarray(HEADER, this.#at);
    this.#view.setUint16(0, MAGIC, true);
    this.#view.setUint16(2, this.#version, true);
    this.#view.setUint32(4, payload.length, true);
    this.#view.setUint32(8, crc32(payload), true);
    return this.#bytes.subarray(0, this.#at);
  }

  u8(x: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = x;
  }

  u32(x: number): void {
    this.#room(4);
    this.#view.setUint32(this.#at, x, true);
    this.#at += 4;
  }

  f64(x: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#at, x, true);
    this.#at += 8;
  }

  bytes(x: Uint8Array): void {
    this.u32(x.length);
    this.#room(x.length);
    this.#bytes.set(x, this.#at);
    this.#at += x.length;
  }

  text(x: string): void {
    this.bytes(Buffer.from(x, 'utf8'));
  }

  f64s(x: Float64Array): void {
    this.u32(x.length);
    this.#room(x.length * 8);
    for (let i = 0; i < x.length; i++, this.#at += 8) this.#view.setFloat64(this.#at, x[i], true);
  }

  u32s(x: Uint32Array): void {
    this.u32(x.length);
    this.#room(x.length * 4);
    for (let i = 0; i < x.length; i++, this.#at += 4) this.#view.setUint32(this.#at, x[i], true);
  }

  /** The bytes of a typed array as they lie in memory, in one copy; read back by `block` into an array of the same type and length. */
  block(x: ArrayBufferView): void {
    const raw = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
    this.#room(raw.length);
    this.#bytes.set(raw, this.#at);
    this.#at += raw.length;
  }

  #room(n: number): void {
    if (this.#at + n <= this.#bytes.length) return;
    const bigger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + n));
    bigger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = bigger;
    this.#view = new DataView(bigger.buffer);
  }
}

/** Reads one snapshot; throws SNAPSHOT_DAMAGED or SNAPSHOT_NEWER. */
export class SnapshotReader {
  readonly version: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = HEADER;

  constructor(bytes: Uint8Array, newest: number) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < HEADER || view.getUint16(0, true) !== MAGIC) {
      throw new HomeostatError('SNAPSHOT_DAMAGED', { detail: 'it does not begin as a snapshot does' });
    }
    this.version = view.getUint16(2, true);
    if (this.version > newest) {
      throw new HomeostatError('SNAPSHOT_NEWER', { version: this.version, known: newest });
    }
    const length = view.getUint32(4, true);
    if (length !== bytes.length - HEADER) {
      throw new HomeostatError('SNAPSHOT_DAMAGED', { detail: `it holds ${bytes.length - HEADER} bytes instead of ${length}` });
    }
    if (crc32(bytes.subarray(HEADER)) !== view.getUint32(8, true)) {
      throw new HomeostatError('SNAPSHOT_DAMAGED', { detail: 'its checksum does not match' });
    }
    this.#bytes = bytes;
    this.#view = view;
  }

  u8(): number {
    this.#need(1);
    return this.#bytes[this.#at++];
  }

  u32(): number {
    this.#need(4);
    const x = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return x;
  }

  f64(): number {
    this.#need(8);
    const x = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return x;
  }

  bytes(): Uint8Array {
    const n = this.u32();
    this.#need(n);
    this.#at += n;
    return this.#bytes.subarray(this.#at - n, this.#at);
  }

  text(): string {
    return Buffer.from(this.bytes()).toString('utf8');
  }

  f64s(): Float64Array {
    const n = this.u32();
    this.#need(n * 8);
    const x = new Float64Array(n);
    for (let i = 0; i < n; i++, this.#at += 8) x[i] = this.#view.getFloat64(this.#at, true);
    return x;
  }

  u32s(): Uint32Array {
    const n = this.u32();
    this.#need(n * 4);
    const x = new Uint32Array(n);
    for (let i = 0; i < n; i++, this.#at += 4) x[i] = this.#view.getUint32(this.#at, true);
    return x;
  }

  /** Fills `x` with what `block` wrote of an array of its type and length. */
  block<A extends ArrayBufferView>(x: A): A {
    this.#need(x.byteLength);
    new Uint8Array(x.buffer, x.byteOffset, x.byteLength).set(this.#bytes.subarray(this.#at, this.#at + x.byteLength));
    this.#at += x.byteLength;
    return x;
  }

  #need(n: number): void {
    if (this.#at + n > this.#bytes.length) {
      throw new HomeostatError('SNAPSHOT_DAMAGED', { detail: 'it ends before its content does' });
    }
  }
}
