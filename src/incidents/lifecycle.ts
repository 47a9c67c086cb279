/** The states of an incident and the ways between them: Normal, Pending, Alerting, Recovering, NoData, Error. */
import type { IncidentRecord, IncidentState, Severity, Transition } from '../core/contracts.ts';
import type { SeriesDictionary } from '../core/events.ts';
import { hashId } from '../core/hash.ts';
import { numberOrNull, type VerdictBatch } from '../core/verdicts.ts';
import type { Effects } from './effects.ts';
import { newGroup, type Group } from './group.ts';
import { severityOf, worse, type Grouping } from './grouping.ts';
import { contributing } from './contributions.ts';
import { afterwards } from './words.ts';

/** An incident names so many of its series. */
export const MAX_NAMED_SERIES = 100;

/** Where the state of a group is kept: after the keys of what belongs to the whole pipeline, and that of its own fault. */
export const FAULT_KEY = 2;
export const FIRST_GROUP_KEY = 3;

/** Number and name of the group that is the pipeline itself. */
export const FAULT_NUMBER = -1;
export const FAULT_NAME = 'the pipeline itself';

export interface Begun {
  at: number;
  count: number;
}

export interface LifecycleContext {
  pipeline: string;
  dictionary: SeriesDictionary;
  columns: readonly string[];
  grouping: Grouping;
  effects: Effects;
  severity: Severity;
}

export class Lifecycle {
  /** Groups that are not Normal, by their number. */
  readonly active = new Map<number, Group>();
  /** Groups whose state changed since the last commit, by the key of their state. */
  readonly dirty = new Map<number, Group>();
  /** Incidents that changed since the last commit. */
  readonly changed = new Map<string, IncidentRecord>();
  transitions: Transition[] = [];
  /** Where anomalies of a group last began, and how often there, so that each has an id of its own. What event time has passed is forgotten. */
  readonly begun = new Map<string, Begun>();
  readonly #context: LifecycleContext;

  constructor(context: LifecycleContext) {
    this.#context = context;
  }

  /** A group leaves Normal at `at`; `about` tells an incident of silence from one of anomalies that begins in the same millisecond. */
  begin(series: number, at: number, about: 'anomaly' | 'silence'): Group {
    const { grouping } = this.#context;
    const name = grouping.name(series);
    return this.#begin(newGroup(FIRST_GROUP_KEY + series, grouping.of(series), name, this.#record(name, about, grouping.labels(series), at)));
  }

  /** The pipeline itself cannot go on. */
  beginFault(at: number): Group {
    return this.#begin(newGroup(FAULT_KEY, FAULT_NUMBER, FAULT_NAME, this.#record(FAULT_NAME, 'fault', {}, at)));
  }

  #begin(group: Group): Group {
    this.active.set(group.number, group);
    return group;
  }

  #record(name: string, about: string, group: Record<string, string>, at: number): IncidentRecord {
    const { pipeline, severity } = this.#context;
    const count = about === 'anomaly' ? this.#numberOf(name, at) : 0;
    return {
      id: count === 0 ? hashId(pipeline, name, about, at) : hashId(pipeline, name, about, at, count),
      pipeline,
      group,
      state: 'Normal',
      severity,
      series: [],
      startedAt: at,
      updatedAt: at,
      endedAt: null,
      anomalies: 0,
      peak: null,
      acknowledgedBy: null,
      silenced: false,
      summary: '',
    };
  }

  /** A series takes part. */
  join(group: Group, series: number): void {
    const { record } = group;
    const info = this.#context.dictionary.get(series);
    if (record.series.includes(info.key)) return;
    const severity = severityOf(info, this.#context.severity);
    record.severity = record.series.length === 0 ? severity : worse(record.severity, severity);
    if (record.series.length < MAX_NAMED_SERIES) record.series.push(info.key);
  }

  /** One more anomalous verdict. */
  count(group: Group, v: VerdictBatch, i: number): void {
    const { record } = group;
    record.anomalies++;
    record.updatedAt = Math.max(record.updatedAt, v.time[i]);
    group.quietFrom = Math.max(group.quietFrom, v.time[i]);
    const score = v.score[i];
    if (!(score > group.peakScore)) return;
    group.peakScore = score;
    const info = this.#context.dictionary.get(v.series[i]);
    const contributions = contributing(v, i, this.#context.columns);
    record.peak = {
      series: info.key,
      time: v.time[i],
      value: v.width === 1 ? numberOrNull(v.values[i]) : null,
      score: numberOrNull(score),
      expected: numberOrNull(v.expected[i]),
      unit: info.unit,
      ...(contributions === undefined ? {} : { contributions }),
    };
  }

  /** Changes the state; never back in time. */
  move(group: Group, to: IncidentState, at: number, cause: string): void {
    const { record } = group;
    group.lastAt = Math.max(at, group.lastAt);
    const transition: Transition = { incident: record.id, sequence: ++group.sequence, from: record.state, to, at: group.lastAt, cause };
    record.state = to;
    record.updatedAt = Math.max(record.updatedAt, group.lastAt);
    group.held.push(transition);
    if (to === 'Alerting' || to === 'NoData' || to === 'Error') group.visible = true;
    if (to === 'Alerting') group.opened = true;
    if (group.visible) this.transitions.push(...group.held.splice(0));
    this.touch(group);
  }

  /** Over: the incident ends here; a Pending that came to nothing leaves no trace. The caller clears the evidence. */
  end(group: Group, until: number, cause: string): void {
    if (group.visible) {
      group.record.endedAt = Math.max(until, group.lastAt);
      group.record.summary = afterwards(group.record);
      this.move(group, 'Normal', until, cause);
      this.#context.effects.resolved(group);
    }
    group.queued = Infinity;
    if (this.active.get(group.number) === group) this.active.delete(group.number);
    this.touch(group);
  }

  /** How many began before in the same millisecond of event time; a silence is found once for a moment of the clock, so it needs no number. */
  #numberOf(name: string, at: number): number {
    const before = this.begun.get(name);
    const count = before?.at === at ? before.count : 0;
    this.begun.set(name, { at, count: count + 1 });
    return count;
  }

  /** No anomaly begins before `time` any more. */
  forgetBefore(time: number): void {
    for (const [name, { at }] of this.begun) if (at < time) this.begun.delete(name);
  }

  /** Has to be written with the next commit. */
  touch(group: Group): void {
    this.dirty.set(group.key, group);
    if (group.visible) this.changed.set(group.record.id, group.record);
  }
}
