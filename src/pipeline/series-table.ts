/** Latest state of every series of a pipeline, as the engine reports it; answers the Streams page from memory. */
import type { Page, SeriesStatus } from '../core/api.ts';
import { ANOMALOUS, numberOrNull } from '../core/verdicts.ts';
import type { LatestColumns } from '../runtime/protocol.ts';

export class SeriesTable {
  readonly #pipeline: string;
  readonly #all: SeriesStatus[] = [];
  readonly #byKey = new Map<string, number>();

  constructor(pipeline: string) {
    this.#pipeline = pipeline;
  }

  /** Takes what changed; answers those that changed, at most `limit` of them. */
  take(latest: LatestColumns, limit: number): SeriesStatus[] {
    for (const { index, key, labels, unit } of latest.added) {
      this.#byKey.set(key, index);
      this.#all[index] ??= {
        pipeline: this.#pipeline,
        index,
        key,
        labels,
        unit,
        time: null,
        value: null,
        score: null,
        threshold: null,
        anomalous: false,
        warmup: true,
      };
    }
    const changed: SeriesStatus[] = [];
    latest.series.forEach((index, i) => {
      const status = this.#all[index];
      if (status === undefined) return;
      status.time = latest.time[i]!;
      status.value = numberOrNull(latest.value[i]);
      status.score = numberOrNull(latest.score[i]);
      status.threshold = numberOrNull(latest.limit[i]);
      status.anomalous = (latest.flags[i] & ANOMALOUS) !== 0;
      status.warmup = status.score === null;
      if (changed.length < limit) changed.push({ ...status });
    });
    return changed;
  }

  indexOf(key: string): number {
    return this.#byKey.get(key) ?? -1;
  }

  get all(): readonly SeriesStatus[] {
    return this.#all;
  }
}

/** Series of several tables that contain `search`, sorted; the cursor is the number of those before. */
export function pageOf(
  tables: readonly SeriesTable[],
  { search, sort, limit, cursor }: { search?: string | undefined; sort: 'score' | 'key'; limit: number; cursor?: string | undefined },
): Page<SeriesStatus> {
  const needle = search?.toLowerCase();
  const found = tables.flatMap((table) => (needle === undefined ? [...table.all] : table.all.filter(({ key }) => key.toLowerCase().includes(needle))));
  if (sort === 'key') found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.pipeline < b.pipeline ? -1 : 1));
  else found.sort((a, b) => relative(b) - relative(a) || a.index - b.index);
  const from = Math.max(0, Number(cursor ?? 0) || 0);
  const items = found.slice(from, from + limit).map((status) => ({ ...status }));
  return { items, next: from + limit < found.length ? String(from + limit) : null, total: found.length };
}

/** How far beyond its limit: makes scores of different detectors comparable enough to sort by. */
function relative({ score, threshold }: SeriesStatus): number {
  if (score === null) return -1;
  return threshold === null || threshold <= 0 ? score : score / threshold;
}
