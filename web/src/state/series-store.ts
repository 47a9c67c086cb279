/** The streams of the Streams page: loaded page by page, kept up to date by the live connection, filtered and sorted here. */
import { batch, signal } from '@preact/signals';
import type { Page, SeriesStatus } from '../../../src/core/api.ts';
import { get } from '../api/client.ts';

/** Streams held in the page; beyond it the server searches. */
export const HELD = 20_000;
const PAGE = 1000;
const FIRST = 200;

export type Sort = 'score' | 'key';

/** A stream with the lower-case text that a search looks at; `status` is replaced as news come. */
export interface Entry {
  status: SeriesStatus;
  text: string;
  /** Place by score: anomalous first, streams without a score last. */
  rank: number;
}

const idOf = (status: SeriesStatus): string => `${status.pipeline}\n${status.key}`;
const textOf = ({ key, pipeline, labels }: SeriesStatus): string => `${key} ${pipeline} ${Object.values(labels).join(' ')}`.toLowerCase();
const rankOf = ({ score, anomalous, warmup }: SeriesStatus): number => (warmup || score === null ? -1e9 : score + (anomalous ? 1e9 : 0));

const entryOf = (status: SeriesStatus): Entry => ({ status, text: textOf(status), rank: rankOf(status) });

export class SeriesStore {
  readonly rows = signal<readonly Entry[]>([]);
  /** How many the server knows. */
  readonly total = signal(0);
  readonly loading = signal(false);
  readonly error = signal<unknown>(undefined);
  #entries = new Map<string, Entry>();
  /** All entries in the order shown; a search only leaves some out. */
  #order: Entry[] = [];
  #abort = new AbortController();
  #loadedSearch = '';
  #complete = false;

  /** Loads all streams of a pipeline ('' for all pipelines), at most HELD of them, the highest scores first; `arrived` is called after each page. */
  async load(pipeline: string, search: string, arrived: () => void): Promise<void> {
    this.#abort.abort();
    const abort = new AbortController();
    this.#abort = abort;
    const entries = new Map<string, Entry>();
    this.loading.value = true;
    this.#loadedSearch = search;
    this.#complete = false;
    let cursor: string | null = null;
    // The highest scores come first; the rest by key, an order that does not change between two pages.
    let sort: Sort = 'score';
    try {
      do {
        const page: Page<SeriesStatus> = await get('series', { pipeline, search, sort, limit: sort === 'score' ? FIRST : PAGE, cursor }, abort.signal);
        for (const status of page.items) entries.set(idOf(status), entryOf(status));
        cursor = sort === 'score' && page.next !== null ? '' : page.next;
        sort = 'key';
        batch(() => {
          this.#entries = entries;
          this.total.value = page.total ?? entries.size;
          this.error.value = undefined;
          arrived();
        });
      } while (cursor !== null && entries.size < HELD && !abort.signal.aborted);
      this.#complete = cursor === null;
      if (this.#complete) this.total.value = entries.size;
    } catch (error) {
      if (!abort.signal.aborted) this.error.value = error;
    }
    if (!abort.signal.aborted) this.loading.value = false;
  }

  /** True when a search can be answered without the server. */
  covers(search: string): boolean {
    return search === this.#loadedSearch || (this.#complete && search.startsWith(this.#loadedSearch));
  }

  /** Takes up what came live. */
  update(items: readonly SeriesStatus[], pipeline: string): void {
    for (const status of items) {
      if (pipeline !== '' && status.pipeline !== pipeline) continue;
      const id = idOf(status);
      const entry = this.#entries.get(id);
      if (entry !== undefined) {
        entry.status = status;
        entry.rank = rankOf(status);
      } else if (this.#loadedSearch === '' && this.#entries.size < HELD) this.#entries.set(id, entryOf(status));
    }
  }

  /** Sorts anew and filters. */
  arrange(search: string, sort: Sort): void {
    this.#order = [...this.#entries.values()];
    if (sort === 'score') this.#order.sort((a, b) => b.rank - a.rank);
    else this.#order.sort((a, b) => (a.text < b.text ? -1 : 1));
    this.filter(search);
  }

  /** Leaves out what does not hold every word; the order stays. */
  filter(search: string): void {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    this.rows.value = words.length === 0 ? this.#order : this.#order.filter(({ text }) => words.every((word) => text.includes(word)));
  }

  /** Shows the newest figures without changing the order. */
  refresh(): void {
    this.rows.value = this.rows.peek().slice();
  }

  stop(): void {
    this.#abort.abort();
  }
}
