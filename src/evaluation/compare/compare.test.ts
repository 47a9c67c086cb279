import { describe, expect, it } from 'vitest';
import { agreement, type Rows, type Said } from '../../pipeline/compare.ts';
import { summaryOf } from './compare.ts';
import { labelsOfColumn, parseLabels } from './labels.ts';

const HOUR = 3_600_000;

/** A day of rows, one an hour. */
const rows: Rows = { key: 's', unit: '', width: 1, time: Float64Array.from({ length: 25 }, (_, i) => i * HOUR), values: new Float64Array(25) };

/** Alerts at these rows; anomalous there and at the row behind; scores from row 3 on. */
function said(...alerts: number[]): Said {
  const column = (of: (i: number) => number) => Float64Array.from({ length: 25 }, (_, i) => of(i));
  return {
    score: column((i) => (i < 3 ? NaN : 1)),
    limit: column(() => 1),
    expected: column(() => NaN),
    lower: column(() => NaN),
    upper: column(() => NaN),
    onset: column((i) => (alerts.includes(i) ? 0.51 : 0.5)),
    anomalous: Uint8Array.from({ length: 25 }, (_, i) => (alerts.includes(i) || alerts.includes(i - 1) ? 1 : 0)),
    words: [],
    seconds: 0.5,
  };
}

describe('the summary of a comparison', () => {
  it('counts what an onset above a half begins, without labels', () => {
    expect(summaryOf(rows, said(5, 20), undefined)).toEqual({ alerts: 2, anomalous: 4, alertsADay: 2, rowsPerSecond: 50, warmUp: 3 });
  });

  it('measures against labels: both ends count, a stretch is found once, and what lies outside is a false alarm', () => {
    const labels = [
      { from: 4 * HOUR, to: 6 * HOUR },
      { from: 10 * HOUR, to: 11 * HOUR },
      { from: 19 * HOUR, to: 20 * HOUR },
    ];
    const { againstLabels } = summaryOf(rows, said(5, 6, 12, 20), labels);
    expect(againstLabels).toEqual({ stretches: 3, found: 2, precision: 3 / 4, recall: 2 / 3, falseAlarmsADay: 1, delay: HOUR });
  });

  it('has no precision without an alert and no delay without a find', () => {
    const { againstLabels } = summaryOf(rows, said(), [{ from: 0, to: HOUR }]);
    expect(againstLabels).toMatchObject({ precision: NaN, recall: 0, falseAlarmsADay: 0, delay: NaN });
  });
});

describe('agreement', () => {
  it('is the share of alerts that the other has within ten rows', () => {
    expect(agreement(said(5), said(15))).toBe(1);
    expect(agreement(said(4), said(15))).toBe(0);
    expect(agreement(said(4, 20), said(15))).toBe(2 / 3);
    expect(agreement(said(), said())).toBeNaN();
    expect(agreement(said(), said(3))).toBe(0);
  });
});

describe('labels', () => {
  const first = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 2) };

  it.each([
    ['lines with a heading', 'from,to\n2026-01-01,2026-01-02\n'],
    ['lines without one', '2026-01-01T00:00:00Z;2026-01-02T00:00:00Z'],
    ['epoch seconds', '1767225600,1767312000'],
    ['JSON pairs', '[["2026-01-01", "2026-01-02"]]'],
    ['JSON objects', '[{"from": "2026-01-01", "to": 1767312000000}]'],
  ])('are read from %s', (_, text) => expect(parseLabels(text, 'l')).toEqual([first]));

  it('may be single times, and come in the order of their beginnings', () => {
    expect(parseLabels('2026-01-02\n2026-01-01', 'l')).toEqual(
      [
        { from: first.to, to: first.to },
        { from: first.from, to: first.from },
      ].toReversed(),
    );
  });

  it.each([
    ['2026-01-01\nsoon', 'line 2 (soon) is no time'],
    ['2026-01-02,2026-01-01', 'line 1 ends before it begins'],
    ['[["soon"]]', 'entry 1 (soon) is no time'],
    ['[1', 'its JSON is broken'],
    ['from,to\n', 'names no stretch'],
  ])('say what is wrong with %j', (text, words) => expect(() => parseLabels(text, 'labels.csv')).toThrow(words));

  it('are the stretches of a column in which it is above 0', () => {
    const values = Float64Array.of(0, 1, 2, NaN, 1, 0, 1);
    expect(labelsOfColumn(Float64Array.of(0, 1, 2, 3, 4, 5, 6), values)).toEqual([
      { from: 1, to: 2 },
      { from: 4, to: 4 },
      { from: 6, to: 6 },
    ]);
  });
});
