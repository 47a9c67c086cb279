import { describe, expect, it } from 'vitest';
import { detectorOutput, resetOutput, type Detector, type Threshold } from '../../core/contracts.ts';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { detectors } from '../../detectors/index.ts';
import { defaultComponent, thresholdFor } from '../../pipeline/config/index.ts';
import { registry } from '../../pipeline/registry.ts';
import { thresholds } from '../../thresholds/index.ts';
import { DATA_SETS, type DataSet, type LabelledSeries } from './index.ts';

const EVERY = 10;
const LONG = 1_800_000;

/** A copy made of a snapshot. */
function again<T extends Detector | Threshold>(subject: T, version: number, restore: (reader: SnapshotReader) => T): T {
  const writer = new SnapshotWriter();
  writer.begin(version);
  subject.snapshot(writer);
  return restore(new SnapshotReader(writer.end(), version));
}

/** What one detector and then one threshold say of every row; with `cut`, each goes on from a snapshot at every tenth row. */
function said({ time, values, width }: LabelledSeries, name: string, threshold: string, cut: boolean): Float64Array {
  const definition = detectors.find((one) => one.name === name)!;
  const judging = thresholds.find((one) => one.name === threshold)!;
  const options = defaultComponent(registry, 'detector', name).options as never;
  const limits = (thresholdFor(registry, name).name === threshold ? thresholdFor(registry, name) : defaultComponent(registry, 'threshold', threshold))
    .options as never;
  let detector = definition.create(options, width);
  let limit = judging.create(limits);
  const out = detectorOutput(width);
  const all = new Float64Array(time.length * 3);
  for (let i = 0; i < time.length; i++) {
    if (cut && i % EVERY === 0) {
      detector = again(detector, definition.version, (reader) => definition.restore(reader, options, width));
      limit = again(limit, judging.version, (reader) => judging.restore(reader, limits));
    }
    const score = detector.score(time[i], values, i * width, resetOutput(out));
    detector.learn(time[i], values, i * width);
    all[i * 3] = score;
    all[i * 3 + 1] = out.onset;
    all[i * 3 + 2] = Number.isFinite(score) ? limit.limit(time[i], score) : NaN;
  }
  return all;
}

/** Positions at which two runs differ in any bit. */
function differences(one: Float64Array, two: Float64Array): number[] {
  const [a, b] = [one, two].map((run) => new BigUint64Array(run.buffer));
  return [...a.keys()].filter((i) => a[i] !== b[i] && !(Number.isNaN(one[i]) && Number.isNaN(two[i])));
}

/** Detectors that take the set's rows, each with its own threshold, and `auto` with every one. */
function casesOf({ columns }: DataSet): (readonly [string, string])[] {
  return detectors
    .filter((one) => one.columns === 'many' || columns === 'one')
    .flatMap(({ name, scale }) => {
      const judging = name === 'auto' ? thresholds.filter(({ needsSigma }) => !needsSigma || scale === 'sigma').map((one) => one.name) : [];
      return [...new Set([thresholdFor(registry, name).name, ...judging])].map((threshold) => [name, threshold] as const);
    });
}

describe('the first series of a labelled set, gone on from a snapshot at every tenth row', () => {
  for (const set of DATA_SETS) {
    it(`${set.name}: every detector and threshold says the same to the last bit`, { timeout: LONG }, (context) => {
      const data = process.env['HOMEOSTAT_DATA'];
      if (data === undefined) return context.skip('not run: HOMEOSTAT_DATA names no folder of benchmark data');
      const series = set.list(data)[0].read();
      for (const [name, threshold] of casesOf(set)) {
        expect(differences(said(series, name, threshold, false), said(series, name, threshold, true)), `${name} with ${threshold}`).toEqual([]);
      }
    });
  }
});
