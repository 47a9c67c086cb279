/** What people answered, in the detect stage: limits and onsets are moved where it counts, and nothing else changes. */
import { describe, expect, it } from 'vitest';
import type { AnswerInForce, Detector } from '../core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import type { DetectorDefinition } from '../core/schema.ts';
import { ANOMALOUS, emptyVerdicts } from '../core/verdicts.ts';
import { memoryStates } from '../testing/index.ts';
import { staticThreshold } from '../thresholds/static.ts';
import { ema } from './ema.ts';
import { DetectStage, type DetectOptions } from './stage.ts';

const HOUR = 3_600_000;

/** The score is the value, the onset a tenth of it; the band reaches one unit of value per unit of score around 0. */
const plainly: Detector = {
  score(_time, values, at, out) {
    out.expected = 0;
    out.below = out.above = 1;
    out.onset = values[at] / 10;
    return values[at];
  },
  learn: () => {},
  snapshot: () => {},
};
const options: DetectOptions = {
  detector: { ...(ema as DetectorDefinition), name: 'plainly', create: () => plainly, restore: () => plainly },
  detectorOptions: {},
  threshold: staticThreshold,
  thresholdOptions: { limit: 4 },
  learn: 'always',
  learnOneIn: 10,
  adaptAfter: 60_000,
  width: 1,
  rollup: 60_000,
  config: 'test',
};

const answer = (changes: Partial<AnswerInForce>): AnswerInForce => ({
  when: 'always',
  from: 0,
  to: 0,
  until: Infinity,
  limitFactor: 1,
  onsetFactor: 1,
  ...changes,
});

function ground() {
  const stage = new DetectStage(options);
  const dictionary = new SeriesDictionary();
  const states = memoryStates(stage);
  for (const key of ['a', 'b']) dictionary.intern(key);
  /** Rows of (series, time, value); answers limit, upper, onset and whether anomalous of each. */
  const said = (...rows: [number, number, number][]): number[][] => {
    const batch = new EventBuilder(dictionary);
    rows.forEach(([series, time, value], i) => batch.add(series, time, value, 0, i, 0));
    const out = { events: new EventBuilder(dictionary), verdicts: emptyVerdicts(1, 0), rollups: [] };
    stage.process(batch, states, out);
    const { limit, upper, onset, flags } = out.verdicts;
    return rows.map((_, i) => [limit[i], upper[i], onset[i], flags[i] & ANOMALOUS]);
  };
  return { stage, said };
}

describe('an answer in the detect stage', () => {
  it('moves the limit of its series, with the band and what is anomalous', () => {
    const { stage, said } = ground();
    stage.control({ type: 'answers', series: 0, answers: [answer({ limitFactor: 1.5 })] });
    expect(said([0, 0, 5], [1, 0, 5], [0, 1, 6.5])).toEqual([
      [6, 6, 0.5, 0],
      [4, 4, 0.5, 1],
      [6, 6, 0.65, 1],
    ]);
  });

  it('moves the odds of the onset', () => {
    const { stage, said } = ground();
    stage.control({ type: 'answers', series: 1, answers: [answer({ onsetFactor: 4 })] });
    expect(said([1, 0, 8])[0][2]).toBeCloseTo(0.5, 12);
    expect(said([0, 0, 8])[0][2]).toBe(0.8);
  });

  it('counts only near its hour where it is said so, and the newest wins', () => {
    const { stage, said } = ground();
    const nightly = answer({ when: 'hour-of-day', from: 2 * HOUR, to: 2 * HOUR, limitFactor: 0.5 });
    stage.control({ type: 'answers', series: 0, answers: [answer({ limitFactor: 2 }), nightly] });
    expect(said([0, 2 * HOUR, 3], [0, 4 * HOUR, 3], [0, 26 * HOUR, 3]).map(([limit, , , anomalous]) => [limit, anomalous])).toEqual([
      [2, 1],
      [8, 0],
      [2, 1],
    ]);
  });

  it('leaves nothing behind once it is taken back', () => {
    const { stage, said } = ground();
    const without = ground().said([0, 0, 5], [0, 1, 8]);
    stage.control({ type: 'answers', series: 0, answers: [answer({ limitFactor: 3, onsetFactor: 3 })] });
    expect(said([0, 0, 5], [0, 1, 8])).not.toEqual(without);
    stage.control({ type: 'answers', series: 0, answers: [] });
    expect(said([0, 0, 5], [0, 1, 8])).toEqual(without);
  });
});
