/** Committed states for a stage thread, through a connection of its own that never writes. */
import { KEYS } from './commit-writer.ts';
import { closeQuietly, openReadOnly } from './database.ts';
import { ledgerPath } from './ledger.ts';
import { StateRows } from './state-rows.ts';

export interface StateReader {
  state(pipeline: string, stage: string, key: number): { shape: number; data: Uint8Array } | undefined;
  states(pipeline: string, stage: string): { key: number; shape: number; data: Uint8Array }[];
  close(): void;
}

/** Opens the ledger of a data folder, which must exist. Throws LEDGER_IO. */
export function openStateReader(folder: string): StateReader {
  const db = openReadOnly(ledgerPath(folder));
  const stageOf = db.prepare('select s.id from stages s join pipelines p on p.id = s.pipeline where p.name = ? and s.name = ?');
  const rows = new StateRows(db);
  const stages = new Map<string, number>();
  const find = (pipeline: string, stage: string): number | undefined => {
    const name = `${pipeline} ${stage}`;
    const id = stages.get(name) ?? (stageOf.get(pipeline, stage) as { id: number } | undefined)?.id;
    if (id !== undefined) stages.set(name, id);
    return id;
  };
  return {
    state(pipeline, stage, key) {
      const id = find(pipeline, stage);
      return id === undefined ? undefined : rows.one(id * KEYS, key);
    },
    states(pipeline, stage) {
      const id = find(pipeline, stage);
      if (id === undefined) return [];
      return rows.page(id * KEYS, 0, KEYS);
    },
    close: () => closeQuietly(db),
  };
}
