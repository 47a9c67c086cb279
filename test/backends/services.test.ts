import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import cassandra from 'cassandra-driver';
import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { connectAsync, type IClientOptions } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { complaint } from '../../scripts/services/jars.mjs';
import { type Service, type ServiceKind, type ServiceOptions, startService } from '../support/services/index.ts';
import { until } from '../support/program.ts';

const services: Service[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
});

async function start(kind: ServiceKind, options?: ServiceOptions): Promise<Service> {
  const service = await startService(kind, options);
  services.push(service);
  return service;
}

const users = [{ name: 'alice', password: String.raw`p"w\d 1` }];
const [alice] = users;

/** True while a process with this id is there; one that only waits to be collected is not. */
const alive = (pid: number): boolean => existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

describe('redis', () => {
  async function client(url: string, options: Parameters<typeof createClient>[0] = {}) {
    const made = createClient({ url, ...options, socket: { reconnectStrategy: false, ...options.socket } as never });
    made.on('error', () => {});
    await made.connect();
    return made;
  }

  it('keeps its data when it is killed and restarted, at the same port, as another process', async () => {
    const service = await start('redis');
    const { url, pid } = service;
    const before = await client(url);
    await before.set('reading', '21.5');
    await before.sendCommand(['WAITAOF', '1', '0', '1000']).catch(() => before.sendCommand(['BGREWRITEAOF']));
    await until(async () => ((await persisted(before)) ? true : undefined), 'the append-only file');
    before.destroy();
    await service.kill();
    expect(service.running).toBe(false);
    expect(alive(pid)).toBe(false);
    await service.restart();
    expect(service.pid).not.toBe(pid);
    const after = await client(url);
    expect(await after.get('reading')).toBe('21.5');
    after.destroy();
  });

  async function persisted(made: Awaited<ReturnType<typeof client>>): Promise<boolean> {
    const info = await made.info('persistence');
    return info.includes('aof_rewrite_in_progress:0') && info.includes('aof_last_bgrewrite_status:ok');
  }

  it('answers nothing while it is paused', async () => {
    const service = await start('redis');
    const made = await client(service.url);
    service.pause();
    let answered = false;
    const ping = made.ping().then(() => (answered = true));
    await until(async () => (/^State:\s+T/m.test(readFileSync(`/proc/${service.pid}/status`, 'utf8')) ? true : undefined), 'the pause');
    expect(answered).toBe(false);
    service.resume();
    await ping;
    expect(answered).toBe(true);
    made.destroy();
  });

  it('refuses a wrong password and a stranger, and lets its user in over TLS alone', async () => {
    const service = await start('redis', { tls: true, users: [...users, { name: 'reader', password: 'r', rules: ['~public:*', '+get'] }] });
    const ca = [readFileSync(service.ca!)];
    const tls = { tls: true, ca } as never;
    const made = await client(service.url, { username: alice.name, password: alice.password, socket: tls });
    expect(await made.set('a', '1')).toBe('OK');
    made.destroy();
    const reader = await client(service.url, { username: 'reader', password: 'r', socket: tls });
    await expect(reader.set('public:a', '1')).rejects.toThrow(/NOPERM/);
    reader.destroy();
    await expect(client(service.url, { username: alice.name, password: 'wrong', socket: tls })).rejects.toThrow(/WRONGPASS/);
    await expect(client(service.url, { username: alice.name, password: alice.password, socket: { tls: true } as never })).rejects.toThrow(/certificate/);
    await expect(client(service.url.replace('rediss', 'redis'))).rejects.toThrow();
  });

  it('refuses to write beyond its memory', async () => {
    const service = await start('redis', { memory: '2mb' });
    const made = await client(service.url);
    await expect(made.set('large', 'x'.repeat(4 << 20)).then(() => made.set('more', '1'))).rejects.toThrow(/OOM/);
    made.destroy();
  });
});

describe('mqtt', () => {
  const open = (service: Service, options: IClientOptions = {}) => connectAsync(service.url, { reconnectPeriod: 0, connectTimeout: 5000, ...options });

  it('keeps retained messages when it is killed and restarted', async () => {
    const service = await start('mqtt');
    const before = await open(service);
    await before.publishAsync('oven/temperature', '21.5', { qos: 1, retain: true });
    await before.endAsync();
    const saved = join(service.folder, 'mosquitto.db');
    await until(async () => (existsSync(saved) && readFileSync(saved).includes('oven/temperature') ? true : undefined), 'the saved message');
    await service.kill();
    await service.restart();
    const after = await open(service);
    const came = new Promise<Buffer>((resolve) => void after.once('message', (_, payload) => resolve(payload)));
    await after.subscribeAsync('oven/#', { qos: 1 });
    expect((await came).toString()).toBe('21.5');
    await after.endAsync();
  });

  it('refuses a wrong password and a stranger, and lets its user in over TLS alone', async () => {
    const service = await start('mqtt', { tls: true, users });
    const ca = readFileSync(service.ca!);
    const made = await open(service, { ca, username: alice.name, password: alice.password });
    await made.endAsync();
    await expect(open(service, { ca, username: alice.name, password: 'wrong' })).rejects.toThrow(/Not authorized/);
    await expect(open(service, { ca })).rejects.toThrow(/Not authorized/);
    await expect(open(service, { username: alice.name, password: alice.password })).rejects.toThrow(/certificate/);
  });
});

describe('kafka', () => {
  const client = (service: Service, options: { ca?: string; sasl?: SASLOptions } = {}) =>
    new Kafka({
      brokers: [service.url],
      logLevel: logLevel.NOTHING,
      ssl: options.ca ? { ca: [readFileSync(options.ca)], servername: 'localhost' } : undefined,
      sasl: options.sasl,
      retry: { retries: 0 },
    });

  async function topics(kafka: Kafka): Promise<string[]> {
    const admin = kafka.admin();
    try {
      await admin.connect();
      return await admin.listTopics();
    } finally {
      await admin.disconnect();
    }
  }

  it('keeps its records when it is killed and restarted, and makes no topic unasked', async () => {
    const service = await start('kafka');
    const kafka = client(service);
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'readings', numPartitions: 2 }], waitForLeaders: true });
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: 'readings', acks: -1, messages: [{ key: 'oven', value: '21.5', partition: 1 }] });
    await expect(producer.send({ topic: 'unknown', messages: [{ value: '1' }] })).rejects.toThrow(/topic-partition/);
    await producer.disconnect();
    await admin.disconnect();
    await service.kill();
    await service.restart();
    const again = kafka.admin();
    await again.connect();
    expect(await again.fetchTopicOffsets('readings')).toContainEqual(expect.objectContaining({ partition: 1, high: '1' }));
    await again.disconnect();
  });

  it('lets its user in by PLAIN and SCRAM over TLS, and refuses wrong passwords', async () => {
    const service = await start('kafka', { tls: true, users });
    const { ca } = service;
    for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
      const right = { mechanism, username: alice.name, password: alice.password } as SASLOptions;
      await expect(topics(client(service, { ca, sasl: right })), mechanism).resolves.toEqual([]);
      const wrong = { mechanism, username: alice.name, password: 'wrong' } as SASLOptions;
      await expect(topics(client(service, { ca, sasl: wrong })), mechanism).rejects.toThrow(/Authentication failed|credentials/i);
    }
    await expect(topics(client(service, { ca }))).rejects.toThrow();
  });
});

describe('cassandra', () => {
  const client = (service: Service, credentials?: { username: string; password: string }) =>
    new cassandra.Client({
      contactPoints: [service.url],
      localDataCenter: 'datacenter1',
      credentials,
      sslOptions: service.ca ? { ca: [readFileSync(service.ca)], servername: 'localhost' } : undefined,
    });
  const schema = [
    `CREATE KEYSPACE shop WITH replication = { 'class': 'SimpleStrategy', 'replication_factor': 1 }`,
    'CREATE TABLE shop.readings (series text PRIMARY KEY, value double)',
  ];

  it('keeps acknowledged rows when it is killed and restarted', async () => {
    const service = await start('cassandra');
    const before = client(service);
    for (const statement of schema) await before.execute(statement);
    await before.execute(`INSERT INTO shop.readings (series, value) VALUES ('oven', 21.5)`);
    await service.kill();
    await before.shutdown();
    await service.restart();
    const after = client(service);
    expect((await after.execute('SELECT value FROM shop.readings')).first()['value']).toBe(21.5);
    await after.shutdown();
  });

  it('lets its users in over TLS, each with its rights, and refuses a wrong password', async () => {
    const service = await start('cassandra', { tls: true, users: [...users, { name: 'guest', password: 'g', rules: [] }] });
    const made = client(service, { username: alice.name, password: alice.password });
    for (const statement of schema) await made.execute(statement);
    await made.shutdown();
    const guest = client(service, { username: 'guest', password: 'g' });
    await expect(guest.execute('SELECT value FROM shop.readings')).rejects.toThrow(/no SELECT permission/);
    await guest.shutdown();
    const wrong = client(service, { username: alice.name, password: 'wrong' });
    await expect(wrong.connect()).rejects.toThrow(/All host\(s\) tried/);
    await wrong.shutdown();
  });
});

describe('prometheus and alertmanager', () => {
  it('prometheus scrapes what its lines say', async () => {
    const watched = await start('alertmanager');
    const config = ['scrape_configs:', '  - job_name: alertmanager', `    static_configs: [{ targets: ["${watched.host}:${watched.port}"] }]`];
    const service = await start('prometheus', { config });
    const up = async () => {
      const answer = (await (await fetch(`${service.url}/api/v1/query?query=up`)).json()) as { data: { result: { value: [number, string] }[] } };
      return answer.data.result[0]?.value[1];
    };
    expect(await until(up, 'the first scrape')).toBe('1');
    await service.kill();
    await service.restart();
    expect(await until(up, 'a value after the restart')).toBe('1');
  });

  it('alertmanager takes alerts and tells the receiver of its lines', async () => {
    const bodies: string[] = [];
    const { createServer: createHttp } = await import('node:http');
    const receiver = createHttp((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => (bodies.push(body), response.end()));
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const { port } = receiver.address() as { port: number };
    const config = ['route: { receiver: us, group_wait: 0s }', `receivers: [{ name: us, webhook_configs: [{ url: "http://127.0.0.1:${port}/" }] }]`];
    const service = await start('alertmanager', { config });
    const alerts = JSON.stringify([{ labels: { alertname: 'OvenHot' } }]);
    const answer = await fetch(`${service.url}/api/v2/alerts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: alerts });
    expect(answer.status).toBe(200);
    expect(await until(async () => bodies[0], 'the notice')).toContain('OvenHot');
    receiver.closeAllConnections();
    receiver.close();
  });
});

describe('every server', () => {
  it('ends when the process that started it is killed', async () => {
    const script = `import { startService } from './scripts/services/start.mjs';
      console.log(JSON.stringify(await Promise.all(['redis', 'mqtt'].map(async (kind) => (await startService(kind)).pid))));
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const pids = JSON.parse(line.toString()) as number[];
    expect(pids.filter(alive)).toEqual(pids);
    owner.kill('SIGKILL');
    await until(async () => (pids.some(alive) ? undefined : true), 'the end of the servers', 5000);
  });

  it('is gone with its folder after stop', async () => {
    const service = await startService('redis');
    await service.stop();
    expect(alive(service.pid)).toBe(false);
    expect(existsSync(service.folder)).toBe(false);
  });

  it('listens at the port that is asked for, and says what the server said when that is taken', async () => {
    const taken = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    await expect(startService('redis', { port })).rejects.toThrow(/ended while it started[\s\S]*in use/);
    taken.close();
    await once(taken, 'close');
    expect((await start('redis', { port })).port).toBe(port);
  });
});

describe('jars', () => {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-jars-'));
  const sum = (letter: string) => ({ a: 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb', b: '0'.repeat(64) })[letter];

  it('are held against their list', () => {
    writeFileSync(join(folder, 'a.jar'), 'a');
    expect(complaint(folder, `${sum('a')}  a.jar\n`)).toBeUndefined();
    expect(complaint(folder, `${sum('a')}  a.jar\n${sum('b')}  b.jar\n`)).toBe('1 of 2 jars did not come: b.jar');
    expect(complaint(folder, `${sum('b')}  a.jar\n`)).toBe('jars are not what the list says: a.jar');
    writeFileSync(join(folder, 'c.jar'), 'c');
    expect(complaint(folder, `${sum('a')}  a.jar\n`)).toBe('jars came that are not in the list: c.jar');
    rmSync(folder, { recursive: true });
  });
});
