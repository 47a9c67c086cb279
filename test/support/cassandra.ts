/** Options of a history in Cassandra as a test wants them: a keyspace of its own, everything else by default. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/pipeline/load.ts';
import type { HistoryPlace } from '../../src/stores/cassandra/history.ts';
import type { CassandraOptions } from '../../src/stores/cassandra/options.ts';

let count = 0;

export function cassandraOptionsFor({ host, port }: { host: string; port: number }, more: Partial<CassandraOptions> = {}): CassandraOptions {
  const keyspace = `test_${process.pid}_${++count}`;
  const text = `history: { cassandra: { contact_points: [${host}], port: ${port}, keyspace: ${keyspace} } }\npipelines: { a: { source: { simulate: {} } } }`;
  return { ...parseConfig(text, '/tmp/homeostat.yaml').history.cassandra!, ...more };
}

/** An empty data folder; left to the system's clean-up of its folder for such things. */
export function freshPlace(): HistoryPlace {
  return { data: join(mkdtempSync(join(tmpdir(), 'homeostat-cassandra-')), 'data') };
}
