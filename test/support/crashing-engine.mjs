/** The engine thread, which ends as `crash` in the data folder says: `throw`, `exit`, or not at all while there is no such file. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort } from 'node:worker_threads';

await import(new URL('../../dist/pipeline/engine-thread.js', import.meta.url).href);
parentPort.once('message', ({ data }) => {
  const order = join(data, 'crash');
  setInterval(() => {
    if (!existsSync(order)) return;
    const how = readFileSync(order, 'utf8');
    rmSync(order);
    if (how === 'exit') process.exit(7);
    throw new Error('planted');
  }, 5);
});
