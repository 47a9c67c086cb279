import { describe, expect, it } from 'vitest';
import type { Detector, DetectorOutput, Operator } from '../core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import { Type, defineDetector, defineThreshold } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import type { Check } from './check.ts';
import { detectorChecks } from './detector-suite.ts';
import { operatorChecks } from './operator-suite.ts';
import { thresholdChecks } from './threshold-suite.ts';

/** Distance from the largest value so far; `fault` plants one mistake. */
class Peak implements Detector {
  seen: number;
  largest: number;
  readonly fault: string;

  constructor(fault: string, seen = 0, largest = 0) {
    this.fault = fault;
    this.seen = seen;
    this.largest = largest;
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    out.expected = this.largest;
    out.below = out.above = this.fault === 'negative band' ? -1 : 1;
    out.onset = NaN;
    if (this.fault === 'learns by scoring') this.seen++;
    if (this.fault === 'random') return this.seen < 3 ? NaN : Math.random();
    const x = values[at];
    if (this.seen < 3) return this.fault === 'zero while warming' ? 0 : NaN;
    if (!(Math.abs(x) < 1e200)) return this.fault === 'scores missing' ? 1 : NaN;
    return this.fault === 'infinite' && x > this.largest ? Infinity : this.fault === 'blind' ? 0 : Math.abs(x - this.largest);
  }

  learn(_time: number, values: Float64Array, at: number): void {
    const x = values[at];
    if (!(Math.abs(x) < 1e200) && this.fault !== 'NaN leaks') return;
    this.seen++;
    this.largest = this.seen === 1 ? x : this.fault === 'NaN leaks' ? this.largest * 0.5 + x * 0.5 : Math.max(this.largest, x);
  }

  snapshot(writer: SnapshotWriter): void {
    writer.u32(this.seen);
    writer.f64(this.fault === 'forgets' ? 0 : this.largest);
    if (this.fault === 'grows') writer.bytes(new Uint8Array(this.seen));
  }
}

function failures(checks: readonly Check[]): string[] {
  return checks
    .filter(({ run }) => {
      try {
        run();
        return false;
      } catch {
        return true;
      }
    })
    .map(({ name }) => name.replace(/^planted /, ''));
}

function planted(fault: string) {
  const definition = defineDetector({
    name: 'planted',
    summary: '',
    options: Type.Object({ size: Type.Optional(Type.Number()) }),
    sample: fault === 'wrong sample' ? { size: 'large' } : {},
    about: { finds: '', use: '', warmUp: '', memory: '', gives: 'score only', paper: '', example: 'spikes' },
    threshold: { name: 'static', options: { limit: 1 } },
    scale: 'free',
    version: 1,
    columns: 'one',
    create: () => new Peak(fault),
    restore: (reader: SnapshotReader) => new Peak(fault, reader.u32(), reader.f64()),
  });
  return failures(detectorChecks([definition]));
}

describe('detectorChecks', () => {
  it('find nothing wrong with a sound detector', () => expect(planted('none')).toEqual([]));

  it.each([
    ['forgets', 'goes on from a snapshot to the last bit'],
    ['random', 'says the same of the same rows'],
    ['learns by scoring', 'learns nothing by scoring'],
    ['zero while warming', 'has no score while warming up, and one day has'],
    ['infinite', 'says no infinite number'],
    ['negative band', 'says no infinite number'],
    ['NaN leaks', 'tolerates missing values'],
    ['scores missing', 'tolerates missing values'],
    ['blind', 'sees the first change of a flat series'],
    ['grows', 'has a snapshot of bounded size'],
    ['wrong sample', 'has a sample that fits its options'],
  ])('find that it %s', (fault, promise) => expect(planted(fault)).toContain(promise));
});

describe('thresholdChecks', () => {
  it('find a threshold without a limit, one that never has one, one that takes the usual for unusual, and one that forgets', () => {
    const create = () => ({ limit: (_time: number, score: number) => Math.sqrt(score - 1), snapshot: () => {} });
    const definition = defineThreshold({
      name: 'planted',
      summary: '',
      options: Type.Object({}),
      sample: {},
      version: 1,
      needsSigma: false,
      about: { use: '', paper: '' },
      bounds: 'scores',
      create,
      restore: create,
    });
    expect(failures(thresholdChecks([definition]))).toEqual(['always has a limit']);

    const blind = () => ({ limit: () => Infinity, snapshot: () => {} });
    expect(failures(thresholdChecks([{ ...definition, create: blind, restore: blind }]))).toEqual(['one day has a limit that is a number']);

    const counting = (start: number) => {
      let seen = start;
      return { limit: () => -1 / ++seen, snapshot: () => {} };
    };
    const once = () => {
      let seen = 0;
      return { limit: () => (seen++ === 5000 ? -1 : 1e151), snapshot: () => {} };
    };
    expect(failures(thresholdChecks([{ ...definition, create: once, restore: once }]))).toEqual([
      'finds nothing in scores that never change, once it knows them',
    ]);
    const forgetful = { ...definition, create: () => counting(0), restore: () => counting(0) };
    expect(failures(thresholdChecks([forgetful]))).toEqual(['goes on from a snapshot to the last bit']);
  });
});

describe('operatorChecks', () => {
  /** Puts out the running sum of each series, at once and by a timer; `fault` plants one mistake. */
  function summing(fault: string): Operator<{ sum: number }> {
    let outside = 0;
    return {
      name: 'summing',
      key: 'series',
      timed: true,
      version: 1,
      create: () => ({ sum: 0 }),
      snapshot: (state, writer) => writer.f64(fault === 'forgets' ? 0 : state.sum),
      restore: (reader) => ({ sum: reader.f64() }),
      process(batch, states, out) {
        if (fault === 'counts batches') outside++;
        for (let i = 0; i < batch.length; i++) {
          const state = states.get(batch.series[i]);
          if (fault === 'keeps outside') outside += batch.values[i];
          state.sum += batch.values[i];
          states.setTimer(batch.series[i], Math.floor(batch.time[i] / 100) * 100 + 100);
          out.events.add(batch.series[i], batch.time[i], state.sum + outside, 0, batch.offset[i], 0);
        }
      },
      advance: (watermark, states) => states.due(watermark, (_key, state) => (state.sum += fault === 'waits for batches' ? 1 : 0)),
    };
  }

  const dictionary = () => {
    const all = new SeriesDictionary();
    for (const key of ['a', 'b']) all.intern(key);
    return all;
  };
  const input = new EventBuilder(dictionary());
  for (let i = 0; i < 60; i++) input.add(i % 2, i * 10, i, 0, i, 0);
  const found = (fault: string) => failures(operatorChecks({ name: 'planted', make: () => summing(fault), dictionary, input, width: 1 }));
  const cut = 'says the same however the input is cut into batches';
  const restored = 'goes on from a snapshot at any cut to the last bit';

  it.each([
    ['nothing', []],
    ['forgets', [restored]],
    ['keeps outside', [restored]],
    ['counts batches', [cut]],
    ['waits for batches', [cut, restored]],
  ])('find %s', (fault, promises) => expect(found(fault)).toEqual(promises));
});
