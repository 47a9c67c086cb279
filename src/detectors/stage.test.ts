import { describe, expect, it } from 'vitest';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import { ANOMALOUS, emptyVerdicts } from '../core/verdicts.ts';
import { memoryStates } from '../testing/index.ts';
import { sigma } from '../thresholds/sigma.ts';
import { ema } from './ema.ts';
import { DetectStage, type DetectOptions } from './stage.ts';

const options: DetectOptions = {
  detector: ema,
  detectorOptions: { span: 20, min_spread: 0.1 },
  threshold: sigma,
  thresholdOptions: { k: 3 },
  learn: 'normal',
  adaptAfter: 60_000,
  width: 1,
  rollup: 60_000,
  config: 'test',
};

/** One value a second; answers what was anomalous, with its onset. */
function run(values: readonly number[], more: Partial<DetectOptions> = {}, ends = false) {
  const stage = new DetectStage({ ...options, ...more });
  const dictionary = new SeriesDictionary();
  const series = dictionary.intern('s');
  const batch = new EventBuilder(dictionary);
  values.forEach((value, i) => batch.add(series, i * 1000, value, 0, i, 0));
  const out = { events: new EventBuilder(dictionary), verdicts: emptyVerdicts(1, 0), rollups: [] };
  const states = memoryStates(stage);
  stage.process(batch, states, out);
  if (ends) stage.advance(Infinity, states, out);
  const { verdicts } = out;
  return {
    anomalous: values.map((_, i) => (verdicts.flags[i] & ANOMALOUS) !== 0),
    onset: [...verdicts.onset.subarray(0, values.length)],
    score: [...verdicts.score.subarray(0, values.length)],
    rollups: out.rollups as { time: number; count: number; min: number; max: number; anomalies: number }[],
  };
}

const calm = (n: number): number[] => Array.from({ length: n }, (_, i) => 100 + (i % 3));
const shifted = (n: number): number[] => calm(n).map((x) => x + 50);

describe('the detect stage', () => {
  it('does not learn from what is anomalous, until it has lasted for adapt_after: then it is the new normal', () => {
    const { anomalous } = run([...calm(60), ...shifted(120)], {});
    expect(anomalous.slice(60, 120).every(Boolean)).toBe(true);
    expect(anomalous.slice(150).some(Boolean)).toBe(false);
  });

  it('learns everything when told to, so that a shift is soon normal', () => {
    const { anomalous } = run([...calm(60), ...shifted(60)], { learn: 'always' });
    expect(anomalous[60]).toBe(true);
    expect(anomalous.slice(70).some(Boolean)).toBe(false);
  });

  it('says where an anomaly begins once, also when a value in it is missing', () => {
    const values = [...calm(60), 150, NaN, 150, 150, ...calm(10)];
    const { onset, score } = run(values);
    expect(onset.filter((x) => x > 0)).toEqual([1]);
    expect(onset[60]).toBe(1);
    expect(score[61]).toBeNaN();
  });

  it('closes a bucket of the chart when the next one begins', () => {
    const { rollups } = run([...calm(60), 150, ...calm(59), 100]);
    expect(rollups).toMatchObject([
      { time: 0, count: 60, min: 100, max: 102, anomalies: 0 },
      { time: 60_000, count: 60, min: 100, max: 150, anomalies: 1 },
    ]);
  });

  it('closes the last bucket at the end of the stream', () => {
    const { rollups } = run(calm(90), {}, true);
    expect(rollups).toMatchObject([
      { time: 0, count: 60 },
      { time: 60_000, count: 30, min: 100, max: 102, anomalies: 0 },
    ]);
  });
});
