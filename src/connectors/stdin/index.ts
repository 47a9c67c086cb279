/** The source `stdin`: whole lines of the standard input as they come. It cannot be read again. */
import { createReadStream } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import type { Position, Source, SourceBatch } from '../../core/contracts.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import { Type, defineSource, quantity } from '../../core/schema.ts';

const LF = 10;

/** Reads a stream of bytes once. A position is the number of bytes before it; a later run counts on from there. */
export class StreamSource implements Source {
  readonly partitions = 1;
  readonly finite = true;
  readonly #input: AsyncIterable<Uint8Array>;
  readonly #chunk: number;
  readonly #stopped = new AbortController();

  constructor(input: AsyncIterable<Uint8Array>, chunk: number) {
    this.#input = input;
    this.#chunk = chunk;
  }

  async *open(from: Position | undefined, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const stop = AbortSignal.any([signal, this.#stopped.signal]);
    let offset = typeof from === 'number' ? from : 0;
    let begins = true;
    const batch = (bytes: Uint8Array, ends: boolean): SourceBatch => {
      const records = { kind: 'bytes', partition: 0, offset, bytes, begins, ends, name: '' } as const;
      offset += bytes.length;
      begins = false;
      return { records, position: offset };
    };
    let kept: Uint8Array = new Uint8Array(0);
    const pieces = this.#input[Symbol.asyncIterator]();
    const stopped = aborted(stop);
    try {
      for (;;) {
        const piece = await Promise.race([pieces.next(), stopped]);
        if (piece === undefined) return;
        if (piece.done === true) break;
        const bytes = kept.length === 0 ? piece.value : Buffer.concat([kept, piece.value]);
        // A line longer than a chunk is handed over in parts; the decoder joins or refuses it.
        const cut = bytes.length >= this.#chunk && !bytes.includes(LF) ? bytes.length : bytes.lastIndexOf(LF) + 1;
        kept = bytes.subarray(cut);
        if (cut > 0) yield batch(bytes.subarray(0, cut), false);
      }
    } catch (thrown) {
      throw new HomeostatError('SOURCE_UNREACHABLE', { source: 'stdin', detail: messageOf(thrown) }, thrown);
    }
    yield batch(kept, true);
  }

  async close(): Promise<void> {
    this.#stopped.abort();
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

export const stdin = defineSource({
  name: 'stdin',
  summary: 'Reads lines from the standard input until its end. They cannot be read again: what a crash cuts off is lost.',
  options: Type.Object({ chunk: quantity('size', 'Most bytes of one line that are waited for before they are handed over.', '1MiB') }),
  sample: {},
  delivers: 'records',
  format: 'auto',
  create(options) {
    // In a worker thread process.stdin is empty unless the main thread feeds it.
    const input: AsyncIterable<Uint8Array> = isMainThread ? process.stdin : createReadStream('', { fd: 0, autoClose: false });
    return new StreamSource(input, options.chunk ?? 1024 * 1024);
  },
});
