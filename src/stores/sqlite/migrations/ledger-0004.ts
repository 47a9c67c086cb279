import type { Migration } from '../migrate.ts';

/** What stood beside the bytes of a dead letter that was a message of its own, as JSON. */
export const ledger0004: Migration = {
  version: 4,
  sql: 'alter table dead_letters add column sent text;',
};
