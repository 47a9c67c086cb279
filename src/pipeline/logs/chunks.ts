/** A plain file as chunks of bytes. */
import { open, type FileHandle } from 'node:fs/promises';

/** Bytes of a chunk of a log: small enough that its text and the columns made of it stay in the processor's second cache until they are done with. */
export const LOG_CHUNK = 256 * 1024;

/** Bytes in front of each chunk that hold nothing (`ByteRecords.spare`): enough for a line that two chunks share, nearly always. */
export const CHUNK_SPARE = 16 * 1024;

/** From the beginning on in chunks of so many bytes, one read ahead into buffers that take turns: those of a chunk are valid until the next but one is asked for. */
export async function* fileChunks(path: string, chunk: number): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  let pending: Promise<Uint8Array> | undefined;
  try {
    const room = Math.min(chunk, Math.max(1, (await file.stat()).size));
    const buffers = [0, 1, 2].map(() => new Uint8Array(CHUNK_SPARE + room));
    pending = next(file, buffers[0]);
    for (let n = 1; ; n++) {
      const bytes = await pending;
      if (bytes.length === 0) return;
      pending = next(file, buffers[n % 3]);
      yield bytes;
    }
  } finally {
    // A reader that has seen enough leaves one read under way.
    await pending?.catch(() => {});
    await file.close();
  }
}

async function next(file: FileHandle, into: Uint8Array): Promise<Uint8Array> {
  const { bytesRead } = await file.read(into, CHUNK_SPARE, into.length - CHUNK_SPARE, null);
  return into.subarray(CHUNK_SPARE, CHUNK_SPARE + bytesRead);
}
