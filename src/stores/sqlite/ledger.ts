/** The ledger in one SQLite file: `ledger.db` in the data folder, write-ahead log, one transaction a commit. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';
import type { Control, ControlRecord, DeadLetter, Ledger, LedgerCommit, OutboxItem, Recovered, Sent } from '../../core/contracts.ts';
import { LEDGER_BOUNDS } from './bounds.ts';
import type { LedgerBounds } from './bounds.ts';
import { CommitWriter, KEYS, controlOf } from './commit-writer.ts';
import { closeQuietly, closeWritable, isInputOutputError, openReadOnly, openWritable, storeError, transaction } from './database.ts';
import type { Database, Synchronous } from './database.ts';
import { lockFolder } from './lock.ts';
import type { FolderLock } from './lock.ts';
import { LEDGER_MIGRATIONS } from './migrations/index.ts';
import { migrate, refuseNewer } from './migrate.ts';
import type { Migration } from './migrate.ts';
import { StateRows } from './state-rows.ts';
import { quickCheck } from './quick-check.ts';
import { recover } from './recover.ts';
import { writeSavepoint } from './savepoint.ts';

const STATES_A_PAGE = 1000;

export interface LedgerOptions {
  synchronous?: Synchronous;
  bounds?: Partial<LedgerBounds>;
  /** Wall clock, ms. */
  now?: () => number;
  migrations?: readonly Migration[];
}

export interface SqliteLedger extends Ledger {
  /** As the contract says; answers how many dead letters of the pipeline were ever dropped, if this commit dropped some. */
  commit(commit: LedgerCommit): number | undefined;
}

export function ledgerPath(folder: string): string {
  return join(folder, 'ledger.db');
}

/**
 * Opens the ledger of a data folder, made if absent, and holds the folder until `close`.
 * Throws LEDGER_BUSY, LEDGER_DAMAGED, LEDGER_NEWER, LEDGER_IO, DISK_FULL.
 */
type DeadLetterRow = Omit<DeadLetter, 'replayed' | 'sent'> & { replayed: number; sent: string | null };

export function openLedger(folder: string, options: LedgerOptions = {}): SqliteLedger {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (thrown) {
    throw new HomeostatError('LEDGER_IO', { path: folder, detail: (thrown as Error).message }, thrown);
  }
  const lock = lockFolder(folder);
  try {
    return new OpenLedger(folder, lock, options);
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

interface Connection {
  db: Database;
  writer: CommitWriter;
  states: StateRows;
}

class OpenLedger implements SqliteLedger {
  readonly #folder: string;
  readonly #path: string;
  readonly #lock: FolderLock;
  readonly #options: LedgerOptions;
  readonly #now: () => number;
  readonly #pipelines = new Map<string, number>();
  #stages = new Map<string, number>();
  #connection: Connection | undefined;
  #closed = false;

  constructor(folder: string, lock: FolderLock, options: LedgerOptions) {
    this.#folder = folder;
    this.#path = ledgerPath(folder);
    this.#lock = lock;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#connection = this.#connect();
  }

  claim(pipeline: string): { owner: number; recovered: Recovered } {
    return this.#guarded(({ db }) =>
      transaction(db, () => {
        const id = this.#idOf(db, pipeline);
        const row = db.prepare('update pipelines set owner = owner + 1 where id = ? returning owner').get(id) as { owner: number };
        return { owner: row.owner, recovered: recover(db, id) };
      }),
    );
  }

  commit(commit: LedgerCommit): number | undefined {
    return this.#guarded(({ db, writer }) => {
      try {
        return transaction(db, () => writer.write(this.#idOf(db, commit.pipeline), commit, this.#now()));
      } catch (thrown) {
        writer.forget();
        throw thrown;
      }
    });
  }

  state(pipeline: string, stage: string, key: number): { shape: number; data: Uint8Array } | undefined {
    return this.#guarded(({ db, states }) => {
      const id = this.#stageOf(db, pipeline, stage);
      if (id === undefined) return undefined;
      return states.one(id * KEYS, key);
    });
  }

  /** Reads a page at a time, so that a hundred thousand states are never in memory together. */
  *states(pipeline: string, stage: string): Generator<{ key: number; shape: number; data: Uint8Array }> {
    const page = (from: number) =>
      this.#guarded(({ db, states }) => {
        const id = this.#stageOf(db, pipeline, stage);
        if (id === undefined) return [];
        return states.page(id * KEYS, from, STATES_A_PAGE);
      });
    for (let rows = page(0); rows.length > 0; rows = rows.length < STATES_A_PAGE ? [] : page(rows.at(-1)!.key + 1)) yield* rows;
  }

  controls(pipeline: string, after: number): Control[] {
    return this.#guarded(({ db }) => {
      const sql = `select sequence, record from controls where sequence > ? and pipeline = (select id from pipelines where name = ?) order by sequence`;
      return (db.prepare(sql).all(after, pipeline) as { sequence: number; record: string }[]).map((row) => controlOf(pipeline, row));
    });
  }

  appendControl(pipeline: string, record: ControlRecord): number {
    return this.#guarded(({ db }) =>
      transaction(db, () => {
        const id = this.#idOf(db, pipeline);
        const sql = 'update pipelines set control_last = max(control_last, control) + 1 where id = ? returning control_last as sequence';
        const { sequence } = db.prepare(sql).get(id) as { sequence: number };
        db.prepare('insert into controls (pipeline, sequence, record) values (?, ?, ?)').run(id, sequence, JSON.stringify(record));
        return sequence;
      }),
    );
  }

  outboxPending(pipeline: string): (OutboxItem & { attempts: number })[] {
    return this.#guarded(({ db }) => {
      const sql = `select key, kind, target, payload, attempts from outbox
        where pipeline = (select id from pipelines where name = ?) and state = 'pending' order by seq`;
      const rows = db.prepare(sql).all(pipeline) as { key: string; kind: OutboxItem['kind']; target: string; payload: string; attempts: number }[];
      return rows.map((row) => ({ ...row, pipeline, payload: JSON.parse(row.payload) as OutboxItem['payload'] }));
    });
  }

  deadLetters(pipeline: string, ids: readonly number[]): DeadLetter[] {
    return this.#guarded(({ db }) => {
      const statement = db.prepare(`select d.id, p.name as pipeline, d.part as partition, d.offset, d.place, d.code, d.detail, d.bytes, d.at, d.replayed, d.sent
        from dead_letters d join pipelines p on p.id = d.pipeline where p.name = ? and d.id = ?`);
      const rows = ids.map((id) => statement.get(pipeline, id) as DeadLetterRow | undefined);
      return rows
        .filter((row) => row !== undefined)
        .map(({ sent, ...row }) => ({ ...row, replayed: row.replayed === 1, ...(sent === null ? {} : { sent: JSON.parse(sent) as Sent }) }));
    });
  }

  savepoint(): string {
    return this.#guarded(({ db }) => writeSavepoint(db, this.#folder, this.#now()));
  }

  /** After an input/output error the next call does this by itself: what the kernel still shows of a failed write proves nothing. */
  reopen(): void {
    closeQuietly(this.#connection?.db);
    this.#connection = undefined;
    this.#connection = this.#connect();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#connection !== undefined) closeWritable(this.#connection.db);
    this.#connection = undefined;
    this.#lock.release();
  }

  #connect(): Connection {
    const isNew = !existsSync(this.#path) || statSync(this.#path).size === 0;
    const migrations = this.#options.migrations ?? LEDGER_MIGRATIONS;
    if (!isNew) refuseNewerFile(this.#path, migrations);
    const db = openWritable(this.#path, this.#options.synchronous ?? 'full');
    try {
      if (!isNew) quickCheck(db, this.#path, statSync(this.#path).size);
      migrate(db, migrations, this.#path);
      this.#pipelines.clear();
      this.#stages.clear();
      return {
        db,
        writer: new CommitWriter(db, { ...LEDGER_BOUNDS, ...this.#options.bounds }),
        states: new StateRows(db),
      };
    } catch (thrown) {
      closeQuietly(db);
      throw storeError(thrown, this.#path);
    }
  }

  /** Runs `work` on a connection that can be trusted, and says a failure in words of the closed list. */
  #guarded<T>(work: (connection: Connection) => T): T {
    if (this.#closed) throw new HomeostatError('LEDGER_IO', { path: this.#path, detail: 'it has been closed' });
    this.#connection ??= this.#connect();
    const connection = this.#connection;
    try {
      return work(connection);
    } catch (thrown) {
      this.#pipelines.clear();
      if (isInputOutputError(thrown)) {
        closeQuietly(connection.db);
        this.#connection = undefined;
      }
      throw storeError(thrown, this.#path);
    }
  }

  #idOf(db: Database, pipeline: string): number {
    let id = this.#pipelines.get(pipeline);
    if (id === undefined) {
      const sql = 'insert into pipelines (name) values (?) on conflict do update set name = name returning id';
      id = (db.prepare(sql).get(pipeline) as { id: number }).id;
      this.#pipelines.set(pipeline, id);
    }
    return id;
  }

  #stageOf(db: Database, pipeline: string, stage: string): number | undefined {
    const key = `${pipeline} ${stage}`;
    const known = this.#stages.get(key);
    if (known !== undefined) return known;
    const sql = 'select s.id from stages s join pipelines p on p.id = s.pipeline where p.name = ? and s.name = ?';
    const id = (db.prepare(sql).get(pipeline, stage) as { id: number } | undefined)?.id;
    if (id !== undefined) this.#stages.set(key, id);
    return id;
  }
}

/** Looks through a read-only connection, because one that can write would already tidy the log of a file that is not to be touched. */
function refuseNewerFile(path: string, migrations: readonly Migration[]): void {
  const db = openReadOnly(path);
  try {
    refuseNewer(db, migrations, path);
  } catch (thrown) {
    throw storeError(thrown, path);
  } finally {
    closeQuietly(db);
  }
}
