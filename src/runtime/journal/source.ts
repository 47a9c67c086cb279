/** Reads a journal as a source: what is durable in it, from any offset that is still kept, and then what is added. */
import { closeSync, fstatSync, openSync, read, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { promisify } from 'node:util';
import { HomeostatError } from '../../core/errors.ts';
import type { MessageLabels, MessageRecords, Position, Source, SourceBatch } from '../../core/contracts.ts';
import { FRAME_HEADER, readFrame, sizeAt } from './frame.ts';
import type { Frame } from './frame.ts';
import { Progress } from './progress.ts';
import { SEGMENT_HEADER, checkHeader, damaged, extentOf, fileError, listSegments } from './segments.ts';
import type { Segment } from './segments.ts';

export interface JournalSourceOptions {
  /** Called once with what wakes the source when the journal has grown; without it the folder is watched. */
  onWake?: (wake: () => void) => void;
  /** Longest time between two looks at the journal, ms. */
  poll?: number;
}

const BATCH_BYTES = 2 ** 20;
const readAt = promisify(read);

/** One partition; the position is the offset behind the last frame handed over. */
export function journalSource(folder: string, options: JournalSourceOptions = {}): Source {
  return new JournalSource(folder, options);
}

class JournalSource implements Source {
  readonly partitions = 1;
  readonly finite = false;
  readonly #folder: string;
  readonly #poll: number;
  readonly #isWatching: boolean;
  #progress: Progress | undefined;
  #segment: { segment: Segment; fd: number } | undefined;
  #watcher: FSWatcher | undefined;
  #isWoken = false;
  #at: number | undefined;
  #wake: () => void = () => {};

  constructor(folder: string, options: JournalSourceOptions) {
    this.#folder = folder;
    this.#poll = options.poll ?? 200;
    this.#isWatching = options.onWake === undefined;
    options.onWake?.(() => this.#grown());
  }

  /** Throws SOURCE_CHANGED when the journal does not hold the position, JOURNAL_DAMAGED when a frame is not whole. */
  async *open(from: Position | undefined, signal: AbortSignal): AsyncIterable<SourceBatch> {
    let at = from === undefined || from === null ? undefined : Number(from);
    while (!signal.aborted) {
      const end = this.#durableEnd();
      if (end === undefined) {
        await this.#growth(signal);
        continue;
      }
      at = this.#placed(at, end);
      if (at !== end) at = this.#acrossGap(at);
      if (at === end) {
        await this.#growth(signal);
        continue;
      }
      const batch = await this.#read(at, end);
      at = batch.position as number;
      this.#at = at;
      if (!signal.aborted) yield batch;
    }
  }

  remaining(): number | undefined {
    return this.#progress === undefined || this.#at === undefined ? undefined : this.#progress.read().end - this.#at;
  }

  async close(): Promise<void> {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#progress?.close();
    this.#progress = undefined;
    this.#leave();
    this.#grown();
  }

  /** Undefined until the writer has made the journal. */
  #durableEnd(): number | undefined {
    try {
      this.#progress ??= new Progress(this.#folder, 'read');
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw fileError(thrown, this.#folder);
    }
    return this.#progress.read().end;
  }

  /** The offset to read at: a place between the oldest kept frame and the end. */
  #placed(at: number | undefined, end: number): number {
    if (this.#segment !== undefined && at !== undefined && at <= end) return at;
    const first = listSegments(this.#folder)[0];
    const oldest = first?.base ?? 0;
    if (at === undefined) return oldest;
    const reachable = first === undefined ? 0 : extentOf(first).follows;
    if (at >= reachable && at <= end) return at;
    const detail = `it holds ${oldest} to ${end}, and ${at} was to be read on from`;
    throw new HomeostatError('SOURCE_CHANGED', { source: this.#folder, detail });
  }

  /** A repair leaves a gap behind the last whole frame; reading goes on with the segment that follows it. */
  #acrossGap(at: number): number {
    const here = this.#segment;
    if (here !== undefined && at < here.segment.base + fstatSync(here.fd).size - SEGMENT_HEADER) return at;
    const next = listSegments(this.#folder).find(({ base }) => base > at);
    return next !== undefined && extentOf(next).follows <= at ? next.base : at;
  }

  async #read(at: number, end: number): Promise<SourceBatch> {
    try {
      const { segment, fd } = this.#enter(at);
      const stop = Math.min(end, segment.base + fstatSync(fd).size - SEGMENT_HEADER);
      let bytes = await this.#bytes(segment, fd, at, Math.min(stop - at, BATCH_BYTES));
      const first = sizeAt(bytes, 0);
      if (first > bytes.length && at + first <= stop) bytes = await this.#bytes(segment, fd, at, first);
      return { records: messages(segment, bytes, at), position: at + wholeBytes(segment, bytes, at) };
    } catch (thrown) {
      throw fileError(thrown, this.#folder);
    }
  }

  async #bytes(segment: Segment, fd: number, at: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await readAt(fd, bytes, 0, length, SEGMENT_HEADER + at - segment.base);
    return bytes.subarray(0, bytesRead);
  }

  /** The segment that holds the frame at this offset, opened. */
  #enter(at: number): { segment: Segment; fd: number } {
    const here = this.#segment;
    if (here !== undefined && at < here.segment.base + fstatSync(here.fd).size - SEGMENT_HEADER) return here;
    this.#leave();
    const segment = listSegments(this.#folder).findLast(({ base }) => base <= at);
    if (segment === undefined) throw new HomeostatError('SOURCE_CHANGED', { source: this.#folder, detail: `it holds nothing at ${at}` });
    const fd = openSync(segment.path, 'r');
    this.#segment = { segment, fd };
    checkHeader(fd, segment);
    if (at >= segment.base + fstatSync(fd).size - SEGMENT_HEADER) throw damaged(segment, at, 'the segment ends before the journal does');
    return this.#segment;
  }

  #leave(): void {
    if (this.#segment !== undefined) closeSync(this.#segment.fd);
    this.#segment = undefined;
  }

  #grown(): void {
    this.#isWoken = true;
    this.#wake();
  }

  /** Resolves when the journal has grown, at the next poll, or when `signal` aborts. */
  async #growth(signal: AbortSignal): Promise<void> {
    if (this.#isWatching && this.#progress !== undefined) this.#watcher ??= this.#watch();
    if (!this.#isWoken && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#poll);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener('abort', this.#wake, { once: true });
      });
      signal.removeEventListener('abort', this.#wake);
      this.#wake = () => {};
    }
    this.#isWoken = false;
  }

  /** A file system that cannot be watched is polled. */
  #watch(): FSWatcher | undefined {
    try {
      const watcher = watch(this.#folder, { persistent: false }, () => this.#grown());
      watcher.on('error', () => watcher.close());
      return watcher;
    } catch {
      return undefined;
    }
  }
}

/** Whole frames from the start of `bytes`, in bytes. Throws JOURNAL_DAMAGED when not even the first is whole. */
function wholeBytes(segment: Segment, bytes: Buffer, at: number): number {
  let whole = 0;
  for (let size = sizeAt(bytes, 0); size > 0 && whole + size <= bytes.length; size = sizeAt(bytes, whole)) whole += size;
  if (whole === 0) throw damaged(segment, at, 'no whole frame begins here');
  const isCut = bytes.length - whole < FRAME_HEADER || whole + sizeAt(bytes, whole) > bytes.length;
  if (!isCut) throw damaged(segment, at + whole, 'no whole frame begins here');
  return whole;
}

function messages(segment: Segment, bytes: Buffer, start: number): MessageRecords {
  const frames: Frame[] = [];
  const starts: number[] = [];
  const whole = wholeBytes(segment, bytes, start);
  let count = 0;
  let size = 0;
  for (let at = 0; at < whole;) {
    const frame = readFrame(bytes, at);
    if (frame === undefined) throw damaged(segment, start + at, 'its checksum does not match');
    frames.push(frame);
    starts.push(start + at);
    count += frame.bodies.length;
    for (const { length } of frame.bodies) size += length;
    at += frame.size;
  }
  const joined = new Uint8Array(size);
  const [offsets, ends, arrivals] = [new Float64Array(count), new Uint32Array(count), new Float64Array(count)];
  const types: string[] = [];
  const labels: (MessageLabels | undefined)[] = [];
  const labelsOf = labelReader();
  let end = 0;
  for (const [f, frame] of frames.entries()) {
    const own = labelsOf(frame.labels);
    for (const [i, body] of frame.bodies.entries()) {
      const n = types.push(frame.type) - 1;
      joined.set(body, end);
      end += body.length;
      offsets[n] = starts[f] + i;
      ends[n] = end;
      arrivals[n] = frame.arrival;
      labels.push(own);
    }
  }
  const hasLabels = frames.some((frame) => frame.labels !== undefined);
  return { kind: 'messages', partition: 0, offsets, ends, bytes: joined, types, arrivals, ...(hasLabels ? { labels } : {}) };
}

/** Messages with the same labels share one object. */
function labelReader(): (text: string | undefined) => MessageLabels | undefined {
  const known = new Map<string, MessageLabels>();
  return (text) => {
    if (text === undefined) return undefined;
    let labels = known.get(text);
    if (labels === undefined) known.set(text, (labels = JSON.parse(text) as MessageLabels));
    return labels;
  };
}
