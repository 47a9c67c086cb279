/** The history that a configuration names: SQLite in the data folder, or Cassandra. */
import type { History } from '../core/contracts.ts';
import type { Reader } from '../core/live.ts';
import type { Reached } from '../core/schema.ts';
import { openCassandraHistory } from './cassandra/history.ts';
import type { CassandraOptions } from './cassandra/options.ts';
import { reachCassandra } from './cassandra/reach.ts';
import { openCassandraReader } from './cassandra/reader.ts';
import type { Synchronous } from './sqlite/database.ts';
import { openHistory as openSqliteHistory } from './sqlite/history.ts';
import { openReader as openSqliteReader } from './sqlite/reader.ts';

/** What of a configuration says where things are kept. */
export interface StoresConfig {
  /** Data folder. */
  data: string;
  ledger: { synchronous: Synchronous };
  history: { period: number; keep: number; maxSize: number; cassandra?: CassandraOptions };
}

export type ClosingReader = Reader & { close(): void };

/** Throws LEDGER_IO, DISK_FULL; a server elsewhere is not waited for. */
export function openHistory({ data, ledger, history }: StoresConfig): History {
  const { cassandra, ...embedded } = history;
  if (cassandra !== undefined) return openCassandraHistory(cassandra, { data });
  return openSqliteHistory(data, { ...embedded, synchronous: ledger.synchronous });
}

/** What `validate --live` says of a history beyond this machine; undefined for one in the data folder. */
export function reachOf({ history: { cassandra } }: StoresConfig): (() => Promise<Reached>) | undefined {
  return cassandra && (() => reachCassandra(cassandra));
}

/** Opens nothing yet. */
export function openReader({ data, history }: StoresConfig): ClosingReader {
  return history.cassandra === undefined ? openSqliteReader(data) : openCassandraReader(data, history.cassandra);
}
