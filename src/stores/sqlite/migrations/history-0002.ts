import type { Migration } from '../migrate.ts';

/** `members`: names of the detector's parts, a JSON list, for the column `member` of a chunk. */
export const history0002: Migration = {
  version: 2,
  sql: `alter table meta add column members text not null default '[]';`,
};
