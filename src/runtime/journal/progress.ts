/**
 * How far a journal is durable and how far it is released: 16 bytes, written after the fact and read by other threads.
 * It is not synced: what it says was true when it was written, so after a power cut it can only be behind.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export function progressPath(folder: string): string {
  return join(folder, 'progress');
}

export class Progress {
  readonly #fd: number;
  readonly #bytes = Buffer.alloc(16);

  /** `write` makes the file when it is absent; reading throws ENOENT then. */
  constructor(folder: string, mode: 'read' | 'write') {
    const path = progressPath(folder);
    this.#fd = openSync(path, mode === 'read' ? 'r' : 'a');
    if (mode === 'write') {
      closeSync(this.#fd);
      this.#fd = openSync(path, 'r+');
    }
  }

  /** Both offsets are 0 in a new file. */
  read(): { end: number; released: number } {
    this.#bytes.fill(0);
    readSync(this.#fd, this.#bytes, 0, 16, 0);
    return { end: this.#bytes.readDoubleLE(0), released: this.#bytes.readDoubleLE(8) };
  }

  write(end: number, released: number): void {
    this.#bytes.writeDoubleLE(end, 0);
    this.#bytes.writeDoubleLE(released, 8);
    writeSync(this.#fd, this.#bytes, 0, 16, 0);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
