/** Cassandra: one node, its commit log synced before a write is acknowledged unless asked otherwise. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askCassandra } from '../probes.mjs';
import { jarsOf } from '../jars.mjs';
import { compiler, java, needsOf } from './jvm.mjs';
import { linesOf } from './lines.mjs';

const logging = `<configuration>
  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level %date{ISO8601} %F:%L - %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="out"/></root>
</configuration>
`;

const exported = {
  'java.base': ['jdk.internal.misc', 'java.lang.ref'],
  'java.management.rmi': ['com.sun.jmx.remote.internal.rmi'],
  'java.rmi': ['sun.rmi.registry', 'sun.rmi.server'],
  'java.sql': ['java.sql'],
  'jdk.unsupported': ['sun.misc'],
  'jdk.compiler': ['com.sun.tools.javac.file'],
  'jdk.attach': ['sun.tools.attach'],
};
const opened = {
  'java.base': [
    'java.io',
    'java.lang',
    'java.lang.module',
    'java.lang.reflect',
    'java.util',
    'jdk.internal.loader',
    'jdk.internal.math',
    'jdk.internal.module',
    'jdk.internal.ref',
    'jdk.internal.reflect',
    'jdk.internal.util.jar',
    'sun.nio.ch',
  ],
  'jdk.management': ['com.sun.management.internal'],
  'jdk.compiler': ['com.sun.tools.javac'],
};
const flags = (option, modules) => Object.entries(modules).flatMap(([module, names]) => names.map((name) => `--${option}=${module}/${name}=ALL-UNNAMED`));

const commitlog = {
  batch: ['commitlog_sync: batch'],
  group: ['commitlog_sync: group', 'commitlog_sync_group_window: 10ms'],
  periodic: ['commitlog_sync: periodic', 'commitlog_sync_period: 10000ms'],
};

function encryption(tls) {
  if (!tls) return [];
  return [
    'client_encryption_options:',
    '  enabled: true',
    '  optional: false',
    `  keystore: ${tls.pkcs12}`,
    `  keystore_password: ${tls.password}`,
    '  store_type: PKCS12',
    '  require_client_auth: false',
  ];
}

function configuration({ folder, ports, options, tls }) {
  const [native, storage] = ports;
  return [
    'cluster_name: homeostat',
    'num_tokens: 1',
    'partitioner: org.apache.cassandra.dht.Murmur3Partitioner',
    `data_file_directories: [${join(folder, 'data')}]`,
    ...['commitlog', 'saved_caches', 'hints', 'cdc_raw'].map((name) => `${name}_directory: ${join(folder, name)}`),
    ...commitlog[options.commitlog ?? 'batch'],
    'endpoint_snitch: SimpleSnitch',
    `seed_provider: [{ class_name: org.apache.cassandra.locator.SimpleSeedProvider, parameters: [{ seeds: "127.0.0.1:${storage}" }] }]`,
    'listen_address: 127.0.0.1',
    'rpc_address: 127.0.0.1',
    `storage_port: ${storage}`,
    'start_native_transport: true',
    `native_transport_port: ${native}`,
    'auto_snapshot: false',
    ...(options.users
      ? ['authenticator: PasswordAuthenticator', 'authorizer: CassandraAuthorizer', 'permissions_validity: 100ms', 'credentials_validity: 100ms']
      : []),
    ...encryption(tls),
    ...linesOf(options.config),
  ];
}

/** Roles of the users; `rules` are statements (`GRANT SELECT ON KEYSPACE k TO name`), without them a user may do everything. */
async function createUsers({ host, port, ca }, users) {
  const { default: cassandra } = await import('cassandra-driver');
  const { readFileSync } = await import('node:fs');
  const client = new cassandra.Client({
    contactPoints: [`${host}:${port}`],
    localDataCenter: 'datacenter1',
    credentials: { username: 'cassandra', password: 'cassandra' },
    sslOptions: ca ? { ca: [readFileSync(ca)], servername: 'localhost' } : undefined,
  });
  try {
    for (const { name, password, rules } of users) {
      const quoted = `'${password.replaceAll("'", "''")}'`;
      await client.execute(`CREATE ROLE IF NOT EXISTS "${name}" WITH PASSWORD = ${quoted} AND LOGIN = true AND SUPERUSER = ${rules === undefined}`);
      for (const rule of rules ?? []) await client.execute(rule);
    }
  } finally {
    await client.shutdown();
  }
}

/** @type {import('../types.d.mts').Kind} */
export const cassandra = {
  kind: 'cassandra',
  ports: 2,
  patience: 180_000,
  get needs() {
    return needsOf('cassandra');
  },

  async prepare(instance) {
    const { folder, options, say } = instance;
    const { program } = await java();
    const lib = await jarsOf('cassandra', say);
    const conf = join(folder, 'conf');
    mkdirSync(conf, { recursive: true });
    const logFile = join(conf, 'logback.xml');
    writeFileSync(logFile, logging);
    const file = join(conf, 'cassandra.yaml');
    writeFileSync(file, `${configuration(instance).join('\n')}\n`, { mode: 0o600 });
    const jvm = [
      '-Xms512m',
      `-Xmx${options.memory ?? '1g'}`,
      '-Xss256k',
      '-XX:+UseG1GC',
      '-XX:+PerfDisableSharedMem',
      '-Djava.net.preferIPv4Stack=true',
      '-Djdk.attach.allowAttachSelf=true',
      '-Dio.netty.tryReflectionSetAccessible=true',
      ...flags('add-exports', exported),
      ...flags('add-opens', opened),
      ...compiler(options),
      `-javaagent:${join(lib, 'jamm-0.4.0.jar')}`,
      `-Dlogback.configurationFile=${logFile}`,
      `-Dcassandra.storagedir=${folder}`,
      `-Dcassandra.config=file://${file}`,
      '-Dcassandra-foreground=yes',
      // A single node has nobody to wait for.
      '-Dcassandra.skip_wait_for_gossip_to_settle=0',
      '-Dcassandra.ring_delay_ms=100',
      '-Dcassandra.superuser_setup_delay_ms=0',
    ];
    return { command: program, args: [...jvm, '-cp', join(lib, '*'), 'org.apache.cassandra.service.CassandraDaemon'] };
  },

  ask: askCassandra,
  firstReady: async (service, options) => {
    if (options.users) await createUsers(service, options.users);
  },
  url: ({ host, port }) => `${host}:${port}`,
  settings: ({ host, port }) => ({ CASSANDRA_CONTACT_POINTS: host, CASSANDRA_PORT: String(port) }),
};
