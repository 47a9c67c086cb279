/** A journal whose old segments cannot be deleted goes on taking and releasing, and deletes them once it can. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openJournalWriter } from '../../../src/runtime/journal/writer.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeostat-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('neither loses an append nor fails a release', async () => {
  const journal = join(folder, 'journal');
  const writer = openJournalWriter(journal, { maxSize: 600, segmentSize: 100 });
  const push = (i: number): Promise<{ offset: number; repeated: boolean }> =>
    writer.append({ body: Buffer.alloc(80, i), type: 'text/plain', idempotencyKey: String(i) });
  await push(0);
  const [oldest] = readdirSync(journal)
    .filter((name) => /\d/.test(name))
    .map((name) => join(journal, name));
  for (let i = 1; i < 3; i++) await push(i);
  // A folder with something in it cannot be removed as a file.
  rmSync(oldest);
  mkdirSync(oldest);
  writeFileSync(join(oldest, 'x'), '');
  let last = 0;
  for (let i = 3; i < 12; i++) {
    const { offset } = await push(i);
    expect(offset).toBeGreaterThan(last);
    expect(() => writer.release(offset)).not.toThrow();
    last = offset;
  }
  const held = readdirSync(journal).length;
  rmSync(oldest, { recursive: true });
  writer.release((await push(12)).offset);
  expect(readdirSync(journal).length).toBeLessThan(held);
  await writer.close();
});
