/** Coarser rollups made of finer ones as these close, so that a chart of a year reads days. Writing the same again gives the same. */
import type { Rollup } from '../../core/contracts.ts';

export interface Tier {
  number: number;
  /** Width of a bucket, ms; 0: as the pipeline's `rollup` says. */
  width: number;
  /** Event time in one partition, ms. */
  period: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The finest first. */
export const TIERS: readonly Tier[] = [
  { number: 0, width: 0, period: 7 * DAY },
  { number: 1, width: HOUR, period: 365 * DAY },
  { number: 2, width: DAY, period: 3_650 * DAY },
];

export const periodOf = (time: number, tier: Tier): number => Math.floor(time / tier.period);

/** The bucket of a series that grows: all of its parts but the last, which may come again with more in it. */
interface Growing {
  start: number;
  closed: Rollup | undefined;
  last: Rollup;
}

/** Series whose growing buckets are held; beyond it all are read anew. */
const MOST_SERIES = 200_000;

/** Reads the parts of a bucket that are stored. */
export type ReadParts = (series: string, finer: Tier, from: number, to: number) => Promise<Rollup[]>;

export class Coarse {
  readonly #tier: Tier;
  readonly #finer: Tier;
  readonly #growing = new Map<string, Growing>();

  constructor(tier: Tier, finer: Tier) {
    this.#tier = tier;
    this.#finer = finer;
  }

  /** The coarse bucket with this part in it; `key` names pipeline and series. */
  async add(key: string, series: string, part: Rollup, read: ReadParts): Promise<Rollup> {
    const { width } = this.#tier;
    const start = Math.floor(part.time / width) * width;
    const known = this.#growing.get(key);
    let growing: Growing;
    if (known !== undefined && start > known.start) growing = { start, closed: undefined, last: part };
    else if (known?.start === start && part.time === known.last.time) growing = { ...known, last: part };
    else if (known?.start === start && part.time > known.last.time) growing = { start, closed: merged(known.closed, known.last), last: part };
    else growing = await this.#read(series, start, part, read);
    if (known === undefined && this.#growing.size >= MOST_SERIES) this.#growing.clear();
    // What is read again for an older bucket must not hide what the newest one holds.
    if (known === undefined || start >= known.start) this.#growing.set(key, growing);
    return { ...merged(growing.closed, growing.last), time: start };
  }

  /** After a failure nobody knows which parts are stored. */
  forget(): void {
    this.#growing.clear();
  }

  async #read(series: string, start: number, part: Rollup, read: ReadParts): Promise<Growing> {
    const stored = await read(series, this.#finer, start, start + this.#tier.width);
    const parts = [...stored.filter(({ time }) => time !== part.time), part].toSorted((a, b) => a.time - b.time);
    const last = parts.pop()!;
    let closed: Rollup | undefined;
    for (const each of parts) closed = merged(closed, each);
    return { start, closed, last };
  }
}

function merged(a: Rollup | undefined, b: Rollup): Rollup {
  if (a === undefined) return b;
  return {
    series: b.series,
    time: a.time,
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    anomalies: a.anomalies + b.anomalies,
    maxScore: Math.max(a.maxScore, b.maxScore),
  };
}
