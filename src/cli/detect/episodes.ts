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
  /** Of the row with the highest score. */
  score: number;
  verdict: Verdict;
}

interface Open extends Episode {
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

  /** Takes the next row of a series, which is anomalous or begins an alert; `make` is called only for one that is the worst so far. */
  take(series: number, time: number, score: number, onset: number, make: () => Verdict): void {
    const alert = onset > STRONG_ONSET;
    let open = this.#open[series];
    if (alert) this.alerts++;
    if (open === undefined) this.#open[series] = open = { from: time, to: time, rows: 0, alert, score, verdict: make(), calm: 0 };
    else if (score > open.score) Object.assign(open, { score, verdict: make() });
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
