/** A large state is written in pieces, and of those only what changed since the ledger last had it. */
import type { StateWrite } from '../core/contracts.ts';

/** Bytes of a piece: with what stands around it in the ledger it fills one page of 4096. */
export const PIECE = 4000;

/** At most so many; the last one takes the rest. */
const MOST_PIECES = 256;

/** Two 32-bit hashes a piece, one after the other; two pieces that differ have the same pair once in 2^64. */
export type Fingerprint = Uint32Array;

function piecesOf(length: number): number {
  return Math.min(MOST_PIECES, Math.max(1, Math.ceil(length / PIECE)));
}

function endOf(piece: number, pieces: number, length: number): number {
  return piece === pieces - 1 ? length : (piece + 1) * PIECE;
}

/** The fingerprint of a state; undefined for one that fits into a single piece, which is always written whole. `bytes` starts at a multiple of 4. */
export function fingerprintOf(bytes: Uint8Array): Fingerprint | undefined {
  const { length } = bytes;
  if (length <= PIECE) return undefined;
  const pieces = piecesOf(length);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, length >>> 2);
  const print = new Uint32Array(pieces * 2);
  for (let piece = 0; piece < pieces; piece++) {
    const end = endOf(piece, pieces, length);
    let a = 0x9e3779b9 ^ end;
    let b = 0x85ebca6b;
    for (let i = (piece * PIECE) >>> 2; i < end >>> 2; i++) {
      const word = words[i];
      a = Math.imul(a ^ word, 0x01000193);
      a ^= a >>> 15;
      b = Math.imul((b << 5) | (b >>> 27), 0x2c1b3c6d) + word;
    }
    for (let i = end & ~3; i < end; i++) {
      a = Math.imul(a ^ bytes[i], 0x01000193);
      b = Math.imul(b, 0x2c1b3c6d) + bytes[i];
    }
    print[piece * 2] = a;
    print[piece * 2 + 1] = b;
  }
  return print;
}

/** The pieces behind the first of which `now` differs from `before`, as parts of `bytes`; all of them without a `before`. */
export function changedPieces(bytes: Uint8Array, now: Fingerprint, before: Fingerprint | undefined): NonNullable<StateWrite['rest']> {
  const size = bytes.length;
  const count = now.length / 2;
  const pieces: { number: number; data: Uint8Array }[] = [];
  for (let number = 1; number < count; number++) {
    const at = number * 2;
    if (before !== undefined && before[at] === now[at] && before[at + 1] === now[at + 1]) continue;
    pieces.push({ number, data: bytes.subarray(number * PIECE, endOf(number, count, size)) });
  }
  return { size, pieces };
}
