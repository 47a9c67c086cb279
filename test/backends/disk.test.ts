import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'vitest';
import { openHistory } from '../../src/stores/sqlite/history.ts';
import { openLedger } from '../../src/stores/sqlite/ledger.ts';
import { historyChecks, ledgerChecks } from '../../src/testing/index.ts';

/** On the disk of the checkout (or of HOMEOSTAT_DISK), not in the folder for temporary files, which may be memory. */
const disk = process.env.HOMEOSTAT_DISK ?? join(process.cwd(), '.homeostat');
const folders: string[] = [];

function freshFolder(): string {
  mkdirSync(disk, { recursive: true });
  folders.push(mkdtempSync(join(disk, 'disk-')));
  return folders.at(-1)!;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function onDisk<T>(open: (folder: string) => T): () => { open: () => T } {
  return () => {
    const folder = freshFolder();
    return { open: () => open(folder) };
  };
}

describe('the ledger on a real disk', () => {
  for (const check of ledgerChecks(onDisk(openLedger))) it(check.name, check.run);
});

describe('the history on a real disk', () => {
  for (const check of historyChecks(onDisk(openHistory))) it(check.name, check.run);
});
