/**
 * Writes to a ledger and a journal until the largest file size of this process is reached, says how each refused, waits for a line,
 * and says what became of both: `bash -c 'ulimit -f 4000; exec node limited-writer.mjs FOLDER'`.
 */
import { once } from 'node:events';
import { openJournalWriter } from '../../dist/runtime/journal/writer.js';
import { openLedger } from '../../dist/stores/sqlite/ledger.js';

const [folder] = process.argv.slice(2);

function commitOf(owner, checkpoint) {
  const data = Buffer.alloc(1000, checkpoint);
  const states = Array.from({ length: 500 }, (_, key) => ({ stage: 'detect', key: checkpoint * 500 + key, shape: 1, data }));
  const nothing = { series: [], deadLetters: [], replayed: [], incidents: [], transitions: [], outbox: [], outboxResults: [], audit: [] };
  const progress = { position: checkpoint, control: 0, decoder: null, order: Buffer.alloc(0), watermark: 0, counts: {}, clock: 0 };
  return { pipeline: 'machines', owner, checkpoint, ...progress, ...nothing, states, sinkPending: null, sinkResume: null };
}

const ledger = openLedger(folder);
const { owner } = ledger.claim('machines');
let last = 0;
const refused = [];
while (refused.length < 3) {
  try {
    ledger.commit(commitOf(owner, last + 1));
    last++;
  } catch (thrown) {
    refused.push(thrown.code);
  }
}
const journal = openJournalWriter(`${folder}/journal`);
const body = Buffer.alloc(100_000, 65);
let appended = 0;
let refusal;
while (refusal === undefined) {
  await journal.append({ body, type: '', idempotencyKey: undefined }).then(
    () => appended++,
    (thrown) => (refusal = thrown.code),
  );
}
console.log(JSON.stringify({ refused, last, appended, refusal }));
await once(process.stdin, 'data');
ledger.commit(commitOf(owner, last + 1));
await journal.append({ body, type: '', idempotencyKey: undefined });
const states = [...ledger.states('machines', 'detect')].length;
console.log(JSON.stringify({ states, checkpoint: ledger.claim('machines').recovered.checkpoint }));
await journal.close();
ledger.close();
process.exit(0);
