/** A file on its way in, part by part: streamed to the disk, and there before it is acknowledged. */
import { statfsSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { HomeostatError, messageOf } from '../../core/errors.ts';

/** Room that an upload leaves on the disk: other data and the job's own results need some, bytes. */
export const RESERVE = 256 * 2 ** 20;

/** Throws DISK_FULL where `bytes` and the reserve do not fit on the disk of `folder`. */
export function needRoom(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free < bytes + RESERVE) {
    throw new HomeostatError('DISK_FULL', { path: folder, detail: `the file needs ${bytes} bytes and ${RESERVE} are kept free, ${free} are there` });
  }
}

/** The content of one job: one append at a time, the newest wins. */
export class Upload {
  readonly #path: string;
  readonly #size: number;
  /** Called with the bytes so far, safe or not. */
  readonly #progress: (bytes: number) => void;
  /** Ends the append under way. */
  #stop: AbortController | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(path: string, size: number, progress: (bytes: number) => void) {
    this.#path = path;
    this.#size = size;
    this.#progress = progress;
  }

  /** Ends what is under way; what it has written is kept. */
  async stop(): Promise<void> {
    this.#stop?.abort();
    await this.#running.catch(() => undefined);
  }

  /** See LogJobs.append. */
  async append(offset: number, content: AsyncIterable<Uint8Array>): Promise<number> {
    this.#stop?.abort();
    const stop = new AbortController();
    this.#stop = stop;
    const before = this.#running.catch(() => undefined);
    const running = before.then(() => this.#append(offset, content, stop.signal));
    this.#running = running;
    try {
      return await running;
    } finally {
      if (this.#stop === stop) this.#stop = undefined;
    }
  }

  async #append(offset: number, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> {
    if (signal.aborted) throw replaced();
    const file = await open(this.#path, 'a+');
    try {
      const { size } = await file.stat();
      if (offset !== size) throw new HomeostatError('UPLOAD_OFFSET', { offset: size, given: offset });
      return await this.#write(file, size, content, signal);
    } finally {
      await file.close();
    }
  }

  async #write(file: FileHandle, from: number, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> {
    let at = from;
    try {
      for await (const bytes of until(content, signal)) {
        if (at + bytes.length > this.#size) {
          await file.truncate(from);
          throw new HomeostatError('BODY_TOO_LARGE', { limit: this.#size - from, bound: `what is still missing of the ${this.#size} bytes announced` });
        }
        await file.appendFile(bytes);
        at += bytes.length;
        this.#progress(at);
      }
    } catch (thrown) {
      await file.datasync().catch(() => undefined);
      throw reasonOf(thrown, this.#path, signal);
    }
    await file.datasync();
    return at;
  }
}

/** The pieces till the end, or till the signal. */
async function* until(content: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const pieces = content[Symbol.asyncIterator]();
  const aborted = new Promise<'aborted'>((resolve) => signal.addEventListener('abort', () => resolve('aborted'), { once: true }));
  try {
    for (;;) {
      const next = pieces.next();
      const first = await Promise.race([next, aborted]);
      if (first === 'aborted') {
        next.catch(() => undefined);
        throw replaced();
      }
      if (first.done === true) return;
      yield first.value;
    }
  } finally {
    // Not awaited: of a connection that hangs it would hang as well.
    pieces.return?.()?.catch(() => undefined);
  }
}

function replaced(): HomeostatError {
  return new HomeostatError('REQUEST_INVALID', { detail: 'another request took the place of this one' });
}

function reasonOf(thrown: unknown, path: string, signal: AbortSignal): unknown {
  if (thrown instanceof HomeostatError) return thrown;
  if (signal.aborted) return replaced();
  const { code } = thrown as { code?: string };
  if (code === 'ENOSPC' || code === 'EDQUOT') return new HomeostatError('DISK_FULL', { path, detail: messageOf(thrown) }, thrown);
  if (code === 'EIO' || code === 'EROFS') return new HomeostatError('LEDGER_IO', { path, detail: messageOf(thrown) }, thrown);
  return new HomeostatError('REQUEST_INVALID', { detail: `the body ended before it was whole; what came of it is kept` }, thrown);
}
