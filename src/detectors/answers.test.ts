import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMIT_FACTORS, ONSET_FACTORS, type AnswerInForce } from '../core/contracts.ts';
import { answerAt, countsAt, factorsFor, movedLimit, movedOnset, type Judged } from './answers.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday, 02:00 UTC. */
const MONDAY = Date.UTC(2026, 0, 5, 2);

const answer = (changes: Partial<AnswerInForce> = {}): AnswerInForce => ({
  when: 'always',
  from: MONDAY,
  to: MONDAY,
  until: Infinity,
  limitFactor: 2,
  onsetFactor: 1,
  ...changes,
});
const row = (score: number, limit: number, onset = 0): Judged => ({ score, limit, onset });

describe('where an answer counts', () => {
  it('is everywhere, until its end', () => {
    for (const time of [-1e15, 0, MONDAY + 400 * DAY]) expect(countsAt(answer(), time)).toBe(true);
    expect(countsAt(answer({ until: MONDAY }), MONDAY - 1)).toBe(true);
    expect(countsAt(answer({ until: MONDAY }), MONDAY)).toBe(false);
  });

  it('is within an hour of the same hour of every day, also of days before', () => {
    const nightly = answer({ when: 'hour-of-day', to: MONDAY + HOUR / 2 });
    for (const day of [0, 1, 5, -3, -20_000]) {
      const at = MONDAY + day * DAY;
      const near = [-HOUR, -1, 0, HOUR / 2, 1.5 * HOUR].map((shift) => countsAt(nightly, at + shift));
      const far = [-HOUR - 1, 1.5 * HOUR + 1, 12 * HOUR].map((shift) => countsAt(nightly, at + shift));
      expect([...near, ...far]).toEqual([true, true, true, true, true, false, false, false]);
    }
  });

  it('is within an hour of the same hour of the week', () => {
    const weekly = answer({ when: 'hour-of-week' });
    expect([0, 7, -14].map((day) => countsAt(weekly, MONDAY + day * DAY + HOUR))).toEqual([true, true, true]);
    expect([1, 6, -1].map((day) => countsAt(weekly, MONDAY + day * DAY))).toEqual([false, false, false]);
  });

  it('is at every hour when what was answered lasted that long', () => {
    const long = answer({ when: 'hour-of-day', to: MONDAY + 22 * HOUR });
    for (let hour = 0; hour < 24; hour++) expect(countsAt(long, MONDAY + hour * HOUR)).toBe(true);
    const almost = answer({ when: 'hour-of-day', to: MONDAY + 21 * HOUR });
    expect([...Array(240).keys()].filter((tenth) => !countsAt(almost, MONDAY + (tenth * HOUR) / 10))).toEqual(Array.from({ length: 9 }, (_, i) => 221 + i));
  });

  it('has the newest win where two count', () => {
    const [old, night] = [answer({ limitFactor: 3 }), answer({ when: 'hour-of-day', limitFactor: 5 })];
    expect(answerAt([old, night], MONDAY)?.limitFactor).toBe(5);
    expect(answerAt([old, night], MONDAY + 6 * HOUR)?.limitFactor).toBe(3);
    expect(answerAt([night], MONDAY + 6 * HOUR)).toBeUndefined();
    expect(answerAt([], MONDAY)).toBeUndefined();
  });
});

describe('a moved limit and a moved onset', () => {
  it('are what the factor says, and 1 changes nothing', () => {
    expect(movedLimit(3, 2)).toBe(6);
    expect(movedLimit(-4, 2)).toBe(-2);
    expect(movedLimit(-4, 0.5)).toBe(-8);
    expect(movedLimit(Infinity, 0.1)).toBe(Infinity);
    expect(movedLimit(0, 5)).toBe(0);
    expect(movedOnset(0.5, 3)).toBe(0.25);
    expect(movedOnset(0.8, 4)).toBeCloseTo(0.5, 12);
    expect([0, 1].map((onset) => movedOnset(onset, 7))).toEqual([0, 1]);
    expect(movedOnset(NaN, 2)).toBeNaN();
  });

  it('come back by the inverse factor, and keep their order', () => {
    const numbers = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    const factors = fc.double({ min: 0.1, max: 10, noNaN: true });
    const grades = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(numbers, factors, grades, grades, (limit, factor, a, b) => {
        expect(movedLimit(movedLimit(limit, factor), 1 / factor)).toBeCloseTo(limit, 4);
        expect(Math.sign(movedLimit(limit, factor)) === Math.sign(limit) || Math.abs(limit) < 1e-300).toBe(true);
        if (factor > 1) expect(movedLimit(limit, factor)).toBeGreaterThanOrEqual(limit);
        expect(movedOnset(movedOnset(a, factor), 1 / factor)).toBeCloseTo(a, 9);
        if (a <= b) expect(movedOnset(a, factor)).toBeLessThanOrEqual(movedOnset(b, factor) + 1e-12);
      }),
    );
  });
});

describe('the factors that answer what was said', () => {
  it('are 1.05 times the score over the limit for a false alarm, and the odds of the onset likewise', () => {
    const { limitFactor, onsetFactor } = factorsFor('false-alarm', [row(2, 3), row(6, 3, 0.8), row(5, 3, 0.6)]);
    expect(limitFactor).toBeCloseTo(2.1, 12);
    expect(onsetFactor).toBeCloseTo(4.2, 12);
  });

  it('never narrow for a false alarm, and never widen for what was missed', () => {
    expect(factorsFor('false-alarm', [row(1, 3, 0.2)])).toEqual({ limitFactor: 1, onsetFactor: 1 });
    expect(factorsFor('missed', [row(6, 3, 0.9)])).toEqual({ limitFactor: 1, onsetFactor: 1 });
  });

  it('bring the limit just below the score that came nearest to it for what was missed', () => {
    const { limitFactor, onsetFactor } = factorsFor('missed', [row(1, 4, 0.1), row(2.1, 4, 0.3), row(2, 4.5)]);
    expect(limitFactor).toBeCloseTo(0.5, 12);
    expect(onsetFactor).toBeCloseTo(0.3 / 0.7 / 1.05, 12);
  });

  it('leave next to no onset alone, and one that is certain', () => {
    expect(factorsFor('missed', [row(2, 4, 0)]).onsetFactor).toBe(1);
    expect(factorsFor('missed', [row(2, 4, 0.01)]).onsetFactor).toBe(1);
    expect(factorsFor('false-alarm', [row(9, 4, 1)]).onsetFactor).toBe(1);
  });

  it('are bounded', () => {
    expect(factorsFor('false-alarm', [row(1e6, 3, 0.9999)])).toEqual({ limitFactor: LIMIT_FACTORS.most, onsetFactor: ONSET_FACTORS.most });
    expect(factorsFor('missed', [row(1e-6, 3)]).limitFactor).toBe(LIMIT_FACTORS.least);
  });

  it('know scores below zero, and a limit that a factor cannot bring there', () => {
    const { limitFactor } = factorsFor('false-alarm', [row(-2, -4)]);
    expect(movedLimit(-4, limitFactor)).toBeCloseTo(-2 / 1.05, 12);
    expect(movedLimit(-4, factorsFor('missed', [row(-6, -4)]).limitFactor)).toBeCloseTo(-6.3, 12);
    expect(factorsFor('false-alarm', [row(2, -4)]).limitFactor).toBe(10);
    expect(factorsFor('missed', [row(-2, 4)]).limitFactor).toBe(0.1);
    expect(factorsFor('false-alarm', [row(2, 0)]).limitFactor).toBe(1);
  });

  it('are not known where no row has a score and a limit', () => {
    for (const rows of [[], [row(NaN, 3)], [row(3, NaN)], [row(3, Infinity)]]) {
      expect(factorsFor('missed', rows).limitFactor).toBeNaN();
      expect(factorsFor('false-alarm', rows).onsetFactor).toBeNaN();
    }
  });

  it('make the false alarm none and the missed one found, wherever the bounds allow it', () => {
    const scores = fc.double({ min: 1, max: 9, noNaN: true });
    const onsets = fc.double({ min: 0.05, max: 0.95, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(scores, onsets), { minLength: 1, maxLength: 8 }), fc.double({ min: 1, max: 9, noNaN: true }), (pairs, limit) => {
        const rows = pairs.map(([score, onset]) => row(score, limit, onset));
        const widened = factorsFor('false-alarm', rows);
        for (const { score, onset } of rows) {
          expect(score > movedLimit(limit, widened.limitFactor)).toBe(false);
          expect(movedOnset(onset, widened.onsetFactor)).toBeLessThanOrEqual(0.5);
        }
        const narrowed = factorsFor('missed', rows);
        const found = rows.filter(({ score }) => score > movedLimit(limit, narrowed.limitFactor));
        expect(found.length).toBeGreaterThan(0);
        expect(Math.max(...rows.map(({ onset }) => movedOnset(onset, narrowed.onsetFactor)))).toBeGreaterThan(0.5);
      }),
    );
  });
});
