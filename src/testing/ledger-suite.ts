/** What every ledger promises. */
import type { AnswerRecord, DeadLetter, IncidentRecord, Ledger, LedgerCommit, OutboxItem } from '../core/contracts.ts';
import { HomeostatError } from '../core/errors.ts';
import { expectThat, type Check } from './check.ts';

/** One place that a ledger can be closed and opened at again. */
export interface LedgerHome {
  open(): Ledger;
}

const P = 'machines';

/** A commit of the pipeline `machines` that changes nothing but what is given. */
export function sampleCommit(owner: number, checkpoint: number, changes: Partial<LedgerCommit> = {}): LedgerCommit {
  return {
    pipeline: P,
    owner,
    checkpoint,
    position: { file: 'a.csv', offset: checkpoint * 100 },
    control: 0,
    decoder: null,
    order: new Uint8Array(0),
    watermark: checkpoint * 1000,
    counts: { events: checkpoint },
    series: [],
    states: [],
    deadLetters: [],
    replayed: [],
    incidents: [],
    transitions: [],
    outbox: [],
    outboxResults: [],
    audit: [],
    sinkPending: null,
    sinkResume: null,
    clock: checkpoint,
    ...changes,
  };
}

export function sampleIncident(id: string, endedAt: number | null = null): IncidentRecord {
  return {
    id,
    pipeline: P,
    group: { host: 'a' },
    state: endedAt === null ? 'Alerting' : 'Normal',
    severity: 'warning',
    series: ['cpu'],
    startedAt: 10,
    updatedAt: 20,
    endedAt,
    anomalies: 3,
    peak: null,
    acknowledgedBy: null,
    silenced: false,
    summary: 'cpu is high',
  };
}

/** `ended` at an event time, or in force. */
export function sampleAnswer(id: string, ended: number | null = null): AnswerRecord {
  return {
    id,
    pipeline: P,
    says: 'false-alarm',
    when: 'hour-of-day',
    until: null,
    incident: null,
    by: 'ann',
    comment: 'backup',
    at: 7,
    since: 1000,
    parts: [{ series: 'cpu', from: 10, to: 20, limitFactor: 1.25, onsetFactor: 3, ended }],
    undone: ended === null ? null : { by: 'bob', at: 9 },
  };
}

export function sampleNotice(key: string, incident = sampleIncident('i1')): OutboxItem {
  return { key, pipeline: P, kind: 'notice', target: 'webhook#0', payload: { key, status: 'firing', incident, labels: {}, at: 10, repeated: false } };
}

export function sampleDeadLetter(offset: number): Omit<DeadLetter, 'id' | 'replayed'> {
  return { pipeline: P, partition: 1, offset, place: 2, code: 'RECORD_MALFORMED', detail: 'no number', bytes: Uint8Array.of(1, 2, 255), at: Date.now() };
}

function expectEqual(got: unknown, want: unknown, what: string): void {
  const [a, b] = [JSON.stringify(got, plain), JSON.stringify(want, plain)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}

/** Numbers that JSON does not know, bytes, and fields in any order, in a form that can be compared. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) return Array.from(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function expectCode(code: string, work: () => unknown): void {
  try {
    work();
  } catch (thrown) {
    expectThat(thrown instanceof HomeostatError && thrown.code === code, `threw ${String(thrown)} instead of ${code}`);
    return;
  }
  throw new Error(`did not throw ${code}`);
}

/** `fresh` answers a home that nothing was ever written to. */
export function ledgerChecks(fresh: () => LedgerHome): Check[] {
  return Object.entries({ ...progress, ...states, ...effects }).map(([name, promise]) => ({ name, run: () => promise(fresh()) }));
}

type Promises = Record<string, (home: LedgerHome) => void>;

const progress: Promises = {
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

const states: Promises = {
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

const effects: Promises = {
  'numbers control records upwards, also after it was closed': (home) => {
    const ledger = home.open();
    const sequences = [1, 2, 3].map((clock) => ledger.appendControl(P, { type: 'savepoint', by: String(clock) }));
    const { owner } = ledger.claim(P);
    ledger.commit(sampleCommit(owner, 1, { control: sequences[1] }));
    ledger.close();
    const again = home.open();
    const { recovered } = again.claim(P);
    expectEqual(recovered.control, sequences[1], 'the control record applied last');
    expectEqual(
      again.controls(P, recovered.control),
      [{ sequence: sequences[2], pipeline: P, record: { type: 'savepoint', by: '3' } }],
      'what is left to apply',
    );
    expectThat(again.appendControl(P, { type: 'savepoint', by: '4' }) > sequences[2], 'no number is given twice');
    again.close();
  },
  'keeps an outbox item once, until its result is committed': (home) => {
    const ledger = home.open();
    const { owner } = ledger.claim(P);
    ledger.commit(sampleCommit(owner, 1, { outbox: [sampleNotice('a'), sampleNotice('b')] }));
    ledger.commit(sampleCommit(owner, 2, { outbox: [sampleNotice('a')] }));
    ledger.close();
    const again = home.open();
    const next = again.claim(P).owner;
    const keys = () => again.outboxPending(P).map(({ key }) => key);
    expectEqual(keys(), ['a', 'b'], 'what is pending');
    expectEqual(again.outboxPending(P)[0].payload, sampleNotice('a').payload, 'the payload');
    const done = { key: 'a', pipeline: P, state: 'delivered' as const, attempts: 2, detail: '', at: 5 };
    again.commit(sampleCommit(next, 3, { outboxResults: [done] }));
    expectEqual(keys(), ['b'], 'what is pending after a delivery');
    again.commit(sampleCommit(next, 4, { outbox: [sampleNotice('a')] }));
    expectEqual(keys(), ['b'], 'what is pending after the delivered item came again');
    again.close();
  },
  'keeps the answers that are in force, in the order they came, and forgets those that are not': (home) => {
    const ledger = home.open();
    const { owner } = ledger.claim(P);
    ledger.commit(sampleCommit(owner, 1, { answers: [sampleAnswer('z'), sampleAnswer('b')] }));
    ledger.commit(sampleCommit(owner, 2, { answers: [sampleAnswer('c'), sampleAnswer('a')] }));
    ledger.commit(sampleCommit(owner, 3, { answers: [sampleAnswer('b', 3000), { ...sampleAnswer('z'), comment: 'changed' }] }));
    const other = ledger.claim('other').owner;
    ledger.commit(sampleCommit(other, 1, { pipeline: 'other', answers: [{ ...sampleAnswer('o'), pipeline: 'other' }] }));
    ledger.close();
    const again = home.open();
    const { answers } = again.claim(P).recovered;
    expectEqual(answers, [{ ...sampleAnswer('z'), comment: 'changed' }, sampleAnswer('c'), sampleAnswer('a')], 'the answers in force');
    expectEqual(again.claim('nobody').recovered.answers, [], 'the answers of a pipeline without any');
    const [part] = sampleAnswer('c').parts;
    const half = {
      ...sampleAnswer('c'),
      parts: [
        { ...part, ended: 5 },
        { ...part, series: 'disk' },
      ],
    };
    again.commit(sampleCommit(again.claim(P).owner, 4, { answers: [half] }));
    expectEqual(again.claim(P).recovered.answers[1], half, 'an answer of which a part has ended');
    again.close();
  },
  'keeps dead letters with their bytes, and marks those that were replayed': (home) => {
    const ledger = home.open();
    const { owner } = ledger.claim(P);
    const letters = [{ ...sampleDeadLetter(1), sent: { type: 'text/csv', labels: { topic: 'a/b' } } }, sampleDeadLetter(2)];
    ledger.commit(sampleCommit(owner, 1, { deadLetters: letters }));
    const [one, two] = ledger.deadLetters(P, [1, 2]) as [DeadLetter, DeadLetter];
    expectEqual({ ...one, id: 0 }, { ...letters[0], id: 0, replayed: false }, 'a dead letter');
    expectEqual('sent' in two, false, 'one that was no message');
    ledger.commit(sampleCommit(owner, 2, { replayed: [two.id] }));
    expectEqual(
      ledger.deadLetters(P, [two.id, 77])?.map(({ id, replayed }) => [id, replayed]),
      [[two.id, true]],
      'a replayed one',
    );
    expectEqual(ledger.deadLetters('other', [one.id]), [], 'dead letters of another pipeline');
    ledger.close();
  },
  'keeps ten thousand dead letters and counts those that it dropped': (home) => {
    const ledger = home.open();
    const { owner } = ledger.claim(P);
    const some = (from: number, count: number) => Array.from({ length: count }, (_, i) => sampleDeadLetter(from + i));
    ledger.commit(sampleCommit(owner, 1, { deadLetters: some(0, 9_999) }));
    ledger.commit(sampleCommit(owner, 2, { deadLetters: some(9_999, 4) }));
    expectThat(ledger.claim(P).recovered.counts['deadLettersDropped'] === 3, 'three were dropped');
    ledger.close();
  },
  'forgets what waits for sinks once it is cleared': (home) => {
    const ledger = home.open();
    const { owner } = ledger.claim(P);
    ledger.commit(sampleCommit(owner, 1, { sinkPending: Uint8Array.of(1) }));
    ledger.commit(sampleCommit(owner, 2, { sinkPending: null }));
    expectThat(ledger.claim(P).recovered.sinkPending === null, 'nothing waits');
    ledger.close();
  },
  'is the same after it was reopened': (home) => {
    const ledger = home.open();
    const { owner } = ledger.claim(P);
    ledger.commit(sampleCommit(owner, 1, { states: [{ stage: 's', key: 1, shape: 1, data: Uint8Array.of(1) }] }));
    ledger.reopen();
    ledger.commit(sampleCommit(owner, 2));
    expectEqual(ledger.state(P, 's', 1)?.data, Uint8Array.of(1), 'a state written before');
    expectThat(ledger.savepoint().length > 0, 'a savepoint has a name');
    ledger.close();
  },
};
