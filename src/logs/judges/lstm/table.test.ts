import { describe, expect, it } from 'vitest';
import { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { Calibration } from './calibration.ts';
import { END } from './reading.ts';
import { SequenceTable } from './table.ts';
import { OTHER, UNKNOWN, Vocabulary } from './vocabulary.ts';

/** A table of the sequences [template], each so often. */
function tableOf(...counts: [template: number, times: number][]): SequenceTable {
  const table = new SequenceTable(16);
  for (const [template, times] of counts) {
    for (let k = 0; k < times; k++) table.learn(template, Uint32Array.of(template, END), k % 4 === 3);
  }
  return table;
}

describe('the table of sequences', () => {
  it('keeps what is frequent and what is recent when everything else comes once', () => {
    const table = new SequenceTable(16);
    for (let i = 0; i < 1000; i++) {
      table.learn(i, Uint32Array.of(i), false);
      if (i % 3 === 0) table.learn(5, Uint32Array.of(5), true);
      expect(table.sequences.length).toBeLessThanOrEqual(16);
    }
    const kept = table.sequences.map(([template]) => template);
    expect(kept).toEqual(expect.arrayContaining([5, 996, 997, 998, 999]));
    expect(table.held[kept.indexOf(5)]).toBeGreaterThan(2);
  });
});

describe('the vocabulary', () => {
  it('gives tokens to the most frequent templates, which keep them while they stay; others seen share one', () => {
    const first = Vocabulary.of(tableOf([7, 9], [8, 5], [9, 2], [11, 1]), 5, undefined);
    expect([7, 8].map((template) => first.token(template))).toEqual([3, 4]);
    expect([9, 11, 12].map((template) => first.token(template))).toEqual([OTHER, OTHER, UNKNOWN]);
    const second = Vocabulary.of(tableOf([8, 5], [9, 20], [7, 1]), 5, first);
    expect(second.token(8)).toBe(4);
    expect(second.token(9)).toBe(3);
    expect([second.token(7), second.token(11)]).toEqual([OTHER, UNKNOWN]);
    expect([second.template(3), second.template(UNKNOWN)]).toEqual([9, undefined]);
    expect(second.size).toBe(2);
    const writer = new SnapshotWriter();
    writer.begin(1);
    second.snapshot(writer);
    const again = Vocabulary.restore(new SnapshotReader(writer.end(), 1));
    expect([8, 9, 7, 11].map((template) => again.token(template))).toEqual([4, 3, OTHER, UNKNOWN]);
  });
});

describe('the calibration', () => {
  it('says how many sessions had an error as large, and goes on behind the largest', () => {
    const calibration = Calibration.of([
      [0.1, 900],
      [2, 90],
      [5, 10],
    ]);
    expect(calibration.largest).toBe(5);
    expect(calibration.digits(0)).toBeCloseTo(0, 2);
    expect(calibration.digits(1)).toBeGreaterThan(0.8);
    expect(calibration.digits(4)).toBeGreaterThan(calibration.digits(2));
    expect(calibration.digits(5.01)).toBeCloseTo(Math.log10(1000), 0);
    expect(calibration.digits(5.01 + Math.LN10) - calibration.digits(5.01)).toBeCloseTo(1, 6);
  });

  it('follows errors of late', () => {
    const calibration = Calibration.of([[0.1, 1000]]);
    expect(calibration.digits(3)).toBeGreaterThan(2);
    for (let i = 0; i < 1000; i++) calibration.learn(4);
    expect(calibration.digits(3)).toBeLessThan(0.5);
  });
});
