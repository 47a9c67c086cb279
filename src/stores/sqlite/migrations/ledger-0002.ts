import type { Migration } from '../migrate.ts';

/**
 * A large state lies in pieces, so that a commit writes only those that changed: the first in `states`, with the size of
 * the whole (null: there is but one piece), the others here. `id` is that of the state times 256, plus the piece's number.
 */
export const ledger0002: Migration = {
  version: 2,
  sql: `
alter table states add column size integer;
create table state_pieces (id integer primary key, data blob not null);
`,
};
