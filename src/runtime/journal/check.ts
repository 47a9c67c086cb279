/** Looks through a journal without its writer, and on request goes on after damage; nothing is deleted, copies are kept. */
import { closeSync, copyFileSync, fsyncSync, ftruncateSync, openSync, renameSync, statSync } from 'node:fs';
import { HomeostatError, messageOf } from '../../core/errors.ts';
import { Progress } from './progress.ts';
import { scanSegment } from './recovery.ts';
import { SEGMENT_HEADER, createSegment, extentOf, fsyncFolder, listSegments } from './segments.ts';
import type { Segment } from './segments.ts';

export interface JournalReport {
  ok: boolean;
  /** Offset of the oldest frame and the one behind the newest whole frame before any damage. */
  oldest: number;
  end: number;
  frames: number;
  /** Bytes behind the end that were never acknowledged; the next start cuts them. */
  torn: number;
  damage: { path: string; offset: number; detail: string } | undefined;
  /** What a repair did, in words. */
  done: string[];
  lost: string[];
}

interface Finding {
  segment: Segment;
  /** Bytes of whole frames before the damage. */
  whole: number;
  detail: string;
}

export function checkJournal(folder: string): JournalReport {
  return look(folder).report;
}

/**
 * Cuts a damaged journal behind its last whole frame, so that a pipeline can go on; what lies behind the damage is kept beside, by name.
 * Only while no writer has it open. New frames begin where the old journal ended, so that no offset is given twice.
 */
export function repairJournal(folder: string, now = Date.now()): JournalReport {
  const { report, finding, segments } = look(folder);
  if (finding === undefined) return report;
  const old = readProgress(folder);
  const first = segments.indexOf(finding.segment);
  const last = segments.at(-1)!;
  const next = Math.max(old.end, last.base + Math.max(0, statSync(last.path).size - SEGMENT_HEADER), report.end);
  for (const segment of segments.slice(first)) {
    const kept = `${segment.path}.damaged-${now}`;
    if (segment === finding.segment && finding.whole > 0) copyFileSync(segment.path, kept);
    else renameSync(segment.path, kept);
    report.done.push(`kept ${kept}`);
  }
  if (finding.whole > 0) cut(finding.segment.path, SEGMENT_HEADER + finding.whole);
  createSegment(folder, next, report.end);
  fsyncFolder(folder);
  note(folder, next, Math.min(old.released, next));
  report.done.push(`cut ${finding.segment.path} behind its last whole frame, at ${report.end}; new frames begin at ${next}`);
  report.lost.push(`frames between ${report.end} and ${next} that the pipeline had not committed`);
  report.ok = true;
  return report;
}

function look(folder: string): { report: JournalReport; finding: Finding | undefined; segments: Segment[] } {
  const segments = listSegments(folder);
  const oldest = segments[0]?.base ?? 0;
  const report: JournalReport = { ok: true, oldest, end: oldest, frames: 0, torn: 0, damage: undefined, done: [], lost: [] };
  const acknowledged = readProgress(folder).end;
  for (const [i, segment] of segments.entries()) {
    const finding = inspect(segment, segments[i + 1], acknowledged, report);
    if (finding === undefined) continue;
    report.ok = false;
    report.damage = { path: segment.path, offset: segment.base + finding.whole, detail: finding.detail };
    return { report, finding, segments };
  }
  return { report, finding: undefined, segments };
}

/** What is damaged in a segment; adds what is whole to the report. */
function inspect(segment: Segment, next: Segment | undefined, acknowledged: number, report: JournalReport): Finding | undefined {
  const fd = openSync(segment.path, 'r');
  try {
    const known = next === undefined ? acknowledged : extentOf(next).follows;
    const { whole, rest, isDamage } = scanSegment(fd, segment, known, () => report.frames++);
    report.end = segment.base + whole;
    if (isDamage || (next !== undefined && rest > 0)) return { segment, whole, detail: 'an acknowledged frame is not whole' };
    report.torn = rest;
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof HomeostatError) || thrown.code !== 'JOURNAL_DAMAGED') throw thrown;
    return { segment, whole: 0, detail: messageOf(thrown) };
  } finally {
    closeSync(fd);
  }
}

function readProgress(folder: string): { end: number; released: number } {
  try {
    const progress = new Progress(folder, 'read');
    const read = progress.read();
    progress.close();
    return read;
  } catch {
    return { end: 0, released: 0 };
  }
}

function note(folder: string, end: number, released: number): void {
  const progress = new Progress(folder, 'write');
  progress.write(end, released);
  progress.close();
}

function cut(path: string, size: number): void {
  const fd = openSync(path, 'r+');
  try {
    ftruncateSync(fd, size);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
