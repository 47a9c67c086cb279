/** What every ledger promises of control records, the outbox, answers and dead letters. */
import type { DeadLetter } from '../core/contracts.ts';
import { expectThat } from './check.ts';
import { expectEqual, P, sampleAnswer, sampleCommit, sampleDeadLetter, sampleNotice, type LedgerPromises } from './ledger-samples.ts';

export const effects: LedgerPromises = {
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
