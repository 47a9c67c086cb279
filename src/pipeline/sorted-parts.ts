/** Rows put in order of time in parts that fit into memory; the parts lie in a file that has no name until they are merged. */
import { open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventBatch, EventBuilder } from '../core/events.ts';

/** Rows read or written at once. */
const PAGE = 8192;
/** Numbers of a row before its values. */
const HEAD = 5;
const TIME = 1;

/** Row numbers by time; of rows of one time the last comes first. */
export function orderOf({ time, length }: EventBatch): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => i).sort((a, b) => time[a] - time[b] || b - a);
}

export function copyRow(to: EventBuilder, from: EventBatch, i: number): void {
  const { width } = from;
  const row = to.row(from.series[i], from.time[i], from.partition[i], from.offset[i], from.place[i]);
  for (let c = 0; c < width; c++) to.values[row * width + c] = from.values[i * width + c];
}

/** One part while it is read back. */
interface Part {
  /** Rows of it in the file: the next to read, and behind the last. */
  next: number;
  readonly end: number;
  readonly page: Float64Array<ArrayBuffer>;
  /** Row of the page that is next, and rows in it. */
  at: number;
  count: number;
}

export class SortedParts {
  readonly #width: number;
  readonly #stride: number;
  readonly #parts: Part[] = [];
  readonly #folder: string;
  #file: FileHandle | undefined;

  /** `folder`: where the file is made. */
  constructor(width: number, folder = tmpdir()) {
    this.#width = width;
    this.#stride = HEAD + width;
    this.#folder = folder;
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** Puts the rows in order and writes them down. Throws when the disk is full. */
  async add(events: EventBatch): Promise<void> {
    const from = this.#parts.at(-1)?.end ?? 0;
    const order = orderOf(events);
    const page = new Float64Array(PAGE * this.#stride);
    try {
      this.#file ??= await nameless(this.#folder);
      for (let k = 0; k < order.length; k += PAGE) {
        const count = Math.min(PAGE, order.length - k);
        for (let j = 0; j < count; j++) this.#pack(page, j, events, order[k + j]);
        await this.#write(page, from + k, count);
      }
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOSPC') throw thrown;
      throw new Error(`there is no room in ${this.#folder} to put the rows in order of time: free some, or set TMPDIR to another folder`, { cause: thrown });
    }
    this.#parts.push({ next: from, end: from + order.length, page: new Float64Array(PAGE * this.#stride), at: 0, count: 0 });
  }

  /** All rows in order of time, in batches of `out`, which is valid until the next is asked for. */
  async *merged(out: EventBuilder): AsyncGenerator<EventBuilder> {
    let open = this.#parts;
    for (const part of open) await this.#turn(part);
    out.reset();
    for (;;) {
      open = open.filter(({ at, count }) => at < count);
      if (open.length === 0) break;
      const first = open.reduce((least, part) => (this.#timeOf(part) <= this.#timeOf(least) ? part : least));
      this.#unpack(first, out);
      if (++first.at === first.count) await this.#turn(first);
      if (out.length < PAGE) continue;
      yield out;
      out.reset();
    }
    if (out.length > 0) yield out;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  #timeOf({ page, at }: Part): number {
    return page[at * this.#stride + TIME];
  }

  #pack(page: Float64Array, row: number, events: EventBatch, i: number): void {
    const at = row * this.#stride;
    page[at] = events.series[i];
    page[at + TIME] = events.time[i];
    page[at + 2] = events.partition[i];
    page[at + 3] = events.offset[i];
    page[at + 4] = events.place[i];
    for (let c = 0; c < this.#width; c++) page[at + HEAD + c] = events.values[i * this.#width + c];
  }

  #unpack({ page, at }: Part, out: EventBuilder): void {
    const from = at * this.#stride;
    const row = out.row(page[from], page[from + TIME], page[from + 2], page[from + 3], page[from + 4]);
    for (let c = 0; c < this.#width; c++) out.values[row * this.#width + c] = page[from + HEAD + c];
  }

  async #write(page: Float64Array<ArrayBuffer>, row: number, count: number): Promise<void> {
    const size = this.#stride * 8;
    const bytes = new Uint8Array(page.buffer, 0, count * size);
    for (let done = 0; done < bytes.length;) done += (await this.#file!.write(bytes, done, bytes.length - done, row * size + done)).bytesWritten;
  }

  /** Reads the next page of a part; none is left when it holds no rows afterwards. */
  async #turn(part: Part): Promise<void> {
    const size = this.#stride * 8;
    part.at = 0;
    part.count = Math.min(PAGE, part.end - part.next);
    const bytes = new Uint8Array(part.page.buffer, 0, part.count * size);
    for (let done = 0; done < bytes.length;) {
      const { bytesRead } = await this.#file!.read(bytes, done, bytes.length - done, part.next * size + done);
      if (bytesRead === 0) throw new Error('the file with rows in order has ended early');
      done += bytesRead;
    }
    part.next += part.count;
  }
}

/** Removed at once, so that nothing is left however the program ends. */
async function nameless(folder: string): Promise<FileHandle> {
  const path = join(folder, `homeostat-${process.pid}-${Date.now().toString(36)}.rows`);
  const file = await open(path, 'wx+');
  await rm(path);
  return file;
}
