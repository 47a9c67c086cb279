import type { Migration } from '../migrate.ts';

/**
 * Times are ms; JSON is text. `states.id` is stage * 2^32 + key, so that a state is found and rewritten through the
 * table's own tree alone. `seq` columns number rows in order of their first appearance.
 */
export const ledger0001: Migration = {
  version: 1,
  sql: `
create table pipelines (
  id integer primary key, name text not null unique, owner integer not null default 0, checkpoint integer not null default 0,
  position text, control integer not null default 0, control_last integer not null default 0, decoder text, watermark real,
  clock real not null default 0, counts text not null default '{}', dead_letters_dropped integer not null default 0,
  sink_resume text, epoch_hash text, epoch_config text, epoch_checkpoint integer, committed_at integer not null default 0
);
create table reorder (pipeline integer primary key, data blob not null);
create table sink_pending (pipeline integer primary key, data blob not null);
create table epochs (pipeline integer not null, checkpoint integer not null, hash text not null, config text not null,
  primary key (pipeline, checkpoint)) without rowid;
create table series (pipeline integer not null, idx integer not null, key text not null, labels text not null, unit text not null,
  primary key (pipeline, idx)) without rowid;
create table stages (id integer primary key, pipeline integer not null, name text not null, unique (pipeline, name));
create table states (id integer primary key, shape integer not null, data blob not null);
create table controls (pipeline integer not null, sequence integer not null, record text not null, primary key (pipeline, sequence)) without rowid;
create table silences (pipeline integer not null, id text not null, matchers text not null, until real not null, by text not null, comment text not null,
  primary key (pipeline, id)) without rowid;
create table dead_letters (id integer primary key autoincrement, pipeline integer not null, part integer not null, offset real not null,
  place integer not null, code text not null, detail text not null, bytes blob not null, at real not null, replayed integer not null default 0);
create index dead_letters_by_pipeline on dead_letters (pipeline, id);
create table incidents (seq integer primary key autoincrement, id text not null unique, pipeline integer not null, ended_at real, record text not null);
create index incidents_by_pipeline on incidents (pipeline, seq);
create index incidents_closed on incidents (pipeline, seq) where ended_at is not null;
create index incidents_open on incidents (seq) where ended_at is null;
create table transitions (incident text not null, sequence integer not null, from_state text not null, to_state text not null, at real not null,
  cause text not null, primary key (incident, sequence)) without rowid;
create table outbox (seq integer primary key autoincrement, key text not null unique, pipeline integer not null, kind text not null, target text not null,
  incident text not null, payload text not null, state text not null default 'pending', attempts integer not null default 0, detail text not null default '',
  created_at integer not null, done_at integer);
create index outbox_pending on outbox (pipeline, seq) where state = 'pending';
create index outbox_done on outbox (pipeline, seq) where state <> 'pending';
create index outbox_by_incident on outbox (incident);
create table audit (id integer primary key autoincrement, pipeline integer not null, at real not null, by text not null, what text not null, detail text not null);
create index audit_by_pipeline on audit (pipeline, id);
`,
};
