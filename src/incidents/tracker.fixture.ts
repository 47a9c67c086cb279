/** Verdicts and trackers for tests. */
import type { IncidentChanges } from '../core/contracts.ts';
import { SeriesDictionary } from '../core/events.ts';
import { ANOMALOUS, LATE, emptyVerdicts, type VerdictBatch } from '../core/verdicts.ts';
import { ruleOf } from './delivery.ts';
import type { ConfiguredAction } from './effects.ts';
import type { IncidentOptions } from './options.ts';
import { IncidentTracker } from './tracker.ts';

export const DEFAULTS: IncidentOptions = { resolve_after: 30_000, group_by: [], severity: 'warning', max_alert_age: 600_000 };

export interface Row {
  series: number;
  time: number;
  /** `normal`, `anomalous`, `late` (and anomalous), or `missing`: no value, so no score. */
  kind: 'normal' | 'anomalous' | 'late' | 'missing';
  score?: number;
  value?: number;
  onset?: number;
}

/** One verdict a row; the id tells series and time. */
export function verdicts(rows: readonly Row[]): VerdictBatch {
  const v = emptyVerdicts(1, rows.length);
  v.length = rows.length;
  rows.forEach((row, i) => {
    const anomalous = row.kind === 'anomalous' || row.kind === 'late';
    v.series[i] = row.series;
    v.time[i] = row.time;
    v.flags[i] = (anomalous ? ANOMALOUS : 0) | (row.kind === 'late' ? LATE : 0);
    v.values[i] = row.kind === 'missing' ? NaN : (row.value ?? (anomalous ? 812 : 203));
    v.score[i] = row.kind === 'missing' ? NaN : (row.score ?? (anomalous ? 19.6 : 0.1));
    v.limit[i] = 3;
    v.expected[i] = 203;
    v.lower[i] = 172;
    v.upper[i] = 234;
    v.onset[i] = row.onset ?? (anomalous ? 1 : 0);
    v.idHigh[i] = row.series;
    v.idLow[i] = row.time;
  });
  return v;
}

export function dictionaryOf(...series: readonly [key: string, labels?: Record<string, string>, unit?: string][]): SeriesDictionary {
  const dictionary = new SeriesDictionary();
  for (const [key, labels, unit] of series) dictionary.intern(key, labels, unit);
  return dictionary;
}

export function trackerOf(
  options: Partial<IncidentOptions>,
  dictionary: SeriesDictionary,
  receivers: readonly string[] = ['log#0'],
  actions: readonly ConfiguredAction[] = [],
): IncidentTracker {
  return new IncidentTracker({ ...DEFAULTS, ...options }, { pipeline: 'p', dictionary, receivers: receivers.map((target) => ruleOf(target, {})), actions });
}

/** What a ledger would hold of it, and everything that ever changed. */
export class Kept {
  readonly states = new Map<number, Uint8Array>();
  readonly incidents = new Map<string, IncidentChanges['incidents'][number]>();
  readonly transitions: IncidentChanges['transitions'] = [];
  readonly outbox: IncidentChanges['outbox'] = [];
  backlog = 0;

  commit(changes: IncidentChanges): void {
    for (const { key, data } of changes.states) this.states.set(key, data);
    for (const incident of changes.incidents) this.incidents.set(incident.id, incident);
    this.transitions.push(...changes.transitions);
    this.outbox.push(...changes.outbox);
    this.backlog += changes.backlog;
  }

  /** Puts `tracker` where the last commit stood. */
  restoreInto(tracker: IncidentTracker): void {
    const open = [...this.incidents.values()].filter(({ endedAt }) => endedAt === null);
    tracker.restore(
      Array.from(this.states, ([key, data]) => ({ key, data })),
      // As the ledger gives them back.
      open.map((record) => JSON.parse(JSON.stringify(record)) as typeof record),
    );
  }
}
