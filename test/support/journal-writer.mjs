/**
 * Appends to a journal by eight senders until it is killed: `node journal-writer.mjs FOLDER ROUND`. Says `OFFSET KEY` after each
 * acknowledgement, straight to the pipe, so that nothing said is lost with the process. The body of a message begins with its key.
 */
import { writeSync } from 'node:fs';
import { openJournalWriter } from '../../dist/runtime/journal/writer.js';

const [folder, round] = process.argv.slice(2);
const writer = openJournalWriter(folder, { segmentSize: 300_000 });

async function send(sender) {
  for (let i = 0; ; i++) {
    const idempotencyKey = `${round}-${sender}-${i}`;
    const body = Buffer.from(`${idempotencyKey} `.padEnd(2000, '.'));
    const { offset } = await writer.append({ body, type: 'text/csv', idempotencyKey });
    writeSync(1, `${offset} ${idempotencyKey}\n`);
  }
}

for (let sender = 0; sender < 8; sender++) void send(sender);
