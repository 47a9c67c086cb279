/** Passwords, certificates, names and brokers that do not answer: each in words that say what to do. */
import { readFileSync } from 'node:fs';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, ResourcePatternTypes, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kafka, kafkaSink } from '../../src/connectors/kafka/index.ts';
import type { KafkaSinkOptions, KafkaSourceOptions } from '../../src/connectors/kafka/options.ts';
import { within } from '../../src/testing/source-suite.ts';
import { startService, type Service } from '../support/services/index.ts';
import { Bench, connected, unconnected } from './kafka.fixture.ts';
import { until } from '../support/program.ts';

const never = new AbortController().signal;
const refused = (message: string) => ({ code: 'SOURCE_UNREACHABLE', message: expect.stringContaining(message) });
const reach = (options: Partial<KafkaSourceOptions>) => kafka.reach!(options as KafkaSourceOptions, { pipeline: 'p', folder: '.' });
const reachSink = (options: Partial<KafkaSinkOptions>) => kafkaSink.reach!(options as KafkaSinkOptions, { pipeline: 'p', folder: '.' });

describe('with TLS and passwords', () => {
  const users = [{ name: 'ann', password: 'right "one"' }];
  let broker: Service;
  let ca: string;
  beforeAll(async () => {
    broker = await startService('kafka', { tls: true, users });
    ca = readFileSync(broker.ca!, 'utf8');
  }, 120_000);
  afterAll(() => broker?.stop());
  const sasl = (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', password = users[0].password) => ({ mechanism, user: 'ann', password });

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('%s', async (mechanism) => {
    const options = { topic: 'safe', create: { partitions: 1, replication: 1 }, tls: { ca, verify: true } };
    const source = await connected(broker.url, { ...options, sasl: sasl(mechanism) });
    await source.close();
    const wrong = unconnected(broker.url, { ...options, sasl: sasl(mechanism, 'wrong-secret') });
    const failure: unknown = await wrong.connect(never).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject(refused(`refuses user "ann" by ${mechanism}`));
    expect(String(failure)).toContain('check sasl.user, sasl.password');
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('wrong-secret');
  });

  it('certificates of an authority that is not known, and no TLS where there must be', async () => {
    const options = { topic: 'safe', sasl: sasl('plain'), request_timeout: 3_000, connect_timeout: 2_000 };
    await expect(unconnected(broker.url, { ...options, tls: true }).connect(never)).rejects.toMatchObject(
      refused('name the authority of the server in tls.ca_file'),
    );
    await expect(unconnected(broker.url, { topic: 'safe', request_timeout: 3_000, connect_timeout: 2_000 }).connect(never)).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
    });
  });
});

describe('with rights', () => {
  const users = [
    { name: 'boss', password: 'everything' },
    { name: 'ann', password: 'a little' },
  ];
  let broker: Service;
  beforeAll(async () => {
    const config = ['authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer', 'super.users=User:ANONYMOUS;User:boss'];
    broker = await startService('kafka', { users, config });
  }, 120_000);
  afterAll(() => broker?.stop());

  it('the one to read by the group is asked for as well', async () => {
    const kafkaAsBoss = new Kafka({
      brokers: [broker.url],
      logLevel: logLevel.NOTHING,
      sasl: { mechanism: 'plain', username: 'boss', password: 'everything' },
    });
    const admin = kafkaAsBoss.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'owned', numPartitions: 1, replicationFactor: 1 }], waitForLeaders: true });
    const may = (resourceType: AclResourceTypes, resourceName: string, operation: AclOperationTypes) => ({
      resourceType,
      resourceName,
      operation,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:ann',
      host: '*',
      permissionType: AclPermissionTypes.ALLOW,
    });
    await admin.createAcls({
      acl: [may(AclResourceTypes.TOPIC, 'owned', AclOperationTypes.READ), may(AclResourceTypes.GROUP, 'homeostat-p', AclOperationTypes.DESCRIBE)],
    });
    const asked = () => reach({ brokers: broker.url, topic: 'owned', sasl: { mechanism: 'plain', user: 'ann', password: 'a little' } });
    await expect(asked()).rejects.toMatchObject(refused('user "ann" may not use the group "homeostat-p"; grant READ on it'));
    await admin.createAcls({ acl: [may(AclResourceTypes.GROUP, 'homeostat-p', AclOperationTypes.READ)] });
    await admin.disconnect();
    expect(await until(async () => asked().catch(() => undefined), 'the right')).toMatchObject({
      found: expect.stringContaining('group "homeostat-p"') as unknown,
    });
  });
});

describe('reaching', () => {
  let broker: Service;
  beforeAll(async () => {
    broker = await startService('kafka');
  }, 120_000);
  afterAll(() => broker?.stop());

  it('names that do not resolve and ports where nothing listens are said', async () => {
    await expect(unconnected('no-such-host.invalid:9092', { topic: 't' }).connect(never)).rejects.toMatchObject(
      refused('the name in no-such-host.invalid:9092 cannot be resolved'),
    );
    await expect(unconnected('127.0.0.1:1', { topic: 't' }).connect(never)).rejects.toMatchObject(refused('nothing listens at 127.0.0.1:1'));
    await expect(unconnected(broker.url, { topic: 't', tls: true, connect_timeout: 3_000 }).connect(never)).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
    });
    const sink = kafkaSink.create({ brokers: '127.0.0.1:1', topic: 't', connect_timeout: 500 } as KafkaSinkOptions, { pipeline: 'p', folder: '.' });
    await expect(within(sink.open(undefined), 'the refusal', 60_000)).rejects.toMatchObject({
      code: 'RECEIVER_FAILED',
      message: expect.stringContaining('nothing listens at 127.0.0.1:1'),
    });
  }, 90_000);

  it('validate --live says what it found, and warns of a topic with one replica', async () => {
    const bench = await Bench.of(broker);
    const topic = await bench.topic(3);
    const found = expect.stringMatching(new RegExp(`^topic "${topic}": 3 partitions on 1 replicas, answered in \\d+ ms; may be read; group "homeostat-p"$`));
    expect(await reach({ brokers: broker.url, topic })).toEqual({ found, warning: expect.stringContaining('is kept by one broker alone') });
    expect(await reachSink({ brokers: broker.url, topic })).toEqual({
      found: expect.stringContaining('may be written'),
      warning: expect.stringContaining('replication factor of 3'),
    });
    await expect(reach({ brokers: broker.url, topic: 'nowhere' })).rejects.toMatchObject(refused('there is no topic "nowhere"'));
    expect(await reach({ brokers: broker.url, topic: 'later', create: { partitions: 1, replication: 1 } })).toContain('it will be created');
    expect(await bench.admin.listTopics()).not.toContain('later');
    await bench.close();
  });

  it('a broker that hangs, and one that is killed, are waited for in words; reading goes on by itself', async () => {
    const bench = await Bench.of(broker);
    const topic = await bench.topic(1);
    const source = await connected(broker.url, { topic, request_timeout: 2_000, session_timeout: 30_000 });
    const batches = source.open(undefined, never)[Symbol.asyncIterator]();
    await bench.send(topic, [{ value: 'before' }]);
    await within(batches.next(), 'the first batch');
    const troubled = (): Promise<string> => until(async () => source.trouble(), 'a trouble in words', 20_000);
    let next = batches.next();
    broker.pause();
    expect(await troubled()).not.toBe('');
    broker.resume();
    await bench.send(topic, [{ value: 'after the pause' }]);
    await within(next, 'the batch after the pause', 30_000);
    expect(source.trouble()).toBeUndefined();
    next = batches.next();
    await broker.kill();
    expect(await troubled()).toMatch(/nothing listens at 127\.0\.0\.1|closed the connection/);
    await broker.restart();
    const again = await Bench.of(broker);
    await again.send(topic, [{ value: 'after the kill' }]);
    await within(next, 'the batch after the kill', 30_000);
    await source.close();
    await again.close();
    await bench.close();
  }, 120_000);
});
