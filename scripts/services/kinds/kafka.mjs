/** Kafka: one node that is broker and controller, no topic made unasked. */
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../lib/project.mjs';
import { askKafka } from '../probes.mjs';
import { jarsOf } from '../jars.mjs';
import { ServiceFailure } from '../failure.mjs';
import { compiler, java, needsOf } from './jvm.mjs';
import { prepared } from './kafka-prepared.mjs';
import { linesOf } from './lines.mjs';

const logging = `Configuration:
  Appenders:
    Console:
      name: out
      target: SYSTEM_OUT
      PatternLayout: { pattern: "%d %p %m (%c{1})%n" }
  Loggers:
    Root:
      level: INFO
      AppenderRef: { ref: out }
`;

/** Clients of their own listener, so that the broker itself and its controller need neither password nor certificate. */
function listeners(ports, { users }, tls) {
  const [client, own, controller] = ports.map((port) => `127.0.0.1:${port}`);
  const protocol = `${users ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}`;
  return [
    `controller.quorum.voters=1@${controller}`,
    `listeners=CLIENT://${client},OWN://${own},CONTROLLER://${controller}`,
    `advertised.listeners=CLIENT://${client},OWN://${own}`,
    `listener.security.protocol.map=CLIENT:${protocol},OWN:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=OWN',
    ...(tls
      ? ['ssl.keystore.type=PKCS12', `ssl.keystore.location=${tls.pkcs12}`, `ssl.keystore.password=${tls.password}`, `ssl.key.password=${tls.password}`]
      : []),
  ];
}

const quoted = (text) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

/** A backslash of a properties file is written twice. */
const property = (text) => text.replaceAll('\\', String.raw`\\`);

/** Each user may log in by PLAIN and by both SCRAM mechanisms. */
function logins(users) {
  if (!users) return [];
  const plain = users.map(({ name, password }) => `user_${name}=${quoted(password)}`).join(' ');
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  return [
    'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    `listener.name.client.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required ${property(plain)};`,
    `listener.name.client.scram-sha-256.sasl.jaas.config=${scram}`,
    `listener.name.client.scram-sha-512.sasl.jaas.config=${scram}`,
  ];
}

function properties({ folder, ports, options, tls }) {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    ...listeners(ports, options, tls),
    ...logins(options.users),
    `log.dirs=${join(folder, 'data')}`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=4',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'share.coordinator.state.topic.num.partitions=4',
    'group.initial.rebalance.delay.ms=0',
    'auto.create.topics.enable=false',
    // After a kill the controller refuses the broker until the session of the one before has ended: 9 s unless told otherwise.
    'broker.session.timeout.ms=3000',
    'broker.heartbeat.interval.ms=500',
    ...linesOf(options.config),
  ];
}

/** A user's password as the broker keeps it; so it may hold any character. */
function scramCredential(mechanism, { name, password }) {
  const [hash, length] = mechanism === 'SCRAM-SHA-256' ? ['sha256', 32] : ['sha512', 64];
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, 4096, length, hash);
  return `${mechanism}=[name=${name},iterations=4096,salt="${salt.toString('base64')}",saltedpassword="${salted.toString('base64')}"]`;
}

/** Gives the empty folder its identity, and its users their SCRAM credentials. */
async function format(program, classpath, file, users = []) {
  const id = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  const scram = users.flatMap((user) => ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => ['--add-scram', scramCredential(mechanism, user)]));
  const args = ['-XX:TieredStopAtLevel=1', '-cp', classpath, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', file, ...scram];
  const { code, output } = await run(program, args, { quiet: true });
  if (code !== 0) throw new ServiceFailure(`the folder of Kafka could not be prepared: ${output.trim()}`);
}

/** @type {import('../types.d.mts').Kind} */
export const kafka = {
  kind: 'kafka',
  ports: 3,
  patience: 120_000,
  get needs() {
    return needsOf('kafka');
  },

  async prepare(instance) {
    const { folder, options, say } = instance;
    const { program, version } = await java();
    const lib = await jarsOf('kafka', say);
    const ready = prepared(lib, version);
    const classpath = join(lib, '*');
    const file = join(folder, 'server.properties');
    const logFile = join(folder, 'log4j2.yaml');
    writeFileSync(file, `${properties(instance).join('\n')}\n`, { mode: 0o600 });
    writeFileSync(logFile, logging);
    const data = join(folder, 'data');
    if (!existsSync(join(data, 'meta.properties'))) {
      rmSync(data, { recursive: true, force: true });
      mkdirSync(data);
      if (ready !== undefined && !options.users) ready.format(data);
      else await format(program, classpath, file, options.users);
    }
    const heap = options.memory ?? '512m';
    const shared = ready === undefined ? [] : [`-XX:SharedArchiveFile=${ready.archive}`];
    const jvm = ['-Xms256m', `-Xmx${heap}`, '-XX:+UseG1GC', ...shared, ...compiler(options), `-Dlog4j2.configurationFile=${logFile}`];
    return { command: program, args: [...jvm, '-cp', classpath, 'kafka.Kafka', file] };
  },

  ask: askKafka,
  url: ({ host, port }) => `${host}:${port}`,
  settings: (service) => ({ KAFKA_BROKERS: service.url }),
};
