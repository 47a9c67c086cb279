/** Reads a compressed file once; its position counts bytes of the text, so reading on decompresses and skips. */
import { createReadStream, type ReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import { bears, headOf } from './marks.ts';
import { wholeLines, type FilePosition, type PartitionReader, type Piece } from './piece.ts';
import type { ReaderSetup } from './plain-reader.ts';

export class GzipReader implements PartitionReader {
  readonly #setup: ReaderSetup;
  #position: FilePosition;
  #text: AsyncIterator<Uint8Array> | undefined;
  #packed: ReadStream | undefined;
  #kept: Uint8Array = new Uint8Array(0);

  constructor(setup: ReaderSetup) {
    this.#setup = setup;
    this.#position = setup.from;
  }

  get consumed(): number {
    return this.#packed?.bytesRead ?? 0;
  }

  async next(): Promise<Piece | 'wait' | 'end'> {
    if (this.#position.done) return 'end';
    try {
      this.#text ??= await this.#open();
      for (;;) {
        const { value, done } = await this.#text.next();
        if (done === true) return this.#piece(this.#kept, true);
        const bytes = this.#kept.length === 0 ? value : Buffer.concat([this.#kept, value]);
        const cut = wholeLines(bytes, this.#setup.chunk);
        this.#kept = bytes.subarray(cut);
        if (cut > 0) return this.#piece(bytes.subarray(0, cut), false);
      }
    } catch (thrown) {
      if (thrown instanceof HomeostatError) throw thrown;
      throw new HomeostatError('SOURCE_UNREACHABLE', { source: this.#setup.path, detail: messageOf(thrown) }, thrown);
    }
  }

  async #open(): Promise<AsyncIterator<Uint8Array>> {
    const { path, chunk } = this.#setup;
    const handle = await open(path, 'r');
    try {
      if (!(await bears(handle, 0, this.#position.head))) {
        throw new HomeostatError('SOURCE_CHANGED', { source: path, detail: 'its first bytes are not those that were read' });
      }
      this.#position = { ...this.#position, inode: String((await stat(path)).ino), head: await headOf(handle) };
    } finally {
      await handle.close();
    }
    const gunzip = createGunzip({ chunkSize: Math.max(64, Math.min(chunk, 1 << 20)) });
    // An error of either end comes out of the iteration.
    this.#packed = createReadStream(path);
    const text = pipeline(this.#packed, gunzip, () => undefined);
    const pieces = text[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    let skip = this.#position.offset;
    while (skip > 0) {
      const { value, done } = await pieces.next();
      if (done === true) throw new HomeostatError('SOURCE_CHANGED', { source: path, detail: `its text ends before byte ${this.#position.offset}` });
      if (value.length > skip) this.#kept = value.subarray(skip);
      skip -= Math.min(skip, value.length);
    }
    return pieces;
  }

  #piece(bytes: Uint8Array, ends: boolean): Piece {
    const { partition, path } = this.#setup;
    const { offset } = this.#position;
    this.#position = { ...this.#position, offset: offset + bytes.length, done: ends };
    return { records: { kind: 'bytes', partition, offset, bytes, begins: offset === 0, ends, name: path }, position: this.#position };
  }

  async close(): Promise<void> {
    await this.#text?.return?.();
    this.#text = undefined;
  }
}
