/**
 * Sessions of a pipeline with their verdicts in force: a few numbers each, in the order of time, read from the history and kept
 * up to date. Details stay on the disk. Beyond `MAX_SESSIONS` the oldest are left out.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { hashText } from '../../core/hash.ts';
import { ANOMALOUS, idText, VERDICT_KINDS, type VerdictBatch } from '../../core/verdicts.ts';
import { HistoryReader } from '../../stores/sqlite/history-reader.ts';
import { LedgerReader } from '../../stores/sqlite/ledger-reader.ts';
import { KeyTable } from './key-table.ts';

export const MAX_SESSIONS = 1_000_000;
/** Key of the series that sessions are verdicts of. */
const SERIES = 'sessions';
/** Rows read before others get their turn. */
const PAGE = 10_000;
const SESSION = VERDICT_KINDS.indexOf('session');

/** A stored verdict of a session, with what it says in words. */
export interface StoredSession {
  id: string;
  time: number;
  batch: VerdictBatch;
  row: number;
}

type Column = Float64Array | Uint32Array | Int32Array | Uint8Array;

function columns(capacity: number) {
  return {
    time: new Float64Array(capacity),
    score: new Float64Array(capacity),
    limit: new Float64Array(capacity),
    key: new Float64Array(capacity),
    idHigh: new Uint32Array(capacity),
    idLow: new Uint32Array(capacity),
    /** Hash of the identifier. */
    subject: new Uint32Array(capacity),
    /** Number of the look. */
    place: new Uint32Array(capacity),
    /** Index into `patterns`; -1 for none. */
    pattern: new Int32Array(capacity),
    anomalous: new Uint8Array(capacity),
    /** 0 where a later verdict took its place. */
    inForce: new Uint8Array(capacity),
  };
}

export class SessionIndex {
  /** Rows, those that are no longer in force included. */
  length = 0;
  sessions = 0;
  anomalous = 0;
  rows = columns(1024);
  readonly patterns: string[] = [];
  /** Raised by everything that changes an answer made of it. */
  version = 0;
  readonly #pipeline: string;
  readonly #history: HistoryReader;
  readonly #ledger: LedgerReader;
  readonly #patternNumbers = new Map<string, number>();
  #keys = new KeyTable();
  #refreshing: Promise<void> | undefined;
  #isClosed = false;
  /** What was stored when reading began the last time: that much is taken in. */
  #read = { chunks: 0, last: -Infinity };

  constructor(folder: string, pipeline: string) {
    this.#pipeline = pipeline;
    this.#history = new HistoryReader(folder);
    this.#ledger = new LedgerReader(folder);
  }

  close(): void {
    this.#isClosed = true;
    this.#history.close();
    this.#ledger.close();
  }

  /** Takes in what was committed since the last look. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#readOn().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  patternOf(row: number): string | null {
    return this.patterns[this.rows.pattern[row]] ?? null;
  }

  idOf(row: number): string {
    return idText(this.rows.idHigh[row], this.rows.idLow[row]);
  }

  /** First row at or after an event time. */
  from(time: number): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows.time[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Row of a verdict, or -1. */
  find(time: number, id: string): number {
    const { idHigh, idLow } = this.rows;
    const [high, low] = [parseInt(id.slice(0, 8), 16), parseInt(id.slice(8), 16)];
    for (let i = this.from(time); i < this.length && this.rows.time[i] === time; i++) if (idHigh[i] === high && idLow[i] === low) return i;
    return -1;
  }

  /** True when no later verdict on its session took the place of this one, and it is not one of the oldest that were left out. */
  isInForce({ batch, row }: StoredSession): boolean {
    const at = this.#keys.get(keyOf(batch, row));
    return at >= 0 && this.rows.idHigh[at] === batch.idHigh[row] && this.rows.idLow[at] === batch.idLow[row];
  }

  /** What is stored of these rows, in their order; those that were forgotten meanwhile are left out. */
  stored(rows: readonly number[]): StoredSession[] {
    const found = new Map<string, StoredSession>();
    const wanted = new Set(rows.map((row) => this.idOf(row)));
    for (const { from, to } of stretches(rows.map((row) => this.rows.time[row]))) {
      const onlyAnomalous = rows.every((row) => this.rows.time[row] < from || this.rows.time[row] > to || this.rows.anomalous[row] === 1);
      for (const session of this.#stored(from, to, onlyAnomalous, wanted)) found.set(session.id, session);
    }
    return rows.flatMap((row) => found.get(this.idOf(row)) ?? []);
  }

  /** The newest session of this identifier as it is in force, an anomalous one before any other. */
  newest(subject: string): StoredSession | undefined {
    const { rows } = this;
    const hash = hashText(subject) >>> 0;
    for (const anomalous of [1, 0]) {
      for (let row = this.length - 1; row >= 0; row--) {
        if (rows.subject[row] !== hash || rows.inForce[row] === 0 || rows.anomalous[row] !== anomalous) continue;
        const [found] = this.stored([row]);
        if (found !== undefined && subjectOf(found.batch, found.row) === subject) return found;
      }
    }
    return undefined;
  }

  /** Everything stored from one event time on, page by page; others get their turn in between. */
  async *all(anomalousOnly: boolean): AsyncGenerator<StoredSession[]> {
    const series = this.#series();
    if (series === undefined) return;
    for await (const page of this.#pages(series, -Infinity, Infinity, anomalousOnly)) yield page.filter(isSession);
  }

  /** Rows stored between two event times. A page within a single time is read out of all that have it, so the next one is twice as long. */
  async *#pages(series: number, from: number, to: number, anomalousOnly: boolean): AsyncGenerator<StoredSession[]> {
    let after: { time: number; id: string } | undefined;
    let limit = PAGE;
    while (!this.#isClosed) {
      const page = this.#history.rows({ pipeline: this.#pipeline, series, from, to, marked: anomalousOnly, anomalousOnly, limit, after });
      if (page.length > 0) yield page;
      if (page.length < limit) return;
      after = page.at(-1)!;
      limit = page[0].time === after.time ? limit * 2 : PAGE;
      await turn();
    }
  }

  #stored(from: number, to: number, anomalousOnly: boolean, ids: ReadonlySet<string>): StoredSession[] {
    const series = this.#series();
    if (series === undefined) return [];
    return this.#history.rows({ pipeline: this.#pipeline, series, from, to, marked: anomalousOnly, anomalousOnly, ids, limit: Infinity }).filter(isSession);
  }

  #series(): number | undefined {
    return this.#ledger.seriesByKey(this.#pipeline, SERIES)?.index;
  }

  async #readOn(): Promise<void> {
    const series = this.#series();
    if (series === undefined) return;
    const now = this.#history.extent(this.#pipeline, series);
    if (now.chunks === this.#read.chunks && now.last === this.#read.last) return;
    // What is stored while pages are read is not older than what there was before, but may stand before a page that was read: it is read the next time.
    for await (const page of this.#pages(series, this.#read.last, now.last, false)) for (const row of page) if (isSession(row)) this.#take(row);
    if (!this.#isClosed) this.#read = now;
  }

  #take({ batch, row }: StoredSession): void {
    const time = batch.time[row];
    const place = batch.place[row];
    const key = keyOf(batch, row);
    const before = this.#keys.get(key);
    const { rows } = this;
    if (before >= 0) {
      const isNewer = time > rows.time[before] || (time === rows.time[before] && place > rows.place[before]);
      if (!isNewer) return;
      rows.inForce[before] = 0;
      this.sessions--;
      this.anomalous -= rows.anomalous[before];
    }
    if (this.length === rows.time.length) this.#makeRoom();
    const i = this.length++;
    const to = this.rows;
    to.time[i] = time;
    to.score[i] = batch.score[row]!;
    to.limit[i] = batch.limit[row]!;
    to.key[i] = key;
    to.idHigh[i] = batch.idHigh[row]!;
    to.idLow[i] = batch.idLow[row]!;
    to.subject[i] = hashText(subjectOf(batch, row));
    to.place[i] = place;
    to.pattern[i] = this.#patternNumber(patternIn(batch.texts?.detail[row] ?? ''));
    to.anomalous[i] = batch.flags[row] & ANOMALOUS;
    to.inForce[i] = 1;
    this.#keys.set(key, i);
    this.sessions++;
    this.anomalous += to.anomalous[i];
    this.version++;
  }

  #patternNumber(pattern: string | undefined): number {
    if (pattern === undefined) return -1;
    let number = this.#patternNumbers.get(pattern);
    if (number === undefined) {
      number = this.patterns.push(pattern) - 1;
      this.#patternNumbers.set(pattern, number);
    }
    return number;
  }

  /** Rows that are no longer in force go first, then, at the bound, the oldest quarter; else it grows. */
  #makeRoom(): void {
    const isFull = this.sessions >= MAX_SESSIONS;
    const skipped = isFull ? Math.floor(MAX_SESSIONS / 4) : 0;
    const next = columns(isFull ? MAX_SESSIONS : Math.max(1024, this.sessions * 2));
    const keys = new KeyTable();
    let seen = 0;
    let to = 0;
    this.anomalous = 0;
    for (let i = 0; i < this.length; i++) {
      if (this.rows.inForce[i] === 0 || seen++ < skipped) continue;
      for (const name of Object.keys(next) as (keyof typeof next)[]) (next[name] as Column)[to] = this.rows[name][i]!;
      keys.set(next.key[to], to);
      this.anomalous += next.anomalous[to];
      to++;
    }
    this.rows = next;
    this.#keys = keys;
    this.length = to;
    this.sessions = to;
  }
}

function subjectOf({ texts }: VerdictBatch, row: number): string {
  return texts?.subject[row] ?? '';
}

/** Partition and offset of the first line as one number, which names the session. */
function keyOf(batch: VerdictBatch, row: number): number {
  return batch.partition[row] * 2 ** 44 + batch.offset[row];
}

function isSession({ batch, row }: StoredSession): boolean {
  return batch.kind[row] === SESSION;
}

/** Times that are near one another together. */
function stretches(times: readonly number[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (const time of times.toSorted((a, b) => a - b)) {
    const last = found.at(-1);
    if (last !== undefined && time - last.to <= 60_000) last.to = time;
    else found.push({ from: time, to: time });
  }
  return found;
}

/** The pattern that stands in the JSON of a detail, found without reading the rest of it. */
function patternIn(detail: string): string | undefined {
  const text = /"pattern":("(?:[^"\\]|\\.)*")/.exec(detail)?.[1];
  return text === undefined ? undefined : (JSON.parse(text) as string);
}
