/** Decides which notices and actions a change of an incident asks for; the outbox sends them after the commit. */
import type { IncidentChanges, Notice, OutboxItem } from '../core/contracts.ts';
import type { SeriesDictionary } from '../core/events.ts';
import { hashId } from '../core/hash.ts';
import { copyOf, type Group, type Wanted } from './group.ts';
import type { Silences } from './silences.ts';

/** An action as the configuration lists it; `cooldown` in ms. */
export interface ConfiguredAction {
  target: string;
  on: 'alerting' | 'no-data';
  cooldown: number;
}

export interface EffectsContext {
  pipeline: string;
  dictionary: SeriesDictionary;
  /** Targets such as `webhook#0`. */
  receivers: readonly string[];
  actions: readonly ConfiguredAction[];
}

export class Effects {
  outbox: OutboxItem[] = [];
  backlog = 0;
  audit: IncidentChanges['audit'] = [];
  /** Time of the last run by action; moves with event time, or with the clock where the action is about silence. */
  readonly lastRun = new Map<string, number>();
  /** `lastRun` has changed since the last commit. */
  ran = false;
  readonly #context: EffectsContext;
  readonly #silences: Silences;
  readonly #maxAge: number;

  constructor(context: EffectsContext, silences: Silences, maxAge: number) {
    this.#context = context;
    this.#silences = silences;
    this.#maxAge = maxAge;
  }

  /** The incident has just become what receivers are told of. */
  want(group: Group, status: Wanted['status'], time: number, clock: number): void {
    group.wanted = { status, sequence: group.sequence, at: group.lastAt, sent: false, held: false, acts: true };
    this.settle(group, time, clock);
  }

  /** Sends what is wanted and may be sent now; `time` is that of the newest thing known of the incident. Answers whether anything changed. */
  settle(group: Group, time: number, clock: number): boolean {
    const { wanted, record } = group;
    if (wanted === undefined || (wanted.sent && !wanted.acts)) return false;
    if (record.state !== 'Alerting' && record.state !== 'NoData' && record.state !== 'Error') return false;
    const silenced = this.#silences.covers(record);
    const changed = silenced !== record.silenced;
    record.silenced = silenced;
    if (time < clock - this.#maxAge) {
      if (wanted.held || wanted.sent) return changed;
      wanted.held = true;
      this.backlog += this.#context.receivers.length;
      return true;
    }
    if (wanted.acts) {
      wanted.acts = false;
      this.#act(group, wanted, Math.max(wanted.at, time), clock);
    }
    if (wanted.sent || silenced || record.acknowledgedBy !== null) return true;
    wanted.sent = true;
    group.told = true;
    this.#send(group, wanted.status, wanted.sequence, wanted.at);
    return true;
  }

  /** It is over: whoever was told that it began is told so, silenced or not. */
  resolved(group: Group): void {
    if (group.told) this.#send(group, 'resolved', group.sequence, group.lastAt);
    else if (group.wanted?.held === true) this.backlog += this.#context.receivers.length;
  }

  /** People may want to know later who said what. */
  note(at: number, by: string, what: string, detail: string): void {
    this.audit.push({ at, by, what, detail });
  }

  #send(group: Group, status: Notice['status'], sequence: number, at: number): void {
    const { pipeline, receivers } = this.#context;
    if (receivers.length === 0) return;
    const labels = this.#labels(group);
    for (const target of receivers) {
      const key = hashId(group.record.id, sequence, target);
      const payload: Notice = { key, status, incident: copyOf(group.record), labels, at, repeated: false };
      this.outbox.push({ key, pipeline, kind: 'notice', target, payload });
    }
  }

  #act(group: Group, wanted: Wanted, at: number, clock: number): void {
    const { pipeline, actions } = this.#context;
    const on = wanted.status === 'nodata' ? 'no-data' : wanted.status === 'firing' ? 'alerting' : undefined;
    for (const action of actions) {
      if (action.on !== on) continue;
      const last = this.lastRun.get(action.target) ?? -Infinity;
      if (at < last + action.cooldown) {
        this.note(clock, 'homeostat', `${action.target} not run`, `incident ${group.record.id}: within its cooldown`);
        continue;
      }
      this.lastRun.set(action.target, at);
      this.ran = true;
      const key = hashId(group.record.id, wanted.sequence, action.target);
      this.outbox.push({ key, pipeline, kind: 'action', target: action.target, payload: { key, pipeline, incident: copyOf(group.record) } });
    }
  }

  /** Labels that all its series have in common, with those it is grouped by. */
  #labels({ record }: Group): Record<string, string> {
    const { dictionary } = this.#context;
    let common: Record<string, string> | undefined;
    for (const key of record.series) {
      const index = dictionary.find(key);
      if (index < 0) continue;
      const { labels } = dictionary.get(index);
      if (common === undefined) common = { ...labels };
      else for (const name of Object.keys(common)) if (labels[name] !== common[name]) delete common[name];
    }
    const one: Record<string, string> = record.series.length === 1 ? { series: record.series[0] } : {};
    return { ...common, ...one, ...record.group, pipeline: record.pipeline, severity: record.severity };
  }
}
