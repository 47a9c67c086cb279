/** What a reader of one file hands over, and where it then stands. */
import type { ByteRecords } from '../../core/contracts.ts';
import { NO_MARK, type Mark } from './marks.ts';

/** Where one partition stands. */
export interface FilePosition {
  path: string;
  /** Inode of the file being read, as text; with nothing read of it yet, that of the file before it, or ''. */
  inode: string;
  /** Bytes read of this file (of its text when compressed). */
  offset: number;
  /** Bytes of the stream before this file: what earlier files, since rotated away, held. */
  base: number;
  head: Mark;
  tail: Mark;
  /** The file was read once to its end. */
  done: boolean;
}

export interface Piece {
  records: ByteRecords;
  position: FilePosition;
  /** As that of the batch. */
  done?(): void;
}

export function atStart(path: string): FilePosition {
  return { path, inode: '', offset: 0, base: 0, head: NO_MARK, tail: NO_MARK, done: false };
}

/** Reads one partition, piece by piece. */
export interface PartitionReader {
  /** The next piece; `wait` when there is nothing yet, `end` when there will be nothing more. */
  next(): Promise<Piece | 'wait' | 'end'>;
  /** Of a packed file: bytes of it that were read so far, in this opening. */
  readonly consumed?: number;
  close(): Promise<void>;
}

const LF = 10;

/**
 * How much of a read to hand over: up to the last newline. A line that fills a whole chunk is handed over in parts
 * (the decoder joins them, or refuses the record as too large).
 */
export function wholeLines(bytes: Uint8Array, chunk: number): number {
  const cut = bytes.lastIndexOf(LF) + 1;
  return cut === 0 && bytes.length >= chunk ? bytes.length : cut;
}
