import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../../core/random.ts';
import { alarmsAbove, alertMeasures, limitFor } from './alerts.ts';
import { bootstrapInterval, mean } from './bootstrap.ts';
import { averagePrecision, rocAuc, vusPr } from './ranking.ts';

const DAY = 86_400_000;

describe('average precision', () => {
  it('weights the precision at each limit by the recall it adds', () => {
    // Anomalous rows rank 1st, 3rd and 5th: (1/1 + 2/3 + 3/5) / 3.
    expect(averagePrecision([1, 0, 1, 0, 1], [5, 4, 3, 2, 1])).toBeCloseTo((1 + 2 / 3 + 3 / 5) / 3, 12);
    expect(averagePrecision([0, 0, 1], [3, 2, 1])).toBeCloseTo(1 / 3, 12);
  });

  it('takes rows of one score together, so that their order in the file says nothing', () => {
    // All tied: the share of anomalous rows. Two tied at the top of which one is anomalous, the other last: 1/2 * 1/2 + 1/2 * 2/4.
    expect(averagePrecision([1, 0, 0, 0], [7, 7, 7, 7])).toBe(0.25);
    expect(averagePrecision([0, 0, 0, 1], [7, 7, 7, 7])).toBe(0.25);
    expect(averagePrecision([1, 0, 0, 1], [9, 9, 5, 1])).toBe(0.5);
    expect(averagePrecision([0, 1, 0, 1], [9, 9, 5, 1])).toBe(0.5);
  });

  it('ranks rows without a score below all others', () => {
    expect(averagePrecision([1, 0, 0], [NaN, 2, -5])).toBeCloseTo(1 / 3, 12);
    expect(averagePrecision([1, 1, 0], [NaN, 2, NaN])).toBeCloseTo((1 + 2 / 3) / 2, 12);
  });

  it('is NaN without an anomalous row, and refuses columns of different lengths', () => {
    expect(averagePrecision([0, 0], [1, 2])).toBeNaN();
    for (const measure of [averagePrecision, rocAuc, vusPr]) expect(() => measure([1], [1, 2])).toThrow('1 labels for 2 scores');
  });
});

describe('area under the ROC curve', () => {
  it('is the chance to rank an anomalous row higher, ties half', () => {
    expect(rocAuc([1, 0, 1, 0], [4, 3, 2, 1])).toBe(0.75);
    expect(rocAuc([1, 0, 0], [2, 2, 1])).toBe(0.75);
    expect(rocAuc([0, 1], [5, NaN])).toBe(0);
    expect(rocAuc([1, 1], [1, 2])).toBeNaN();
  });

  it('equals the count over all pairs', () => {
    const random = new CounterRandom(4);
    const labels = Array.from({ length: 200 }, (_, i) => (random.at(0, i).uniform() < 0.2 ? 1 : 0));
    const scores = labels.map((label, i) => label + random.at(1, i).below(5));
    let wins = 0;
    let pairs = 0;
    for (let i = 0; i < 200; i++) {
      for (let j = 0; j < 200; j++) {
        if (labels[i] === 0 || labels[j] === 1) continue;
        pairs++;
        wins += scores[i] > scores[j] ? 1 : scores[i] === scores[j] ? 0.5 : 0;
      }
    }
    expect(rocAuc(labels, scores)).toBeCloseTo(wins / pairs, 12);
  });
});

describe('volume under the precision-recall surface', () => {
  it('is the average precision times the share of anomalies found, without a buffer', () => {
    const scores = [5, 1, 4, 3, 2];
    expect(vusPr([1, 0, 0, 0, 0], scores, 0)).toBe(averagePrecision([1, 0, 0, 0, 0], scores));
    // Two anomalies, ranks 1 and 3: recall 1/2 * 1/2 at precision 1, then 1 at 2/3.
    expect(vusPr([1, 0, 0, 1, 0], scores, 0)).toBeCloseTo(0.25 + 0.75 * (2 / 3), 12);
  });

  it('gives part of the worth to rows beside an anomaly', () => {
    // Buffer 4: rows at distance 1 weigh sqrt(3/4), at distance 2 sqrt(1/2); P = (1 + 1 + 2a + 2b) / 2.
    const [a, b] = [Math.sqrt(3 / 4), Math.sqrt(1 / 2)];
    const total = (1 + 1 + 2 * a + 2 * b) / 2;
    const labels = [0, 0, 0, 1, 0, 0, 0];
    const recall = [b / total, Math.min(1, (b + 1) / total), Math.min(1, (2 * b + 1 + 2 * a) / total)];
    const range = recall[0] * b + ((recall[1] - recall[0]) * (b + 1)) / 2 + ((recall[2] - recall[1]) * (2 * b + 1 + 2 * a)) / 7;
    const scores = [1, 9, 1, 5, 1, 1, 1];
    const plain = averagePrecision(labels, scores);
    expect(vusPr(labels, scores, 4, 4)).toBeCloseTo((plain + range) / 2, 12);
  });

  it('fades no label beyond 1, and needs an anomaly', () => {
    expect(vusPr([1, 0, 1], [3, 2, 1], 4, 4)).toBeLessThanOrEqual(1);
    expect(vusPr([0, 1, 1, 0], [0, 9, 8, 0], 100)).toBeLessThanOrEqual(1);
    expect(vusPr([0, 0], [1, 2])).toBeNaN();
  });

  it('averages eleven buffer lengths up to a hundred rows unless told otherwise', () => {
    const labels = Array.from({ length: 400 }, (_, i) => (i >= 200 && i < 210 ? 1 : 0));
    const scores = labels.map((_, i) => (i === 220 ? 1 : 0));
    const each = Array.from({ length: 11 }, (_, k) => {
      const upTo = vusPr(labels, scores, 10 * k);
      return k === 0 ? upTo : upTo * (k + 1) - vusPr(labels, scores, 10 * (k - 1)) * k;
    });
    expect(vusPr(labels, scores)).toBeCloseTo(mean(each), 12);
    expect(each[5]).toBeGreaterThan(each[0]);
  });
});

describe('measures of alerts', () => {
  it('count stretches once, alerts where they are raised, and false alarms a day', () => {
    const stretches = [
      { from: 100, to: 200 },
      { from: 300, to: 400 },
    ];
    expect(alertMeasures([50, 120, 150, 200], stretches, 2 * DAY)).toEqual({
      alerts: 4,
      stretches: 2,
      found: 1,
      precision: 0.5,
      recall: 0.5,
      falseAlarmsADay: 1,
      delays: [20],
    });
    expect(alertMeasures([], [], DAY)).toMatchObject({ precision: NaN, recall: NaN, falseAlarmsADay: 0 });
  });

  it('are alarms where scores begin to lie above the limit', () => {
    expect(alarmsAbove([0, 3, 3, 0, 3, 0, 0, 3], 2, 2)).toEqual([1, 7]);
    expect(alarmsAbove([0, 3, 3, 0, 3, 0, 0, 3], 2, 1)).toEqual([1, 4, 7]);
    expect(alarmsAbove([2, NaN, 2.1], 2, 1)).toEqual([2]);
  });

  it('choose the lowest limit with so many alarms', () => {
    const series = [
      [1, 9, 9, 1, 1, 5],
      [4, 1, NaN, 7, 1, 1],
    ];
    expect(limitFor(series, 0, 1)).toBe(9);
    expect(limitFor(series, 1, 1)).toBe(7);
    expect(limitFor(series, 2, 1)).toBe(5);
    expect(limitFor(series, 3, 1)).toBe(4);
    expect(limitFor([[NaN]], 3, 1)).toBe(Infinity);
    expect(limitFor([[2, 2]], 3, 1)).toBe(2);
  });
});

describe('bootstrap', () => {
  it('has the width of the standard error for a mean', () => {
    const random = new CounterRandom(9);
    const values = Array.from({ length: 100 }, (_, i) => random.at(0, i).normal());
    const { value, low, high } = bootstrapInterval(values, mean);
    expect(value).toBe(mean(values));
    expect(high - low).toBeGreaterThan(0.3);
    expect(high - low).toBeLessThan(0.5);
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    expect(bootstrapInterval(values, mean)).toEqual({ value, low, high });
  });

  it('has no interval for one series, and leaves out samples without a figure', () => {
    expect(bootstrapInterval([3], mean)).toEqual({ value: 3, low: NaN, high: NaN });
    expect(bootstrapInterval([1, 2], (sample) => (sample.includes(1) ? 5 : NaN))).toEqual({ value: 5, low: 5, high: 5 });
    expect(mean([])).toBeNaN();
  });
});
