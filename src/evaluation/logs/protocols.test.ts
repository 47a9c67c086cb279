import { describe, expect, it } from 'vitest';
import { driftFigure } from './drift.ts';
import { looksOf, type SessionEvent } from './looks.ts';
import { chronological, qualityOf, trained } from './protocols.ts';

const SECOND = 1000;

/** Sessions 30 s apart: usual ones, from some number on of another kind, and now and then one that breaks off. */
function madeLog(count: number, changeAt = Infinity): { events: SessionEvent[]; labels: Map<string, boolean> } {
  const labels = new Map<string, boolean>();
  const events: SessionEvent[] = [];
  for (let i = 0; i < count; i++) {
    const odd = i % 40 === 13;
    const sequence = odd ? [1, 7 + (i % 3)] : i >= changeAt ? [1, 2, 2, 2, 4, 5, 5, 3] : [1, 2, 2, 2, 3];
    labels.set(`s${i}`, odd);
    for (const [k, template] of sequence.entries()) events.push({ time: i * 30 * SECOND + k * SECOND, session: `s${i}`, template });
  }
  return { events, labels };
}

describe('looks of events', () => {
  it('come when nothing came for so long, and again after further lines', () => {
    const events = [
      { time: 0, session: 'a', template: 1 },
      { time: 5, session: 'b', template: 1 },
      { time: 200, session: 'a', template: 2 },
    ];
    expect(looksOf(events, 100).map(({ id, time, place, sequence }) => [id, time, place, [...sequence]])).toEqual([
      ['a', 100, 0, [1]],
      ['b', 105, 0, [1]],
      ['a', 300, 1, [1, 2]],
    ]);
  });
});

describe('measures', () => {
  it('compare the last verdict on a session with its label', () => {
    const flagged = new Map([
      ['a', true],
      ['b', true],
      ['c', false],
    ]);
    const labels = new Map([
      ['a', true],
      ['b', false],
      ['c', true],
      ['d', false],
    ]);
    expect(qualityOf(flagged, labels)).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5, flagged: 0.5, anomalous: 0.5, sessions: 4 });
  });
});

describe('protocols', () => {
  it('chronological: finds what breaks off, without a label', () => {
    const { events, labels } = madeLog(1500);
    const quality = chronological(looksOf(events, 3600 * SECOND), labels, {});
    expect(quality.recall).toBeGreaterThan(0.95);
    expect(quality.precision).toBeGreaterThan(0.95);
  });

  it('chronological: answers on alerts make it better where a usual pattern is rare', () => {
    const { events, labels } = madeLog(3000);
    // A rare pattern that is nothing: its answers silence it.
    for (let i = 0; i < 3000; i += 100) events.push({ time: i * 30 * SECOND + 9 * SECOND, session: `s${i}`, template: 6 });
    events.sort((a, b) => a.time - b.time);
    const looks = looksOf(events, 3600 * SECOND);
    const without = chronological(looks, labels, {});
    const answered = chronological(looks, labels, {}, true);
    expect(without.precision).toBeLessThan(0.9);
    expect(answered.precision).toBeGreaterThan(without.precision);
    expect(answered.recall).toBeGreaterThanOrEqual(without.recall);
  });

  it('trained: the limit comes from the training alone', () => {
    const usual = Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? [1, 2, 3] : [1, 2, 2, 3]));
    const test = {
      sequences: [
        [1, 2, 3],
        [1, 2, 2, 3],
        [1, 9],
        [3, 3, 3, 3],
      ],
      labels: Uint8Array.of(0, 0, 1, 1),
    };
    expect(trained(usual, test, {})).toMatchObject({ precision: 1, recall: 1 });
  });

  it('drift: a static limit flags what has become usual, a dynamic one does not', () => {
    const log = madeLog(3000, 600);
    const figure = driftFigure(log, 'auto', 1000);
    const [fixed, dynamic, delivered] = figure.lines;
    expect(fixed.ratio).toBeGreaterThan(10);
    expect(dynamic.ratio).toBeLessThan(1.5);
    expect(delivered.quality.f1).toBeGreaterThan(0.9);
    expect(figure.time).toHaveLength(figure.truth.length);
    for (const { share } of figure.lines) expect(share).toHaveLength(figure.time.length);
  });
});
