/** Finds the chunks of a history file. */
import { KEYS } from './commit-writer.ts';
import { storeError } from './database.ts';
import type { Database } from './database.ts';
import { SLOTS } from './history-folder.ts';
import type { HistoryFileName } from './history-folder.ts';
import { schemaVersion } from './migrate.ts';

export interface ChunkRow {
  series: number;
  first: number;
  rows: number;
  stage: string;
  detector: string;
  config: string;
  /** JSON. */
  members: string;
  width: number;
  data: Uint8Array;
}

export interface ChunkQuery {
  pipeline: string;
  /** Every series when absent. */
  series: number | undefined;
  from: number;
  to: number;
  /** Only chunks that hold an anomalous or a late row. */
  marked: boolean;
}

/** One file, seen by one pipeline. */
export interface HistoryPart {
  db: Database;
  path: string;
  file: HistoryFileName;
  /** Lowest stored series number of the pipeline. */
  base: number;
}

/** Chunks that reach into the query's time, in the order of their first row. */
export function* chunksOf(part: HistoryPart, query: Omit<ChunkQuery, 'pipeline'>): Iterable<ChunkRow> {
  const { db, base, file } = part;
  const one = query.series !== undefined;
  const sql = `select c.series - ? as series, c.first, c.rows, m.stage, m.detector, m.config, ${schemaVersion(db) < 2 ? "'[]'" : 'm.members'} as members, m.width, c.data
    from chunks c ${query.marked && !one ? 'indexed by chunks_marked' : ''} join meta m on m.id = c.meta
    where c.first >= ? and c.first <= ? and c.last >= ? and ${one ? 'c.series = ?' : 'c.series >= ? and c.series < ?'} ${query.marked ? 'and c.marked > 0' : ''}
    order by c.first`;
  const bounds = one ? [base + query.series!] : [base, base + KEYS];
  try {
    yield* db.prepare(sql).iterate(base, query.from - file.period / SLOTS, query.to, query.from, ...bounds) as Iterable<ChunkRow>;
  } catch (thrown) {
    throw storeError(thrown, part.path);
  }
}
