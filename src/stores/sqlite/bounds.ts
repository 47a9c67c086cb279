/** What the ledger keeps of things that only grow: bounds per pipeline, and how the oldest rows beyond them are dropped. */
import type { Database, Statement } from './database.ts';

export interface LedgerBounds {
  deadLetters: number;
  closedIncidents: number;
  transitionsPerIncident: number;
  /** Notices and actions that are delivered, failed or unknown; pending ones are never dropped. */
  doneOutbox: number;
  audit: number;
  /** Answers that are no longer in force. */
  doneAnswers: number;
  epochs: number;
  /** Applied control records kept behind the newest applied one. */
  appliedControls: number;
  /** Age (ms, wall clock) beyond which dead letters, audit, done outbox rows and answers that are no longer in force go. */
  maxAge: number;
}

export const LEDGER_BOUNDS: LedgerBounds = {
  deadLetters: 10_000,
  closedIncidents: 10_000,
  transitionsPerIncident: 1_000,
  doneOutbox: 10_000,
  audit: 10_000,
  doneAnswers: 10_000,
  epochs: 100,
  appliedControls: 1_000,
  maxAge: 90 * 86_400_000,
};

/** Keeps one table at its bound. Tables, columns and conditions are constants of this program, never input. */
export class BoundedTable {
  readonly #count: Statement;
  readonly #dropOldest: Statement;
  readonly #dropAged: Statement;
  readonly #max: number;

  constructor(db: Database, table: string, order: string, time: string, max: number, condition = 'true') {
    this.#max = max;
    const own = `from ${table} where pipeline = ? and ${condition}`;
    this.#count = db.prepare(`select count(*) as n ${own}`);
    this.#dropOldest = db.prepare(`delete from ${table} where ${order} in (select ${order} ${own} order by ${order} limit ?)`);
    this.#dropAged = db.prepare(`delete from ${table} where ${order} in (select ${order} ${own} order by ${order} limit 100) and ${time} < ?`);
  }

  /** Answers how many rows it dropped. */
  trim(pipeline: number, oldest: number): number {
    const aged = this.#dropAged.run(pipeline, oldest).changes;
    const excess = (this.#count.get(pipeline) as { n: number }).n - this.#max;
    return aged + (excess > 0 ? this.#dropOldest.run(pipeline, excess).changes : 0);
  }
}
