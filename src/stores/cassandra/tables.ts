/** The tables of the history, as CQL. */
import type { CassandraOptions } from './options.ts';

interface Table {
  name: string;
  columns: Readonly<Record<string, string>>;
  key: string;
  order?: string;
  /** Length of a window of compaction, days. */
  window: number;
  /** Which of the two times rows live for. */
  lives: 'ttl' | 'rollup_ttl';
}

/** Columns of a verdict beside its key. An absent number is unknown (onset: 0); counts of 32 bits are stored signed. */
const SAID = {
  kind: 'tinyint',
  anomalous: 'boolean',
  late: 'boolean',
  score: 'double',
  threshold: 'double',
  expected: 'double',
  lower: 'double',
  upper: 'double',
  onset: 'double',
  values: 'frozen<list<double>>',
  shares: 'blob',
  member: 'smallint',
  maker: 'bigint',
  cause_partition: 'int',
  cause_offset: 'double',
  cause_place: 'int',
  subject: 'text',
  detail: 'text',
  revises: 'text',
} as const;

export const SAID_COLUMNS = Object.keys(SAID) as (keyof typeof SAID)[];

export const TABLES: readonly Table[] = [
  {
    name: 'verdicts',
    columns: { pipeline: 'text', series: 'text', day: 'int', time: 'double', id: 'blob', ...SAID },
    key: '(pipeline, series, day), time, id',
    window: 1,
    lives: 'ttl',
  },
  {
    name: 'anomalies',
    columns: { pipeline: 'text', day: 'int', shard: 'tinyint', time: 'double', id: 'blob', series: 'text', ...SAID },
    key: '(pipeline, day, shard), time, id, series',
    window: 1,
    lives: 'ttl',
  },
  {
    name: 'rollups',
    columns: {
      pipeline: 'text',
      series: 'text',
      tier: 'tinyint',
      period: 'int',
      time: 'double',
      count: 'double',
      sum: 'double',
      min: 'double',
      max: 'double',
      anomalies: 'double',
      max_score: 'double',
    },
    key: '(pipeline, series, tier, period), time',
    window: 7,
    lives: 'rollup_ttl',
  },
  { name: 'days', columns: { pipeline: 'text', series: 'text', day: 'int' }, key: '(pipeline, series), day', window: 30, lives: 'rollup_ttl' },
  {
    name: 'makers',
    columns: { pipeline: 'text', maker: 'bigint', stage: 'text', detector: 'text', config: 'text', width: 'int', members: 'frozen<list<text>>' },
    key: 'pipeline, maker',
    window: 30,
    lives: 'rollup_ttl',
  },
];

/** Seconds that rows of a table live: those that say where others are, longer than any of them. */
export function secondsOf({ lives, name }: Table, options: CassandraOptions): number {
  const { ttl, rollup_ttl } = options;
  if (name !== 'days' && name !== 'makers') return Math.ceil(options[lives] / 1000);
  return ttl === 0 || rollup_ttl === 0 ? 0 : Math.ceil(Math.max(ttl, rollup_ttl) / 1000) + 172_800;
}

export function createKeyspace({ keyspace, replication, local_datacenter }: CassandraOptions): string {
  const copies = Object.keys(replication).length === 0 ? { [local_datacenter]: 1 } : replication;
  const text = Object.entries(copies).map(([name, count]) => `'${name.replaceAll("'", "''")}': ${count}`);
  return `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', ${text.join(', ')}}`;
}

export function createTable(table: Table, options: CassandraOptions): string {
  const columns = Object.entries(table.columns).map(([name, type]) => `${name} ${type}`);
  return `CREATE TABLE IF NOT EXISTS ${options.keyspace}.${table.name} (${columns.join(', ')}, PRIMARY KEY (${table.key}))
  WITH default_time_to_live = ${secondsOf(table, options)}
  AND compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'DAYS', 'compaction_window_size': ${table.window}}`;
}

export function addColumn(table: Table, column: string, { keyspace }: CassandraOptions): string {
  return `ALTER TABLE ${keyspace}.${table.name} ADD ${column} ${table.columns[column]}`;
}

export type { Table };
