import type { Migration } from '../migrate.ts';

/**
 * A chunk holds the verdicts that one append brought for one series (see chunk.ts). `series` is pipeline * 2^32 + index.
 * `marked` counts its anomalous and late rows, so that those are found without reading the rest;
 * `digest` is made of the ids of its rows, so that the same chunk again is ignored.
 */
export const history0001: Migration = {
  version: 1,
  sql: `
create table pipelines (id integer primary key, name text not null unique);
create table meta (id integer primary key, stage text not null, detector text not null, config text not null, width integer not null,
  unique (stage, detector, config, width));
create table chunks (id integer primary key, series integer not null, first real not null, last real not null, rows integer not null,
  marked integer not null, digest integer not null, meta integer not null, data blob not null);
create unique index chunks_by_series on chunks (series, first, last, rows, marked, digest);
create index chunks_by_time on chunks (first, series, last);
create index chunks_marked on chunks (first, series, last) where marked > 0;
create table rollups (series integer not null, time real not null, count integer not null, sum real, min real, max real, anomalies integer not null,
  max_score real, primary key (series, time)) without rowid;
`,
};
