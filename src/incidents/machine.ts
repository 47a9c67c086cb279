/**
 * What each verdict, timer and silence does to the incident of its group. A series has evidence while one of its last n
 * values is anomalous (n is 1 unless `open` says `m of n`).
 */
import { contributing } from './contributions.ts';
import { numberOfOnes, type Evidence } from './evidence.ts';
import type { Effects } from './effects.ts';
import type { Group } from './group.ts';
import type { Grouping } from './grouping.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { IncidentOptions, OpenRule } from './options.ts';
import type { Shared } from './shared.ts';
import { Timers } from './timers.ts';
import type { SeriesDictionary } from '../core/events.ts';
import type { VerdictBatch } from '../core/verdicts.ts';
import { duration, excess, measured, named, verdictText } from './words.ts';

/** Onset above which a new anomaly has begun. */
export const STRONG = 0.5;

export interface MachineParts {
  rule: OpenRule;
  dictionary: SeriesDictionary;
  columns: readonly string[];
  grouping: Grouping;
  evidence: Evidence;
  effects: Effects;
  life: Lifecycle;
  shared: Shared;
}

export class Machine {
  readonly #options: IncidentOptions;
  readonly #rule: OpenRule;
  readonly #dictionary: SeriesDictionary;
  readonly #grouping: Grouping;
  readonly #columns: readonly string[];
  readonly #evidence: Evidence;
  readonly #effects: Effects;
  readonly #life: Lifecycle;
  readonly #shared: Shared;
  readonly #timers = new Timers<Group>();

  constructor(options: IncidentOptions, parts: MachineParts) {
    this.#options = options;
    this.#rule = parts.rule;
    this.#dictionary = parts.dictionary;
    this.#columns = parts.columns;
    this.#grouping = parts.grouping;
    this.#evidence = parts.evidence;
    this.#effects = parts.effects;
    this.#life = parts.life;
    this.#shared = parts.shared;
  }

  /** Rings every timer before `time`: verdicts of `time` may still come. */
  ringBefore(time: number): void {
    while (this.#timers.next < time) this.#ring(this.#timers.next);
  }

  /** Rings every timer up to and at `time`: no verdict of that time is still to come. */
  ringUntil(time: number): void {
    while (this.#timers.next <= time) this.#ring(this.#timers.next);
  }

  /** Takes up a group from a snapshot. */
  resume(group: Group): void {
    this.#life.active.set(group.number, group);
    this.#timers.set(group, this.#due(group));
  }

  /** An anomalous verdict. */
  anomaly(v: VerdictBatch, i: number): void {
    const s = v.series[i];
    const t = v.time[i];
    const group = this.#life.active.get(this.#grouping.of(s)) ?? this.#life.begin(s, t, 'anomaly');
    this.#evidence.anomalous(s, t);
    const joins = !group.hot.has(s);
    if (joins) this.#life.join(group, s);
    group.hot.add(s);
    this.#life.count(group, v, i);
    this.#life.touch(group);
    const { state } = group.record;
    if (state === 'Alerting') {
      // Nothing else can let a notice go that was held back: a recent anomaly, or a series that is not silenced.
      if (joins || group.wanted?.held === true) this.#effects.settle(group, t, this.#shared.arrival);
    } else if (state === 'Recovering' || (state === 'NoData' && group.opened)) {
      this.#alert(group, t, `${verdictText(v, i)} of ${this.#key(s)} is anomalous again (${excess(v, i)})`);
    } else if (this.#met(v, i)) this.#open(group, v, i);
    else {
      if (state === 'Normal') this.#life.move(group, 'Pending', t, `${verdictText(v, i)} of ${this.#key(s)} is anomalous (${excess(v, i)})`);
      if (state !== 'NoData') group.record.summary = this.#summary(v, i);
      if (this.#rule.kind === 'duration') {
        group.opensAt = Math.min(group.opensAt, this.#evidence.since[s] + this.#rule.ms);
        this.#timers.set(group, group.opensAt);
      }
    }
  }

  /** A normal value of a series with evidence. */
  normal(v: VerdictBatch, i: number): void {
    const s = v.series[i];
    const group = this.#life.active.get(this.#grouping.of(s))!;
    this.#life.touch(group);
    if (this.#evidence.normal(s)) return;
    this.#forget(group, s);
    if (group.hot.size > 0) return;
    const cause = `${verdictText(v, i)}: ${this.#rule.of === 1 ? 'the last value' : `each of the last ${this.#rule.of} values`} of ${this.#key(s)} is normal`;
    const { state } = group.record;
    if (state === 'Pending') this.end(group, v.time[i], cause);
    else if (state === 'Alerting' && group.silent.size > 0) this.#noData(group, v.time[i], this.#shared.arrival, cause);
    else if (state === 'Alerting' && this.#options.resolve_on === 'normal') this.end(group, v.time[i], cause);
    else if (state === 'Alerting') this.#life.move(group, 'Recovering', v.time[i], cause);
  }

  /** Nothing came from a series for so long; `at` is the clock at which that was so, `clock` the one it was seen at. */
  fellSilent(s: number, at: number, clock: number): void {
    const group = this.#life.active.get(this.#grouping.of(s)) ?? this.#life.begin(s, at, 'silence');
    this.#forget(group, s);
    this.#evidence.setSilent(s, true);
    group.silent.add(s);
    this.#life.join(group, s);
    this.#life.touch(group);
    const { state } = group.record;
    if (state === 'NoData' || (state === 'Alerting' && group.hot.size > 0)) return;
    this.#noData(group, at, clock, `tick: nothing came from ${this.#key(s)} for ${duration(this.#options.no_data ?? 0)}`);
  }

  /** A silent series sends again. */
  sendsAgain(v: VerdictBatch, i: number, anomalous: boolean): void {
    const s = v.series[i];
    const t = v.time[i];
    const group = this.#life.active.get(this.#grouping.of(s))!;
    this.#evidence.setSilent(s, false);
    group.silent.delete(s);
    this.#life.touch(group);
    if (group.silent.size > 0 || group.record.state !== 'NoData') return;
    const cause = `${verdictText(v, i)}: ${this.#key(s)} sends again`;
    if (!group.opened || (!anomalous && this.#options.resolve_on === 'normal')) this.end(group, t, cause);
    else if (!anomalous) {
      this.#life.move(group, 'Recovering', t, cause);
      group.quietFrom = Math.max(group.quietFrom, t);
      this.#timers.set(group, this.#quietUntil(group));
    }
  }

  /** The incident of a group is over, and nothing that it showed counts any more. */
  end(group: Group, at: number, cause: string): void {
    for (const s of group.hot) this.#forget(group, s);
    this.#life.end(group, at, cause);
  }

  /** Whether this verdict opens an incident at once. */
  #met(v: VerdictBatch, i: number): boolean {
    const rule = this.#rule;
    if (rule.kind === 'count') return numberOfOnes(this.#evidence.bits[v.series[i]]) >= rule.needed;
    return rule.kind === 'onset' && v.onset[i] > STRONG;
  }

  #open(group: Group, v: VerdictBatch, i: number): void {
    const s = v.series[i];
    let why = `${this.#share(s)} values of ${this.#key(s)} were anomalous`;
    if (this.#rule.kind === 'onset') why = `a new anomaly begins in ${this.#key(s)} (onset ${v.onset[i].toFixed(2)})`;
    else if (this.#rule.of === 1) why = `${this.#key(s)} is anomalous (${excess(v, i)})`;
    group.record.summary = this.#summary(v, i);
    this.#alert(group, v.time[i], `${verdictText(v, i)}: ${why}`);
  }

  #alert(group: Group, at: number, cause: string): void {
    const again = group.record.state === 'Recovering';
    this.#life.move(group, 'Alerting', at, cause);
    group.quietFrom = Math.max(group.quietFrom, at);
    if (again && group.wanted?.status === 'firing') this.#effects.settle(group, at, this.#shared.arrival);
    else this.#effects.want(group, 'firing', at, this.#shared.arrival);
    this.#timers.set(group, this.#quietUntil(group));
  }

  #noData(group: Group, at: number, clock: number, cause: string): void {
    const keys = Array.from(group.silent, (s) => this.#key(s)).sort();
    group.record.summary = `${named(keys)} ${keys.length === 1 ? 'has' : 'have'} sent nothing for ${duration(this.#options.no_data ?? 0)}`;
    this.#life.move(group, 'NoData', at, cause);
    this.#effects.want(group, 'nodata', at, clock);
  }

  /** The first timer of the queue, at `at`. */
  #ring(at: number): void {
    const group = this.#timers.pop();
    if (group === undefined) return;
    const due = this.#due(group);
    if (due > at) {
      this.#timers.set(group, due);
      return;
    }
    if (group.opened) {
      const cause = `timer: no anomaly for ${duration(this.#options.resolve_after)}`;
      for (const s of group.hot) this.#forget(group, s);
      if (group.silent.size > 0) this.#noData(group, at, this.#shared.arrival, cause);
      else this.end(group, at, cause);
    } else {
      const series = [...group.hot].filter((s) => this.#evidence.since[s] + this.#ruleMs() <= at).map((s) => this.#key(s));
      this.#alert(group, at, `timer: ${named(series.sort())} anomalous for ${duration(this.#ruleMs())}`);
    }
  }

  /** When the group's timer is truly due; Infinity when nothing waits. */
  #due(group: Group): number {
    if (group.opened) return group.record.state === 'NoData' ? Infinity : this.#quietUntil(group);
    if (this.#rule.kind !== 'duration') return Infinity;
    group.opensAt = Infinity;
    for (const s of group.hot) group.opensAt = Math.min(group.opensAt, this.#evidence.since[s] + this.#rule.ms);
    return group.opensAt;
  }

  /** When it is over without a further anomaly; Infinity where only a normal value ends it. */
  #quietUntil(group: Group): number {
    return this.#options.resolve_on === 'normal' ? Infinity : group.quietFrom + this.#options.resolve_after;
  }

  #ruleMs(): number {
    return this.#rule.kind === 'duration' ? this.#rule.ms : 0;
  }

  /** What a series showed so far counts no more. */
  #forget(group: Group, s: number): void {
    this.#evidence.forget(s);
    group.hot.delete(s);
  }

  #key(series: number): string {
    return this.#dictionary.get(series).key;
  }

  /** `4 of the last 5`. */
  #share(series: number): string {
    return `${numberOfOnes(this.#evidence.bits[series])} of the last ${this.#rule.of}`;
  }

  #summary(v: VerdictBatch, i: number): string {
    const s = v.series[i];
    const info = this.#dictionary.get(s);
    const text = `${info.key} ${measured(v, i, info.unit, 'is', contributing(v, i, this.#columns))}`;
    return this.#rule.of === 1 ? text : `${text}; ${this.#share(s)} values were anomalous`;
  }
}
