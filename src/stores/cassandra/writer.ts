/** Writes verdicts and rollups. Every statement is idempotent: the same again, in whatever cut, is the same row. */
import type { Client } from 'cassandra-driver';
import type { Rollup, SeriesNames } from '../../core/contracts.ts';
import { hashText } from '../../core/hash.ts';
import { ANOMALOUS, type VerdictBatch } from '../../core/verdicts.ts';
import { RowGrouper, type RowGroups } from '../sqlite/row-groups.ts';
import type { Connection } from './connection.ts';
import { inFlight, Requests, type Statement } from './requests.ts';
import { DAY, dayOf, idBytes, makerId, saidOf, SHARDS, type Params } from './rows.ts';
import { SAID_COLUMNS } from './tables.ts';
import { Coarse, periodOf, TIERS, type ReadParts, type Tier } from './tiers.ts';

/** Days and makers are written again so often, so that they outlive what they point to, ms. */
const NOTED_FOR = 12 * 3_600_000;
const MOST_NOTED = 500_000;
const ROLLUP_COLUMNS = 'pipeline, series, tier, period, time, count, sum, min, max, anomalies, max_score';

const marks = (n: number): string => Array.from({ length: n }, () => '?').join(', ');

export class Writer {
  readonly #connection: Connection;
  readonly #grouper = new RowGrouper();
  /** What was noted, and when. */
  readonly #noted = new Map<string, number>();
  #notedIn = 0;
  readonly #coarse = TIERS.slice(1).map((tier, i) => new Coarse(tier, TIERS[i]));
  readonly #cql: Record<'verdict' | 'anomaly' | 'rollup' | 'day' | 'maker' | 'parts', string>;

  constructor(connection: Connection) {
    const { keyspace } = connection.options;
    const said = SAID_COLUMNS.join(', ');
    this.#connection = connection;
    this.#cql = {
      verdict: `INSERT INTO ${keyspace}.verdicts (pipeline, series, day, time, id, ${said}) VALUES (${marks(5 + SAID_COLUMNS.length)})`,
      anomaly: `INSERT INTO ${keyspace}.anomalies (pipeline, day, shard, time, id, series, ${said}) VALUES (${marks(6 + SAID_COLUMNS.length)})`,
      rollup: `INSERT INTO ${keyspace}.rollups (${ROLLUP_COLUMNS}) VALUES (${marks(11)})`,
      day: `INSERT INTO ${keyspace}.days (pipeline, series, day) VALUES (?, ?, ?)`,
      maker: `INSERT INTO ${keyspace}.makers (pipeline, maker, stage, detector, config, width, members) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      parts: `SELECT ${ROLLUP_COLUMNS} FROM ${keyspace}.rollups WHERE pipeline = ? AND series = ? AND tier = ? AND period = ? AND time >= ? AND time < ?`,
    };
  }

  /** Everything is with as many nodes as the consistency asks for when it resolves. */
  async append(client: Client, pipeline: string, verdicts: readonly VerdictBatch[], rollups: readonly Rollup[], names: SeriesNames): Promise<void> {
    if (this.#notedIn !== this.#connection.connected) this.#noted.clear();
    this.#notedIn = this.#connection.connected;
    const groups = verdicts.map((batch) => this.#grouper.group(batch));
    await this.#note(client, pipeline, groups, rollups, names);
    const requests = new Requests(client, this.#connection.options);
    for (const group of groups) this.#addVerdicts(requests, pipeline, group, names);
    const newest = new Map(rollups.map((rollup) => [`${rollup.series} ${rollup.time}`, rollup]));
    for (const rollup of newest.values()) this.#addRollup(requests, pipeline, names.get(rollup.series).key, TIERS[0], rollup);
    await this.#sendAll(client, requests.end());
    if (newest.size > 0) await this.#addCoarse(client, pipeline, [...newest.values()], names);
  }

  /** After a failure it is not known what was written. */
  forget(): void {
    for (const coarse of this.#coarse) coarse.forget();
  }

  #addVerdicts(requests: Requests, pipeline: string, { batch, rows, ends, groups }: RowGroups, names: SeriesNames): void {
    const maker = makerId(batch);
    const texts = batch.texts;
    for (let g = 0, from = 0; g < groups; from = ends[g++]!) {
      const { key } = names.get(batch.series[rows[from]]);
      const shard = hashText(key) % SHARDS;
      for (let at = from; at < ends[g];) {
        const day = dayOf(batch.time[rows[at]]);
        const statements: Statement[] = [];
        let extra = 0;
        for (; at < ends[g] && dayOf(batch.time[rows[at]]) === day; at++) {
          const row = rows[at];
          const time = batch.time[row];
          const id = idBytes(batch.idHigh[row], batch.idLow[row]);
          const said = saidOf(batch, row, maker);
          extra += 9 * batch.width + (texts === undefined ? 0 : texts.subject[row].length + texts.detail[row].length);
          statements.push({ query: this.#cql.verdict, params: [pipeline, key, day, time, id, ...said] });
          if ((batch.flags[row] & ANOMALOUS) === 0) continue;
          const params = [pipeline, day, shard, time, id, key, ...said];
          requests.add({ statements: [{ query: this.#cql.anomaly, params }], extra, partition: () => [utf8(pipeline), int(day), Buffer.of(shard)] });
        }
        requests.add({ statements, extra, partition: () => [utf8(pipeline), utf8(key), int(day)] });
      }
    }
  }

  #addRollup(requests: Requests, pipeline: string, key: string, tier: Tier, { time, count, sum, min, max, anomalies, maxScore }: Rollup): void {
    const period = periodOf(time, tier);
    const params: Params = [pipeline, key, tier.number, period, time, count, sum, min, max, anomalies, maxScore];
    requests.add({
      statements: [{ query: this.#cql.rollup, params }],
      extra: 0,
      partition: () => [utf8(pipeline), utf8(key), Buffer.of(tier.number), int(period)],
    });
  }

  /** Each coarser tier of what the one before it became. */
  async #addCoarse(client: Client, pipeline: string, rollups: readonly Rollup[], names: SeriesNames): Promise<void> {
    const requests = new Requests(client, this.#connection.options);
    const bySeries = new Map<number, Rollup[]>();
    for (const rollup of rollups.toSorted((a, b) => a.time - b.time)) {
      const mine = bySeries.get(rollup.series);
      if (mine === undefined) bySeries.set(rollup.series, [rollup]);
      else mine.push(rollup);
    }
    const read: ReadParts = (series, tier, from, to) => this.#parts(client, pipeline, series, tier, from, to);
    await inFlight([...bySeries], this.#connection.options.in_flight, async ([series, mine]) => {
      const { key } = names.get(series);
      let parts: Rollup[] = mine;
      for (const [i, coarse] of this.#coarse.entries()) {
        const grown = new Map<number, Rollup>();
        for (const part of parts) {
          const bucket = await coarse.add(`${pipeline} ${key}`, key, part, read);
          grown.set(bucket.time, bucket);
        }
        parts = [...grown.values()];
        for (const bucket of parts) this.#addRollup(requests, pipeline, key, TIERS[i + 1], bucket);
      }
    });
    await this.#sendAll(client, requests.end());
  }

  async #parts(client: Client, pipeline: string, series: string, tier: Tier, from: number, to: number): Promise<Rollup[]> {
    const params = [pipeline, series, tier.number, periodOf(from, tier), from, to];
    const first = await this.#connection.send(() => client.execute(this.#cql.parts, params));
    // A bucket may lie across two partitions.
    const other = periodOf(to - 1, tier);
    const rest = other === params[3] ? [] : (await this.#connection.send(() => client.execute(this.#cql.parts, params.with(3, other)))).rows;
    return [...first.rows, ...rest].map(rollupOf);
  }

  /** Which days a series has rows on, and what made them: written before the rows, so that no row is out of sight. */
  async #note(client: Client, pipeline: string, groups: readonly RowGroups[], rollups: readonly Rollup[], names: SeriesNames): Promise<void> {
    const now = Date.now();
    const fresh = new Map<string, Statement>();
    const note = (what: string, statement: () => Statement): void => {
      if (now - (this.#noted.get(what) ?? -Infinity) > NOTED_FOR && !fresh.has(what)) fresh.set(what, statement());
    };
    const noteDay = (series: string, day: number): void =>
      note(`${day} ${pipeline} ${series}`, () => ({ query: this.#cql.day, params: [pipeline, series, day] }));
    const noteTime = (series: number, time: number): void => {
      const day = dayOf(time);
      noteDay('', day);
      noteDay(names.get(series).key, day);
    };
    for (const { batch, rows } of groups) {
      const { stage, detector, config, width, members } = batch;
      const maker = makerId(batch);
      note(`maker ${maker} ${pipeline}`, () => ({ query: this.#cql.maker, params: [pipeline, maker, stage, detector, config, width, [...members]] }));
      let series = -1;
      let until = -Infinity;
      for (const row of rows) {
        const time = batch.time[row];
        if (batch.series[row] === series && time < until && time >= until - DAY) continue;
        noteTime((series = batch.series[row]), time);
        until = (dayOf(time) + 1) * DAY;
      }
    }
    for (const { series, time } of rollups) noteTime(series, time);
    if (fresh.size === 0) return;
    await this.#sendAll(
      client,
      [...fresh.values()].map((statement) => [statement]),
    );
    if (this.#noted.size + fresh.size > MOST_NOTED) this.#noted.clear();
    for (const what of fresh.keys()) this.#noted.set(what, now);
  }

  async #sendAll(client: Client, requests: readonly Statement[][]): Promise<void> {
    await inFlight(requests, this.#connection.options.in_flight, (statements) =>
      this.#connection.send(() => {
        const [first] = statements;
        if (statements.length === 1) return client.execute(first.query, first.params, { prepare: true, isIdempotent: true });
        return client.batch(statements, { prepare: true, logged: false, isIdempotent: true });
      }),
    );
  }
}

export function rollupOf(row: Record<string, unknown>): Rollup {
  const { time, count, sum, min, max, anomalies, max_score } = row as Record<string, number>;
  return { series: 0, time, count, sum, min, max, anomalies, maxScore: max_score };
}

const utf8 = (text: string): Buffer => Buffer.from(text);
const int = (x: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(x);
  return bytes;
};
