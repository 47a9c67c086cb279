/** What `validate --live` asks of the cluster. */
import { HomeostatError } from '../../core/errors.ts';
import type { Reached } from '../../core/schema.ts';
import { Connection } from './connection.ts';
import { checkSchema } from './ensure.ts';
import type { CassandraOptions } from './options.ts';

/** Connects, checks the tables and asks how the node keeps what it acknowledges. Throws HISTORY_UNREACHABLE, HISTORY_SCHEMA. */
export async function reachCassandra(options: CassandraOptions): Promise<Reached> {
  // A check changes nothing: what is missing is left to the first start where that may make it.
  const connection = new Connection({ ...options, attempts: 1 }, options.create ? async () => {} : checkSchema);
  try {
    return await connection.use(async (client) => {
      const { rows } = await client.execute('SELECT release_version, cluster_name, data_center FROM system.local', [], { prepare: true });
      const { release_version, cluster_name, data_center } = rows[0] as unknown as Record<string, string>;
      const found = `Cassandra ${release_version} of ${cluster_name} in ${data_center}, keyspace ${options.keyspace}`;
      const warning = await warningOf(client);
      return warning === undefined ? found : { found, warning };
    });
  } catch (thrown) {
    if (!(thrown instanceof HomeostatError) || thrown.code !== 'HISTORY_SCHEMA') throw thrown;
    throw Object.assign(thrown, { message: `${thrown.message}. ${thrown.mend}` });
  } finally {
    connection.close();
  }
}

type Client = Parameters<Parameters<Connection['use']>[0]>[0];

async function warningOf(client: Client): Promise<string | undefined> {
  try {
    const { rows } = await client.execute("SELECT name, value FROM system_views.settings WHERE name IN ('commitlog_sync', 'commitlog_sync_period')", [], {
      prepare: false,
    });
    const settings = new Map(rows.map((row) => [row['name'] as string, row['value'] as string]));
    if (settings.get('commitlog_sync') !== 'periodic') return undefined;
    const period = settings.get('commitlog_sync_period') ?? '10 s';
    return (
      `this node writes its commit log to the disk only every ${period} (commitlog_sync: periodic), so a crash of all replicas within that time loses verdicts ` +
      'that it had acknowledged; set commitlog_sync: batch or group in cassandra.yaml of every node, or keep three copies in different racks'
    );
  } catch {
    return 'whether the commit log can lose acknowledged writes could not be asked: this role may not read system_views.settings';
  }
}
