import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { History } from '../../core/contracts.ts';
import type { LogSessionsQuery } from '../../core/log-live.ts';
import { ANOMALOUS, emptyVerdicts, NO_MEMBER, VERDICT_KINDS, verdictTexts, type VerdictBatch } from '../../core/verdicts.ts';
import { openHistory } from '../../stores/sqlite/history.ts';
import { openLedger } from '../../stores/sqlite/ledger.ts';
import { KeyTable } from './key-table.ts';
import { SessionIndex } from './session-index.ts';
import { matching, searched } from './session-search.ts';
import { Texts, viewOf } from './session-view.ts';

const START = Date.UTC(2026, 0, 5);
const ALL: LogSessionsQuery = { from: -Infinity, to: Infinity, sort: 'time', limit: 500 };
let folder: string;
let history: History;
let index: SessionIndex;

/** A look at session `s`, `at` seconds after the start. */
interface Look {
  s: number;
  place: number;
  at: number;
  score?: number;
  anomalous?: boolean;
  pattern?: string;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-index-'));
  const ledger = openLedger(folder);
  const { owner } = ledger.claim('p');
  const series = [
    { index: 0, key: 'lines', labels: {}, unit: '' },
    { index: 1, key: 'sessions', labels: {}, unit: '' },
  ];
  const nothing = { position: null, control: 0, decoder: null, order: new Uint8Array(0), watermark: 0, counts: {}, states: [], deadLetters: [], replayed: [] };
  const none = { incidents: [], transitions: [], outbox: [], outboxResults: [], audit: [], sinkPending: null, sinkResume: null, clock: 0 };
  ledger.commit({ pipeline: 'p', owner, checkpoint: 1, series, ...nothing, ...none });
  ledger.close();
  history = openHistory(folder, { period: 7 * 86_400_000, keep: Infinity, maxSize: Infinity, synchronous: 'normal' });
  index = new SessionIndex(folder, 'p');
});

afterEach(() => {
  index.close();
  history.close();
  rmSync(folder, { recursive: true, force: true });
});

function batchOf(looks: readonly Look[]): VerdictBatch {
  const batch = Object.assign(emptyVerdicts(1, looks.length), {
    length: looks.length,
    stage: 'judge',
    detector: 'auto',
    members: ['auto'],
    config: 'c',
    texts: verdictTexts(looks.length),
  });
  looks.forEach(({ s, place, at, score = NaN, anomalous = false, pattern }, i) => {
    batch.series[i] = 1;
    batch.kind[i] = VERDICT_KINDS.indexOf('session');
    batch.time[i] = START + at * 1000;
    batch.offset[i] = s * 100;
    batch.place[i] = place;
    batch.score[i] = score;
    batch.limit[i] = 2;
    batch.flags[i] = anomalous ? ANOMALOUS : 0;
    batch.member[i] = NO_MEMBER;
    batch.idHigh[i] = s + 1;
    batch.idLow[i] = place;
    batch.texts.subject[i] = `blk_${s}`;
    if (anomalous)
      batch.texts.detail[i] = JSON.stringify({ reasons: [{ judge: 'auto', text: `odd {t:${s}}`, templates: [] }], pattern: pattern ?? `say "${s}"` });
  });
  return batch;
}

const append = (...looks: Look[]): void => void history.append('p', [batchOf(looks)], []);
const ids = (rows: readonly number[]): string[] => index.stored(rows).map(({ batch, row }) => batch.texts!.subject[row]);

describe('the index of sessions', () => {
  it('has the last look at each, whatever is read again', async () => {
    append({ s: 1, place: 0, at: 0 }, { s: 2, place: 0, at: 1, score: 3, anomalous: true });
    await index.refresh();
    expect([index.sessions, index.anomalous]).toEqual([2, 1]);
    // What a crash repeats, and looks at the very time of the last one.
    append({ s: 2, place: 0, at: 1, score: 3, anomalous: true }, { s: 2, place: 1, at: 1, score: 1 }, { s: 3, place: 0, at: 1 });
    await index.refresh();
    await index.refresh();
    expect([index.sessions, index.anomalous]).toEqual([3, 0]);
    expect(ids(matching(index, ALL, undefined).rows).toSorted()).toEqual(['blk_1', 'blk_2', 'blk_3']);
  });

  it('finds a session by its identifier: the newest one in force, an anomalous one before any other', async () => {
    const found = (subject: string): [number, number, number] | undefined => {
      const stored = index.newest(subject);
      return stored && [(stored.time - START) / 1000, stored.batch.place[stored.row], stored.batch.offset[stored.row]];
    };
    const again = (looks: Look[], offset: number): void => {
      const batch = batchOf(looks);
      // Another session of the same identifier: it begins elsewhere.
      for (let i = 0; i < batch.length; i++) batch.offset[i] = batch.idHigh[i] = offset;
      void history.append('p', [batch], []);
    };
    append({ s: 1, place: 0, at: 0 }, { s: 2, place: 0, at: 1, anomalous: true }, { s: 3, place: 0, at: 2, anomalous: true });
    await index.refresh();
    expect([found('blk_1'), found('blk_2'), found('blk_3'), found('blk_4'), found('')]).toEqual([[0, 0, 100], [1, 0, 200], [2, 0, 300], undefined, undefined]);
    append({ s: 3, place: 1, at: 5 });
    again([{ s: 1, place: 0, at: 6 }], 7777);
    again([{ s: 2, place: 0, at: 7 }], 8888);
    await index.refresh();
    expect([found('blk_1'), found('blk_2'), found('blk_3')]).toEqual([
      [6, 0, 7777],
      [1, 0, 200],
      [5, 1, 300],
    ]);
  });

  it('misses nothing that is stored while it reads, be it of the very time of what it has read', async () => {
    const looks = (from: number, count: number, at: number): Look[] => Array.from({ length: count }, (_, i) => ({ s: from + i, place: 0, at }));
    append(...looks(20_000, 15_000, 7));
    const reading = index.refresh();
    // Its first page is read: what comes now stands before that, and what comes then is later.
    await new Promise<void>((resolve) => setImmediate(resolve));
    append(...looks(0, 20_000, 7));
    append(...looks(40_000, 10, 8));
    await reading;
    await index.refresh();
    await index.refresh();
    expect(index.sessions).toBe(35_010);
    expect(index.from(START + 8000)).toBe(35_000);
  });

  it('is the same however often it looks in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ s: fc.nat(8), at: fc.nat(3), anomalous: fc.boolean(), looks: fc.boolean() }), { maxLength: 40 }), async (steps) => {
        rmSync(join(folder, 'history'), { recursive: true, force: true });
        history.close();
        history = openHistory(folder, { period: 7 * 86_400_000, keep: Infinity, maxSize: Infinity, synchronous: 'normal' });
        const [often, once] = [new SessionIndex(folder, 'p'), new SessionIndex(folder, 'p')];
        const last = new Map<number, boolean>();
        const places = new Map<number, number>();
        let at = 0;
        for (const step of steps) {
          at += step.at;
          const place = (places.get(step.s) ?? -1) + 1;
          places.set(step.s, place);
          last.set(step.s, step.anomalous);
          append({ ...step, at, place });
          if (step.looks) await often.refresh();
        }
        await often.refresh();
        await once.refresh();
        expect([often.sessions, often.anomalous]).toEqual([last.size, [...last.values()].filter(Boolean).length]);
        expect([once.sessions, once.anomalous]).toEqual([often.sessions, often.anomalous]);
        often.close();
        once.close();
      }),
      { numRuns: 20 },
    );
  });

  it('gives pages that hold every session once, the newest first, while more come', async () => {
    append(...Array.from({ length: 95 }, (_, s): Look => ({ s, place: 0, at: Math.floor(s / 10) })));
    await index.refresh();
    const seen: string[] = [];
    let query: LogSessionsQuery = { ...ALL, limit: 10 };
    for (let more = 0; ; more++) {
      const { rows, next } = matching(index, query, undefined);
      seen.push(...ids(rows));
      if (next === null) break;
      query = { ...query, cursor: next };
      append({ s: 1000 + more, place: 0, at: 100 + more });
      await index.refresh();
    }
    expect(new Set(seen).size).toBe(95);
    expect(seen).toHaveLength(95);
    expect(Number(seen[0].slice(4))).toBeGreaterThanOrEqual(90);
    expect(() => matching(index, { ...ALL, cursor: 'odd' }, undefined)).toThrow('not one that was given out');
  });

  it('gives all that are judged at one time, as at the end of a file: each once, the last look at it', async () => {
    const SESSIONS = 20_000;
    append(...Array.from({ length: SESSIONS }, (_, s): Look => ({ s, place: 0, at: 5 })));
    append(...Array.from({ length: SESSIONS / 2 }, (_, s): Look => ({ s: s * 2, place: 1, at: 5, score: 1 })));
    await index.refresh();
    const seen = new Uint8Array(SESSIONS);
    for await (const page of index.all(false)) {
      for (const { batch, row } of page.filter((stored) => index.isInForce(stored))) {
        const s = batch.offset[row] / 100;
        expect(batch.place[row]).toBe(s % 2 === 0 ? 1 : 0);
        seen[s]++;
      }
    }
    expect(seen.every((times) => times === 1)).toBe(true);
    const { rows } = matching(index, { ...ALL, limit: 3 }, undefined);
    expect(index.stored(rows).map(({ id }) => id)).toEqual(rows.map((row) => index.idOf(row)));
  });

  it('is asked by time, pattern, anomaly and score', async () => {
    append(
      { s: 1, place: 0, at: 0, score: 1 },
      { s: 2, place: 0, at: 1, score: 5, anomalous: true, pattern: 'a' },
      { s: 3, place: 0, at: 2, score: 3, anomalous: true, pattern: 'b' },
    );
    append({ s: 4, place: 0, at: 3 });
    await index.refresh();
    const ask = (more: Partial<LogSessionsQuery>): string[] => ids(matching(index, { ...ALL, ...more }, undefined).rows);
    expect(ask({})).toEqual(['blk_4', 'blk_3', 'blk_2', 'blk_1']);
    expect(ask({ anomalous: true })).toEqual(['blk_3', 'blk_2']);
    expect(ask({ anomalous: false })).toEqual(['blk_4', 'blk_1']);
    expect(ask({ pattern: 'b' })).toEqual(['blk_3']);
    expect(ask({ from: START + 1000, to: START + 2000 })).toEqual(['blk_3', 'blk_2']);
    expect(ask({ sort: 'score' })).toEqual(['blk_2', 'blk_3', 'blk_1', 'blk_4']);
    const { next } = matching(index, { ...ALL, sort: 'score', limit: 2 }, undefined);
    expect(ask({ sort: 'score', cursor: next! })).toEqual(['blk_1', 'blk_4']);
  });

  it('is searched by identifier and by reason, with names in the place of numbers', async () => {
    append({ s: 1, place: 0, at: 0 }, { s: 12, place: 0, at: 1, anomalous: true }, { s: 3, place: 0, at: 2, anomalous: true });
    await index.refresh();
    const texts = new Texts(undefined);
    const find = async (search: string, anomalous?: boolean): Promise<string[]> => {
      const query = { ...ALL, search, anomalous };
      return ids(matching(index, query, await searched(index, query, texts)).rows);
    };
    expect(await find('BLK_1')).toEqual(['blk_12', 'blk_1']);
    expect(await find('blk_1', true)).toEqual(['blk_12']);
    expect(await find('odd template 3')).toEqual(['blk_3']);
    const [stored] = index.stored(matching(index, { ...ALL, pattern: 'say "3"' }, undefined).rows);
    expect(viewOf(stored, texts)).toMatchObject({
      session: 'blk_3',
      anomalous: true,
      pattern: 'say "3"',
      reasons: [{ judge: 'auto', text: 'odd template 3' }],
    });
  });
});

describe('the table of keys', () => {
  it('is a map', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.oneof(fc.nat(50), fc.maxSafeNat()), fc.nat()), { maxLength: 3000, size: 'max' }), (pairs) => {
        const table = new KeyTable();
        const map = new Map<number, number>();
        for (const [key, row] of pairs) {
          table.set(key, row);
          map.set(key, row);
        }
        for (const [key] of pairs) expect(table.get(key)).toBe(map.get(key));
        expect(table.get(Number.MAX_SAFE_INTEGER - 7)).toBe(map.get(Number.MAX_SAFE_INTEGER - 7) ?? -1);
      }),
    );
  });
});
