/** One number a line, kept for a second pass: few in memory, the rest in a file that has no name. */
import { open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Numbers kept in memory: 4 MiB. */
const PAGE = 1 << 20;

export class IdSpill {
  length = 0;
  readonly #page = new Uint32Array(PAGE);
  readonly #folder: string;
  #used = 0;
  #file: FileHandle | undefined;

  /** `folder`: where the file is made if one is needed. */
  constructor(folder = tmpdir()) {
    this.#folder = folder;
  }

  /** Whether `flush` is due before the next `add`. */
  get isFull(): boolean {
    return this.#used === PAGE;
  }

  add(id: number): void {
    this.#page[this.#used++] = id;
    this.length++;
  }

  async flush(): Promise<void> {
    this.#file ??= await nameless(this.#folder);
    await this.#file.write(new Uint8Array(this.#page.buffer, 0, this.#used * 4), 0, this.#used * 4, (this.length - this.#used) * 4);
    this.#used = 0;
  }

  /** All of them in order, a page at a time; a page is valid until the next is asked for. */
  async *pages(): AsyncGenerator<Uint32Array> {
    if (this.#file === undefined) return yield this.#page.subarray(0, this.#used);
    await this.flush();
    for (let at = 0; at < this.length; at += PAGE) {
      const count = Math.min(PAGE, this.length - at);
      await this.#file.read(new Uint8Array(this.#page.buffer, 0, count * 4), 0, count * 4, at * 4);
      yield this.#page.subarray(0, count);
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

/** Removed at once, so that nothing is left however the program ends. */
async function nameless(folder: string): Promise<FileHandle> {
  const path = join(folder, `homeostat-${process.pid}-${Date.now().toString(36)}.ids`);
  const file = await open(path, 'wx+');
  await rm(path);
  return file;
}
