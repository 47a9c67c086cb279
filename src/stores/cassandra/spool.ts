/**
 * What could not be written yet, in one file of the data folder: frames of u32 length, u32 CRC-32, bytes. What was put is durable; a frame
 * that a crash cut off was never acknowledged. The whole file is written again after a crash, which is harmless.
 */
import { closeSync, constants, fdatasyncSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { Rollup, SeriesNames } from '../../core/contracts.ts';
import { F64_COLUMNS, ROW_COLUMNS, sharedBy, U32_COLUMNS, U8_COLUMNS, type VerdictBatch } from '../../core/verdicts.ts';

export interface Append {
  pipeline: string;
  verdicts: readonly VerdictBatch[];
  rollups: readonly Rollup[];
  names: SeriesNames;
}

interface Stored {
  pipeline: string;
  verdicts: VerdictBatch[];
  rollups: Rollup[];
  keys: Map<number, string>;
}

const HEADER = 8;

export class Spool {
  readonly #path: string;
  readonly #limit: number;
  readonly #file: number;
  /** Frames that the disk did not keep, with whole ones behind them; passed by in their turn. */
  readonly #damages = new Set<number>();
  /** How many of them there were at the beginning. */
  readonly damaged: number;
  #size = 0;
  /** Bytes from the beginning that are written. */
  #done = 0;

  /** `limit` in bytes. Throws LEDGER_IO. */
  constructor(path: string, limit: number) {
    this.#path = path;
    this.#limit = limit;
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    } catch (thrown) {
      throw this.#failure(thrown);
    }
    const end = fstatSync(this.#file).size;
    for (let at = 0; at + HEADER <= end;) {
      const next = at + HEADER + this.#length(at);
      if (next > end) break;
      if (this.#frame(at, end) === undefined) this.#damages.add(at);
      else this.#size = next;
      at = next;
    }
    // A damaged one at the end was only begun.
    for (const at of this.#damages) if (at >= this.#size) this.#damages.delete(at);
    this.damaged = this.#damages.size;
    if (this.#size < end) ftruncateSync(this.#file, this.#size);
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Bytes that wait. */
  get waiting(): number {
    return this.#size - this.#done;
  }

  /** Durable when it returns true; false where there is no room. Throws DISK_FULL, LEDGER_IO. */
  put(append: Append): boolean {
    const bytes = serialize(storable(append));
    if (this.#size + HEADER + bytes.length > this.#limit) return false;
    const header = Buffer.alloc(HEADER);
    header.writeUInt32LE(bytes.length, 0);
    header.writeUInt32LE(crc32(bytes), 4);
    const frame = Buffer.concat([header, bytes]);
    try {
      // In its place, also where the rest of a frame that failed could not be cut off.
      for (let at = 0; at < frame.length;) at += writeSync(this.#file, frame, at, frame.length - at, this.#size + at);
      fdatasyncSync(this.#file);
    } catch (thrown) {
      this.#cut();
      throw this.#failure(thrown);
    }
    this.#size += frame.length;
    return true;
  }

  /** The oldest that waits. Throws LEDGER_IO where it cannot be read any more. */
  peek(): Append | undefined {
    while (this.#damages.delete(this.#done)) this.taken();
    if (this.waiting === 0) return undefined;
    const bytes = this.#frame(this.#done, this.#size);
    if (bytes === undefined) throw this.#failure(new Error(`what was written at byte ${this.#done} is not whole any more`));
    const { keys, ...rest } = deserialize(bytes) as Stored;
    return { ...rest, names: { get: (index) => ({ key: keys.get(index) ?? `#${index}` }) } };
  }

  /** What `peek` gave is written. */
  taken(): void {
    this.#done += HEADER + this.#length(this.#done);
    if (this.#done < this.#size) return;
    ftruncateSync(this.#file, 0);
    this.#size = 0;
    this.#done = 0;
  }

  close(): void {
    closeSync(this.#file);
  }

  /** So that the room it took is free; where that fails the next frame takes its place. */
  #cut(): void {
    try {
      ftruncateSync(this.#file, this.#size);
    } catch {
      // The caller throws what failed first.
    }
  }

  #length(at: number): number {
    const header = Buffer.alloc(HEADER);
    readSync(this.#file, header, 0, HEADER, at);
    return header.readUInt32LE(0);
  }

  /** The bytes of the frame that begins at `at`; undefined where there is no whole one before `end`. */
  #frame(at: number, end: number): Buffer | undefined {
    if (at + HEADER > end) return undefined;
    const header = Buffer.alloc(HEADER);
    readSync(this.#file, header, 0, HEADER, at);
    const length = header.readUInt32LE(0);
    if (at + HEADER + length > end) return undefined;
    const bytes = Buffer.alloc(length);
    readSync(this.#file, bytes, 0, length, at + HEADER);
    return crc32(bytes) === header.readUInt32LE(4) ? bytes : undefined;
  }

  #failure(thrown: unknown): HomeostatError {
    const code = (thrown as { code?: string }).code === 'ENOSPC' ? 'DISK_FULL' : 'LEDGER_IO';
    return new HomeostatError(code, { path: this.#path, detail: messageOf(thrown) }, thrown);
  }
}

/** Only the rows there are, and the keys of their series. */
function storable({ pipeline, verdicts, rollups, names }: Append): Stored {
  const keys = new Map<number, string>();
  const note = (series: number): void => {
    if (!keys.has(series)) keys.set(series, names.get(series).key);
  };
  for (const batch of verdicts) for (let i = 0; i < batch.length; i++) note(batch.series[i]);
  for (const { series } of rollups) note(series);
  return { pipeline, verdicts: verdicts.map(compact), rollups: [...rollups], keys };
}

function compact(batch: VerdictBatch): VerdictBatch {
  const { length, width, texts } = batch;
  const columns = [...F64_COLUMNS, ...U32_COLUMNS, ...U8_COLUMNS].map((name) => [name, batch[name].slice(0, length)]);
  const rows = ROW_COLUMNS.map((name) => [name, batch[name].slice(0, length * width)]);
  const words = texts === undefined ? {} : { texts: Object.fromEntries(Object.entries(texts).map(([name, column]) => [name, column.slice(0, length)])) };
  return { length, ...sharedBy(batch), members: [...batch.members], ...words, ...Object.fromEntries([...columns, ...rows]) } as VerdictBatch;
}
