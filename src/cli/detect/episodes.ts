/** Anomalous rows that hang together as one line for a person: from when, for how long, and the worst of it. */
import type { Verdict } from '../../core/verdicts.ts';
import { STRONG_ONSET } from '../../pipeline/compare.ts';
import { Strongest } from './strongest.ts';

/** So many rows without an anomaly end an episode. */
const CALM_ROWS = 5;

export interface Episode {
  /** Event times of its first and last anomalous row, ms. */
  from: number;
  to: number;
  /** Anomalous rows. */
  rows: number;
  /** True when an alert begins in it. */
  alert: boolean;
  /** The highest. */
  score: number;
  /** Of the row farthest from what was expected, measured by its band; without a band, of the highest score. */
  verdict: Verdict;
}

interface Open extends Episode {
  /** How far its verdict lies from what was expected, and the score of that row. */
  distance: number;
  shown: number;
  calm: number;
}

export class Episodes {
  alerts = 0;
  readonly #strongest: Strongest<Episode>;
  readonly #open: (Open | undefined)[] = [];

  /** `most`: how many are kept, those with the highest scores; 0 keeps all. */
  constructor(most: number) {
    this.#strongest = new Strongest(most);
  }

  /** Takes the next row of a series, on which nothing is to be said. */
  calm(series: number): void {
    const open = this.#open[series];
    if (open !== undefined && ++open.calm >= CALM_ROWS) this.#close(series);
  }

  /**
   * Takes the next row of a series, which is anomalous or begins an alert; `distance` is how far it lies from what was expected, as a share of its band.
   * A score may outlast the value that raised it, so the worst row is the one farthest out. `make` is called only for one that is the worst so far.
   */
  take(series: number, time: number, score: number, distance: number, onset: number, make: () => Verdict): void {
    const alert = onset > STRONG_ONSET;
    let open = this.#open[series];
    if (alert) this.alerts++;
    if (open === undefined) this.#open[series] = open = { from: time, to: time, rows: 0, alert, score, distance, shown: score, verdict: make(), calm: 0 };
    else if (distance > open.distance || (distance === open.distance && score > open.shown)) Object.assign(open, { distance, shown: score, verdict: make() });
    if (score > open.score) open.score = score;
    open.to = time;
    open.rows++;
    open.alert ||= alert;
    open.calm = 0;
  }

  /** After the last row: those kept, by the time they begin. */
  end(): { kept: Episode[]; seen: number } {
    for (const series of this.#open.keys()) this.#close(series);
    return { kept: this.#strongest.kept().sort((a, b) => a.from - b.from), seen: this.#strongest.seen };
  }

  #close(series: number): void {
    const open = this.#open[series];
    this.#open[series] = undefined;
    if (open !== undefined) this.#strongest.add(open.score, () => open);
  }
}
