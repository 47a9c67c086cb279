/** Which series share incidents. */
import type { Severity } from '../core/contracts.ts';
import type { SeriesDictionary, SeriesInfo } from '../core/events.ts';

/** Without labels to group by, each series is a group of its own. */
export class Grouping {
  readonly #dictionary: SeriesDictionary;
  readonly #labels: readonly string[];
  readonly #numbers = new Map<string, number>();
  #bySeries = new Int32Array(0);

  constructor(dictionary: SeriesDictionary, labels: readonly string[]) {
    this.#dictionary = dictionary;
    this.#labels = labels;
  }

  /** Number of the group of a series; good for this process only. */
  of(series: number): number {
    if (this.#labels.length === 0) return series;
    if (series >= this.#bySeries.length) {
      const bigger = new Int32Array(Math.max(series + 1, this.#bySeries.length * 2)).fill(-1);
      bigger.set(this.#bySeries);
      this.#bySeries = bigger;
    }
    const known = this.#bySeries[series];
    if (known >= 0) return known;
    const name = this.name(series);
    const number = this.#numbers.get(name) ?? this.#numbers.size;
    this.#numbers.set(name, number);
    this.#bySeries[series] = number;
    return number;
  }

  /** Grouping labels and their values; a series without such a label has the empty value. */
  labels(series: number): Record<string, string> {
    const info = this.#dictionary.get(series);
    if (this.#labels.length === 0) return { series: info.key };
    return Object.fromEntries(this.#labels.map((label) => [label, info.labels[label] ?? '']));
  }

  /** The same text for the same group, always. */
  name(series: number): string {
    return JSON.stringify(Object.entries(this.labels(series)));
  }
}

const RANK: Readonly<Record<string, number>> = { info: 1, warning: 2, critical: 3 };

/** Severity of a series: its label `severity` where that is one of ours, else the configured one. */
export function severityOf(info: SeriesInfo, configured: Severity): Severity {
  const own = info.labels['severity'];
  return own !== undefined && own in RANK ? (own as Severity) : configured;
}

export function worse(a: Severity, b: Severity): Severity {
  return RANK[a] >= RANK[b] ? a : b;
}
