import { describe, expect, it } from 'vitest';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import type { Detector } from '../core/contracts.ts';
import type { DetectorDefinition, ThresholdDefinition } from '../core/schema.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { ANOMALOUS, emptyVerdicts, verdictAt } from '../core/verdicts.ts';
import { memoryStates } from '../testing/index.ts';
import { budget } from '../thresholds/budget.ts';
import { sigma } from '../thresholds/sigma.ts';
import { ema } from './ema.ts';
import { DetectStage, type DetectOptions } from './stage.ts';

const options: DetectOptions = {
  detector: ema,
  detectorOptions: { span: 20, min_spread: 0.1 },
  threshold: sigma,
  thresholdOptions: { k: 3 },
  learn: 'never',
  learnOneIn: 10,
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

  it('learns one anomalous event in so many when down-weighted, so that a shift is normal sooner than never and later than at once', () => {
    const length = (more: Partial<DetectOptions>) => run([...calm(60), ...shifted(60)], { adaptAfter: 1e9, ...more }).anomalous.filter(Boolean).length;
    expect(length({ learn: 'never' })).toBe(60);
    const tenth = length({ learn: 'down-weighted' });
    const third = length({ learn: 'down-weighted', learnOneIn: 3 });
    expect(length({ learn: 'always' })).toBeLessThan(third);
    expect(third).toBeLessThan(tenth);
    expect(tenth).toBeLessThan(60);
  });

  it('learns of the anomalous events every so-manieth when down-weighted, and every other event', () => {
    const learnt: number[] = [];
    const detector = (): Detector => ({ score: (_time, values, at) => values[at], learn: (time) => void learnt.push(time / 1000), snapshot: () => {} });
    // 1 is within the limit.
    const values = [1, 9, 9, 9, 1, 9, 9, 9, 9, 9, 1];
    run(values, { detector: { ...told(false), create: detector }, threshold: limits(1, 'scores'), learn: 'down-weighted', learnOneIn: 4, adaptAfter: 1e9 });
    expect(learnt).toEqual([0, 4, 5, 9, 10]);
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

/** Says of every row what the test put into it: score, onset, part, shares and drift. */
function told(onsets: boolean): DetectorDefinition {
  const row = { score: 0, onset: NaN, drift: false };
  const detector = (): Detector => ({
    score: (_time, values, at, out) => {
      Object.assign(row, { score: values[at], onset: values[at + 1], drift: values[at] === 7 });
      out.onset = row.onset;
      out.drift = row.drift;
      out.member = 1;
      out.contributions.set([0.25, 0.75]);
      return row.score;
    },
    learn: () => {},
    snapshot: () => {},
  });
  return { ...(ema as DetectorDefinition), name: 'told', scale: 'free', onsets, members: ['first', 'second'], version: 1, create: detector, restore: detector };
}

/** Allows scores up to 1, and onsets up to `given`: the instance made second judges onsets. */
function limits(given: number, bounds: ThresholdDefinition['bounds']): ThresholdDefinition {
  let made = 0;
  const create = () => {
    const limit = made++ === 0 ? 1 : given;
    return { limit: () => limit, snapshot: () => {} };
  };
  return { ...(sigma as ThresholdDefinition), bounds, create, restore: create };
}

describe('what a detector says beside the score', () => {
  function verdictsOf(rows: readonly [number, number][], more: Partial<DetectOptions>) {
    const stage = new DetectStage({ ...options, width: 2, ...more });
    const dictionary = new SeriesDictionary();
    const batch = new EventBuilder(dictionary, 2, rows.length);
    rows.forEach((row, i) => {
      const at = batch.row(dictionary.intern('s'), i * 1000, 0, i, 0);
      batch.values.set(row, at * 2);
    });
    const out = { events: new EventBuilder(dictionary), verdicts: emptyVerdicts(2, 0), rollups: [] };
    stage.process(batch, memoryStates(stage), out);
    return rows.map((_, i) => verdictAt(out.verdicts, i, 'p', dictionary));
  }

  it('reaches the verdict: part, shares of the columns, drift as a kind of its own', () => {
    const [calmOne, drifted] = verdictsOf(
      [
        [0.5, 0],
        [7, 0.8],
      ],
      { detector: told(true), threshold: limits(0, 'scores') },
    );
    expect(calmOne).toMatchObject({ kind: 'point', member: 'second', contributions: [0.251, 0.749], anomalous: false, onset: 0 });
    expect(drifted).toMatchObject({ kind: 'drift', anomalous: true, onset: 0.8 });
  });

  it('keeps what both of its thresholds have learnt in a snapshot', () => {
    const stage = new DetectStage({ ...options, detector: told(true), threshold: budget, thresholdOptions: { alerts: 2, per: 60_000 } });
    const state = stage.create();
    for (let i = 0; i < 500; i++) for (const [k, threshold] of [state.threshold, state.alerts!].entries()) threshold.limit(i * 1000, (i * (7 + k)) % 11);
    const writer = new SnapshotWriter();
    writer.begin(stage.version);
    stage.snapshot(state, writer);
    const restored = stage.restore(new SnapshotReader(writer.end(), stage.version));
    const limitsOf = ({ threshold, alerts }: typeof state) => [threshold, alerts!].map((one) => one.limit(500_000, 3));
    const [own, ofAlerts] = limitsOf(restored);
    expect([own, ofAlerts]).toEqual(limitsOf(state));
    expect(own).not.toBe(Infinity);
    expect(own).not.toBe(ofAlerts);
  });

  it('puts the limit of a threshold that bounds alerts at an onset of a half', () => {
    const onsets = (limit: number) =>
      verdictsOf(
        [
          [0, 0],
          [0, 0.2],
          [0, 0.8],
          [0, 1],
        ],
        { detector: told(true), threshold: limits(limit, 'alerts') },
      ).map(({ onset }) => Math.round(onset * 1000) / 1000);
    expect(onsets(0.5)).toEqual([0, 0.2, 0.8, 1]);
    expect(onsets(0.8)).toEqual([0, 0.059, 0.5, 1]);
    expect(onsets(0.2)).toEqual([0, 0.5, 0.941, 1]);
    expect(onsets(Infinity)).toEqual([0, 0, 0, 0]);
    expect(onsets(0)).toEqual([0, 1, 1, 1]);
  });
});
