import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleCommit, sampleDeadLetter, sampleIncident, sampleNotice } from '../../testing/ledger-samples.ts';
import { sampleVerdicts } from '../../testing/history-suite.ts';
import { checkLedger, repairLedger } from './check.ts';
import { openHistory } from './history.ts';
import { listHistory } from './history-folder.ts';
import { ledgerPath, openLedger } from './ledger.ts';
import type { LedgerOptions, SqliteLedger } from './ledger.ts';
import { LEDGER_MIGRATIONS } from './migrations/index.ts';
import { openReader } from './reader.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-ledger-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const P = 'machines';
const code = (expected: string) => expect.objectContaining({ code: expected });

/** A ledger with `count` states of 100 bytes, closed again. */
function filled(count: number, checkpoints = 1): void {
  const ledger = openLedger(folder);
  const { owner, recovered } = ledger.claim(P);
  const states = Array.from({ length: count }, (_, key) => ({ stage: 'detect', key, shape: 1, data: new Uint8Array(100).fill(key) }));
  for (let i = 1; i <= checkpoints; i++) ledger.commit(sampleCommit(owner, recovered.checkpoint + i, { states, incidents: [sampleIncident('i1')] }));
  ledger.close();
}

function overwrite(path: string, at: number, length: number): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, new Uint8Array(length).fill(0xa5), 0, length, at);
  closeSync(fd);
}

function withLedger<T>(work: (ledger: SqliteLedger) => T, options: LedgerOptions = {}): T {
  const ledger = openLedger(folder, options);
  try {
    return work(ledger);
  } finally {
    ledger.close();
  }
}

describe('a ledger of a newer program', () => {
  it('is refused, and not a byte of it is touched', () => {
    filled(10);
    const db = new DatabaseSync(ledgerPath(folder));
    db.exec('pragma user_version = 99');
    db.close();
    const before = readFileSync(ledgerPath(folder));
    expect(() => openLedger(folder)).toThrow(code('LEDGER_NEWER'));
    expect(readFileSync(ledgerPath(folder)).equals(before)).toBe(true);
    expect(checkLedger(folder)).toMatchObject({ ok: false, ledger: { condition: 'newer' } });
    expect(repairLedger(folder).done).toEqual([]);
    expect(readFileSync(ledgerPath(folder)).equals(before)).toBe(true);
  });
});

describe('a ledger of an older program', () => {
  const version = LEDGER_MIGRATIONS.at(-1)!.version + 1;
  const second = { version, sql: "alter table pipelines add column note text not null default 'migrated'" };

  it('is brought forward, and keeps what it holds', () => {
    filled(10);
    const migrations = [...LEDGER_MIGRATIONS, second];
    expect(withLedger((ledger) => ledger.state(P, 'detect', 7)!.data[0], { migrations })).toBe(7);
    expect(() => openLedger(folder)).toThrow(code('LEDGER_NEWER'));
  });

  it('is as it was when a step fails in the middle', () => {
    filled(10);
    const broken = { version, sql: 'create table half (a); insert into nowhere values (1)' };
    expect(() => openLedger(folder, { migrations: [...LEDGER_MIGRATIONS, broken] })).toThrow('nowhere');
    expect(withLedger((ledger) => ledger.claim(P).recovered.checkpoint)).toBe(1);
    expect(withLedger(() => true, { migrations: [...LEDGER_MIGRATIONS, second] })).toBe(true);
  });
});

describe('a damaged ledger', () => {
  function damage(): void {
    overwrite(ledgerPath(folder), Math.floor(statSync(ledgerPath(folder)).size / 2 / 4096) * 4096, 4096);
  }

  it('is refused at the start', () => {
    filled(2000);
    damage();
    expect(() => openLedger(folder)).toThrow(code('LEDGER_DAMAGED'));
    expect(checkLedger(folder)).toMatchObject({ ok: false, ledger: { condition: 'damaged' } });
  });

  it('is refused when it is no database at all, and leaves the folder free', () => {
    writeFileSync(ledgerPath(folder), 'not a ledger'.repeat(1000));
    expect(() => openLedger(folder)).toThrow(code('LEDGER_DAMAGED'));
    expect(() => openLedger(folder)).toThrow(code('LEDGER_DAMAGED'));
  });

  it('goes back to the newest whole savepoint, and says from where is read again', () => {
    filled(2000, 2);
    withLedger((ledger) => ledger.savepoint());
    filled(2000, 3);
    damage();
    const report = repairLedger(folder, 1);
    expect(report).toMatchObject({ ok: true, ledger: { condition: 'ok' }, pipelines: [{ name: P, checkpoint: 2 }] });
    expect(report.readAgain[0]).toContain('machines: from {"file":"a.csv","offset":200} (checkpoint 2');
    expect(report.lost.length).toBeGreaterThan(0);
    expect(existsSync(`${ledgerPath(folder)}.damaged-1`)).toBe(true);
    expect(withLedger((ledger) => ledger.claim(P).recovered.checkpoint)).toBe(2);
  });

  it('passes over a savepoint that is damaged itself', () => {
    filled(500, 2);
    withLedger((ledger) => ledger.savepoint());
    filled(500);
    const newest = withLedger((ledger) => ledger.savepoint());
    overwrite(newest, 4096 * 3, 4096 * 4);
    damage();
    expect(repairLedger(folder).pipelines).toMatchObject([{ checkpoint: 2 }]);
  });

  it('without a savepoint keeps all rows that can still be read', () => {
    filled(2000, 3);
    damage();
    const report = repairLedger(folder);
    expect(report).toMatchObject({ ok: true, pipelines: [{ name: P, checkpoint: 3 }] });
    expect(report.lost).toContain('rows of the table states that could not be read');
    const states = withLedger((ledger) => [...ledger.states(P, 'detect')]);
    expect(states.length).toBeGreaterThan(1900);
    expect(states.length).toBeLessThan(2000);
    for (const { key, data } of states) expect(data).toEqual(new Uint8Array(100).fill(key));
  });

  it('is not repaired while a process has the folder', () => {
    filled(10);
    withLedger(() => expect(() => repairLedger(folder)).toThrow(code('LEDGER_BUSY')));
  });

  it('is left alone by a repair when it is whole', () => {
    filled(10);
    expect(repairLedger(folder)).toMatchObject({ ok: true, done: [], readAgain: [], lost: [] });
  });
});

describe('states', () => {
  it('are read page by page, each once', () => {
    filled(3500);
    expect(withLedger((ledger) => Array.from(ledger.states(P, 'detect'), ({ key }) => key))).toEqual(Array.from({ length: 3500 }, (_, key) => key));
  });
});

describe('savepoints', () => {
  it('are whole, and two are kept', () => {
    filled(10);
    const paths = withLedger((ledger) => [1, 2, 3].map(() => ledger.savepoint()));
    expect(paths.map((path) => existsSync(path))).toEqual([false, true, true]);
    expect(checkLedger(folder).savepoints.map(({ condition }) => condition)).toEqual(['ok', 'ok']);
  });
});

describe('bounds of the ledger', () => {
  it('drops the oldest closed incidents with their transitions, never an open one', () => {
    withLedger(
      (ledger) => {
        const { owner } = ledger.claim(P);
        const t = (incident: string, sequence: number) => ({ incident, sequence, from: 'Normal' as const, to: 'Alerting' as const, at: 1, cause: 'x' });
        ledger.commit(sampleCommit(owner, 1, { incidents: [sampleIncident('open')], transitions: [t('open', 1)] }));
        for (let i = 0; i < 9; i++) ledger.commit(sampleCommit(owner, i + 2, { incidents: [sampleIncident(`c${i}`, 5)], transitions: [t(`c${i}`, 1)] }));
      },
      { bounds: { closedIncidents: 4 } },
    );
    const reader = openReader(folder);
    expect(reader.incidents({ limit: 100 }).items.map(({ id }) => id)).toEqual(['c8', 'c7', 'c6', 'c5', 'open']);
    expect(reader.incident('c4')).toBeUndefined();
    expect(reader.incident('c5')!.transitions.length).toBe(1);
    reader.close();
  });

  it('drops the oldest of what is delivered, never what is pending, and the oldest of the audit', () => {
    withLedger(
      (ledger) => {
        const { owner } = ledger.claim(P);
        const keys = ['a', 'b', 'c', 'd', 'e'];
        ledger.commit(sampleCommit(owner, 1, { outbox: keys.map((key) => sampleNotice(key)) }));
        const outboxResults = keys.slice(1).map((key) => ({ key, pipeline: P, state: 'delivered' as const, attempts: 1, detail: '', at: 1 }));
        const audit = keys.map((what) => ({ at: Date.now(), by: 'test', what, detail: '' }));
        ledger.commit(sampleCommit(owner, 2, { outboxResults, audit }));
      },
      { bounds: { doneOutbox: 2, audit: 3 } },
    );
    const reader = openReader(folder);
    expect(reader.outbox({ limit: 10 }).items.map(({ key }) => key)).toEqual(['e', 'd', 'a']);
    expect(reader.audit({ limit: 10 }).items.map(({ what }) => what)).toEqual(['e', 'd', 'c']);
    reader.close();
  });

  it('answers how many dead letters were dropped', () => {
    withLedger(
      (ledger) => {
        const { owner } = ledger.claim(P);
        const deadLetters = [1, 2, 3, 4].map(sampleDeadLetter);
        expect(ledger.commit(sampleCommit(owner, 1, { deadLetters: deadLetters.slice(0, 2) }))).toBeUndefined();
        expect(ledger.commit(sampleCommit(owner, 2, { deadLetters }))).toBe(3);
      },
      { bounds: { deadLetters: 3 } },
    );
  });
});

describe('the files of a history', () => {
  const DAY = 86_400_000;
  const day = (n: number, count = 50) => sampleVerdicts(Array.from({ length: count }, (_, id) => ({ time: n * DAY + id, id })));
  const starts = () => listHistory(folder).map(({ start }) => start / DAY);

  it('are one a period, and whole ones go when they are too old', () => {
    let now = Date.now();
    const history = openHistory(folder, { period: DAY, keep: 10 * DAY, now: () => now });
    for (const n of [1, 2, 3]) history.append(P, [day(n)], []);
    expect(starts()).toEqual([1, 2, 3]);
    const old = new Date(now - 11 * DAY);
    for (const name of readdirSync(join(folder, 'history'))) if (name.startsWith('1970-01-02')) utimesSync(join(folder, 'history', name), old, old);
    now += 61_000;
    history.append(P, [day(3)], []);
    expect(starts()).toEqual([2, 3]);
    history.close();
  });

  it('go oldest first when they take too much room, never the newest', () => {
    let now = Date.now();
    const history = openHistory(folder, { period: DAY, maxSize: 1, now: () => now });
    for (const n of [1, 2, 3]) {
      history.append(P, [day(n)], []);
      now += 61_000;
    }
    expect(starts()).toEqual([3]);
    history.append(P, [day(2)], []);
    expect(starts()).toEqual([2, 3]);
    history.close();
  });

  it('do not grow when the same append comes again', () => {
    const history = openHistory(folder, { period: DAY });
    history.append(P, [day(1)], []);
    history.close();
    const size = () => statSync(listHistory(folder)[0].path).size;
    const before = size();
    const again = openHistory(folder, { period: DAY });
    for (let i = 0; i < 100; i++) again.append(P, [day(1)], []);
    again.close();
    expect(size()).toBe(before);
  });

  it('are found by a reader after they were replaced, and can be many', () => {
    const reader = openReader(folder);
    const history = openHistory(folder, { period: DAY });
    for (let n = 0; n < 20; n++) history.append(P, [day(n, 3)], []);
    expect(reader.range(P, 0, 0, 30 * DAY, 1000).time.length).toBe(60);
    expect(reader.span(P, 0)).toEqual({ from: 0, to: 19 * DAY + 2 });
    history.close();
    for (const { path } of listHistory(folder)) for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    expect(reader.range(P, 0, 0, 30 * DAY, 1000).time.length).toBe(0);
    expect(reader.span(P, 0)).toBeNull();
    reader.close();
  });

  it('are salvaged when they are damaged', () => {
    const history = openHistory(folder, { period: DAY });
    for (let n = 0; n < 200; n++) history.append(P, [sampleVerdicts(Array.from({ length: 50 }, (_, id) => ({ time: DAY + n * 1000 + id, id })))], []);
    history.close();
    const { path } = listHistory(folder)[0];
    overwrite(path, Math.floor(statSync(path).size / 2 / 4096) * 4096, 4096);
    expect(checkLedger(folder)).toMatchObject({ ok: false, history: [{ condition: 'damaged' }] });
    expect(repairLedger(folder)).toMatchObject({ ok: true, history: [{ condition: 'ok' }] });
    const reader = openReader(folder);
    const { time } = reader.range(P, 0, 0, 3 * DAY, 100_000);
    expect(time.length).toBeGreaterThan(5000);
    reader.close();
  });
});
