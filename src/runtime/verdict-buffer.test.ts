import { describe, expect, it } from 'vitest';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import { ANOMALOUS, emptyVerdicts, idText, LATE, NO_ROW, VERDICT_KINDS, verdictAt, verdictTexts, type VerdictBatch } from '../core/verdicts.ts';
import { selectRows, TimeOrder, VerdictBuffer, VerdictIds } from './verdict-buffer.ts';

function dictionaryOf(...keys: string[]): SeriesDictionary {
  const dictionary = new SeriesDictionary();
  for (const key of keys) dictionary.intern(key);
  return dictionary;
}

function batchOf(rows: readonly { series?: number; partition?: number; offset?: number; place?: number; time?: number; row?: number; flags?: number }[]) {
  const batch: VerdictBatch = Object.assign(emptyVerdicts(1, rows.length), { length: rows.length, stage: 'detect', detector: 'ema', config: 'c' });
  rows.forEach(({ series = 0, partition = 0, offset = 0, place = 0, time = 0, row = 0, flags = 0 }, i) => {
    for (const [name, value] of Object.entries({ series, partition, offset, place, time, row, flags })) batch[name as 'row'][i] = value;
    batch.score[i] = i / 10;
    batch.values[i] = i;
  });
  return batch;
}

function idsOf(batch: VerdictBatch, dictionary: SeriesDictionary, pipeline = 'p'): string[] {
  new VerdictIds(pipeline, 'detect', dictionary).fillAll(batch);
  return Array.from({ length: batch.length }, (_, i) => idText(batch.idHigh[i], batch.idLow[i]));
}

describe('verdict ids', () => {
  it('never change: histories and receivers know verdicts by them', () => {
    const batch = batchOf([
      { offset: 0 },
      { offset: 81 },
      { offset: 2 ** 40 + 3 },
      { partition: 2, offset: 81, place: 7 },
      { series: 1, offset: 81 },
      { row: NO_ROW, partition: 0xffffffff, time: 1_700_000_060_000 },
    ]);
    expect(idsOf(batch, dictionaryOf('cpu', 'web-1/mem{host=x}'))).toEqual([
      '340b228e9187417d',
      '019fcd6379ea3acc',
      '3884837016451ebc',
      'dc7f72cbb11eb5f9',
      'e2c2fcb7aace241e',
      '383f6ac238cad260',
    ]);
  });

  it('tell pipelines, series, partitions, offsets and places apart', () => {
    const dictionary = dictionaryOf('a', 'b');
    const rows = [0, 1].flatMap((series) =>
      [0, 1, 2].flatMap((partition) => [0, 1, 2 ** 32, 2 ** 32 + 1].flatMap((offset) => [0, 1, 2].map((place) => ({ series, partition, offset, place })))),
    );
    const all = [...idsOf(batchOf(rows), dictionary), ...idsOf(batchOf(rows), dictionary, 'q')];
    expect(new Set(all).size).toBe(all.length);
  });

  it('do not look at the index of a series, nor at the batch', () => {
    const [one] = idsOf(batchOf([{ series: 0, offset: 5, row: 0 }]), dictionaryOf('a', 'b'));
    const [, two] = idsOf(batchOf([{ series: 0 }, { series: 1, offset: 5, row: 1 }]), dictionaryOf('b', 'a'));
    expect(two).toBe(one);
  });
});

describe('verdicts of sessions', () => {
  const dictionary = dictionaryOf('sessions');
  const session = (place: number, replaces: number, row: number): VerdictBatch => {
    const batch = batchOf([{ offset: 400, place, row, time: 9 + place }]);
    batch.kind[0] = VERDICT_KINDS.indexOf('session');
    batch.texts = { subject: ['blk_1'], detail: ['{"lines":3}'], replaces: [replaces], revises: [''] };
    return batch;
  };

  it('name the one that they replace by its id, whether a line or a timer caused them', () => {
    const first = session(0, -1, 0);
    const [id] = idsOf(first, dictionary);
    expect(first.texts!.revises).toEqual(['']);
    const second = session(3, 0, NO_ROW);
    idsOf(second, dictionary);
    expect(second.texts!.revises).toEqual([id]);
  });

  it('keep their words beside verdicts that have none', () => {
    const ids = new VerdictIds('p', 'detect', dictionary);
    const buffer = new VerdictBuffer(1, 'detect', 'auto', 'c', ids);
    for (const batch of [batchOf([{ offset: 1, flags: ANOMALOUS }]), session(0, -1, 0), batchOf([{ offset: 2, flags: ANOMALOUS }])]) {
      ids.fillAll(batch);
      buffer.append(batch, 0);
    }
    expect(buffer.batch.texts!.subject).toEqual(['', 'blk_1', '']);
    expect(verdictAt(buffer.batch, 1, 'p', dictionary)).toMatchObject({ kind: 'session', subject: 'blk_1', detail: { lines: 3 }, revises: null });
    expect(verdictAt(buffer.batch, 2, 'p', dictionary)).toMatchObject({ subject: null, detail: null, revises: null });
    expect(selectRows(buffer.batch, ANOMALOUS).texts!.subject).toEqual(['', '']);
    buffer.clear();
    expect(buffer.batch.texts).toBeUndefined();
  });
});

describe('verdict buffer', () => {
  const dictionary = dictionaryOf('a');
  const ids = new VerdictIds('p', 'detect', dictionary);

  it('copies the rows that the mask asks for, beyond its first size', () => {
    const buffer = new VerdictBuffer(1, 'detect', 'ema', 'c', ids);
    const from = batchOf(Array.from({ length: 3000 }, (_, i) => ({ offset: i, flags: i % 3 === 0 ? ANOMALOUS : 0 })));
    buffer.append(from, ANOMALOUS);
    buffer.append(from, 0);
    expect(buffer.length).toBe(4000);
    expect([...buffer.batch.offset.subarray(0, 3)]).toEqual([0, 3, 6]);
    expect([...buffer.batch.offset.subarray(1000, 1003)]).toEqual([0, 1, 2]);
    expect(buffer.batch.values[3999]).toBe(2999);
    buffer.clear();
    expect(buffer.length).toBe(0);
  });

  it('makes of a late event a verdict without a score, under the id that it would have had in time', () => {
    const events = new EventBuilder(dictionary);
    events.add(0, 1000, 42, 1, 81, 2);
    const buffer = new VerdictBuffer(1, 'detect', 'ema', 'c', ids);
    buffer.appendLate(events);
    const { batch } = buffer;
    expect([batch.flags[0], batch.time[0], batch.values[0], batch.score[0], batch.onset[0]]).toEqual([LATE, 1000, 42, NaN, 0]);
    expect(idText(batch.idHigh[0], batch.idLow[0])).toBe(idsOf(batchOf([{ partition: 1, offset: 81, place: 2 }]), dictionary)[0]);
  });

  it('selects rows into columns of their own, and copies nothing where all are wanted', () => {
    const batch = batchOf([{ flags: ANOMALOUS, offset: 1 }, { offset: 2 }, { flags: LATE, offset: 3 }]);
    const selected = selectRows(batch, ANOMALOUS | LATE);
    expect([...selected.offset]).toEqual([1, 3]);
    expect([...selected.values]).toEqual([0, 2]);
    expect(selected).toMatchObject({ length: 2, stage: 'detect', detector: 'ema', config: 'c' });
    expect(selectRows(selected, ANOMALOUS | LATE)).toBe(selected);
  });
});

describe('verdicts of several stages', () => {
  it('are put in order of time, those of one time as they came', () => {
    const order = new TimeOrder();
    const batch = Object.assign(emptyVerdicts(1, 5), { length: 5, texts: verdictTexts(5) });
    batch.time.set([30, 10, 20, 10, 30]);
    batch.values.set([0, 1, 2, 3, 4]);
    batch.texts.subject = ['a', 'b', 'c', 'd', 'e'];
    const ordered = order.of(batch);
    expect([...ordered.time]).toEqual([10, 10, 20, 30, 30]);
    expect([...ordered.values]).toEqual([1, 3, 2, 0, 4]);
    expect(ordered.texts!.subject).toEqual(['b', 'd', 'c', 'a', 'e']);
    expect(new TimeOrder().of(ordered)).toBe(ordered);
    const without = Object.assign(emptyVerdicts(1, 2), { length: 2, time: Float64Array.of(7, 5) });
    expect(order.of(without)).toMatchObject({ length: 2, texts: undefined });
    expect([...ordered.time.subarray(0, 2)]).toEqual([5, 7]);
  });
});
