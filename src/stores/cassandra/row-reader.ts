/** Reads rows in the order of (time, id): of one series day by day, of anomalies over their shards, of all series over a stretch of time. */
import type { Client, QueryOptions, types } from 'cassandra-driver';
import type { Rollup } from '../../core/contracts.ts';
import type { StoredRow } from '../raw-range.ts';
import type { Connection } from './connection.ts';
import { inFlight } from './requests.ts';
import { DAY, ROW_COLUMNS, RowBatches, SHARDS, type CassandraRow, type Maker, type Params } from './rows.ts';
import { periodOf, TIERS, type Tier } from './tiers.ts';
import { rollupOf } from './writer.ts';

/** Rows of one answer; more are asked for as they are needed. */
const PAGE = 5_000;
/** Series of one question, and such questions at once, where all series are looked at. */
const SERIES_AT_ONCE = 100;
const QUESTIONS = 8;
/** First stretch of time of which all series are read, ms. */
const SHORT = 1_000;
const NOTHING = Buffer.alloc(0);

export interface RowsQuery {
  pipeline: string;
  from: number;
  to: number;
  anomalousOnly: boolean;
  limit: number;
  after?: { time: number; id: string } | undefined;
}

/** A stored row with the key of its series; `batch.series` counts the keys in the order in which they were met. */
export interface KeyedRow extends StoredRow {
  key: string;
}

/** Where a day's rows begin and end. */
interface Slice {
  time: number;
  id: Buffer;
  to: number;
}

export class RowReader {
  readonly #connection: Connection;
  /** Of all pipelines: a maker's number is made of what it is. */
  readonly #makers = new Map<bigint, Maker>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Days between two times on which a series, or with '' a pipeline, has anything. */
  async days(pipeline: string, series: string, from: number, to: number): Promise<number[]> {
    const low = Math.max(-0x80000000, Math.floor(from / DAY));
    const high = Math.min(0x7fffffff, Math.floor(to / DAY));
    const rows = await this.#rows(`SELECT day FROM KEYSPACE.days WHERE pipeline = ? AND series = ? AND day >= ? AND day <= ?`, [pipeline, series, low, high]);
    return rows.map((row) => row['day'] as number);
  }

  /** Of one series. */
  async ofSeries(series: string, query: RowsQuery): Promise<KeyedRow[]> {
    if (query.anomalousOnly) return (await this.#anomalies(query, series)).slice(0, query.limit);
    const found: CassandraRow[] = [];
    const cql = `SELECT ${ROW_COLUMNS} FROM KEYSPACE.verdicts WHERE pipeline = ? AND series = ? AND day = ? AND (time, id) > (?, ?) AND (time) <= (?) LIMIT ?`;
    for (const day of await this.days(query.pipeline, series, startOf(query), query.to)) {
      const { time, id, to } = sliceOf(query);
      found.push(...(await this.#rows(cql, [query.pipeline, series, day, time, id, to, query.limit - found.length])));
      if (found.length >= query.limit) break;
    }
    return this.#keyed(query.pipeline, found);
  }

  /** All rows of one series in their order, a page at a time. */
  async eachOfSeries(series: string, { pipeline, from, to }: Pick<RowsQuery, 'pipeline' | 'from' | 'to'>, take: (rows: KeyedRow[]) => void): Promise<void> {
    const cql = `SELECT ${ROW_COLUMNS} FROM KEYSPACE.verdicts WHERE pipeline = ? AND series = ? AND day = ? AND time >= ? AND time <= ?`;
    for (const day of await this.days(pipeline, series, from, to)) {
      await this.#pages(cql, [pipeline, series, day, from, to], async (rows) => {
        take(await this.#keyed(pipeline, rows));
        return true;
      });
    }
  }

  /** The newest rows of one series, in the order of time. */
  async newest(pipeline: string, series: string, from: number, to: number, limit: number): Promise<KeyedRow[]> {
    const found: CassandraRow[] = [];
    const cql = `SELECT ${ROW_COLUMNS} FROM KEYSPACE.verdicts WHERE pipeline = ? AND series = ? AND day = ? AND time >= ? AND time <= ? ORDER BY time DESC, id DESC LIMIT ?`;
    for (const day of (await this.days(pipeline, series, from, to)).toReversed()) {
      found.push(...(await this.#rows(cql, [pipeline, series, day, from, to, limit - found.length])));
      if (found.length >= limit) break;
    }
    return this.#keyed(pipeline, found.toReversed());
  }

  /** Of all series; `keys` are those of the pipeline. */
  async ofAll(keys: readonly string[], query: RowsQuery): Promise<KeyedRow[]> {
    if (query.anomalousOnly) return (await this.#anomalies(query)).slice(0, query.limit);
    const found: KeyedRow[] = [];
    for (const day of await this.days(query.pipeline, '', startOf(query), query.to)) {
      found.push(...(await this.#ofDay(day, keys, { ...query, limit: query.limit - found.length })));
      if (found.length >= query.limit) break;
    }
    return found;
  }

  async rollups(pipeline: string, series: string, tier: Tier, from: number, to: number): Promise<Rollup[]> {
    const found: Rollup[] = [];
    const cql = `SELECT * FROM KEYSPACE.rollups WHERE pipeline = ? AND series = ? AND tier = ? AND period = ? AND time >= ? AND time <= ?`;
    for (let period = periodOf(from, tier); period <= periodOf(to, tier); period++) {
      // Not as arguments of one call, which are bounded.
      for (const row of await this.#rows(cql, [pipeline, series, tier.number, period, from, to])) found.push(rollupOf(row));
    }
    return found;
  }

  /** First (or last) event time of a series on these days, of its rows or rollups; days on which all is forgotten are passed over. */
  async edgeOf(pipeline: string, series: string, days: readonly number[], last: boolean): Promise<number | undefined> {
    for (const day of last ? days.toReversed() : days) {
      const time = await this.#edge(pipeline, series, day, last);
      if (time !== undefined) return time;
    }
    return undefined;
  }

  async #edge(pipeline: string, series: string, day: number, last: boolean): Promise<number | undefined> {
    const tier = TIERS[0];
    const order = last ? 'ORDER BY time DESC' : 'ORDER BY time ASC';
    const of = 'SELECT time FROM KEYSPACE.';
    const rows = await this.#rows(`${of}verdicts WHERE pipeline = ? AND series = ? AND day = ? ${order} LIMIT 1`, [pipeline, series, day]);
    const params = [pipeline, series, tier.number, periodOf(day * DAY, tier), day * DAY, (day + 1) * DAY];
    const where = 'pipeline = ? AND series = ? AND tier = ? AND period = ? AND time >= ? AND time < ?';
    rows.push(...(await this.#rows(`${of}rollups WHERE ${where} ${order} LIMIT 1`, params)));
    const times = rows.map((row) => row['time'] as number);
    return times.length === 0 ? undefined : last ? Math.max(...times) : Math.min(...times);
  }

  async #anomalies(query: RowsQuery, series?: string): Promise<KeyedRow[]> {
    const found: KeyedRow[] = [];
    const cql = `SELECT ${ROW_COLUMNS} FROM KEYSPACE.anomalies WHERE pipeline = ? AND day = ? AND shard = ? AND (time, id) > (?, ?) AND (time) <= (?)`;
    for (const day of await this.days(query.pipeline, series ?? '', startOf(query), query.to)) {
      const { time, id, to } = sliceOf(query);
      const rows: CassandraRow[] = [];
      await inFlight(
        Array.from({ length: SHARDS }, (_, shard) => shard),
        SHARDS,
        async (shard) => {
          rows.push(...(await this.#some(cql, [query.pipeline, day, shard, time, id, to], series, query.limit)));
        },
      );
      found.push(...(await this.#keyed(query.pipeline, ordered(rows))));
      if (found.length >= query.limit) break;
    }
    return found;
  }

  /** Of one day and all series, in the order of time: first where each goes on, then the stretch that holds as many rows as are asked for. */
  async #ofDay(day: number, keys: readonly string[], query: RowsQuery): Promise<KeyedRow[]> {
    const { pipeline, limit } = query;
    const { time, id, to } = sliceOf(query);
    const first = `SELECT series, time FROM KEYSPACE.verdicts WHERE pipeline = ? AND series IN ? AND day = ? AND (time, id) > (?, ?) AND (time) <= (?) PER PARTITION LIMIT 1`;
    const rest = `SELECT ${ROW_COLUMNS} FROM KEYSPACE.verdicts WHERE pipeline = ? AND series IN ? AND day = ? AND (time, id) > (?, ?) AND (time) <= (?) PER PARTITION LIMIT ?`;
    const heads = await this.#inAll(keys, (some) => this.#rows(first, [pipeline, some, day, time, id, to]));
    const begins = new Map(heads.map((row) => [row['series'] as string, row['time'] as number]));
    const sorted = [...begins.values()].toSorted((a, b) => a - b);
    if (sorted.length === 0) return [];
    // Begun short, because series that are dense give `limit` rows each long before the last one begins.
    let until = Math.min(to, sorted[Math.min(limit, sorted.length) - 1], sorted[0] + SHORT);
    for (let width = SHORT; ; width *= 4) {
      const there = [...begins].filter(([, begin]) => begin <= until).map(([key]) => key);
      const rows = await this.#inAll(there, (some) => this.#rows(rest, [pipeline, some, day, time, id, until, limit]));
      if (rows.length >= limit || until >= Math.min(to, (day + 1) * DAY)) return this.#keyed(pipeline, ordered(rows).slice(0, limit));
      until = Math.min(to, until + width);
    }
  }

  async #inAll(keys: readonly string[], read: (some: string[]) => Promise<CassandraRow[]>): Promise<CassandraRow[]> {
    const groups: string[][] = [];
    for (let at = 0; at < keys.length; at += SERIES_AT_ONCE) groups.push(keys.slice(at, at + SERIES_AT_ONCE));
    const found: CassandraRow[] = [];
    await inFlight(groups, QUESTIONS, async (some) => {
      for (const row of await read(some)) found.push(row);
    });
    return found;
  }

  async #keyed(pipeline: string, rows: readonly CassandraRow[]): Promise<KeyedRow[]> {
    if (rows.some((row) => !this.#makers.has(row['maker'] as bigint))) await this.#learnMakers(pipeline);
    const batches = new RowBatches(this.#makers);
    const indexes = new Map<string, number>();
    return rows.map((row) => {
      const key = row['series'] as string;
      let index = indexes.get(key);
      if (index === undefined) indexes.set(key, (index = indexes.size));
      return { ...batches.add(row, index), key };
    });
  }

  async #learnMakers(pipeline: string): Promise<void> {
    for (const row of await this.#rows('SELECT * FROM KEYSPACE.makers WHERE pipeline = ?', [pipeline])) {
      const { maker, stage, detector, config, width, members } = row as unknown as Maker & { maker: bigint; members: string[] | null };
      this.#makers.set(maker, { stage, detector, config, width, members: members ?? [] });
    }
  }

  /** All rows, page after page. */
  async #rows(cql: string, params: Params): Promise<CassandraRow[]> {
    return this.#some(cql, params, undefined, Infinity);
  }

  /** Page after page until there are `limit` rows; with `series` only its rows count. */
  async #some(cql: string, params: Params, series: string | undefined, limit: number): Promise<CassandraRow[]> {
    const found: CassandraRow[] = [];
    await this.#pages(cql, params, (rows) => {
      for (const row of rows) if (series === undefined || row['series'] === series) found.push(row);
      return found.length < limit;
    });
    return found;
  }

  /** Hands over page after page as long as `take` wants more. */
  async #pages(cql: string, params: Params, take: (rows: CassandraRow[]) => boolean | Promise<boolean>): Promise<void> {
    const { keyspace } = this.#connection.options;
    const query = cql.replace('KEYSPACE', keyspace);
    await this.#connection.use(async (client) => {
      for (let pageState: string | undefined; ;) {
        const page = await this.#connection.send(() => this.#page(client, query, params, pageState));
        if (!(await take(page.rows)) || !page.pageState) return;
        pageState = page.pageState;
      }
    });
  }

  #page(client: Client, query: string, params: Params, pageState: string | undefined): Promise<types.ResultSet> {
    const options: QueryOptions = { prepare: true, isIdempotent: true, fetchSize: PAGE, ...(pageState === undefined ? {} : { pageState }) };
    return client.execute(query, params, options);
  }
}

const startOf = ({ from, after }: RowsQuery): number => Math.max(from, after?.time ?? -Infinity);

/** Ids are never empty, so the empty one stands before all. */
function sliceOf({ from, to, after }: RowsQuery): Slice {
  return after === undefined || after.time < from ? { time: from, id: NOTHING, to } : { time: after.time, id: Buffer.from(after.id, 'hex'), to };
}

function ordered(rows: CassandraRow[]): CassandraRow[] {
  return rows.toSorted((a, b) => (a['time'] as number) - (b['time'] as number) || Buffer.compare(a['id'] as Buffer, b['id'] as Buffer));
}
