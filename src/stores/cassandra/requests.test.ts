import type { Client } from 'cassandra-driver';
import { expect, it } from 'vitest';
import type { CassandraOptions } from './options.ts';
import { inFlight, Requests, type Piece } from './requests.ts';

const options = { keyspace: 'k', batch_rows: 100, batch_partitions: 10 } as CassandraOptions;
const alone = { hosts: { length: 1 } } as unknown as Client;
const piece = (rows: number, key = 'a', extra = 0): Piece => ({
  statements: Array.from({ length: rows }, (_, i) => ({ query: key, params: [i, ...Array.from({ length: 17 }, () => 0)] })),
  extra,
  partition: () => [Buffer.from(key)],
});
const sizes = (pieces: readonly Piece[], client = alone, some = options): number[] => {
  const requests = new Requests(client, some);
  for (const each of pieces) requests.add(each);
  return requests.end().map(({ length }) => length);
};

it('gives a full partition requests of its own, and puts small ones together up to their number', () => {
  expect(sizes([piece(250)])).toEqual([100, 100, 50]);
  expect(sizes(Array.from({ length: 25 }, () => piece(1)))).toEqual([10, 10, 5]);
  expect(sizes([piece(1), piece(1)], alone, { ...options, batch_partitions: 1 })).toEqual([1, 1]);
});

it('stays under the size at which a node warns of several partitions', () => {
  expect(sizes([piece(5), piece(5), piece(5), piece(5)])).toEqual([10, 10]);
  expect(sizes([piece(1, 'a', 4_000), piece(1, 'b', 4_000)])).toEqual([1, 1]);
});

it('puts only partitions of the same replicas together', () => {
  const metadata = { getReplicas: (_keyspace: string, key: Buffer) => [{ address: key.includes('a') ? 'one' : 'two' }] };
  const client = { hosts: { length: 3 }, metadata } as unknown as Client;
  expect(sizes([piece(1, 'a'), piece(2, 'b'), piece(3, 'a'), piece(4, 'b')], client)).toEqual([4, 6]);
});

it('has so many under way at once, and ends at the first failure', async () => {
  let [now, most, done] = [0, 0, 0];
  const work = async (item: number): Promise<void> => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
    if (item === 20) throw new Error('no');
    done++;
  };
  await expect(
    inFlight(
      Array.from({ length: 100 }, (_, i) => i),
      4,
      work,
    ),
  ).rejects.toThrow('no');
  expect([most, done < 30]).toEqual([4, true]);
});
