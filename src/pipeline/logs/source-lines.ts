/** Reads single lines back from the file that they came from. */
import { createReadStream, statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { JsonValue } from '../../core/contracts.ts';
import { messageOf } from '../../core/errors.ts';

/** Most bytes of one line. */
export const LINE_BYTES = 4096;
/** Most text of a packed file that is unpacked to get at a line. */
const UNPACKED = 256 * 2 ** 20;

/** Where one partition of a file source stands; see the source `file`. */
interface FileStand {
  path: string;
  inode: string;
  /** Bytes of the stream before this file. */
  base: number;
}

/** Up to LINE_BYTES from each offset (ascending) of a partition on; undefined where they cannot be read any more. `position` is what the ledger keeps of the source. */
export async function readBack(source: string, position: JsonValue, partition: number, offsets: readonly number[]): Promise<(Uint8Array | undefined)[]> {
  const stand = source === 'file' ? standOf(position, partition) : undefined;
  const nothing = offsets.map(() => undefined);
  if (stand === undefined) return nothing;
  const inode = statSync(stand.path, { throwIfNoEntry: false })?.ino;
  if (inode === undefined || String(inode) !== stand.inode) return nothing;
  const within = offsets.map((offset) => offset - stand.base);
  try {
    return stand.path.endsWith('.gz') ? await fromPacked(stand.path, within) : await fromPlain(stand.path, within);
  } catch (thrown) {
    // The file went away or is damaged: the session is shown without its lines.
    if (thrown instanceof Error && messageOf(thrown) !== '') return nothing;
    throw thrown;
  }
}

function standOf(position: JsonValue, partition: number): FileStand | undefined {
  const { files } = (position ?? {}) as { files?: FileStand[] };
  return files?.[partition];
}

async function fromPlain(path: string, offsets: readonly number[]): Promise<(Uint8Array | undefined)[]> {
  const file = await open(path, 'r');
  try {
    const found: (Uint8Array | undefined)[] = [];
    for (const offset of offsets) found.push(offset < 0 ? undefined : await piece(file, offset));
    return found;
  } finally {
    await file.close();
  }
}

async function piece(file: FileHandle, offset: number): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(LINE_BYTES);
  const { bytesRead } = await file.read(bytes, 0, LINE_BYTES, offset);
  return bytesRead === 0 ? undefined : bytes.subarray(0, bytesRead);
}

/** Unpacks from the beginning to the last line asked for, or to the bound. */
async function fromPacked(path: string, offsets: readonly number[]): Promise<(Uint8Array | undefined)[]> {
  const found: (Uint8Array | undefined)[] = offsets.map(() => undefined);
  const end = Math.min(UNPACKED, (offsets.at(-1) ?? -1) + LINE_BYTES);
  const file = createReadStream(path);
  const text = file.pipe(createGunzip({ chunkSize: 1 << 18 }));
  file.once('error', (error) => text.destroy(error));
  let at = 0;
  let next = 0;
  let kept: Uint8Array = new Uint8Array(0);
  try {
    for await (const chunk of text as AsyncIterable<Uint8Array>) {
      const bytes = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
      // Lines that may reach into the next chunk wait for it.
      while (next < offsets.length && offsets[next] + LINE_BYTES <= at + bytes.length) found[next] = cut(bytes, offsets[next++] - at);
      const keep = next < offsets.length && offsets[next] < at + bytes.length ? Math.max(0, offsets[next] - at) : bytes.length;
      at += keep;
      kept = bytes.subarray(keep);
      if (next === offsets.length || at >= end) break;
    }
  } catch {
    // The rest of a damaged file; what came before it is good.
  } finally {
    file.destroy();
    text.destroy();
  }
  for (; next < offsets.length && offsets[next] < at + kept.length; next++) found[next] = cut(kept, offsets[next] - at);
  return found;
}

function cut(bytes: Uint8Array, from: number): Uint8Array | undefined {
  return from < 0 ? undefined : bytes.slice(from, from + LINE_BYTES);
}
