import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Page } from '../../core/api.ts';
import { ANOMALOUS, LATE, NO_MEMBER, emptyVerdicts, verdictAt } from '../../core/verdicts.ts';
import { sampleVerdicts } from '../../testing/history-suite.ts';
import { sampleAnswer, sampleCommit, sampleDeadLetter, sampleIncident, sampleNotice } from '../../testing/ledger-samples.ts';
import { ChunkEncoder, decodeChunk } from './chunk.ts';
import { openHistory } from './history.ts';
import { openLedger } from './ledger.ts';
import { openReader } from './reader.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-reader-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const P = 'machines';

/** Follows the cursors to the end. */
function allPages<T>(page: (cursor: string | undefined) => Page<T>): T[] {
  const items: T[] = [];
  for (let cursor: string | undefined, pages = 0; pages < 1000; pages++) {
    const { items: some, next } = page(cursor);
    items.push(...some);
    if (next === null) return items;
    cursor = next;
  }
  throw new Error('the cursors have no end');
}

describe('before anything was written', () => {
  it('there is nothing to show, and nothing is made', () => {
    const reader = openReader(join(folder, 'none'));
    expect(reader.incidents({ limit: 10 })).toEqual({ items: [], next: null });
    expect(reader.incident('x')).toBeUndefined();
    expect(reader.silences()).toEqual([]);
    expect(reader.answers({ limit: 10 })).toEqual({ items: [], next: null });
    expect(reader.answer('x')).toBeUndefined();
    expect(reader.judged(P, 0, 0, 1, 10)).toEqual([]);
    expect(reader.verdicts({ pipeline: P, from: 0, to: 1, anomalousOnly: false, limit: 10 })).toEqual({ items: [], next: null });
    expect(reader.span(P, 0)).toBeNull();
    expect(reader.sizes()).toEqual({ ledger: 0, history: 0 });
    reader.close();
  });
});

describe('lists', () => {
  it('come newest first, page by page, each row once', () => {
    const ledger = openLedger(folder);
    const { owner } = ledger.claim(P);
    for (let i = 1; i <= 25; i++) {
      ledger.commit(
        sampleCommit(owner, i, {
          incidents: [sampleIncident(`i${i}`, i % 2 === 0 ? i : null)],
          outbox: [sampleNotice(`k${i}`)],
          deadLetters: [sampleDeadLetter(i)],
          audit: [{ at: Date.now() + i, by: 'somebody', what: `did ${i}`, detail: '' }],
        }),
      );
    }
    const other = ledger.claim('other').owner;
    ledger.commit(sampleCommit(other, 1, { pipeline: 'other', incidents: [{ ...sampleIncident('o1'), pipeline: 'other' }] }));
    const reader = openReader(folder);
    const numbers = (text: readonly string[]) => text.map((name) => Number(/\d+/.exec(name)![0]));
    const down = (from: number, step = 1) => Array.from({ length: Math.ceil(from / step) }, (_, i) => from - i * step);
    const limit = 4;
    const incidents = (open?: boolean) => allPages((cursor) => reader.incidents({ pipeline: P, open, limit, cursor }));
    expect(numbers(incidents().map(({ id }) => id))).toEqual(down(25));
    expect(numbers(incidents(true).map(({ id }) => id))).toEqual(down(25, 2));
    expect(numbers(incidents(false).map(({ id }) => id))).toEqual(down(24, 2));
    expect(reader.incidents({ limit: 1 }).items[0].id).toBe('o1');
    expect(numbers(allPages((cursor) => reader.outbox({ limit, cursor })).map(({ key }) => key))).toEqual(down(25));
    expect(numbers(allPages((cursor) => reader.audit({ limit, cursor })).map(({ what }) => what))).toEqual(down(25));
    const letters = allPages((cursor) => reader.deadLetters({ pipeline: P, limit, cursor }));
    expect(letters.map(({ offset }) => offset)).toEqual(down(25));
    expect(letters[0]).toMatchObject({ pipeline: P, partition: 1, place: 2, code: 'RECORD_MALFORMED', text: '\u0001\u0002\ufffd', replayed: false });
    expect(reader.deadLetters({ pipeline: 'other', limit }).items).toEqual([]);
    expect(() => reader.audit({ limit, cursor: 'x' })).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
    reader.close();
    ledger.close();
  });

  it('show an incident with its transitions and what left because of it', () => {
    const ledger = openLedger(folder);
    const { owner } = ledger.claim(P);
    const action = {
      key: 'a',
      pipeline: P,
      kind: 'action' as const,
      target: 'checkpoint#0',
      payload: { key: 'a', pipeline: P, incident: sampleIncident('i1') },
    };
    const transitions = [1, 2].map((sequence) => ({
      incident: 'i1',
      sequence,
      from: 'Normal' as const,
      to: 'Alerting' as const,
      at: sequence,
      cause: 'verdict 7',
    }));
    ledger.commit(sampleCommit(owner, 1, { incidents: [sampleIncident('i1')], transitions, outbox: [sampleNotice('n'), action] }));
    ledger.commit(sampleCommit(owner, 2, { outboxResults: [{ key: 'n', pipeline: P, state: 'failed', attempts: 5, detail: 'refused', at: 77 }] }));
    const reader = openReader(folder);
    expect(reader.incident('i1')).toMatchObject({
      ...sampleIncident('i1'),
      transitions,
      notices: [{ key: 'n', kind: 'notice', target: 'webhook#0', state: 'failed', attempts: 5, detail: 'refused', doneAt: 77 }],
      actions: [{ key: 'a', kind: 'action', target: 'checkpoint#0', state: 'pending', attempts: 0, doneAt: null }],
    });
    reader.close();
    ledger.close();
  });

  it('show silences from the commit that applied them until they end', () => {
    const ledger = openLedger(folder);
    const { owner } = ledger.claim(P);
    const silence = { id: 's1', matchers: { host: 'a' }, until: 1000, by: 'somebody', comment: 'works' };
    const first = ledger.appendControl(P, { type: 'silence', ...silence });
    const reader = openReader(folder);
    expect(reader.silences()).toEqual([]);
    ledger.commit(sampleCommit(owner, 1, { control: first }));
    expect(reader.silences(P)).toEqual([{ ...silence, pipeline: P }]);
    expect(reader.silences('other')).toEqual([]);
    const second = ledger.appendControl(P, { type: 'silence', ...silence, id: 's2', until: 5000 });
    const third = ledger.appendControl(P, { type: 'unsilence', id: 's1', by: 'somebody' });
    ledger.commit(sampleCommit(owner, 2, { control: second }));
    expect(reader.silences().map(({ id }) => id)).toEqual(['s2', 's1']);
    ledger.commit(sampleCommit(owner, 3, { control: third }));
    expect(reader.silences().map(({ id }) => id)).toEqual(['s2']);
    ledger.commit(sampleCommit(owner, 4, { control: third, clock: 5001 }));
    expect(reader.silences()).toEqual([]);
    reader.close();
    ledger.close();
  });
});

describe('answers', () => {
  it('come newest first, of a pipeline, of a series, in force or not', () => {
    const ledger = openLedger(folder);
    const { owner } = ledger.claim(P);
    const disk = sampleAnswer('3');
    disk.parts.push({ ...disk.parts[0], series: 'disk' });
    const ends = { ...sampleAnswer('4'), until: 3000 };
    ledger.commit(sampleCommit(owner, 1, { clock: Date.now(), answers: [sampleAnswer('1'), sampleAnswer('2', 500), disk, ends] }));
    const other = ledger.claim('other').owner;
    ledger.commit(sampleCommit(other, 1, { pipeline: 'other', answers: [{ ...sampleAnswer('5'), pipeline: 'other' }] }));
    const reader = openReader(folder);
    const ids = (query: object): string[] => allPages((cursor) => reader.answers({ ...query, limit: 2, cursor })).map(({ id }) => id);
    expect(ids({})).toEqual(['5', '4', '3', '2', '1']);
    expect(ids({ pipeline: P })).toEqual(['4', '3', '2', '1']);
    expect(ids({ pipeline: P, active: true })).toEqual(['4', '3', '1']);
    expect(ids({ active: false })).toEqual(['2']);
    expect(ids({ series: 'disk' })).toEqual(['3']);
    expect(ids({ pipeline: 'other', series: 'cpu', active: true })).toEqual(['5']);
    expect(ids({ pipeline: 'nobody' })).toEqual([]);
    expect(reader.answer('3')).toEqual({ ...disk, active: true });
    expect(reader.answer('2')).toEqual({ ...sampleAnswer('2', 500), active: false });
    expect(reader.answer('6')).toBeUndefined();
    // The watermark comes to the end of the fourth.
    ledger.commit(sampleCommit(owner, 2));
    expect(ids({ pipeline: P, active: true })).toEqual(['4', '3', '1']);
    ledger.commit(sampleCommit(owner, 3));
    expect(ids({ pipeline: P, active: true })).toEqual(['3', '1']);
    expect(ids({ pipeline: P, active: false })).toEqual(['4', '2']);
    expect(reader.answer('4')?.active).toBe(false);
    reader.close();
    ledger.close();
  });

  it('that are no longer in force are dropped beyond their bound, the oldest first', () => {
    const ledger = openLedger(folder, { bounds: { doneAnswers: 2 } });
    const { owner } = ledger.claim(P);
    const now = Date.now();
    ledger.commit(sampleCommit(owner, 1, { clock: now, answers: [sampleAnswer('1', 1), sampleAnswer('2'), sampleAnswer('3', 1), sampleAnswer('4', 1)] }));
    const reader = openReader(folder);
    expect(reader.answers({ limit: 10 }).items.map(({ id }) => id)).toEqual(['4', '3', '2']);
    reader.close();
    ledger.close();
  });
});

describe('judged rows', () => {
  it('hold score, limit, onset and whether anomalous, in order of time, without late ones', () => {
    const history = openHistory(folder);
    const rows = [{ time: 3000 }, { time: 1000 }, { time: 1000, series: 1, flags: ANOMALOUS }, { time: 2000, flags: ANOMALOUS }];
    const batch = sampleVerdicts(rows);
    batch.score.set([1, NaN, 3, 4]);
    batch.limit.set([2, NaN, 2, 2]);
    batch.onset.set([0, 0, 0.25, 1]);
    history.append(P, [batch], []);
    history.append(P, [sampleVerdicts([{ time: 1500, flags: LATE }])], []);
    const reader = openReader(folder);
    expect(reader.judged(P, 0, 1000, 3000, 10)).toEqual([
      { time: 1000, score: NaN, limit: NaN, onset: 0, anomalous: false },
      { time: 2000, score: 4, limit: 2, onset: 1, anomalous: true },
      { time: 3000, score: 1, limit: 2, onset: 0, anomalous: false },
    ]);
    expect(reader.judged(P, 0, 1001, 2999, 10).map(({ time }) => time)).toEqual([2000]);
    expect(reader.judged(P, 0, 1000, 3000, 1).map(({ time }) => time)).toEqual([3000]);
    reader.close();
    history.close();
  });
});

describe('judged rows of many chunks', () => {
  it('are the newest, whatever their chunks overlap, also where an append was repeated', () => {
    const history = openHistory(folder);
    const at = (i: number): number => Date.UTC(2026, 0, 1) + i * 600_000;
    // Days of history lie in several files; every second append reaches back into the one before.
    const some = (from: number, to: number) => sampleVerdicts(Array.from({ length: to - from }, (_, i) => ({ time: at(from + i), value: from + i })));
    for (const [from, to] of [
      [0, 300],
      [300, 500],
      [500, 1000],
      [500, 1000],
      [1000, 1100],
    ])
      history.append(P, [some(from, to)], []);
    const reader = openReader(folder);
    const times = (from: number, to: number, limit: number): number[] => reader.judged(P, 0, from, to, limit).map(({ time }) => time);
    const want = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => at(from + i));
    for (const limit of [1, 7, 100, 101, 650, 1099, 1100, 5000]) expect(times(at(0), at(2000), limit)).toEqual(want(Math.max(0, 1100 - limit), 1100));
    expect(times(at(250), at(640), 300)).toEqual(want(341, 641));
    expect(times(at(250), at(640), 1000)).toEqual(want(250, 641));
    expect(times(at(-5), at(-1), 10)).toEqual([]);
    reader.close();
    history.close();
  });
});

describe('verdicts', () => {
  const DAY = 86_400_000;
  const series = [0, 1, 2].map((index) => ({ index, key: `s${index}`, labels: { host: `h${index}` }, unit: '%' }));

  it('come in the order of time over series and files, page by page, each once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ series: fc.nat(2), time: fc.nat(3 * DAY), flags: fc.constantFrom(0, 0, 0, ANOMALOUS, LATE), value: fc.double({ noNaN: true }) }), {
          maxLength: 60,
        }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 17 }),
        fc.boolean(),
        (rows, size, limit, again) => {
          const home = mkdtempSync(join(folder, 'run-'));
          const ledger = openLedger(home, { synchronous: 'normal' });
          ledger.commit(sampleCommit(ledger.claim(P).owner, 1, { series }));
          ledger.close();
          const history = openHistory(home, { period: DAY, synchronous: 'normal' });
          const numbered = rows.map((row, id) => ({ ...row, id }));
          for (const step of again ? [size, size + 1] : [size]) {
            for (let at = 0; at < rows.length; at += step) history.append(P, [sampleVerdicts(numbered.slice(at, at + step))], []);
          }
          const whole = sampleVerdicts(numbered);
          const dictionary = { get: (index: number) => series[index] };
          const expected = rows
            .map((_, i) => verdictAt(whole, i, P, dictionary))
            .map((verdict) => ({ ...verdict, cause: undefined }))
            .toSorted((a, b) => (a.time < b.time || (a.time === b.time && a.id < b.id) ? -1 : 1));
          const reader = openReader(home);
          const read = (query: { series?: string; anomalousOnly: boolean; from: number; to: number }) =>
            allPages((cursor) => reader.verdicts({ pipeline: P, limit, cursor, ...query })).map((verdict) => ({ ...verdict, cause: undefined }));
          const everything = { from: -Infinity, to: Infinity };
          expect(read({ anomalousOnly: false, ...everything })).toEqual(expected);
          expect(read({ anomalousOnly: true, ...everything })).toEqual(expected.filter(({ anomalous }) => anomalous));
          expect(read({ anomalousOnly: false, series: 's1', ...everything })).toEqual(expected.filter((verdict) => verdict.series === 's1'));
          const middle = { from: DAY / 2, to: 2 * DAY };
          const isWithin = ({ time }: { time: string }) => Date.parse(time) >= middle.from && Date.parse(time) <= middle.to;
          expect(read({ anomalousOnly: false, ...middle })).toEqual(expected.filter(isWithin));
          expect(read({ anomalousOnly: false, series: 'unknown', ...everything })).toEqual([]);
          reader.close();
          history.close();
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('a chunk', () => {
  it('gives back what rows say in words, also beside chunks without', () => {
    const plain = sampleVerdicts([{ time: 1 }, { time: 2 }]);
    const said = sampleVerdicts([{ time: 3 }, { time: 4 }, { time: 5 }]);
    said.texts = { subject: ['a', '', 'b\u00e9"'], detail: ['{"lines":1}', '', 'null'], replaces: [-1, -1, 0], revises: ['', '', '00ff00ff00ff00ff'] };
    const encoder = new ChunkEncoder();
    const chunks = [plain, said, plain].map((batch) =>
      encoder
        .encode(
          batch,
          Uint32Array.from({ length: batch.length }, (_, i) => i),
          0,
          batch.length,
        )
        .slice(),
    );
    let back = emptyVerdicts(1, 1);
    for (const bytes of chunks) back = decodeChunk(bytes, 1, 0, back, 'test');
    expect(back.texts).toMatchObject({
      subject: ['', '', 'a', '', 'b\u00e9"', '', ''],
      detail: ['', '', '{"lines":1}', '', 'null', '', ''],
      revises: ['', '', '', '', '00ff00ff00ff00ff', '', ''],
    });
    const wrong = chunks[1].slice();
    wrong[wrong.length - 1] = 0;
    expect(() => decodeChunk(wrong, 1, 0, emptyVerdicts(1, 1), 'test')).toThrow(/no JSON/);
    expect(() => decodeChunk(chunks[1].subarray(0, -1), 1, 0, emptyVerdicts(1, 1), 'test')).toThrow(/bytes/);
  });

  it('is read as the version before wrote it, without parts and shares', () => {
    const batch = Object.assign(emptyVerdicts(2, 1), { length: 1 });
    batch.values.set([3, 4]);
    const now = new ChunkEncoder().encode(batch, Uint32Array.of(0), 0, 1).slice();
    const before = Uint8Array.from([...now.subarray(0, 9 + 82), ...now.subarray(9 + 83)]);
    before[0] = 1;
    new DataView(before.buffer).setUint32(5, 0x3fff, true);
    const back = decodeChunk(before, 2, 0, Object.assign(emptyVerdicts(2, 1), { shares: Uint8Array.of(9, 9) }), 'test');
    expect([...back.values.subarray(0, 2), back.member[0], ...back.shares.subarray(0, 2)]).toEqual([3, 4, NO_MEMBER, 0, 0]);
  });

  it('gives back every bit of every column', () => {
    const bits = fc.double();
    const row = fc.record({
      time: fc.integer(),
      value: bits,
      score: bits,
      limit: bits,
      flags: fc.nat(255),
      offset: fc.nat(),
      high: fc.nat(0xffffffff),
      member: fc.nat(255),
      share: fc.constantFrom(0, 0, 200),
    });
    const encoder = new ChunkEncoder();
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 3 }), (rows, width) => {
        const batch = emptyVerdicts(width, rows.length);
        batch.length = rows.length;
        rows.forEach((r, i) => {
          batch.time[i] = r.time;
          batch.values.fill(r.value, i * width, (i + 1) * width);
          batch.score[i] = r.score;
          batch.limit[i] = r.limit;
          batch.flags[i] = r.flags;
          batch.offset[i] = r.offset;
          batch.idHigh[i] = r.high;
          batch.member[i] = r.member;
          batch.shares[i * width] = r.share;
        });
        const order = Uint32Array.from(rows, (_, i) => i);
        const bytes = encoder.encode(batch, order, 0, rows.length).slice();
        const back = decodeChunk(bytes, width, 5, emptyVerdicts(width, 1), 'test');
        for (const column of [
          'time',
          'score',
          'limit',
          'expected',
          'onset',
          'offset',
          'idHigh',
          'idLow',
          'flags',
          'member',
          'shares',
          'values',
          'place',
        ] as const) {
          expect(Array.from(back[column]).slice(0, batch[column].length)).toEqual(Array.from(batch[column]));
        }
        expect(back.series[0]).toBe(5);
        expect(() => decodeChunk(bytes.subarray(0, bytes.length - 1), width, 5, emptyVerdicts(width, 1), 'test')).toThrow(
          expect.objectContaining({ code: 'LEDGER_DAMAGED' }),
        );
      }),
    );
  });
});
