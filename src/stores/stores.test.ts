import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'vitest';
import { historyChecks } from '../testing/history-suite.ts';
import { ledgerChecks } from '../testing/ledger-suite.ts';
import { MemoryHistoryStore, openMemoryHistory } from './memory/history.ts';
import { MemoryStore, openMemoryLedger } from './memory/ledger.ts';
import { openHistory } from './sqlite/history.ts';
import { openLedger } from './sqlite/ledger.ts';

const folders: string[] = [];

function freshFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'homeostat-stores-')));
  return folders.at(-1)!;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('the memory ledger', () => {
  const fresh = () => {
    const store = new MemoryStore();
    return { open: () => openMemoryLedger(store) };
  };
  for (const check of ledgerChecks(fresh)) it(check.name, check.run);
});

describe('the SQLite ledger', () => {
  const fresh = () => {
    const folder = freshFolder();
    return { open: () => openLedger(folder) };
  };
  for (const check of ledgerChecks(fresh)) it(check.name, check.run);
});

describe('the memory history', () => {
  const fresh = () => {
    const store = new MemoryHistoryStore();
    return { open: () => openMemoryHistory(store) };
  };
  for (const check of historyChecks(fresh)) it(check.name, check.run);
});

describe('the SQLite history', () => {
  const fresh = () => {
    const folder = freshFolder();
    return { open: () => openHistory(folder) };
  };
  for (const check of historyChecks(fresh)) it(check.name, check.run);
});
