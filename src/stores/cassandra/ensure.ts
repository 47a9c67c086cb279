/** Makes or checks keyspace and tables. */
import type { Client } from 'cassandra-driver';
import { HomeostatError } from '../../core/errors.ts';
import type { CassandraOptions } from './options.ts';
import { addColumn, createKeyspace, createTable, secondsOf, TABLES } from './tables.ts';

/** Makes what is missing where that is allowed, then checks. Throws HISTORY_SCHEMA with the CQL that is missing. */
export async function ensureSchema(client: Client, options: CassandraOptions): Promise<void> {
  if (options.create) await create(client, options);
  await checkSchema(client, options);
}

/** Changes nothing. Throws HISTORY_SCHEMA. */
export async function checkSchema(client: Client, options: CassandraOptions): Promise<void> {
  const [first, ...more] = await missing(client, options);
  if (first === undefined) return;
  const cql = [first, ...more].map(({ cql }) => `${cql};`).join('\n');
  throw new HomeostatError('HISTORY_SCHEMA', { keyspace: options.keyspace, detail: first.what, cql });
}

/** A change of the schema may take much longer than a row, ms. */
const ALTERING = 30_000;

interface Missing {
  what: string;
  cql: string;
}

async function create(client: Client, options: CassandraOptions): Promise<void> {
  // The driver answers a statement that changes the schema when every node has taken it over.
  for (const { cql } of await missing(client, options)) await client.execute(cql, [], { prepare: false, readTimeout: ALTERING });
}

/** What keyspace and tables lack, the statements in the order in which they must be run. */
async function missing(client: Client, options: CassandraOptions): Promise<Missing[]> {
  const { keyspace } = options;
  const keyspaces = await client.execute('SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?', [keyspace], { prepare: true });
  const found: Missing[] = [];
  if (keyspaces.rowLength === 0) found.push({ what: `the keyspace ${keyspace} does not exist`, cql: createKeyspace(options) });
  const rows = await client.execute('SELECT table_name, column_name, type FROM system_schema.columns WHERE keyspace_name = ?', [keyspace], { prepare: true });
  const lives = await client.execute('SELECT table_name, default_time_to_live FROM system_schema.tables WHERE keyspace_name = ?', [keyspace], {
    prepare: true,
  });
  const columns = new Map(rows.rows.map((row) => [`${row['table_name']}.${row['column_name']}`, row['type'] as string]));
  const seconds = new Map(lives.rows.map((row) => [row['table_name'] as string, row['default_time_to_live'] as number]));
  for (const table of TABLES) {
    const lived = seconds.get(table.name);
    if (lived === undefined) {
      found.push({ what: `the table ${keyspace}.${table.name} does not exist`, cql: createTable(table, options) });
      continue;
    }
    for (const [column, type] of Object.entries(table.columns)) {
      const known = columns.get(`${table.name}.${column}`);
      if (known === undefined)
        found.push({ what: `the table ${keyspace}.${table.name} has no column ${column} ${type}`, cql: addColumn(table, column, options) });
      else if (known !== type) throw wrongType(`${keyspace}.${table.name}.${column} is ${known}, not ${type}`, createTable(table, options), keyspace);
    }
    const wanted = secondsOf(table, options);
    if (lived !== wanted && options.create) {
      const cql = `ALTER TABLE ${keyspace}.${table.name} WITH default_time_to_live = ${wanted}`;
      found.push({ what: `rows of ${keyspace}.${table.name} live ${lived} s, not ${wanted} s`, cql });
    }
  }
  return found;
}

function wrongType(detail: string, cql: string, keyspace: string): HomeostatError {
  return new HomeostatError('HISTORY_SCHEMA', { keyspace, detail, cql: `-- in a keyspace of its own:\n${cql};` });
}
