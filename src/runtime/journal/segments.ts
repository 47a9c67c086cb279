/**
 * The files of a journal: `<offset of the first frame, 16 digits>.journal`, each a 24-byte header and then frames.
 * The header says which offset the segment follows: its own first, or an earlier one where a repair left a gap.
 */
import { closeSync, existsSync, fstatSync, fsyncSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';

export const SEGMENT_HEADER = 24;
const MAGIC = 0x314a5348; // "HSJ1"
const VERSION = 1;

export interface Segment {
  path: string;
  /** Offset of its first frame: frames of earlier segments in bytes, without their headers. */
  base: number;
}

export function segmentAt(folder: string, base: number): Segment {
  return { path: join(folder, `${String(base).padStart(16, '0')}.journal`), base };
}

/** Oldest first. */
export function listSegments(folder: string): Segment[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d{16}\.journal$/.test(name))
    .toSorted()
    .map((name) => ({ path: join(folder, name), base: Number(name.slice(0, 16)) }));
}

/** Makes an empty segment whose name and header are durable; it appears whole or not at all. */
export function createSegment(folder: string, base: number, follows = base): Segment {
  const segment = segmentAt(folder, base);
  const header = Buffer.alloc(SEGMENT_HEADER);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt32LE(VERSION, 4);
  header.writeDoubleLE(base, 8);
  header.writeDoubleLE(follows, 16);
  const beside = `${segment.path}.new`;
  rmSync(beside, { force: true });
  const fd = openSync(beside, 'wx');
  try {
    writeSync(fd, header);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(beside, segment.path);
  fsyncFolder(folder);
  return segment;
}

/** Makes a folder, and its parents, so that a power cut does not forget it. */
export function createFolder(folder: string): void {
  const made = mkdirSync(folder, { recursive: true });
  if (made !== undefined) fsyncFolder(join(folder, '..'));
}

export function fsyncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Answers the offset that the segment follows. Throws JOURNAL_DAMAGED when the file is not the segment that its name says. */
export function checkHeader(fd: number, segment: Segment): number {
  const header = Buffer.alloc(SEGMENT_HEADER);
  const read = readSync(fd, header, 0, SEGMENT_HEADER, 0);
  if (read < SEGMENT_HEADER || header.readUInt32LE(0) !== MAGIC || header.readDoubleLE(8) !== segment.base) {
    throw damaged(segment, segment.base, 'the header of the file is not that of this segment');
  }
  const version = header.readUInt32LE(4);
  if (version > VERSION) throw new HomeostatError('LEDGER_NEWER', { path: segment.path, found: version, known: VERSION });
  return header.readDoubleLE(16);
}

/** What a look at a segment's file tells: the offset it follows, and the one behind its last byte. */
export function extentOf(segment: Segment): { follows: number; end: number } {
  const fd = openSync(segment.path, 'r');
  try {
    return { follows: checkHeader(fd, segment), end: segment.base + fstatSync(fd).size - SEGMENT_HEADER };
  } finally {
    closeSync(fd);
  }
}

export function damaged(segment: Segment, offset: number, detail: string): HomeostatError {
  return new HomeostatError('JOURNAL_DAMAGED', { path: segment.path, offset, detail });
}

/** A failure of the file system as an error of the closed list. */
export function fileError(thrown: unknown, path: string): unknown {
  if (thrown instanceof HomeostatError) return thrown;
  const { code, message } = thrown as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new HomeostatError('DISK_FULL', { path, detail: message }, thrown);
  return code === undefined ? thrown : new HomeostatError('LEDGER_IO', { path, detail: message }, thrown);
}
