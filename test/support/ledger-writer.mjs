/**
 * Commits to the ledger of a folder until it is killed: `node ledger-writer.mjs FOLDER`. Says `claimed N` and then `N` after each
 * commit, straight to the pipe, so that nothing said is lost with the process. Every state of checkpoint N holds N.
 */
import { writeSync } from 'node:fs';
import { openLedger } from '../../dist/stores/sqlite/ledger.js';

const ledger = openLedger(process.argv[2]);
const { owner, recovered } = ledger.claim('machines');
writeSync(1, `claimed ${recovered.checkpoint}\n`);

for (let checkpoint = recovered.checkpoint + 1; ; checkpoint++) {
  const data = Buffer.alloc(60);
  data.writeUInt32LE(checkpoint);
  const key = `notice ${checkpoint}`;
  const incident = { id: `i${checkpoint}`, endedAt: null };
  ledger.commit({
    pipeline: 'machines',
    owner,
    checkpoint,
    position: checkpoint,
    control: 0,
    decoder: null,
    order: new Uint8Array(0),
    watermark: checkpoint,
    counts: { events: checkpoint },
    series: [],
    states: Array.from({ length: 500 }, (_, index) => ({ stage: 'detect', key: index, shape: 1, data })),
    deadLetters: [],
    replayed: [],
    incidents: [incident],
    transitions: [],
    outbox: [{ key, pipeline: 'machines', kind: 'notice', target: 'log#0', payload: { key, incident } }],
    outboxResults: [],
    audit: [],
    sinkPending: null,
    sinkResume: null,
    clock: checkpoint,
  });
  writeSync(1, `${checkpoint}\n`);
}
