/** Sessions read page by page, the newest first; what comes meanwhile is counted and shown when asked for. */
import { batch, signal } from '@preact/signals';
import type { LogSession, LogSessions } from '../../../src/core/api.ts';
import { get, type Query } from '../api/client.ts';

/** Sessions held in the page; beyond it a search or the download. */
const HELD = 100_000;

export class SessionStore {
  readonly rows = signal<readonly LogSession[]>([]);
  readonly loading = signal(false);
  readonly error = signal<unknown>(undefined);
  /** False while there are more to read. */
  readonly complete = signal(false);
  /** How many came since that are not in the list. */
  readonly fresh = signal(0);
  readonly #route: string;
  readonly #query: Query;
  #next: string | null = null;
  #pages = 0;
  #abort = new AbortController();

  constructor(route: string, query: Query) {
    this.#route = route;
    this.#query = query;
  }

  /** Reads the first page anew. */
  async load(): Promise<void> {
    this.#abort.abort();
    this.#abort = new AbortController();
    await this.#read(null);
  }

  /** Reads one page on. */
  async more(): Promise<void> {
    if (this.loading.peek() || this.#next === null || this.rows.peek().length >= HELD) return;
    await this.#read(this.#next);
  }

  /** Looks for newer ones: at once in the list while only its first page was read and nobody is `busy` in it, else counted. */
  async look(busy: boolean): Promise<void> {
    if (this.loading.peek()) return;
    if (this.#pages <= 1 && !busy) return this.load();
    const { signal } = this.#abort;
    const page = await get<LogSessions>(this.#route, this.#query, signal).catch(() => null);
    if (page === null || signal.aborted) return;
    const known = new Set(this.rows.peek().map(({ verdict }) => verdict));
    this.fresh.value = page.sessions.filter(({ verdict }) => !known.has(verdict)).length;
  }

  stop(): void {
    this.#abort.abort();
  }

  async #read(cursor: string | null): Promise<void> {
    const { signal } = this.#abort;
    this.loading.value = true;
    try {
      const page = await get<LogSessions>(this.#route, { ...this.#query, cursor }, signal);
      if (signal.aborted) return;
      batch(() => {
        this.rows.value = cursor === null ? page.sessions : [...this.rows.peek(), ...page.sessions];
        this.#next = page.next;
        this.#pages = cursor === null ? 1 : this.#pages + 1;
        this.complete.value = page.next === null;
        this.error.value = undefined;
        if (cursor === null) this.fresh.value = 0;
        this.loading.value = false;
      });
    } catch (error) {
      if (signal.aborted) return;
      batch(() => {
        this.error.value = error;
        this.loading.value = false;
      });
    }
  }
}
