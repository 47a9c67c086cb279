/** Files and standard input as chunks of unpacked bytes. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import * as zlib from 'node:zlib';
import type { Transform } from 'node:stream';
import { HomeostatError } from '../../core/errors.ts';
import { whyUnread } from '../trouble.ts';
import { asUtf8 } from './text-input.ts';

const CHUNK = 256 * 1024;
/** Standard input is gathered up to this much, so that the layout is judged by more than its first line … */
const GATHER = 64 * 1024;
/** … but not for longer than this, ms. */
const PATIENCE = 300;

export interface Input {
  /** For messages: the path, or `standard input`. */
  name: string;
  /** Bytes on the disk, packed or not; undefined where that cannot be known. */
  size: number | undefined;
  chunks: AsyncIterable<Uint8Array>;
  /** Bytes of `size` read so far. */
  read(): number;
}

/** Opens a path, or standard input for `-`; gzip and, where Node can, zstd are unpacked. Throws INPUT_UNREADABLE, at once or while reading. */
export async function openInput(path: string): Promise<Input> {
  const name = path === '-' ? 'standard input' : path;
  let size: number | undefined;
  try {
    if (path !== '-') {
      const info = await stat(path);
      if (info.isDirectory()) throw new Error('it is a folder');
      if (info.isFile()) size = info.size;
    }
  } catch (thrown) {
    throw unreadable(name, thrown);
  }
  let read = 0;
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: CHUNK });
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      read += chunk.length;
      yield chunk;
    }
  };
  return { name, size, read: () => read, chunks: checked(name, asUtf8(unpacked(path === '-' ? gathered(counted()) : counted()))) };
}

export function unreadable(file: string, thrown: unknown): HomeostatError {
  const code = (thrown as NodeJS.ErrnoException).code;
  const words: Record<string, string> = {
    Z_DATA_ERROR: 'its gzip data is damaged',
    Z_BUF_ERROR: 'its gzip data ends early',
    ZSTD_error_corruption_detected: 'its zstd data is damaged',
  };
  return new HomeostatError('INPUT_UNREADABLE', { file, detail: words[code ?? ''] ?? whyUnread(thrown) }, thrown);
}

async function* checked(name: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = true;
  try {
    for await (const chunk of chunks) {
      // A zero byte is in no text that people write, and in the beginning of almost everything else.
      if (first && chunk.includes(0)) throw new Error('it holds no text but other data');
      first = false;
      yield chunk;
    }
  } catch (thrown) {
    throw thrown instanceof HomeostatError ? thrown : unreadable(name, thrown);
  }
}

/** Unpacks gzip and zstd, which say so in their first bytes. */
export async function* unpacked(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Uint8Array> {
  const first = await chunks.next();
  if (first.done) return;
  const all = prefixed(first.value, chunks);
  const unpacker = unpackerFor(first.value);
  if (unpacker === undefined) yield* all;
  else {
    const feeding = feed(all, unpacker);
    yield* unpacker as AsyncIterable<Buffer>;
    await feeding;
  }
}

/** What unpacks data that begins so; undefined for text. */
export function unpackerFor(first: Uint8Array): Transform | undefined {
  if (first[0] === 0x1f && first[1] === 0x8b) return zlib.createGunzip({ chunkSize: CHUNK });
  if (first[0] !== 0x28 || first[1] !== 0xb5 || first[2] !== 0x2f || first[3] !== 0xfd) return undefined;
  // Node has it from 22.15 on.
  const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: object) => Transform };
  if (createZstdDecompress === undefined)
    throw new Error(`it is packed with zstd, which Node ${process.versions.node} cannot unpack: zstd -dc FILE | homeostat … -`);
  return createZstdDecompress({ chunkSize: CHUNK });
}

async function feed(chunks: AsyncIterable<Buffer>, unpacker: Transform): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (!unpacker.write(chunk)) await new Promise<void>((resolve) => void unpacker.once('drain', resolve).once('close', resolve));
      if (unpacker.destroyed) return;
    }
    unpacker.end();
  } catch (thrown) {
    unpacker.destroy(thrown as Error);
  }
}

async function* prefixed(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** Small chunks put together, without keeping a slow writer's rows waiting. */
export async function* gathered(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let size = 0;
  let pending = chunks.next();
  for (;;) {
    const stop = new AbortController();
    const late = size === 0 ? undefined : delay(PATIENCE, undefined, { signal: stop.signal }).catch(() => undefined);
    const next = await (late === undefined ? pending : Promise.race([pending, late]));
    stop.abort();
    if (next !== undefined && next.done !== true) {
      held.push(next.value);
      size += next.value.length;
      pending = chunks.next();
    }
    if (size > 0 && (next === undefined || next.done === true || size >= GATHER)) {
      yield Buffer.concat(held);
      held = [];
      size = 0;
    }
    if (next?.done === true) return;
  }
}
