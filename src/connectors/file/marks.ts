/** Tells whether a file still holds what was read of it: a mark is the hash of some of its bytes. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

export interface Mark {
  length: number;
  hash: string;
}

export const NO_MARK: Mark = { length: 0, hash: '' };
/** Bytes at the beginning, and just before the position, that are marked. */
export const HEAD_BYTES = 1024;
export const TAIL_BYTES = 64;

export function markOf(bytes: Uint8Array): Mark {
  if (bytes.length === 0) return NO_MARK;
  return { length: bytes.length, hash: createHash('sha256').update(bytes).digest('hex').slice(0, 16) };
}

/** Reads up to bytes.length bytes at `position`; fewer only at the end of the file. */
export async function readFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

/** Mark of the first bytes of a file, of at most `most`. */
export async function headOf(handle: FileHandle, most = HEAD_BYTES): Promise<Mark> {
  const bytes = new Uint8Array(most);
  return markOf(bytes.subarray(0, await readFully(handle, bytes, 0)));
}

/** Whether the bytes from `at` on are those of the mark. */
export async function bears(handle: FileHandle, at: number, mark: Mark): Promise<boolean> {
  if (mark.length === 0) return true;
  const bytes = new Uint8Array(mark.length);
  return (await readFully(handle, bytes, at)) === mark.length && markOf(bytes).hash === mark.hash;
}
