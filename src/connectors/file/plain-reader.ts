/** Reads one file by pull, once or following it through rotations. */
import { open, stat, type FileHandle } from 'node:fs/promises';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import { HEAD_BYTES, TAIL_BYTES, headOf, markOf, readFully } from './marks.ts';
import { atStart, wholeLines, type FilePosition, type PartitionReader, type Piece } from './piece.ts';
import { fileAfter, findMoved, holds } from './rotated.ts';

/** Chunks that are about at a time: the one that is worked on, and the one behind it. */
const AHEAD = 2;

export interface ReaderSetup {
  path: string;
  partition: number;
  follow: boolean;
  chunk: number;
  from: FilePosition;
  warn(message: string): void;
}

export class PlainReader implements PartitionReader {
  readonly #setup: ReaderSetup;
  #position: FilePosition;
  #handle: FileHandle | undefined;
  /** The next piece begins a stream. */
  #begins: boolean;
  /** The open file is no longer the one at `path`; it is given up when it has been at its end twice. */
  #rotated = false;
  #atEnd = 0;
  /** Nothing came at the last look, so what is there may have been changed since. */
  #waited = false;
  /** Memory of chunks that nobody reads any more. */
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];

  constructor(setup: ReaderSetup) {
    this.#setup = setup;
    this.#position = setup.from;
    this.#begins = this.#position.offset === 0;
  }

  async next(): Promise<Piece | 'wait' | 'end'> {
    if (this.#position.done) return 'end';
    if (this.#handle === undefined && !(await this.#open())) return 'wait';
    if (this.#waited && !this.#rotated && !(await holds(this.#handle!, this.#position))) await this.#restart();
    this.#waited = false;
    const { chunk, follow } = this.#setup;
    const bytes = await this.#read(chunk);
    const ends = !follow && bytes.length < chunk;
    const cut = ends ? bytes.length : wholeLines(bytes, chunk);
    if (!ends && cut === 0) return this.#look(bytes);
    this.#atEnd = 0;
    return this.#piece(bytes.subarray(0, cut), ends);
  }

  /** Up to `chunk` bytes from the position on; when following, a buffer no larger than what is there. */
  async #read(chunk: number): Promise<Uint8Array> {
    const { offset } = this.#position;
    const room = this.#setup.follow ? Math.min(chunk, Math.max(0, (await this.#handle!.stat()).size - offset)) : chunk;
    const buffer = this.#spare.at(-1)?.length === room ? this.#spare.pop()! : new Uint8Array(room);
    return buffer.subarray(0, await readFully(this.#handle!, buffer, offset));
  }

  /** Opens the file to read on from; false when it is not there yet. Throws SOURCE_UNREACHABLE, SOURCE_CHANGED. */
  async #open(): Promise<boolean> {
    const { path, follow, from } = this.#setup;
    const known = this.#position.head.length > 0;
    const { inode } = this.#position;
    const next = !known && inode !== '' ? await fileAfter(path, inode) : path;
    const handle = await open(next, 'r').catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'ENOENT' && follow) return undefined;
      throw new HomeostatError('SOURCE_UNREACHABLE', { source: path, detail: messageOf(thrown) }, thrown);
    });
    if (handle !== undefined && (!known || (await holds(handle, this.#position)))) {
      await this.#use(handle, next !== path);
      return true;
    }
    await handle?.close();
    if (!known) return false;
    const moved = follow ? await findMoved(path, this.#position) : undefined;
    if (moved !== undefined) {
      await this.#use(moved.handle, true);
      return true;
    }
    if (handle === undefined)
      throw new HomeostatError('SOURCE_UNREACHABLE', {
        source: path,
        detail: 'it is not there any more, nor is a rotated file that goes on from the position',
      });
    throw new HomeostatError('SOURCE_CHANGED', { source: path, detail: `the first ${from.offset} bytes are not those that were read` });
  }

  async #use(handle: FileHandle, rotated: boolean): Promise<void> {
    const info = await handle.stat();
    if (info.isDirectory()) {
      await handle.close();
      throw new HomeostatError('SOURCE_UNREACHABLE', { source: this.#setup.path, detail: 'it is a folder' });
    }
    this.#handle = handle;
    this.#rotated = rotated;
    this.#atEnd = 0;
    this.#position = { ...this.#position, inode: String(info.ino) };
  }

  /** At the end, with at most a part of a line there: has the file been rotated or truncated? */
  async #look(rest: Uint8Array): Promise<Piece | 'wait'> {
    const { path } = this.#setup;
    this.#waited = true;
    if (this.#rotated) {
      // A writer may hold the old file open for a moment, so its end counts at the second look.
      if (this.#atEnd++ === 0) return 'wait';
      return this.#finish(rest);
    }
    const info = await stat(path).catch(() => undefined);
    if (info !== undefined && String(info.ino) !== this.#position.inode) this.#rotated = true;
    return 'wait';
  }

  /** The old file is read to its end: hands over what is left of it and makes ready for the next one. */
  async #finish(rest: Uint8Array): Promise<Piece> {
    const piece = await this.#piece(rest, true);
    await this.#leave();
    return { ...piece, position: this.#position };
  }

  /** The content was replaced in place: reads the rest from a copy if there is one, else says what is lost. */
  async #restart(): Promise<void> {
    const { path, warn } = this.#setup;
    const moved = await findMoved(path, this.#position);
    if (moved !== undefined) {
      await this.#handle!.close();
      await this.#use(moved.handle, true);
      return;
    }
    warn(`${path} was truncated or replaced in place at byte ${this.#position.offset} and no copy of it was found; reading anew from its beginning`);
    await this.#leave();
    await this.#use(await open(path, 'r'), false);
  }

  async #leave(): Promise<void> {
    await this.#handle!.close();
    this.#handle = undefined;
    this.#begins = true;
    this.#waited = false;
    const { path, inode, base, offset } = this.#position;
    this.#position = { ...atStart(path), inode, base: base + offset };
  }

  async #piece(bytes: Uint8Array, ends: boolean): Promise<Piece> {
    const before = this.#position;
    const offset = before.offset + bytes.length;
    const head = before.head.length >= Math.min(HEAD_BYTES, offset) ? before.head : await headOf(this.#handle!, Math.min(HEAD_BYTES, offset));
    const tail = bytes.length === 0 ? before.tail : markOf(bytes.subarray(-TAIL_BYTES));
    this.#position = { ...before, offset, head, tail, done: ends && !this.#setup.follow };
    const { partition, path } = this.#setup;
    const begins = this.#begins;
    this.#begins = false;
    const records: Piece['records'] = { kind: 'bytes', partition, offset: before.base + before.offset, bytes, begins, ends, name: path };
    return { records, position: this.#position, done: () => this.#reuse(bytes) };
  }

  /** Keeps the memory of a whole chunk for those to come: while one is read, one is worked on. */
  #reuse({ buffer }: Uint8Array): void {
    if (buffer.byteLength === this.#setup.chunk && this.#spare.length < AHEAD) this.#spare.push(new Uint8Array(buffer as ArrayBuffer));
  }

  async close(): Promise<void> {
    this.#spare.length = 0;
    await this.#handle?.close();
    this.#handle = undefined;
  }
}
