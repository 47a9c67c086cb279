/** What happens to the history when Cassandra is away, hangs, refuses, or is not as it should be. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { History } from '../../src/core/contracts.ts';
import { openCassandraHistory, type HistoryPlace } from '../../src/stores/cassandra/history.ts';
import type { CassandraOptions } from '../../src/stores/cassandra/options.ts';
import { reachCassandra } from '../../src/stores/cassandra/reach.ts';
import { openCassandraReader } from '../../src/stores/cassandra/reader.ts';
import { sampleVerdicts } from '../../src/testing/history-suite.ts';
import { cassandraOptionsFor, freshPlace } from '../support/cassandra.ts';
import { freePort } from '../support/kill.ts';
import { until } from '../support/program.ts';
import { startService, type Service } from '../support/services/index.ts';

const BEGIN = Date.UTC(2024, 9, 3);
const quick = { timeout: 1_000, attempts: 1 };
const batchOf = (from: number, count: number) => sampleVerdicts(Array.from({ length: count }, (_, i) => ({ time: BEGIN + from + i, id: i })));
const trouble = (history: History): string => history.trouble!();
const written = async (history: History): Promise<number> => (await history.range('p', 0, -Infinity, Infinity, 10_000)).time.length;
const settled = (history: History): Promise<true> => until(async () => (trouble(history) === '' ? true : undefined), 'everything is written', 60_000);

describe('a node that is not there', () => {
  let port: number;
  let options: CassandraOptions;
  let place: HistoryPlace;
  beforeAll(async () => {
    port = await freePort();
    options = cassandraOptionsFor({ host: '127.0.0.1', port }, quick);
    place = freshPlace();
  });

  it('is said with its address, since when, and what waits; appended verdicts are durable', async () => {
    const history = openCassandraHistory(options, place);
    await history.append('p', [batchOf(0, 100)], []);
    await history.append('p', [batchOf(100, 100)], []);
    expect(trouble(history)).toMatch(new RegExp(`cassandra at 127.0.0.1 port ${port}.* since \\d{4}-.*ECONNREFUSED.* MiB wait in the data folder`));
    history.close();
  });

  it('stops nothing until what may wait is full, and then says so', async () => {
    const history = openCassandraHistory({ ...options, waiting: 30_000 }, freshPlace());
    const fill = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) await history.append('p', [batchOf(i * 100, 100)], []);
    };
    await expect(fill()).rejects.toMatchObject({ code: 'HISTORY_UNREACHABLE', message: expect.stringContaining('is full') as string });
    history.close();
  });

  it('refuses charts with the reason', async () => {
    const reader = openCassandraReader(place.data, options);
    await expect(reader.span('p', 0)).rejects.toMatchObject({ code: 'HISTORY_UNREACHABLE' });
    expect(reader.incidents({ limit: 10 })).toEqual({ items: [], next: null });
    reader.close();
  });

  it('gets what waited once it is there, also of a process that has ended meanwhile', async () => {
    const node = await startService('cassandra', { port });
    const history = openCassandraHistory({ ...options, timeout: 10_000 }, place);
    try {
      await history.append('p', [batchOf(200, 50)], []);
      await settled(history);
      expect(await written(history)).toBe(250);
    } finally {
      history.close();
      await node.stop();
    }
  });
});

describe('a node', () => {
  let node: Service;
  beforeAll(async () => void (node = await startService('cassandra')));
  afterAll(() => node?.stop());

  it('that hangs, is killed and comes back loses nothing', async () => {
    const options = cassandraOptionsFor(node, quick);
    const place = freshPlace();
    const history = openCassandraHistory(options, place);
    await history.append('p', [batchOf(0, 10)], []);
    await settled(history);
    node.pause();
    await history.append('p', [batchOf(10, 10)], []);
    expect(trouble(history)).toMatch(/did not reply|timeout|No host/i);
    const reader = openCassandraReader(place.data, options);
    const began = performance.now();
    await expect(reader.range('p', 0, 0, Infinity, 10)).rejects.toMatchObject({ code: 'HISTORY_UNREACHABLE' });
    expect(performance.now() - began).toBeLessThan(10_000);
    reader.close();
    const since = /since ([-\dT:.Z]+):/;
    const first = since.exec(trouble(history))![1];
    const attempts = performance.now() + 4_000;
    await until(async () => (performance.now() > attempts ? true : undefined), 'some attempts');
    expect(since.exec(trouble(history))![1]).toBe(first);
    node.resume();
    await settled(history);
    await node.kill();
    await history.append('p', [batchOf(20, 10)], []);
    expect(trouble(history)).not.toBe('');
    await node.restart();
    await settled(history);
    expect(await until(async () => written(history).catch(() => undefined), 'the chart is there', 30_000)).toBe(30);
    history.close();
  }, 180_000);

  it('whose tables are gone gets new ones, without a restart', async () => {
    const options = cassandraOptionsFor(node);
    const history = openCassandraHistory(options, freshPlace());
    await history.append('p', [batchOf(0, 10)], []);
    await settled(history);
    const { Client } = await import('cassandra-driver');
    const admin = new Client({ contactPoints: [`${node.host}:${node.port}`], localDataCenter: 'datacenter1' });
    await admin.execute(`DROP KEYSPACE ${options.keyspace}`);
    await history.append('p', [batchOf(10, 10)], []);
    await settled(history);
    expect(await written(history)).toBe(10);
    await admin.shutdown();
    history.close();
  }, 120_000);

  it('whose tables may not be made is refused with the statements that make them', async () => {
    const options = cassandraOptionsFor(node, { create: false });
    await expect(reachCassandra(options)).rejects.toMatchObject({
      code: 'HISTORY_SCHEMA',
      message: expect.stringMatching(/CREATE KEYSPACE[^]*CREATE TABLE[^]*verdicts[^]*makers/) as string,
    });
    const history = openCassandraHistory({ ...options, create: true }, freshPlace());
    await history.append('p', [batchOf(0, 1)], []);
    history.close();
    expect(await reachCassandra(options)).toMatch(/^Cassandra \d.* in datacenter1, keyspace test_/);
  });
});

describe('a node with users and TLS', () => {
  let node: Service;
  beforeAll(
    async () =>
      void (node = await startService('cassandra', { tls: true, commitlog: 'periodic', users: [{ name: 'homeostat', password: 'a-long-password' }] })),
  );
  afterAll(() => node?.stop());

  it('takes the right password, and the wrong one is said without showing it', async () => {
    const tls = { ca: readFileSync(node.ca!, 'utf8'), verify: true };
    const right = cassandraOptionsFor(node, { user: 'homeostat', password: 'a-long-password', tls });
    const history = openCassandraHistory(right, freshPlace());
    await history.append('p', [batchOf(0, 10)], []);
    await settled(history);
    expect(await written(history)).toBe(10);
    history.close();
    const wrong = openCassandraHistory({ ...right, password: 'another-password' }, freshPlace());
    await wrong.append('p', [batchOf(0, 10)], []);
    expect(trouble(wrong)).toMatch(/password are incorrect/);
    expect(trouble(wrong)).not.toContain('another-password');
    wrong.close();
  });

  it('is refused where its certificate is of nobody known', async () => {
    const options = cassandraOptionsFor(node, { user: 'homeostat', password: 'a-long-password', tls: true, ...quick });
    await expect(reachCassandra(options)).rejects.toMatchObject({
      code: 'HISTORY_UNREACHABLE',
      message: expect.stringMatching(/certificate.*; name the authority of the server in tls\.ca_file/) as string,
    });
  });

  it('whose commit log may lose acknowledged writes is warned of', async () => {
    const options = cassandraOptionsFor(node, { user: 'homeostat', password: 'a-long-password', tls: { ca: readFileSync(node.ca!, 'utf8'), verify: true } });
    expect(await reachCassandra(options)).toMatchObject({ warning: expect.stringMatching(/commitlog_sync: periodic.*batch or group/) as string });
  });
});
