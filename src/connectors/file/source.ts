/** The source `file`: each file is a partition; chunks of whole lines by pull, one read ahead. */
import { readdirSync, statSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonValue, Position, Source, SourceBatch } from '../../core/contracts.ts';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import { defineSource } from '../../core/schema.ts';
import { GzipReader } from './gzip-reader.ts';
import { fileSourceOptions, type FileSourceOptions } from './options.ts';
import { atStart, type FilePosition, type PartitionReader } from './piece.ts';
import { PlainReader } from './plain-reader.ts';

interface Position1 {
  files: FilePosition[];
}

/** Paths as configured, relative ones from `folder`, with * in the last part filled in, sorted by name. */
function filesOf(path: string | readonly string[], folder: string): string[] {
  return (typeof path === 'string' ? [path] : path).flatMap((one) => {
    const whole = resolve(folder, one);
    const name = basename(whole);
    if (!name.includes('*')) return [whole];
    const pattern = new RegExp(`^${name.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
    try {
      return readdirSync(dirname(whole))
        .filter((entry) => pattern.test(entry))
        .sort()
        .map((entry) => join(dirname(whole), entry));
    } catch {
      return [];
    }
  });
}

class FileSource implements Source {
  readonly finite: boolean;
  readonly #options: FileSourceOptions;
  readonly #warn: (message: string) => void;
  readonly #stopped = new AbortController();
  #files: string[];
  #turn: Turn | undefined;

  constructor(options: FileSourceOptions, folder: string, warn: (message: string) => void) {
    this.#options = options;
    this.#warn = warn;
    this.finite = !options.follow;
    this.#files = filesOf(options.path, folder);
    const packed = this.#files.find((file) => file.endsWith('.gz'));
    if (options.follow && packed !== undefined) {
      throw new HomeostatError('SOURCE_OPTIONS', { source: 'file', detail: `${packed} is compressed and cannot be followed` });
    }
  }

  get partitions(): number {
    return Math.max(1, this.#files.length);
  }

  async *open(from: Position | undefined, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const stop = AbortSignal.any([signal, this.#stopped.signal]);
    const known = (from as unknown as Position1 | undefined)?.files ?? [];
    const names = known.map((file) => file.path);
    this.#files = [...names, ...this.#files.filter((file) => !names.includes(file))];
    if (this.#files.length === 0) throw new HomeostatError('SOURCE_UNREACHABLE', { source: String(this.#options.path), detail: 'no file fits the path' });
    const { follow, chunk, poll } = this.#options;
    const positions = this.#files.map((path, partition) => known[partition] ?? atStart(path));
    const readers = this.#files.map((path, partition): PartitionReader => {
      // A chunk of each waits for the others, so that together they stay within one.
      const share = Math.max(Math.min(chunk, 4096), Math.floor(chunk / this.#files.length));
      const setup = { path, partition, follow, chunk: share, from: positions[partition], warn: this.#warn };
      return path.endsWith('.gz') ? new GzipReader(setup) : new PlainReader(setup);
    });
    const turn = new Turn(readers, positions, poll, stop);
    this.#turn = turn;
    let ahead = turn.take();
    try {
      for (;;) {
        const batch = await ahead;
        if (batch === undefined || stop.aborted) return;
        ahead = turn.take();
        // Its failure is thrown when its turn comes; until then nobody waits for it.
        ahead.catch(() => undefined);
        yield batch;
      }
    } finally {
      turn.stop();
      await ahead.catch(() => undefined);
      for (const reader of readers) await reader.close();
    }
  }

  prefer(partition: number): void {
    this.#turn?.prefer(partition);
  }

  remaining(): number | undefined {
    return this.#turn?.remaining();
  }

  async close(): Promise<void> {
    this.#stopped.abort();
  }
}

/** Takes the next piece of whichever partition has one, in turn. */
class Turn {
  readonly #readers: readonly PartitionReader[];
  readonly #positions: FilePosition[];
  readonly #poll: number;
  readonly #end = new AbortController();
  readonly #stop: AbortSignal;
  #next = 0;

  constructor(readers: readonly PartitionReader[], positions: readonly FilePosition[], poll: number, stop: AbortSignal) {
    this.#readers = readers;
    this.#positions = [...positions];
    this.#poll = poll;
    this.#stop = AbortSignal.any([stop, this.#end.signal]);
  }

  stop(): void {
    this.#end.abort();
  }

  prefer(partition: number): void {
    this.#next = partition;
  }

  /** Bytes behind the positions, of a packed file those that were not unpacked yet; undefined when a file cannot be looked at. */
  remaining(): number | undefined {
    let bytes = 0;
    for (const [i, { path, offset, done }] of this.#positions.entries()) {
      const size = statSync(path, { throwIfNoEntry: false })?.size;
      if (size === undefined) return undefined;
      if (!done) bytes += Math.max(0, size - (this.#readers[i].consumed ?? offset));
    }
    return bytes;
  }

  /** The next batch; undefined at the end, or when stopped. */
  async take(): Promise<SourceBatch | undefined> {
    while (!this.#stop.aborted) {
      let waiting = false;
      for (let k = 0; k < this.#readers.length; k++) {
        const i = (this.#next + k) % this.#readers.length;
        const piece = await this.#readers[i].next();
        if (piece === 'wait') waiting = true;
        else if (piece !== 'end') {
          this.#next = i + 1;
          this.#positions[i] = piece.position;
          return { records: piece.records, position: { files: [...this.#positions] } as unknown as JsonValue, done: piece.done };
        }
      }
      if (!waiting) return undefined;
      await sleep(this.#poll, undefined, { signal: this.#stop }).catch(() => undefined);
    }
    return undefined;
  }
}

export const file = defineSource({
  name: 'file',
  summary: 'Reads files once (also .gz) or follows them through rotation; goes on from its position after a crash, neither again nor skipped.',
  options: fileSourceOptions,
  sample: { path: 'measurements.csv' },
  delivers: 'records',
  format: 'auto',
  create(options, context) {
    const whole = { ...options, follow: options.follow ?? false, poll: options.poll ?? 200, chunk: options.chunk ?? 1024 * 1024 };
    return new FileSource(whole, context.folder, (message) => context.log('warn', message));
  },
  async reach(options, context) {
    const files = filesOf(options.path, context.folder);
    if (files.length === 0) throw new HomeostatError('SOURCE_UNREACHABLE', { source: String(options.path), detail: 'no file fits the path' });
    for (const path of files) {
      await access(path, constants.R_OK).catch((thrown: unknown) => {
        throw new HomeostatError('SOURCE_UNREACHABLE', { source: path, detail: messageOf(thrown) }, thrown);
      });
    }
    return `${files.length === 1 ? files[0] : `${files.length} files`} can be read`;
  },
});
