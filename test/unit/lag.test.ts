/** The lag of a pipeline means one thing: in REST, at /metrics and on the page. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ground } from '../support/in-process.ts';

const made = ground();
afterEach(() => made.remove());

it('a file of last year that is read to its end is not a year behind', async () => {
  const rows = Array.from({ length: 2000 }, (_, i) => `${new Date(Date.UTC(2025, 0, 1) + i * 60_000).toISOString()},${i % 7}`);
  writeFileSync(join(made.folder, 'a.csv'), `time,value\n${rows.join('\n')}\n`);
  const yaml = 'pipelines: { a: { source: { file: { path: a.csv, follow: false } }, detect: { detector: ema, threshold: { sigma: { k: 3 } } } } }';
  expect(await made.run(yaml)).toBe('finished');
  const said = made.messages.flatMap((message) => (message.type === 'status' ? [message.status] : []));
  expect(said.at(-1)).toMatchObject({ lagMs: 0, lagBytes: 0, counts: { events: 2000 } });
});
