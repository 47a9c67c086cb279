import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { hashOfPairs } from '../judges/vectors.ts';
import { Answers, fateOf, MOST_ANSWERS, pairsOfName, patternName } from './answers.ts';
import { PATTERN_DAYS, Patterns } from './patterns.ts';
import { SideBySide } from './side-by-side.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;

function reader(part: { snapshot(writer: SnapshotWriter): void }): SnapshotReader {
  const writer = new SnapshotWriter();
  writer.begin(1);
  part.snapshot(writer);
  return new SnapshotReader(writer.end(), 1);
}

describe('what becomes of a pattern', () => {
  it.each([
    [0, 0, 'judged'],
    [1, 0, 'judged'],
    [2, 0, 'silenced'],
    [2, 1, 'judged'],
    [3, 1, 'judged'],
    [4, 1, 'silenced'],
    [0, 1, 'flagged'],
    [1, 1, 'judged'],
    [1, 2, 'flagged'],
  ])('after %i normal and %i anomalous answers is %s', (normal, anomalous, fate) => expect(fateOf(normal, anomalous)).toBe(fate));
});

describe('answers', () => {
  const given = (id: string, pattern: string, says: 'normal' | 'anomalous') => ({ id, pattern, says, reason: 'r', by: 'b', session: 's' });
  const same = <T>(pairs: T): T => pairs;

  it('name a pattern so that it can be read back', () => {
    const pair = fc.tuple(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 1, max: 1000 }));
    fc.assert(
      fc.property(fc.array(pair), (pairs) => {
        const flat = Uint32Array.from([...new Map(pairs)].sort((a, b) => a[0] - b[0]).flat());
        expect(pairsOfName(patternName(flat))).toEqual(flat);
      }),
    );
    for (const wrong of ['', '1', '1:', 'a:b', '2:1 1:1', '1:1  2:1', '1:1 1:2']) expect(pairsOfName(wrong), wrong).toBeUndefined();
  });

  it('go with their pattern when one of its events becomes free', () => {
    const answers = new Answers();
    answers.give(given('1', '1:1 9:4', 'anomalous'), 0);
    const without9 = Uint32Array.of(1, 1);
    expect(answers.fate(hashOfPairs(without9), 0, same)).toBe('judged');
    expect(answers.fate(hashOfPairs(without9), 1, (pairs) => pairs.slice(0, 2))).toBe('flagged');
  });

  it('replace one of the same id, are taken back, and come back from a snapshot', () => {
    const answers = new Answers();
    answers.give(given('1', '1:1', 'normal'), 5);
    answers.give(given('1', '1:1', 'anomalous'), 6);
    answers.give(given('2', 'no pattern', 'normal'), 7);
    answers.undo('2');
    answers.undo('unknown');
    const restored = Answers.restore(reader(answers));
    expect(restored.shown()).toEqual(answers.shown());
    expect(restored.shown()).toMatchObject([
      { id: '1', says: 'anomalous', undone: false, at: '1970-01-01T00:00:00.006Z' },
      { id: '2', undone: true },
    ]);
    expect(restored.fate(hashOfPairs(Uint32Array.of(1, 1)), 0, same)).toBe('flagged');
  });

  it('are bounded: those taken back go first, then the oldest', () => {
    const answers = new Answers();
    for (let i = 0; i < MOST_ANSWERS; i++) answers.give(given(String(i), '1:1', 'normal'), i);
    answers.undo('7');
    answers.give(given('more', '1:1', 'normal'), 0);
    answers.give(given('and more', '1:1', 'normal'), 0);
    const ids = new Set(answers.shown().map(({ id }) => id));
    expect([ids.size, ids.has('7'), ids.has('0'), ids.has('1'), ids.has('and more')]).toEqual([MOST_ANSWERS, false, false, true, true]);
  });
});

describe('history of patterns', () => {
  it('counts what was judged and alerted over the last days', () => {
    const patterns = new Patterns(100);
    for (let day = 0; day < 10; day++) {
      patterns.meet(1, day * DAY);
      patterns.judged(1, day * DAY, day % 2 === 0);
    }
    expect(patterns.history(1)).toEqual({ first: 0, seen: 10, judged: PATTERN_DAYS, alerts: 3 });
    patterns.judged(2, 12 * DAY, false);
    expect(patterns.history(1)).toEqual({ first: 0, seen: 10, judged: 4, alerts: 2 });
    expect(patterns.history(3)).toEqual({ first: NaN, seen: 0, judged: 0, alerts: 0 });
    expect(Patterns.restore(reader(patterns), 100).history(1)).toEqual(patterns.history(1));
  });

  it('keeps no more patterns than told, those met last', () => {
    const patterns = new Patterns(100);
    for (let i = 0; i < 500; i++) patterns.meet(i, i * DAY);
    expect(patterns.size).toBeLessThanOrEqual(100);
    expect(patterns.get(499)).toBeDefined();
    expect(patterns.get(0)).toBeUndefined();
  });
});

describe('side by side', () => {
  it('counts every session once by score and once by time, over any span', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60 * 24 * 400), fc.double({ min: 0, max: 1e7, noNaN: true })), { minLength: 1, maxLength: 60 }), (noted) => {
        const compared = new SideBySide();
        for (const [minute, score] of noted.sort((a, b) => a[0] - b[0])) compared.note(minute * MINUTE, score, 10, 100);
        const shown = SideBySide.restore(reader(compared)).shown({ dynamic: 'spot', static: 'fixed' }, 'dynamic');
        const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
        expect(sum(shown.counts)).toBe(noted.length);
        expect(sum(shown.sessions)).toBe(noted.length);
        expect(shown.time.length).toBeLessThanOrEqual(240);
        for (const [which, limit] of [10, 100].entries()) {
          const above = noted.filter(([, score]) => score > limit).length;
          expect(sum(shown.flagged.map((row) => row[which]))).toBe(above);
          expect(shown.thresholds[which].flagged).toBe(above);
        }
        for (const [i, row] of shown.limits.entries()) expect(row).toEqual(shown.sessions[i] === 0 ? [null, null] : [10, 100]);
      }),
    );
  });

  it('has edges that grow by a constant factor, with the score between those of its bin', () => {
    const compared = new SideBySide();
    compared.note(0, 2.5, 1, Infinity);
    const { edges, counts, thresholds } = compared.shown({ dynamic: 'd', static: 's' }, 'static');
    const bin = counts.indexOf(1);
    expect(edges[bin] <= 2.5 && 2.5 < edges[bin + 1]).toBe(true);
    for (let i = 2; i < edges.length; i++) expect(edges[i] / edges[i - 1]).toBeCloseTo(edges[1] / edges[0], 9);
    expect(thresholds.map(({ limit }) => limit)).toEqual([1, null]);
  });
});
