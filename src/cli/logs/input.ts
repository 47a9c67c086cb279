/** Log files and standard input as chunks of unpacked bytes, large enough that a wait a chunk costs nothing. */
import { createReadStream } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { HomeostatError } from '../../core/errors.ts';
import { CHUNK_SPARE, fileChunks, LOG_CHUNK } from '../../pipeline/logs/chunks.ts';
import { lookAtHead } from '../../pipeline/logs/head.ts';
import { gathered, unpacked, unpackerFor, unreadable } from '../detect/input.ts';

/** Of packed data. */
const PACKED_CHUNK = 256 * 1024;
const HEAD = 4;

export interface LogInput {
  /** For messages: the path, or `standard input`. */
  name: string;
  /** undefined for standard input. */
  path: string | undefined;
  /** Bytes on the disk, packed or not; undefined where that cannot be known. */
  size: number | undefined;
  /** True where a line can be read again by its offset. */
  seekable: boolean;
  /** From the beginning on; the bytes of a chunk are valid until the next but one is asked for. Throws INPUT_UNREADABLE. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** Of every chunk, as `LineInput.spare`. */
  spare?: number;
  /** Bytes of `size` read so far. */
  read(): number;
}

/** Opens a path, or standard input for `-`; gzip and, where Node can, zstd are unpacked. Throws INPUT_UNREADABLE. */
export async function openLog(path: string): Promise<LogInput> {
  if (path === '-') return standardInput();
  try {
    const info = await stat(path);
    if (info.isDirectory()) throw new Error('it is a folder');
    const packed = info.isFile() && unpackerFor(await headOf(path)) !== undefined;
    if (info.isFile() && !packed) await lookAtHead(path, path);
    return info.isFile() && !packed ? plainFile(path, info.size) : stream(path, info.isFile() ? info.size : undefined);
  } catch (thrown) {
    throw thrown instanceof HomeostatError ? thrown : unreadable(path, thrown);
  }
}

/** What is wrong with an input that gave no line; `refusal` says why what stands in it was refused, where anything was. */
export function nothingIn(file: string, refusal: string | undefined): HomeostatError {
  return refusal === undefined ? new HomeostatError('INPUT_EMPTY', { file }) : new HomeostatError('INPUT_UNREADABLE', { file, detail: refusal });
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(new Uint8Array(HEAD), 0, HEAD, 0);
    return buffer;
  } finally {
    await file.close();
  }
}

function plainFile(path: string, size: number): LogInput {
  const counter = { read: 0 };
  const chunks = (): AsyncGenerator<Uint8Array> => {
    counter.read = 0;
    return checked(path, counted(fileChunks(path, LOG_CHUNK), counter));
  };
  return { name: path, path, size, seekable: true, read: () => counter.read, chunks, spare: CHUNK_SPARE };
}

function stream(path: string, size: number | undefined): LogInput {
  const counter = { read: 0 };
  const chunks = (): AsyncGenerator<Uint8Array> => {
    counter.read = 0;
    return unpacked(counted<Buffer>(createReadStream(path, { highWaterMark: PACKED_CHUNK }), counter));
  };
  return { name: path, path, size, seekable: false, read: () => counter.read, chunks: () => checked(path, chunks()) };
}

function standardInput(): LogInput {
  const counter = { read: 0 };
  const name = 'standard input';
  const chunks = (): AsyncGenerator<Uint8Array> => checked(name, unpacked(gathered(counted<Buffer>(process.stdin, counter))));
  return { name, path: undefined, size: undefined, seekable: false, read: () => counter.read, chunks };
}

async function* counted<Bytes extends Uint8Array>(chunks: AsyncIterable<Bytes>, counter: { read: number }): AsyncGenerator<Bytes> {
  for await (const chunk of chunks) {
    counter.read += chunk.length;
    yield chunk;
  }
}

async function* checked(name: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (thrown) {
    throw unreadable(name, thrown);
  }
}

/** Reads single lines of a file again. */
export class LineReader {
  readonly #path: string;
  readonly #buffer = Buffer.alloc(1024);
  #file: FileHandle | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The line that begins at this offset, at most 1,024 bytes of it. */
  async line(offset: number): Promise<string> {
    this.#file ??= await open(this.#path, 'r');
    const { bytesRead } = await this.#file.read(this.#buffer, 0, this.#buffer.length, offset);
    const bytes = this.#buffer.subarray(0, bytesRead);
    const end = bytes.indexOf(10);
    return bytes.toString('utf8', 0, end < 0 ? bytes.length : end).replace(/\r$/, '');
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}
