/** What every ledger promises. */
import type { Ledger } from '../core/contracts.ts';
import { expectThat, type Check } from './check.ts';
import { effects } from './ledger-effects.ts';
import { expectCode, expectEqual, P, sampleCommit, sampleIncident, sampleNotice, type LedgerHome, type LedgerPromises } from './ledger-samples.ts';

/** `fresh` answers a home that nothing was ever written to. */
export function ledgerChecks(fresh: () => LedgerHome): Check[] {
  return Object.entries({ ...progress, ...states, ...effects }).map(([name, promise]) => ({ name, run: () => promise(fresh()) }));
}

const progress: LedgerPromises = {
  'gives a new pipeline nothing': (home) => {
    const ledger = home.open();
    const { owner, recovered } = ledger.claim(P);
    expectThat(owner > 0, 'the first owner is numbered');
    const { counts: _, ...rest } = recovered;
    const none = { checkpoint: 0, control: 0, watermark: -Infinity, series: [], incidents: [], answers: [], sinkPending: null, clock: 0 };
    const { position, decoder, order, sinkResume, epoch, ...known } = rest;
    expectEqual(known, none, 'what a new pipeline finds');
    for (const absent of [position, decoder, order, sinkResume, epoch]) expectThat(absent === undefined, 'what was never written is undefined');
    ledger.close();
  },
  'gives back all of the last commit after it was closed': (home) => {
    const first = home.open();
    const { owner } = first.claim(P);
    first.commit(sampleCommit(owner, 1, { epoch: { hash: 'abc', config: { k: 3 } }, series: [{ index: 0, key: 'cpu', labels: { host: 'a' }, unit: '%' }] }));
    first.commit(
      sampleCommit(owner, 2, {
        position: null,
        control: 0,
        decoder: { header: ['time'] },
        order: Uint8Array.of(7, 0, 9),
        watermark: Infinity,
        counts: { events: 12, late: 1 },
        series: [{ index: 1, key: 'mem ü', labels: {}, unit: '' }],
        incidents: [sampleIncident('open'), sampleIncident('closed', 30)],
        sinkPending: Uint8Array.of(1, 2),
        sinkResume: { bytes: 5 },
        clock: 99,
      }),
    );
    first.close();
    const second = home.open();
    const { owner: next, recovered } = second.claim(P);
    expectThat(next > owner, 'the owner number rises');
    const { counts, ...rest } = recovered;
    expectThat(counts['events'] === 12 && counts['late'] === 1, 'the counts come back');
    expectEqual(
      rest,
      {
        checkpoint: 2,
        position: null,
        control: 0,
        decoder: { header: ['time'] },
        order: Uint8Array.of(7, 0, 9),
        watermark: Infinity,
        series: [
          { index: 0, key: 'cpu', labels: { host: 'a' }, unit: '%' },
          { index: 1, key: 'mem ü', labels: {}, unit: '' },
        ],
        incidents: [sampleIncident('open')],
        answers: [],
        sinkPending: Uint8Array.of(1, 2),
        sinkResume: { bytes: 5 },
        epoch: { hash: 'abc', config: { k: 3 }, checkpoint: 1 },
        clock: 99,
      },
      'what comes back',
    );
    second.close();
  },
  'is open once at a time': (home) => {
    const first = home.open();
    expectCode('LEDGER_BUSY', () => home.open());
    first.close();
    home.open().close();
  },
  'refuses the commit of an owner that was succeeded, and keeps nothing of it': (home) => {
    const ledger = home.open();
    const before = ledger.claim(P).owner;
    const { owner } = ledger.claim(P);
    expectCode('LEDGER_FENCED', () => ledger.commit(sampleCommit(before, 1, { outbox: [sampleNotice('k')] })));
    expectEqual(ledger.outboxPending(P), [], 'the outbox');
    ledger.commit(sampleCommit(owner, 1));
    ledger.close();
  },
  'takes checkpoints only one after another': (home) => {
    const ledger = home.open();
    const { owner } = ledger.claim(P);
    ledger.commit(sampleCommit(owner, 1));
    expectCode('LEDGER_IO', () => ledger.commit(sampleCommit(owner, 1)));
    expectCode('LEDGER_IO', () => ledger.commit(sampleCommit(owner, 3)));
    ledger.commit(sampleCommit(owner, 2));
    expectThat(ledger.claim(P).recovered.checkpoint === 2, 'the last whole commit is the second');
    ledger.close();
  },
  'keeps nothing of a commit that fails in the middle': (home) => {
    const ledger = home.open();
    const { owner } = ledger.claim(P);
    const broken = {
      get what(): string {
        throw new Error('unreadable');
      },
      at: 1,
      by: 'test',
      detail: '',
    };
    const states = [{ stage: 'detect', key: 1, shape: 1, data: Uint8Array.of(1) }];
    let failed = false;
    try {
      ledger.commit(sampleCommit(owner, 1, { states, outbox: [sampleNotice('k')], incidents: [sampleIncident('i1')], audit: [broken] }));
    } catch {
      failed = true;
    }
    expectThat(failed, 'the commit fails');
    expectThat(ledger.state(P, 'detect', 1) === undefined, 'no state is kept');
    expectEqual(ledger.outboxPending(P), [], 'the outbox');
    ledger.commit(sampleCommit(owner, 1, { states }));
    expectEqual(ledger.state(P, 'detect', 1)?.data, Uint8Array.of(1), 'the state written after it');
    expectThat(ledger.claim(P).recovered.incidents.length === 0, 'no incident is kept');
    ledger.close();
  },
  'keeps pipelines apart': (home) => {
    const ledger = home.open();
    const [one, two] = [ledger.claim(P).owner, ledger.claim('other').owner];
    const states = (value: number) => [{ stage: 'detect', key: 0, shape: 1, data: Uint8Array.of(value) }];
    ledger.commit(sampleCommit(one, 1, { states: states(1) }));
    ledger.commit(sampleCommit(two, 1, { pipeline: 'other', states: states(2) }));
    expectEqual(ledger.state(P, 'detect', 0)?.data, Uint8Array.of(1), 'the state of one');
    expectEqual(ledger.state('other', 'detect', 0)?.data, Uint8Array.of(2), 'the state of the other');
    ledger.close();
  },
};

const states: LedgerPromises = {
  'puts a state in pieces together from those written last, each where it belongs': (home) => {
    const ledger = home.open();
    const { owner } = ledger.claim(P);
    const piece = (value: number, length = 100) => new Uint8Array(length).fill(value);
    const write = (key: number, first: number, size: number, pieces: [number, Uint8Array][]) => {
      return { stage: 'detect', key, shape: 1, data: piece(first), rest: { size, pieces: pieces.map(([number, data]) => ({ number, data })) } };
    };
    const whole = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
    const largest = 2 ** 32 - 1;
    const both = [5, largest].map((key) =>
      write(key, key % 7, 250, [
        [1, piece(11)],
        [2, piece(12, 50)],
      ]),
    );
    ledger.commit(sampleCommit(owner, 1, { states: [...both, { stage: 'detect', key: 6, shape: 1, data: piece(9) }] }));
    ledger.commit(sampleCommit(owner, 2, { states: [write(5, 20, 250, [[2, piece(22, 50)]])] }));
    const read = (from: Ledger, key: number) => from.state(P, 'detect', key)!.data;
    expectEqual(read(ledger, 5), whole(piece(20), piece(11), piece(22, 50)), 'the state of which one piece was written again');
    expectEqual(read(ledger, 6), piece(9), 'a state without pieces beside it');
    ledger.commit(sampleCommit(owner, 3, { states: [write(5, 30, 120, [[1, piece(31, 20)]]), { stage: 'detect', key: 6, shape: 1, data: piece(8, 3) }] }));
    expectEqual(read(ledger, 5), whole(piece(30), piece(31, 20)), 'the state that has become smaller');
    ledger.close();
    const again = home.open();
    expectEqual(read(again, largest), whole(piece(largest % 7), piece(11), piece(12, 50)), 'the state of the largest key, opened again');
    expectEqual(
      Array.from(again.states(P, 'detect'), ({ key, data }) => [key, data.length]),
      [
        [5, 120],
        [6, 3],
        [largest, 250],
      ],
      'all of them, in order',
    );
    again.close();
  },

  'gives back the newest state of each stage and key': (home) => {
    const ledger = home.open();
    const { owner } = ledger.claim(P);
    const largest = 2 ** 32 - 1;
    const write = (stage: string, key: number, value: number) => ({ stage, key, shape: 4_000_000_000 + value, data: Uint8Array.of(value) });
    ledger.commit(sampleCommit(owner, 1, { states: [write('detect', 5, 1), write('align', 5, 2), write('detect', largest, 3)] }));
    ledger.commit(sampleCommit(owner, 2, { states: [write('detect', 5, 4), write('detect', 0, 5)] }));
    ledger.close();
    const again = home.open();
    expectEqual(again.state(P, 'detect', 5), { shape: 4_000_000_004, data: Uint8Array.of(4) }, 'a state that was written twice');
    expectEqual(again.state(P, 'align', 5), { shape: 4_000_000_002, data: Uint8Array.of(2) }, 'a state of another stage');
    expectThat(again.state(P, 'detect', 6) === undefined, 'a key that was never written has no state');
    expectThat(again.state(P, 'none', 5) === undefined, 'a stage that never was has no state');
    expectEqual(
      Array.from(again.states(P, 'detect'), ({ key }) => key),
      [0, 5, largest],
      'the keys of a stage, in order',
    );
    again.close();
  },
  'is not changed by what happens to the bytes afterwards': (home) => {
    const ledger = home.open();
    const { owner } = ledger.claim(P);
    const data = Uint8Array.of(1);
    ledger.commit(sampleCommit(owner, 1, { states: [{ stage: 's', key: 1, shape: 1, data }] }));
    data[0] = 9;
    ledger.state(P, 's', 1)!.data[0] = 8;
    expectEqual(ledger.state(P, 's', 1)!.data, Uint8Array.of(1), 'the state');
    ledger.close();
  },
};
