/** Every step of each kind of file, oldest first. A released step never changes; a new schema is a new file at the end. */
import type { Migration } from '../migrate.ts';
import { history0001 } from './history-0001.ts';
import { history0002 } from './history-0002.ts';
import { ledger0001 } from './ledger-0001.ts';
import { ledger0002 } from './ledger-0002.ts';
import { ledger0003 } from './ledger-0003.ts';
import { ledger0004 } from './ledger-0004.ts';

export const LEDGER_MIGRATIONS: readonly Migration[] = [ledger0001, ledger0002, ledger0003, ledger0004];
export const HISTORY_MIGRATIONS: readonly Migration[] = [history0001, history0002];
