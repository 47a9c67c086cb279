/** The sink `file`: verdicts as lines of JSON, exactly once in the file. */
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { JsonValue, Sink } from '../../core/contracts.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { SeriesDictionary } from '../../core/events.ts';
import { Type, defineSink } from '../../core/schema.ts';
import type { VerdictBatch } from '../../core/verdicts.ts';
import { onlyOption, verdictLines, type Only } from '../verdict-lines.ts';

const LF = 10;
/** A torn last line is looked for in blocks of this many bytes from the end. */
const BLOCK = 64 * 1024;

class FileSink implements Sink {
  readonly #path: string;
  readonly #only: Only;
  #handle: FileHandle | undefined;
  #length = 0;
  /** Length at the last flush. After a failure the caller repeats everything since then, so the file goes back to it. */
  #flushed = 0;
  #failed = false;

  constructor(path: string, only: Only) {
    this.#path = path;
    this.#only = only;
  }

  /** What stands behind `resume` was written by a run that crashed before it could say so; it is cut off and comes again. */
  async open(resume: JsonValue | undefined): Promise<void> {
    await this.#try(async () => {
      await mkdir(dirname(this.#path), { recursive: true });
      const handle = await open(this.#path, 'a+');
      this.#handle = handle;
      const { size } = await handle.stat();
      const wanted = typeof resume === 'number' ? resume : await endOfLastLine(handle, size);
      if (wanted > size) {
        throw new HomeostatError('RECEIVER_FAILED', {
          target: this.#path,
          what: 'verdicts',
          detail: `it holds ${size} bytes, but ${wanted} were written; bring it back, or name another file`,
        });
      }
      if (wanted < size) {
        await handle.truncate(wanted);
        await handle.sync();
      }
      this.#length = this.#flushed = wanted;
      this.#failed = false;
    });
  }

  async write(verdicts: VerdictBatch, pipeline: string, dictionary: SeriesDictionary): Promise<void> {
    const bytes = Buffer.from(verdictLines(verdicts, this.#only, pipeline, dictionary));
    if (bytes.length === 0) return;
    await this.#try(async () => {
      if (this.#failed) {
        await this.#handle!.truncate(this.#flushed);
        this.#length = this.#flushed;
        this.#failed = false;
      }
      await this.#handle!.appendFile(bytes);
      this.#length += bytes.length;
    });
  }

  async flush(): Promise<JsonValue> {
    await this.#try(() => this.#handle!.sync());
    return (this.#flushed = this.#length);
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (thrown) {
      this.#failed = true;
      if (thrown instanceof HomeostatError) throw thrown;
      const full = ['ENOSPC', 'EDQUOT'].includes((thrown as NodeJS.ErrnoException).code ?? '');
      if (full) throw new HomeostatError('DISK_FULL', { path: this.#path, detail: messageOf(thrown) }, thrown);
      throw new HomeostatError('RECEIVER_FAILED', { target: this.#path, what: 'verdicts', detail: messageOf(thrown) }, thrown);
    }
  }
}

/** Index behind the last newline of a file. */
async function endOfLastLine(handle: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0;) {
    const from = Math.max(0, end - BLOCK);
    const block = new Uint8Array(end - from);
    await handle.read(block, 0, block.length, from);
    const newline = block.lastIndexOf(LF);
    if (newline >= 0) return from + newline + 1;
    end = from;
  }
  return 0;
}

export const fileSink = defineSink({
  name: 'file',
  summary: 'Appends verdicts to a file, one JSON object a line; after a crash each verdict is there exactly once.',
  options: Type.Object({ path: Type.String({ description: 'File to append to; its folder is made.' }), only: onlyOption }),
  sample: { path: 'verdicts.ndjson', only: 'anomalies' },
  create(options, context) {
    return new FileSink(resolve(context.folder, options.path), options.only ?? 'all');
  },
});
