/** Schema versions: a list of forward steps, each applied in one transaction with the version it leads to. */
import { HomeostatError } from '../../core/errors.ts';
import { faultPoint } from '../../core/faults.ts';
import { transaction } from './database.ts';
import type { Database } from './database.ts';

/** One step forward; `version` is what `pragma user_version` says after it. */
export interface Migration {
  version: number;
  sql: string;
}

export function schemaVersion(db: Database): number {
  return (db.prepare('pragma user_version').get() as { user_version: number }).user_version;
}

/**
 * Brings a file to the newest schema. A crash in the middle leaves the schema before the step.
 * Throws LEDGER_NEWER, having touched nothing, when the file was written by a newer program.
 */
export function migrate(db: Database, migrations: readonly Migration[], path: string): void {
  refuseNewer(db, migrations, path);
  const found = schemaVersion(db);
  for (const step of migrations) {
    if (step.version <= found) continue;
    transaction(db, () => {
      db.exec(step.sql);
      faultPoint('migration');
      db.exec(`pragma user_version = ${step.version}`);
    });
  }
}

export function refuseNewer(db: Database, migrations: readonly Migration[], path: string): void {
  const known = migrations.at(-1)!.version;
  const found = schemaVersion(db);
  if (found > known) throw new HomeostatError('LEDGER_NEWER', { path, found, known });
}
