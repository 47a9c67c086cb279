/** What is committed of a pipeline, through a connection of its own that never writes. */
import type { JsonValue, Position } from '../../core/contracts.ts';
import { KEYS } from './commit-writer.ts';
import { closeQuietly, openReadOnly } from './database.ts';
import { ledgerPath } from './ledger.ts';
import { StateRows } from './state-rows.ts';

/** How far a pipeline is. */
export interface CommittedProgress {
  checkpoint: number;
  position: Position;
  decoder: JsonValue;
  counts: Record<string, number>;
}

export interface StateReader {
  state(pipeline: string, stage: string, key: number): { shape: number; data: Uint8Array } | undefined;
  states(pipeline: string, stage: string): { key: number; shape: number; data: Uint8Array }[];
  /** undefined before the first commit. */
  progress(pipeline: string): CommittedProgress | undefined;
  close(): void;
}

/** Reads beside a writer. */
export interface LiveStateReader extends StateReader {
  /** What `work` reads is all of one commit: states lie in pieces and belong together, and the writer goes on meanwhile. */
  together<T>(work: () => T): T;
}

/** Opens the ledger of a data folder, which must exist. Throws LEDGER_IO. */
export function openStateReader(folder: string): LiveStateReader {
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
    together(work) {
      db.exec('begin');
      try {
        return work();
      } finally {
        db.exec('commit');
      }
    },
    progress(pipeline) {
      const row = db.prepare('select checkpoint, position, decoder, counts from pipelines where name = ?').get(pipeline) as
        | { checkpoint: number; position: string | null; decoder: string | null; counts: string }
        | undefined;
      if (row === undefined || row.checkpoint === 0) return undefined;
      const parsed = (text: string | null): JsonValue => (text === null ? null : (JSON.parse(text) as JsonValue));
      return {
        checkpoint: row.checkpoint,
        position: parsed(row.position),
        decoder: parsed(row.decoder),
        counts: JSON.parse(row.counts) as Record<string, number>,
      };
    },
    close: () => closeQuietly(db),
  };
}
