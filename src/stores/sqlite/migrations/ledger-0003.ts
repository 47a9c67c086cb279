import type { Migration } from '../migrate.ts';

/** What people answered. `active`: some part of it is in force; `at`: clock of the last change, ms. */
export const ledger0003: Migration = {
  version: 3,
  sql: `
create table answers (seq integer primary key autoincrement, id text not null unique, pipeline integer not null, active integer not null, at real not null,
  record text not null);
create index answers_by_pipeline on answers (pipeline, seq);
create index answers_active on answers (pipeline, seq) where active = 1;
create index answers_done on answers (pipeline, seq) where active = 0;
`,
};
