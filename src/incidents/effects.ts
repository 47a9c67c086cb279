/** Decides which notices and actions a change of an incident asks for; the outbox sends them after the commit. */
import type { IncidentChanges, Notice, OutboxItem } from '../core/contracts.ts';
import type { SeriesDictionary } from '../core/events.ts';
import { hashId } from '../core/hash.ts';
import { concerns, type Rule } from './delivery.ts';
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
  /** Names of the values of a row; absent where they have none. */
  columns?: readonly string[];
  receivers: readonly Rule[];
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
    const first = group.wanted === undefined ? {} : group.wanted.first;
    group.wanted = { status, sequence: group.sequence, at: group.lastAt, sent: false, held: false, acts: true, ...(first === undefined ? {} : { first }) };
    this.settle(group, time, clock);
  }

  /** Sends what is wanted and may be sent now; `time` is that of the newest thing known of the incident. Answers whether anything changed. */
  settle(group: Group, time: number, clock: number): boolean {
    const { wanted, record } = group;
    const due = wanted === undefined ? [] : this.#due(group, wanted);
    if (wanted === undefined || (wanted.sent && !wanted.acts && due.length === 0)) return false;
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
    if (silenced || record.acknowledgedBy !== null) return true;
    if (!wanted.sent) {
      wanted.sent = true;
      group.told = true;
    }
    this.#send(group, wanted.status, wanted.sequence, wanted.at, due);
    return true;
  }

  /** It is over: whoever was told that it began is told so, silenced or not. */
  resolved(group: Group): void {
    const first = group.wanted?.first;
    const told = this.#context.receivers.filter(({ target, resolved }) => resolved && (first === undefined || target in first));
    if (group.told) this.#send(group, 'resolved', group.sequence, group.lastAt, told);
    else if (group.wanted?.held === true) this.backlog += this.#context.receivers.length;
  }

  /** People may want to know later who said what. */
  note(at: number, by: string, what: string, detail: string): void {
    this.audit.push({ at, by, what, detail });
  }

  /** Whom the wanted notice goes to now: all it concerns, or, once sent, those whom the incident concerns only since it has become worse. */
  #due(group: Group, wanted: Wanted): readonly Rule[] {
    const { receivers } = this.#context;
    const { first, sent } = wanted;
    if (receivers.length === 0 || (sent && first === undefined)) return [];
    const labels = this.#labels(group);
    return receivers.filter((rule) => !(sent && rule.target in first!) && concerns(rule, labels, group.record.severity));
  }

  #send(group: Group, status: Notice['status'], sequence: number, at: number, to: readonly Rule[]): void {
    const { pipeline } = this.#context;
    if (to.length === 0) return;
    const labels = this.#labels(group);
    const told = group.wanted?.first;
    for (const { target } of to) {
      const key = hashId(group.record.id, sequence, target);
      const first = told?.[target];
      const payload: Notice = { key, status, incident: copyOf(group.record), labels, at, repeated: false, ...(first === undefined ? {} : { first }) };
      if (told !== undefined) told[target] ??= key;
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
