import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Revisions } from './revisions.ts';

let data: string;
beforeEach(() => void (data = mkdtempSync(join(tmpdir(), 'homeostat-revisions-'))));
afterEach(() => rmSync(data, { recursive: true, force: true }));

const change = (before: string, after: string) => ({ pipeline: 'p', at: 1, by: 'me', kind: 'change' as const, what: '', of: null, before, after });

it('lose no change that is made while others look at them for the first time', async () => {
  await new Revisions(data).add(change('a', 'b'));
  for (let i = 0; i < 20; i++) {
    const fresh = new Revisions(data);
    const { before } = change('b', 'c');
    const looks = Array.from({ length: 6 }, () => fresh.all(before));
    const added = await fresh.all(before).then(() => fresh.add(change(before, 'c')));
    await Promise.all(looks);
    expect((await fresh.all('c')).at(-1)).toEqual(added);
    await fresh.forget(added);
  }
  expect(await new Revisions(data).all('b')).toHaveLength(1);
});

it('are not taken for none where their folder cannot be read, and are there again when it can', async () => {
  writeFileSync(join(data, 'settings'), 'no folder');
  const revisions = new Revisions(data);
  await expect(revisions.all('a')).rejects.toMatchObject({ code: 'ENOTDIR' });
  rmSync(join(data, 'settings'));
  await revisions.add(change('a', 'b'));
  expect(await revisions.all('b')).toHaveLength(1);
});
