/** Silences: people hold back the notices about what they know of, until a time by the clock. */
import type { ControlRecord, IncidentRecord } from '../core/contracts.ts';
import type { SeriesDictionary, SeriesInfo } from '../core/events.ts';

export type Silence = Omit<Extract<ControlRecord, { type: 'silence' }>, 'type'>;

export class Silences {
  readonly #byId = new Map<string, Silence>();
  readonly #dictionary: SeriesDictionary;

  constructor(dictionary: SeriesDictionary) {
    this.#dictionary = dictionary;
  }

  set(silence: Silence): void {
    this.#byId.set(silence.id, silence);
  }

  delete(id: string): Silence | undefined {
    const known = this.#byId.get(id);
    this.#byId.delete(id);
    return known;
  }

  /** Takes away what has ended at `clock`. */
  expire(clock: number): Silence[] {
    const ended = [...this.#byId.values()].filter(({ until }) => until <= clock).sort((a, b) => a.until - b.until || (a.id < b.id ? -1 : 1));
    for (const { id } of ended) this.#byId.delete(id);
    return ended;
  }

  /** Clock at which the first one ends. */
  next(): number {
    let least = Infinity;
    for (const { until } of this.#byId.values()) least = Math.min(least, until);
    return least;
  }

  /** True when every series that the incident names is silenced: one that is not is news. */
  covers(record: IncidentRecord): boolean {
    if (this.#byId.size === 0) return false;
    if (record.series.length === 0) return this.list().some((silence) => matches(silence, record, NO_SERIES));
    return record.series.every((key) => {
      const index = this.#dictionary.find(key);
      if (index < 0) return false;
      for (const silence of this.#byId.values()) if (matches(silence, record, this.#dictionary.get(index))) return true;
      return false;
    });
  }

  list(): Silence[] {
    return [...this.#byId.values()];
  }
}

/** What a fault of the pipeline itself is about. */
const NO_SERIES: SeriesInfo = { index: -1, key: '', labels: {}, unit: '' };

/** Every matcher equals a label of the series; `series`, `pipeline` and `severity` can be matched as well. No matchers match nothing. */
function matches({ matchers }: Silence, record: IncidentRecord, info: SeriesInfo): boolean {
  const names = Object.keys(matchers);
  return names.length > 0 && names.every((name) => valueOf(name, record, info) === matchers[name]);
}

function valueOf(name: string, record: IncidentRecord, info: SeriesInfo): string {
  if (name === 'series') return info.key;
  if (name === 'pipeline') return record.pipeline;
  return info.labels[name] ?? (name === 'severity' ? record.severity : '');
}
