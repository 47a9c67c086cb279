/** What one chart looks at: a window of event time, live or back in history, and the columns in it. */
import { signal } from '@preact/signals';
import type { Page, SeriesStatus } from '../../../src/core/api.ts';
import type { Range } from '../../../src/core/contracts.ts';
import type { Verdict } from '../../../src/core/verdicts.ts';
import { get } from '../api/client.ts';
import { addVerdicts, emptyColumns, fromRange, type Columns } from './columns.ts';

/** A window of event time, ms. */
export interface Window {
  from: number;
  to: number;
  live: boolean;
}

/** Up to this many single events are drawn; beyond it the server answers with buckets. */
const LIVE_POINTS = 4000;
const HISTORY_POINTS = 2000;
const SHORTEST = 1000;
const LONGEST = 50 * 365 * 86_400_000;
/** Buckets of a live view are fetched anew, since a bucket's rows are not here to be added to. */
const REFETCH = { shortest: 2000, longest: 30_000 };
const SETTLE = 60;

export const SPANS: readonly (readonly [label: string, ms: number])[] = [
  ['1 min', 60_000],
  ['5 min', 300_000],
  ['1 h', 3_600_000],
  ['1 d', 86_400_000],
];

export class StreamView {
  readonly window = signal<Window>({ from: 0, to: 0, live: true });
  readonly columns = signal<Columns>(emptyColumns());
  readonly status = signal<SeriesStatus | null>(null);
  readonly loading = signal(true);
  readonly error = signal<unknown>(undefined);
  readonly pipeline: string;
  readonly series: string;
  #span = SPANS[1][1];
  #edge = 0;
  #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #fitted = false;
  /** Live verdicts that came while a range was being fetched. */
  #waiting: Verdict[] = [];

  constructor(pipeline: string, series: string) {
    this.pipeline = pipeline;
    this.series = series;
  }

  get span(): number {
    return this.#span;
  }

  /** Begins live, or at the given window. */
  async start(from: number | null, to: number | null): Promise<void> {
    if (from !== null && to !== null) this.#show(from, to, false);
    try {
      const found = await get<Page<SeriesStatus>>('series', { pipeline: this.pipeline, search: this.series, sort: 'key', limit: 1000 });
      this.status.value = found.items.find(({ key, pipeline }) => key === this.series && pipeline === this.pipeline) ?? null;
    } catch (error) {
      this.error.value = error;
    }
    this.#edge = Math.max(this.#edge, this.status.value?.time ?? 0);
    if (this.#edge === 0) this.#edge = Date.now();
    if (from === null || to === null) this.goLive();
    else await this.#fetch();
  }

  goLive(span = this.#span): void {
    this.#fitted ||= span !== this.#span;
    this.#span = span;
    this.#show(this.#edge - span, this.#edge, true);
    void this.#fetch();
  }

  /** Looks at a window of history; the newest event in view means live again only by `goLive`. */
  look(from: number, to: number): void {
    const span = Math.min(LONGEST, Math.max(SHORTEST, to - from));
    const middle = (from + to) / 2;
    this.#show(middle - span / 2, middle + span / 2, false);
    this.#abort.abort();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fetch(), SETTLE);
  }

  /** Moves by a share of the window's width; negative is back in time. */
  pan(share: number): void {
    const { from, to } = this.window.peek();
    this.look(from + (to - from) * share, to + (to - from) * share);
  }

  /** Widens (factor > 1) or narrows the window around a time. */
  zoom(factor: number, around?: number): void {
    const { from, to, live } = this.window.peek();
    const at = around ?? (live ? to : (from + to) / 2);
    if (live && around === undefined) this.goLive(Math.min(LONGEST, Math.max(SHORTEST, this.#span * factor)));
    else this.look(at - (at - from) * factor, at + (to - at) * factor);
  }

  /** Everything stored: asks for ever narrower windows until the first point stands at the left. */
  async everything(): Promise<void> {
    let from = 0;
    for (let i = 0; i < 4; i++) {
      const range = await this.#range(from, this.#edge + 1, 1000).catch(() => null);
      const first = range?.time[0];
      if (range === null || first === undefined) return;
      from = first;
      if (range.resolution * 20 < this.#edge - first) break;
    }
    this.look(from, this.#edge + (this.#edge - from) * 0.02);
  }

  /** Takes verdicts of this series; answers whether there is something new to draw. */
  take(verdicts: readonly Verdict[]): boolean {
    const mine = verdicts.filter(({ series, pipeline }) => series === this.series && pipeline === this.pipeline);
    if (mine.length === 0) return false;
    const before = this.#edge;
    for (const { time } of mine) this.#edge = Math.max(this.#edge, Date.parse(time));
    const newest = mine.findLast(({ late }) => !late);
    const status = this.status.peek();
    if (newest !== undefined && status !== null) {
      const { score, threshold, anomalous, values } = newest;
      this.status.value = { ...status, time: Date.parse(newest.time), value: values[0] ?? null, score, threshold, anomalous, warmup: score === null };
    }
    if (!this.window.peek().live) return false;
    if (this.loading.peek()) {
      this.#waiting.push(...mine.slice(-LIVE_POINTS));
      return false;
    }
    const columns = this.columns.peek();
    if (columns.resolution > 0) return this.#edge > before;
    addVerdicts(columns, mine, this.#edge - this.#span * 1.2);
    if (columns.time.length > LIVE_POINTS * 1.5) void this.#fetch();
    return true;
  }

  /** Live verdicts are shown though what was stored before them is missing. */
  get isIncomplete(): boolean {
    return this.error.value !== undefined && this.columns.value.time.length > 0;
  }

  /** Moves a live window to the newest event and shows what was taken. */
  publish(): void {
    const { live } = this.window.peek();
    if (live) this.#show(this.#edge - this.#span, this.#edge, true);
    if (live) this.columns.value = { ...this.columns.peek() };
  }

  reload(): void {
    void this.#fetch();
  }

  stop(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  #show(from: number, to: number, live: boolean): void {
    this.window.value = { from, to, live };
  }

  #range(from: number, to: number, points: number, signal?: AbortSignal): Promise<Range> {
    const query = { key: this.series, from: Math.floor(from), to: Math.ceil(to), points };
    return get<Range>(`series/${encodeURIComponent(this.pipeline)}/range`, query, signal);
  }

  async #fetch(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#timer);
    const abort = new AbortController();
    this.#abort = abort;
    const { from, to, live } = this.window.peek();
    const margin = live ? 0 : (to - from) / 2;
    this.loading.value = true;
    try {
      const range = await this.#range(from - margin, to + margin + 1, live ? LIVE_POINTS : HISTORY_POINTS, abort.signal);
      if (abort.signal.aborted) return;
      const columns = fromRange(range, this.status.peek()?.threshold);
      if (live && columns.resolution === 0) addVerdicts(columns, this.#waiting, from);
      if (live) this.#fitYoung(columns);
      this.columns.value = columns;
      this.error.value = undefined;
      if (live && columns.resolution > 0) this.#refetchIn(columns.resolution);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.error.value = error;
      if (live) this.#liveAlone(from);
    }
    this.#waiting = [];
    this.loading.value = false;
  }

  /** What is stored cannot be had: shows what comes live meanwhile, and asks again after a while. */
  #liveAlone(from: number): void {
    const { resolution } = this.columns.peek();
    const columns = resolution > 0 ? emptyColumns() : { ...this.columns.peek() };
    addVerdicts(columns, this.#waiting, from);
    this.columns.value = columns;
    this.#refetchIn(REFETCH.longest);
  }

  /** A stream that has just begun fills a short window instead of the edge of a long one; only at first, then the person decides. */
  #fitYoung(columns: Columns): void {
    if (this.#fitted) return;
    this.#fitted = true;
    const shortest = SPANS[0][1];
    if (columns.resolution > 0 || columns.time.length === 0 || this.#edge - columns.time[0] > shortest) return;
    this.#span = shortest;
    this.#show(this.#edge - shortest, this.#edge, true);
  }

  #refetchIn(ms: number): void {
    const wait = Math.min(REFETCH.longest, Math.max(REFETCH.shortest, ms));
    this.#timer = setTimeout(() => {
      if (this.window.peek().live) void this.#fetch();
    }, wait);
  }
}
