/** Lists out of the ledger, newest first; a cursor is the number of the last row shown. */
import { statSync } from 'node:fs';
import type { AnswerView, AuditView, DeadLetterView, IncidentDetail, OutboxView, Page, SilenceView } from '../../core/api.ts';
import type { AnswersQuery } from '../../core/live.ts';
import type { AnswerRecord, IncidentRecord, Transition } from '../../core/contracts.ts';
import type { SeriesInfo } from '../../core/events.ts';
import { HomeostatError } from '../../core/errors.ts';
import { closeQuietly, isWithoutTable, openReadOnly, storeError } from './database.ts';
import type { Database } from './database.ts';
import { ledgerPath } from './ledger.ts';

interface PageQuery {
  pipeline?: string;
  limit: number;
  cursor?: string;
}

const OUTBOX_COLUMNS = 'key, kind, target, state, attempts, detail, created_at as createdAt, done_at as doneAt';
/** Until its end, by the watermark of its pipeline. */
const IN_FORCE = `(active = 1 and coalesce(record ->> '$.until' > (select watermark from pipelines p where p.id = pipeline), 1))`;
const SHOWN_BYTES = 4096;

export class LedgerReader {
  readonly #path: string;
  #db: Database | undefined;
  #inode = 0;

  constructor(folder: string) {
    this.#path = ledgerPath(folder);
  }

  incidents(query: PageQuery & { open?: boolean }): Page<IncidentRecord> {
    const ended = query.open === undefined ? '' : `and ended_at is ${query.open ? '' : 'not '}null`;
    return this.#page('seq, record', 'incidents', 'seq', query, ended, (row) => JSON.parse(row.record as string) as IncidentRecord);
  }

  incident(id: string): IncidentDetail | undefined {
    return this.#read(undefined, (db) => {
      const row = db.prepare('select record from incidents where id = ?').get(id) as { record: string } | undefined;
      if (row === undefined) return undefined;
      const transitions = db
        .prepare('select incident, sequence, from_state as "from", to_state as "to", at, cause from transitions where incident = ? order by sequence')
        .all(id) as unknown as Transition[];
      const effects = db.prepare(`select ${OUTBOX_COLUMNS} from outbox where incident = ? order by seq`).all(id) as unknown as OutboxView[];
      return {
        ...(JSON.parse(row.record) as IncidentRecord),
        transitions,
        notices: effects.filter((effect) => effect.kind === 'notice'),
        actions: effects.filter((effect) => effect.kind === 'action'),
      };
    });
  }

  deadLetters(query: PageQuery): Page<DeadLetterView> {
    const columns = `id as seq, (select name from pipelines p where p.id = pipeline) as pipeline, part, offset, place, code, detail,
      substr(bytes, 1, ${SHOWN_BYTES}) as bytes, at, replayed`;
    return this.#page(columns, 'dead_letters', 'id', query, '', ({ part, bytes, replayed, ...rest }, seq) => ({
      ...(rest as Pick<DeadLetterView, 'pipeline' | 'offset' | 'place' | 'code' | 'detail' | 'at'>),
      id: seq,
      partition: part as number,
      text: Buffer.from(bytes as Uint8Array).toString('utf8'),
      replayed: replayed === 1,
    }));
  }

  silences(pipeline?: string): SilenceView[] {
    return this.#read([], (db) => {
      const rows = db
        .prepare(
          `select s.id, p.name as pipeline, matchers, until, by, comment from silences s join pipelines p on p.id = s.pipeline
            where ?1 is null or p.name = ?1 order by until desc, s.id`,
        )
        .all(pipeline ?? null) as unknown as (Omit<SilenceView, 'matchers'> & { matchers: string })[];
      return rows.map((row) => ({ ...row, matchers: JSON.parse(row.matchers) as Record<string, string> }));
    });
  }

  answers({ series, active, ...query }: AnswersQuery): Page<AnswerView> {
    const own = `exists (select 1 from json_each(record, '$.parts') where value ->> 'series' = ?4)`;
    const condition = `${active === undefined ? '' : `and ${active ? '' : 'not '}(${IN_FORCE})`} ${series === undefined ? '' : `and ${own}`}`;
    return this.#page(`seq, record, ${IN_FORCE} as is_active`, 'answers', 'seq', query, condition, answerOf, series);
  }

  answer(id: string): AnswerView | undefined {
    return this.#read(undefined, (db) => {
      const row = db.prepare(`select record, ${IN_FORCE} as is_active from answers where id = ?`).get(id) as Record<string, unknown> | undefined;
      return row && answerOf(row);
    });
  }

  audit(query: { limit: number; cursor?: string }): Page<AuditView> {
    const { limit, cursor } = query;
    return this.#page('id as seq, at, by, what, detail', 'audit', 'id', { limit, cursor }, '', (row) => row as unknown as AuditView);
  }

  outbox(query: PageQuery): Page<OutboxView> {
    return this.#page(`seq, ${OUTBOX_COLUMNS}`, 'outbox', 'seq', query, '', (row) => row as unknown as OutboxView);
  }

  seriesByKey(pipeline: string, key: string): SeriesInfo | undefined {
    return this.#read(undefined, (db) => {
      const sql = 'select idx, key, labels, unit from series where pipeline = (select id from pipelines where name = ?) and key = ?';
      return seriesInfo(db.prepare(sql).get(pipeline, key));
    });
  }

  /** Keys of all series of a pipeline. */
  seriesKeys(pipeline: string): string[] {
    const sql = 'select key from series where pipeline = (select id from pipelines where name = ?)';
    return this.#read([], (db) => (db.prepare(sql).all(pipeline) as { key: string }[]).map(({ key }) => key));
  }

  /** Series that were stored but never committed (a crash came between) are named by their number. */
  seriesByIndex(pipeline: string, indexes: ReadonlySet<number>): { get(index: number): SeriesInfo } {
    const known = new Map<number, SeriesInfo>();
    this.#read(undefined, (db) => {
      const statement = db.prepare('select idx, key, labels, unit from series where pipeline = (select id from pipelines where name = ?) and idx = ?');
      for (const index of indexes) {
        const info = seriesInfo(statement.get(pipeline, index));
        if (info !== undefined) known.set(index, info);
      }
    });
    return { get: (index) => known.get(index) ?? { index, key: `#${index}`, labels: {}, unit: '' } };
  }

  close(): void {
    closeQuietly(this.#db);
    this.#db = undefined;
  }

  #page<T>(
    columns: string,
    table: string,
    order: string,
    query: PageQuery,
    condition: string,
    view: (row: Record<string, unknown>, seq: number) => T,
    series?: string,
  ): Page<T> {
    const before = query.cursor === undefined ? Number.MAX_SAFE_INTEGER : cursorOf(query.cursor);
    return this.#read({ items: [], next: null }, (db) => {
      const mine = query.pipeline === undefined ? '' : 'and pipeline = (select id from pipelines where name = ?3)';
      const sql = `select ${columns} from ${table} where ${order} < ?1 ${mine} ${condition} order by ${order} desc limit ?2`;
      const last = series === undefined ? [] : [series];
      const values = [before, query.limit + 1, ...(query.pipeline === undefined && series === undefined ? [] : [query.pipeline ?? null]), ...last];
      const rows = db.prepare(sql).all(...values) as ({ seq: number } & Record<string, unknown>)[];
      const shown = rows.slice(0, query.limit);
      return { items: shown.map(({ seq, ...row }) => view(row, seq)), next: rows.length > query.limit ? String(shown.at(-1)!.seq) : null };
    });
  }

  /** Answers `empty` while there is no ledger, or one whose tables are only being made. */
  #read<T>(empty: T, read: (db: Database) => T): T {
    try {
      const db = this.#connection();
      return db === undefined ? empty : read(db);
    } catch (thrown) {
      if (isWithoutTable(thrown)) return empty;
      this.close();
      throw storeError(thrown, this.#path);
    }
  }

  #connection(): Database | undefined {
    const inode = statSync(this.#path, { throwIfNoEntry: false })?.ino;
    if (this.#db !== undefined && inode === this.#inode) return this.#db;
    this.close();
    if (inode === undefined) return undefined;
    this.#inode = inode;
    this.#db = openReadOnly(this.#path);
    return this.#db;
  }
}

function seriesInfo(row: unknown): SeriesInfo | undefined {
  if (row === undefined) return undefined;
  const { idx, key, labels, unit } = row as { idx: number; key: string; labels: string; unit: string };
  return { index: idx, key, labels: JSON.parse(labels) as Record<string, string>, unit };
}

function answerOf(row: Record<string, unknown>): AnswerView {
  return { ...(JSON.parse(row.record as string) as AnswerRecord), active: row.is_active === 1 };
}

function cursorOf(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) {
    throw new HomeostatError('REQUEST_INVALID', { detail: `cursor "${cursor.slice(0, 100)}" is not one that was given out` });
  }
  return Number(cursor);
}
