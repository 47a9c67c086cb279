import { describe, expect, it } from 'vitest';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { Head } from './head.ts';
import { windowIn, windowOf, wordsOfWindow } from './windows.ts';
import { DEFAULTS } from './lines.fixture.ts';

function linesAt(times: readonly number[]): { each(visit: (i: number, time: number) => void): void } {
  return { each: (visit) => times.forEach((time, i) => visit(i, time)) };
}

function every(gap: number, count = 2000): number[] {
  return Array.from({ length: count }, (_, i) => 1.7e12 + i * gap);
}

describe('windows of sessions', () => {
  it('are so long that some 30 lines come in one', () => {
    expect(windowOf(linesAt(every(1)))).toBe(1000);
    expect(windowOf(linesAt(every(180)))).toBe(5000);
    expect(windowOf(linesAt(every(1000)))).toBe(30_000);
    expect(windowOf(linesAt(every(10_000)))).toBe(300_000);
    expect(windowOf(linesAt(every(120_000)))).toBe(600_000);
  });

  it('leave out stretches without lines', () => {
    const nights = every(180).map((time, i) => time + Math.floor(i / 500) * 43_200_000);
    expect(windowOf(linesAt(nights))).toBe(5000);
  });

  it('are of a minute where times tell nothing', () => {
    expect(windowOf(linesAt([]))).toBe(60_000);
    expect(windowOf(linesAt(Array.from({ length: 100 }, () => 5)))).toBe(60_000);
  });

  it('are as long as was found, else as was asked for', () => {
    expect(windowIn({ by: 'window', window: 5000 }, DEFAULTS)).toBe(5000);
    expect(windowIn({ by: 'window' }, { ...DEFAULTS, window: 7000 })).toBe(7000);
    expect(windowIn({ by: 'window' }, { ...DEFAULTS, window: undefined })).toBe(60_000);
    expect([wordsOfWindow(5000), wordsOfWindow(300_000)].map((words) => words.split(': ')[1])).toEqual(['windows of 5 s', 'windows of 5 min']);
  });

  it('come back from a snapshot, and from one that was written before their length was found', () => {
    const head = new Head();
    head.settle({ by: 'window', window: 5000 }, ['why']);
    const writer = new SnapshotWriter();
    writer.begin(2);
    head.snapshot(writer);
    expect(Head.restore(new SnapshotReader(writer.end(), 2)).grouping).toEqual({ by: 'window', window: 5000 });
    head.settle({ by: 'window' }, []);
    writer.begin(1);
    head.snapshot(writer);
    expect(Head.restore(new SnapshotReader(writer.end(), 2)).grouping).toEqual({ by: 'window' });
  });
});
