/** The durable log in front of a source that cannot be read again: appends of many senders share one write and one fdatasync. */
import { closeSync, fdatasync, fsyncSync, ftruncateSync, openSync, rmSync, statSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { faultPoint } from '../../core/faults.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { JournalWriter, MessageLabels, PushRequest } from '../../core/contracts.ts';
import { frameSize, keyHash, labelBytes, readHead, writeFrame } from './frame.ts';
import { KeyWindow } from './keys.ts';
import { Progress } from './progress.ts';
import { checkChain, recoverTail, removeUnfinished, scanHeads, scanSegment } from './recovery.ts';
import { SEGMENT_HEADER, createFolder, createSegment, damaged, fileError, fsyncFolder, listSegments } from './segments.ts';
import type { Segment } from './segments.ts';

export interface JournalOptions {
  /** Bound of what waits to be released, and of what is kept altogether, bytes. */
  maxSize?: number;
  /** Released segments are kept this long, ms. */
  maxAge?: number;
  /** A segment is closed when it has reached this size, bytes. */
  segmentSize?: number;
  /** Window in which a repeated key is recognised. */
  keys?: { count: number; age: number };
  /** Wall clock, ms. */
  now?: () => number;
  /** The file system's calls, for tests that make them fail. */
  io?: Partial<JournalIo>;
}

export interface JournalIo {
  write(fd: number, bytes: Uint8Array, at: number, length: number, position: number): Promise<{ bytesWritten: number }>;
  sync(fd: number): Promise<void>;
}

const DAY = 86_400_000;
const GROUP_BYTES = 8 * 2 ** 20;
const MOST_WAITING = 64 * 2 ** 20;
const realIo: JournalIo = { write: promisify(write), sync: promisify(fdatasync) };

/** Most messages and bytes of one packed frame: a reader takes a frame whole. */
const PACK = 4_096;
const PACK_BYTES = 256 * 1024;

/** A frame that is not durable yet. */
interface Waiting {
  type: string;
  bodies: readonly Uint8Array[];
  key: string | undefined;
  labels: Buffer | undefined;
  size: number;
  resolve(offset: number): void;
  reject(thrown: unknown): void;
}

/** Opens the journal in `folder`, made if absent; one writer at a time. Throws JOURNAL_DAMAGED, LEDGER_IO, DISK_FULL. */
export function openJournalWriter(folder: string, options: JournalOptions = {}): JournalWriter {
  try {
    return new SegmentWriter(folder, options);
  } catch (thrown) {
    throw fileError(thrown, folder);
  }
}

class SegmentWriter implements JournalWriter {
  readonly #folder: string;
  readonly #maxSize: number;
  readonly #maxAge: number;
  readonly #segmentSize: number;
  readonly #now: () => number;
  readonly #io: JournalIo;
  readonly #keys: KeyWindow;
  readonly #progress: Progress;
  readonly #segments: Segment[];
  #fd: number;
  /** Everything before it is durable. */
  #end: number;
  #released: number;
  #newest: number | undefined;
  /** Appends that are not durable yet, and those of them that carry a key. */
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  readonly #inFlight = new Map<string, Promise<number>>();
  #flushing: Promise<void> | undefined;
  /** True while the file may hold something other than what was acknowledged. */
  #inDoubt = false;
  #closed = false;
  #group = Buffer.alloc(65536);

  constructor(folder: string, options: JournalOptions) {
    this.#folder = folder;
    this.#maxSize = options.maxSize ?? 2 ** 30;
    this.#maxAge = options.maxAge ?? 7 * DAY;
    this.#segmentSize = options.segmentSize ?? Math.min(64 * 2 ** 20, Math.ceil(this.#maxSize / 8));
    this.#now = options.now ?? Date.now;
    this.#io = { ...realIo, ...options.io };
    const { count, age } = options.keys ?? { count: 100_000, age: DAY };
    this.#keys = new KeyWindow(count, age);
    createFolder(folder);
    removeUnfinished(folder);
    this.#progress = new Progress(folder, 'write');
    try {
      const found = listSegments(folder);
      this.#segments = found.length > 0 ? found : [createSegment(folder, 0)];
      const { end, released } = this.#progress.read();
      checkChain(this.#segments);
      this.#end = this.#recover(end, count, age);
      this.#released = Math.max(Math.min(released, this.#end), this.#segments[0].base);
      this.#progress.write(this.#end, this.#released);
      this.#fd = openSync(this.#last.path, 'r+');
    } catch (thrown) {
      this.#progress.close();
      throw thrown;
    }
  }

  append(request: PushRequest): Promise<{ offset: number; repeated: boolean }> {
    const key = request.idempotencyKey === undefined ? undefined : keyHash(request.idempotencyKey);
    if (key === undefined) return this.#enqueue(request, undefined).then((offset) => ({ offset, repeated: false }));
    const known = this.#keys.find(key, this.#now());
    if (known !== undefined) return Promise.resolve({ offset: known, repeated: true });
    const first = this.#inFlight.get(key);
    if (first !== undefined) return first.then((offset) => ({ offset, repeated: true }));
    const appended = this.#enqueue(request, key).finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, appended);
    return appended.then((offset) => ({ offset, repeated: false }));
  }

  async appendAll(requests: readonly PushRequest[]): Promise<void> {
    if (requests.some(({ idempotencyKey }) => idempotencyKey !== undefined)) {
      await Promise.all(requests.map((request) => this.append(request)));
      return;
    }
    if (requests.length === 0) return;
    const waiting = packed(requests);
    const refusal = this.#refusal(waiting.reduce((sum, { size }) => sum + size, 0));
    if (refusal !== undefined) throw refusal;
    await new Promise<void>((resolve, reject) => {
      // Groups are written in order, so the last one speaks for all that did not fail.
      const done = [...waiting.slice(1).map(() => () => {}), () => resolve()];
      waiting.forEach((each, i) => this.#add({ ...each, resolve: done[i], reject }));
    });
  }

  get newest(): number | undefined {
    return this.#newest;
  }

  release(offset: number): void {
    if (this.#closed || offset <= this.#released) return;
    this.#released = Math.min(offset, this.#end);
    this.#noteProgress();
    this.#forget();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#flushing;
    closeSync(this.#fd);
    this.#progress.close();
  }

  get #last(): Segment {
    return this.#segments.at(-1)!;
  }

  #enqueue(request: PushRequest, key: string | undefined): Promise<number> {
    return new Promise((resolve, reject) => {
      const waiting = frameOf([request], key, request.labels && labelBytes(request.labels));
      const refusal = this.#refusal(waiting.size);
      if (refusal !== undefined) return reject(refusal);
      this.#add({ ...waiting, resolve, reject });
    });
  }

  #add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#waitingBytes += waiting.size;
    this.#flushing ??= this.#flush();
  }

  #refusal(size: number): HomeostatError | undefined {
    if (this.#closed) return new HomeostatError('LEDGER_IO', { path: this.#folder, detail: 'the journal has been closed' });
    const held = this.#end - this.#released + this.#waitingBytes;
    if (held + size > this.#maxSize) return new HomeostatError('JOURNAL_FULL', { path: this.#folder, size: held, limit: this.#maxSize });
    if (this.#waitingBytes > 0 && this.#waitingBytes + size > MOST_WAITING) {
      return new HomeostatError('OVERLOADED', { what: `The journal ${this.#folder}`, limit: `${MOST_WAITING} bytes not yet written` });
    }
    return undefined;
  }

  /** Writes what waits, group by group, until nothing waits. */
  async #flush(): Promise<void> {
    // Senders that append in the same turn of the event loop share the first group.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      let count = 0;
      let bytes = 0;
      while (count < this.#waiting.length && (count === 0 || bytes + this.#waiting[count].size <= GROUP_BYTES)) bytes += this.#waiting[count++].size;
      const group = this.#waiting.splice(0, count);
      try {
        await this.#write(group, bytes);
      } catch (thrown) {
        const error = fileError(thrown, this.#folder);
        for (const { reject } of group) reject(error);
      }
      this.#waitingBytes -= bytes;
    }
    // In the same step as the last look at what waits: an append that comes after it begins a new flush.
    this.#flushing = undefined;
  }

  async #write(group: readonly Waiting[], bytes: number): Promise<void> {
    if (this.#inDoubt) this.#mend();
    if (this.#end - this.#last.base >= this.#segmentSize) this.#rotate();
    const arrival = this.#now();
    const at = SEGMENT_HEADER + this.#end - this.#last.base;
    this.#encode(group, bytes, arrival);
    this.#inDoubt = true;
    try {
      for (let done = 0; done < bytes;) done += (await this.#io.write(this.#fd, this.#group, done, bytes - done, at + done)).bytesWritten;
    } catch (thrown) {
      // What was written of the group is cut off now, so that the room it took is free and the next append finds the end.
      ftruncateSync(this.#fd, at);
      this.#inDoubt = false;
      throw thrown;
    }
    await this.#io.sync(this.#fd);
    this.#inDoubt = false;
    const offset = this.#end;
    this.#end += bytes;
    this.#newest = arrival;
    this.#noteProgress();
    faultPoint('journaled');
    this.#acknowledge(group, offset, arrival);
  }

  #encode(group: readonly Waiting[], bytes: number, arrival: number): void {
    if (this.#group.length < bytes || this.#group.length > GROUP_BYTES) this.#group = Buffer.alloc(Math.max(65536, bytes));
    let at = 0;
    for (const { type, bodies, key, labels } of group) {
      at = writeFrame(this.#group, at, { acknowledged: this.#end, arrival, key, type, labels, bodies });
    }
  }

  #acknowledge(group: readonly Waiting[], first: number, arrival: number): void {
    let offset = first;
    for (const { key, size, resolve } of group) {
      if (key !== undefined) this.#keys.add(key, offset, arrival);
      resolve(offset);
      offset += size;
    }
  }

  /** The frame is durable even where this note of it cannot be written; the next group notes it again. */
  #noteProgress(): void {
    try {
      this.#progress.write(this.#end, this.#released);
    } catch {
      // Readers see what was appended one group later.
    }
  }

  /** After a failed sync nothing that the kernel shows of it is believed: the file is opened anew, cut, and read before it is used. */
  #mend(): void {
    closeSync(this.#fd);
    this.#fd = openSync(this.#last.path, 'r+');
    ftruncateSync(this.#fd, SEGMENT_HEADER + this.#end - this.#last.base);
    fsyncSync(this.#fd);
    const { whole } = scanSegment(this.#fd, this.#last, this.#end, () => {});
    if (this.#last.base + whole !== this.#end) throw damaged(this.#last, this.#last.base + whole, 'an acknowledged frame is not whole');
    this.#inDoubt = false;
  }

  #rotate(): void {
    const next = createSegment(this.#folder, this.#end);
    const fd = openSync(next.path, 'r+');
    closeSync(this.#fd);
    this.#fd = fd;
    this.#segments.push(next);
    this.#forget();
  }

  /** Deletes released segments that are too old or too many; what is not released is never deleted. */
  #forget(): void {
    try {
      let isChanged = false;
      while (this.#segments.length > 1 && this.#segments[1].base <= this.#released) {
        const oldest = this.#segments[0];
        const isOld = (statSync(oldest.path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < this.#now() - this.#maxAge;
        if (!isOld && this.#end - oldest.base <= this.#maxSize) break;
        rmSync(oldest.path, { force: true });
        this.#segments.shift();
        isChanged = true;
      }
      if (isChanged) fsyncFolder(this.#folder);
    } catch {
      // What cannot be deleted now is deleted later; no append and no commit is to fail because of it.
    }
  }

  /** Brings back the keys of the newest frames and cuts the torn tail; answers the end. */
  #recover(acknowledged: number, keys: number, age: number): number {
    const found: { key: string; offset: number; arrival: number }[] = [];
    const visit = (into: typeof found) => (offset: number, bytes: Buffer, at: number) => {
      const { key, arrival } = readHead(bytes, at);
      this.#newest = Math.max(this.#newest ?? arrival, arrival);
      if (key !== undefined) into.push({ key, offset, arrival });
    };
    const end = recoverTail(this.#last, acknowledged, visit(found));
    for (let i = this.#segments.length - 2; i >= 0 && this.#newest === undefined; i--) scanHeads(this.#segments[i], visit([]));
    const youngest = this.#now() - age;
    for (let i = this.#segments.length - 2; i >= 0 && found.length < keys && statSync(this.#segments[i].path).mtimeMs >= youngest; i--) {
      const older: typeof found = [];
      scanHeads(this.#segments[i], visit(older));
      found.unshift(...older);
    }
    for (const { key, offset, arrival } of found) this.#keys.add(key, offset, arrival);
    return end;
  }
}

type Frame = Omit<Waiting, 'resolve' | 'reject'>;

function frameOf(requests: readonly PushRequest[], key: string | undefined, labels: Buffer | undefined): Frame {
  const bodies = requests.map(({ body }) => body);
  const [{ type }] = requests;
  return { type, bodies, key, labels, size: frameSize(type, key !== undefined, labels, bodies) };
}

/** Neighbours of the same type and labels share a frame. */
function packed(requests: readonly PushRequest[]): Frame[] {
  const known = new Map<MessageLabels, Buffer>();
  const frames: Frame[] = [];
  for (let from = 0; from < requests.length;) {
    const { type, labels } = requests[from];
    let bytes = requests[from].body.length;
    let to = from + 1;
    for (; to < requests.length && to - from < PACK && requests[to].type === type && requests[to].labels === labels; to++) {
      if ((bytes += requests[to].body.length) > PACK_BYTES) break;
    }
    let text = labels === undefined ? undefined : known.get(labels);
    if (labels !== undefined && text === undefined) known.set(labels, (text = labelBytes(labels)));
    frames.push(frameOf(requests.slice(from, to), undefined, text));
    from = to;
  }
  return frames;
}
