/** What a journal holds after a crash: cuts what was never acknowledged, refuses what was acknowledged and is broken. */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, rmSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FRAME_HEADER, HEAD, nextWholeFrame, readFrame, readHead, sizeAt } from './frame.ts';
import { SEGMENT_HEADER, checkHeader, damaged, extentOf } from './segments.ts';
import type { Segment } from './segments.ts';

export interface Scan {
  /** Bytes of whole frames from the start. */
  whole: number;
  /** Bytes behind them that are no whole frame. */
  rest: number;
  /** True when the rest holds something that had been acknowledged. */
  isDamage: boolean;
}

/** Visits every whole frame of a segment, checksums included. `acknowledged` is an offset known to have been durable. */
export function scanSegment(fd: number, segment: Segment, acknowledged: number, visit: (offset: number, bytes: Buffer, at: number) => void): Scan {
  checkHeader(fd, segment);
  const bytes = readAll(fd);
  let at = 0;
  for (let frame = readFrame(bytes, at); frame !== undefined; frame = readFrame(bytes, at)) {
    visit(segment.base + at, bytes, at);
    at += frame.size;
  }
  const rest = bytes.length - at;
  return { whole: at, rest, isDamage: acknowledged > segment.base + at || (rest > 0 && isBehindAcknowledged(bytes, at, segment.base)) };
}

/** True when a whole frame behind `at` was written after what lies at `at` had been acknowledged. */
function isBehindAcknowledged(bytes: Buffer, at: number, base: number): boolean {
  for (let p = nextWholeFrame(bytes, at + 1); p !== -1; p = nextWholeFrame(bytes, p + 1)) {
    if (readHead(bytes, p).acknowledged > base + at) return true;
  }
  return false;
}

/** Scans the newest segment and cuts its torn tail, durably; answers the offset behind its last frame. Throws JOURNAL_DAMAGED. */
export function recoverTail(segment: Segment, acknowledged: number, visit: (offset: number, bytes: Buffer, at: number) => void): number {
  const fd = openSync(segment.path, 'r+');
  try {
    const { whole, rest, isDamage } = scanSegment(fd, segment, acknowledged, visit);
    if (isDamage) throw damaged(segment, segment.base + whole, 'an acknowledged frame is not whole');
    if (rest > 0) {
      ftruncateSync(fd, SEGMENT_HEADER + whole);
      fsyncSync(fd);
    }
    return segment.base + whole;
  } finally {
    closeSync(fd);
  }
}

/** Throws JOURNAL_DAMAGED where a segment does not end where the next one begins. */
export function checkChain(segments: readonly Segment[]): void {
  for (let i = 0; i + 1 < segments.length; i++) {
    const segment = segments[i];
    const { end } = extentOf(segment);
    const { follows } = extentOf(segments[i + 1]);
    if (end !== follows) throw damaged(segment, Math.min(end, follows), `the segment ends at ${end} and the next one follows ${follows}`);
  }
}

/** Visits the heads of a segment's frames without reading their bodies: for segments that are known to be whole. */
export function scanHeads(segment: Segment, visit: (offset: number, bytes: Buffer, at: number) => void): void {
  const fd = openSync(segment.path, 'r');
  try {
    const head = Buffer.alloc(HEAD);
    const size = fstatSync(fd).size;
    for (let at = SEGMENT_HEADER; at + FRAME_HEADER <= size;) {
      readSync(fd, head, 0, HEAD, at);
      const frame = sizeAt(head, 0);
      if (frame === 0) throw damaged(segment, segment.base + at - SEGMENT_HEADER, 'no frame begins here');
      visit(segment.base + at - SEGMENT_HEADER, head, 0);
      at += frame;
    }
  } finally {
    closeSync(fd);
  }
}

/** A segment that was being made when the process ended holds nothing. */
export function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) if (name.endsWith('.journal.new')) rmSync(join(folder, name), { force: true });
}

function readAll(fd: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, fstatSync(fd).size - SEGMENT_HEADER));
  let at = 0;
  while (at < bytes.length) {
    const read = readSync(fd, bytes, at, bytes.length - at, SEGMENT_HEADER + at);
    if (read === 0) break;
    at += read;
  }
  return bytes.subarray(0, at);
}
