import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../core/random.ts';
import { Peaks } from './peaks.ts';

const random = new CounterRandom(61);
const exponential = (i: number): number => -Math.log(1 - random.at(0, i).uniform());

function learnt(n: number, score: (i: number) => number): Peaks {
  const peaks = new Peaks({ risk: 1e-4, level: 0.95, min_scores: 50, half_life: 10_000 });
  for (let i = 0; i < n; i++) peaks.learn(score(i));
  return peaks;
}

describe('surprise', () => {
  it('is not told of fewer than twenty scores', () => {
    expect(learnt(19, (i) => i).surprise(5)).toBeNaN();
    expect(learnt(20, (i) => i).surprise(5)).not.toBeNaN();
  });

  it('is -log10 of the part of the past scores that are so large', () => {
    const peaks = learnt(20_000, exponential);
    for (const x of [0.1, 0.5, 1, 2]) expect(peaks.surprise(x)).toBeCloseTo(x / Math.LN10, 1);
  });

  it('goes on beyond what was seen as the tail does', () => {
    const peaks = learnt(20_000, exponential);
    for (const x of [5, 8, 12]) expect(peaks.surprise(x) / (x / Math.LN10)).toBeCloseTo(1, 0);
    expect(peaks.surprise(8) / (8 / Math.LN10)).toBeGreaterThan(0.8);
    expect(peaks.surprise(8) / (8 / Math.LN10)).toBeLessThan(1.2);
  });

  it('tells the large apart before there are enough peaks for a fit', () => {
    const peaks = learnt(60, exponential);
    // By the exponential through the median and the quantile 0.95.
    expect(peaks.surprise(10)).toBeGreaterThan(2.5);
    expect(peaks.surprise(10)).toBeLessThan(7);
    expect(peaks.surprise(20)).toBeGreaterThan(peaks.surprise(10) + 1);
  });

  it('grows with the score and stays finite', () => {
    const light = learnt(5000, (i) => random.at(1, i).uniform());
    let last = -1;
    for (const x of [0, 0.2, 0.5, 0.9, 0.94, 0.99, 1, 1.5, 10, 1e6, 1e100, 1e150]) {
      const surprise = light.surprise(x);
      expect(surprise).toBeGreaterThan(last);
      last = surprise;
    }
    expect(last).toBeLessThan(1e5);
    expect(learnt(100, () => 0).surprise(1e150)).toBeCloseTo(Math.log10(101 / 0.5), 1);
    expect(learnt(100, () => 3).surprise(3)).toBeCloseTo(Math.log10(2), 1);
  });
});

describe('the limit and the surprise of 3', () => {
  const said: [string, (i: number) => number, number[]][] = [
    [
      'exponential scores',
      exponential,
      [
        7.555426562339059, 1.1454437015376142, 9.616133507971238, 1.3208173671549108, 7.289926800998723, 1.331217446402665, 8.67622706338304,
        1.3036034448534266,
      ],
    ],
    [
      'uniform scores',
      (i) => random.at(1, i).uniform(),
      [
        0.9807042309548706, 5.447255270241498, 1.0198017765478788, 12.589294428289994, 0.9999469167087227, 12.61776715839614, 0.9997891001438579,
        12.678706086951026,
      ],
    ],
    [
      'whole numbers',
      (i) => Math.floor(4 * exponential(i)),
      [30, 0.3375816866571396, 36.76018877956906, 0.3644299979395091, 30, 0.36890992175431636, 35.11103579095952, 0.36211046272444647],
    ],
  ];
  for (const [name, score, expected] of said) {
    it(`are these after 61, 701, 3001 and 9000 scores: ${name}`, () => {
      const peaks = learnt(0, score);
      const found: number[] = [];
      for (let i = 0; i < 9000; i++) {
        peaks.learn(score(i));
        if ([60, 700, 3000, 8999].includes(i)) found.push(peaks.limit, peaks.surprise(3));
      }
      expected.forEach((x, k) => expect(found[k]).toBeCloseTo(x, 7));
    });
  }
});
