/**
 * Incidents out of verdicts: everything right of the cut that has to be decided. Pure and deterministic: event time
 * decides, whatever the batches; only the silence of a series, the end of people's silences and the age of notices look
 * at the clock, and that is given. Verdicts come in order of time; late ones do not count.
 *
 * A series has evidence while one of its last n values is anomalous (n is 1 unless `open` says `m of n`). A group with
 * evidence is Pending; it is Alerting once the rule is met, Recovering when no series of it has evidence any more,
 * Alerting again with the next anomaly, and Normal when `resolve_after` of event time has passed without one. What a
 * series showed before counts neither for the next incident nor after a silence. An incident that is open when the data
 * end stays so, unless `resolve_after` had passed by the last event.
 */
import type { ControlRecord, IncidentChanges, IncidentLogic, IncidentRecord } from '../core/contracts.ts';
import type { SeriesDictionary } from '../core/events.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { ANOMALOUS, LATE, type VerdictBatch } from '../core/verdicts.ts';
import { Effects, type EffectsContext } from './effects.ts';
import { GROUP_VERSION, copyOf, readGroup, writeGroup, type Evidence, type Group } from './group.ts';
import { Grouping } from './grouping.ts';
import { Heard } from './heard.ts';
import { FIRST_GROUP_KEY, Lifecycle } from './lifecycle.ts';
import { openRule, type IncidentOptions, type OpenRule } from './options.ts';
import { Silences } from './silences.ts';
import { Timers } from './timers.ts';
import { duration, excess, measured, named, verdictText } from './words.ts';
import { readSeen, readShared, SEEN_KEY, SHARED_KEY, writeSeen, writeShared, type Shared } from './shared.ts';

/** Why a series is looked at even when its value is normal. */
const HOT = 1;
const SILENT = 2;
const UNSEEN = 4;

/** Onset above which a new anomaly has begun. */
const STRONG = 0.5;

export class IncidentTracker implements IncidentLogic {
  readonly #options: IncidentOptions;
  readonly #dictionary: SeriesDictionary;
  readonly #rule: OpenRule;
  readonly #mask: number;
  readonly #grouping: Grouping;
  readonly #silences: Silences;
  readonly #effects: Effects;
  readonly #life: Lifecycle;
  readonly #timers = new Timers<Group>();
  readonly #heard: Heard | undefined;
  readonly #evidence: Evidence = { bits: new Uint32Array(0), since: new Float64Array(0) };
  readonly #writer = new SnapshotWriter();
  readonly #shared: Shared = { arrival: -Infinity, lastTime: -Infinity };
  #attention = new Uint8Array(0);
  #seenChanged = false;
  #sharedChanged = false;

  /** `options` as validated; throws RangeError when `open` cannot be understood. */
  constructor(options: IncidentOptions, context: EffectsContext) {
    const rule = openRule(options);
    if ('problem' in rule) throw new RangeError(`open ${rule.problem}`);
    this.#options = options;
    this.#rule = rule;
    this.#mask = rule.of === 32 ? 0xffffffff : 2 ** rule.of - 1;
    this.#dictionary = context.dictionary;
    this.#grouping = new Grouping(context.dictionary, options.group_by);
    this.#silences = new Silences(context.dictionary);
    this.#effects = new Effects(context, this.#silences, options.max_alert_age);
    const { pipeline, dictionary } = context;
    this.#life = new Lifecycle({ pipeline, dictionary, grouping: this.#grouping, effects: this.#effects, severity: options.severity });
    this.#heard = options.no_data === undefined ? undefined : new Heard(options.no_data);
  }

  setArrival(clock: number): void {
    this.#shared.arrival = clock;
  }

  connected(clock: number): void {
    this.#heard?.connected(clock);
  }

  process(v: VerdictBatch): void {
    this.#room();
    const { series, flags, onset, length } = v;
    const attention = this.#attention;
    const heard = this.#heard?.at;
    const byOnset = this.#rule.kind === 'onset';
    const { arrival } = this.#shared;
    for (let i = 0; i < length; i++) {
      const s = series[i]!;
      const f = flags[i]!;
      if ((f & LATE) !== 0) continue;
      if (heard !== undefined) heard[s] = arrival;
      const anomalous = (f & ANOMALOUS) !== 0 || (byOnset && onset[i]! > STRONG);
      if (anomalous || attention[s] !== 0) this.#row(v, i, anomalous);
    }
    for (let i = length - 1; i >= 0; i--) {
      if ((flags[i]! & LATE) !== 0) continue;
      if (v.time[i]! > this.#shared.lastTime) this.#shared.lastTime = v.time[i]!;
      this.#sharedChanged = true;
      break;
    }
  }

  advance(watermark: number): void {
    const until = watermark === Infinity ? this.#shared.lastTime : watermark;
    while (this.#timers.next <= until) this.#ring(this.#timers.next);
  }

  tick(clock: number): void {
    for (const silence of this.#silences.expire(clock)) {
      this.#effects.note(clock, 'homeostat', 'silence ended', silence.id);
      this.#sharedChanged = true;
      this.#resettle(clock);
    }
    if (this.#heard === undefined) return;
    this.#room();
    for (const { series, at } of this.#heard.silentAt(clock, (s) => (this.#attention[s]! & SILENT) !== 0)) this.#fellSilent(series, at, clock);
  }

  nextTick(): number {
    return Math.min(this.#heard?.next ?? Infinity, this.#silences.next());
  }

  control(record: ControlRecord, clock: number): void {
    if (record.type === 'tick') this.tick(record.clock);
    else if (record.type === 'acknowledge') this.#acknowledge(record, clock);
    else if (record.type === 'silence') {
      const { type: _, ...silence } = record;
      this.#silences.set(silence);
      this.#effects.note(clock, record.by, 'silence', `${record.id} ${JSON.stringify(record.matchers)} until ${new Date(record.until).toISOString()} ${record.comment}`.trim());
      this.#sharedChanged = true;
      this.#resettle(clock);
    } else if (record.type === 'unsilence') {
      const known = this.#silences.delete(record.id);
      this.#effects.note(clock, record.by, 'unsilence', known === undefined ? `${record.id}: there is none` : record.id);
      this.#sharedChanged = true;
      this.#resettle(clock);
    }
  }

  take(): IncidentChanges {
    const life = this.#life;
    const effects = this.#effects;
    const states: IncidentChanges['states'] = [];
    if (this.#sharedChanged || effects.ran) states.push({ key: SHARED_KEY, data: writeShared(this.#writer, this.#shared, this.#silences, effects.lastRun) });
    if (this.#seenChanged) states.push({ key: SEEN_KEY, data: writeSeen(this.#writer, this.#heard!.bits()) });
    for (const [key, group] of life.dirty) {
      const active = life.active.get(group.number) === group;
      states.push({ key, data: active ? writeGroup(this.#writer, group, this.#evidence) : new Uint8Array(0) });
    }
    const changes = {
      incidents: Array.from(life.changed.values(), copyOf),
      transitions: life.transitions,
      outbox: effects.outbox,
      states,
      audit: effects.audit,
      backlog: effects.backlog,
    };
    life.dirty.clear();
    life.changed.clear();
    life.transitions = [];
    effects.outbox = [];
    effects.audit = [];
    effects.backlog = 0;
    this.#sharedChanged = this.#seenChanged = effects.ran = false;
    return changes;
  }

  restore(states: Iterable<{ key: number; data: Uint8Array }>, open: readonly IncidentRecord[]): void {
    this.#room();
    const rows = new Map(open.map((record) => [record.id, copyOf(record)]));
    for (const { key, data } of states) {
      if (data.length === 0) continue;
      if (key === SHARED_KEY) readShared(data, this.#shared, this.#silences, this.#effects.lastRun);
      else if (key === SEEN_KEY) this.#restoreSeen(data);
      else this.#restoreGroup(key, data, rows);
    }
    for (const record of rows.values()) this.#orphan(record);
  }

  /** Makes room for every series that the dictionary knows. */
  #room(): void {
    const old = this.#attention.length;
    if (this.#dictionary.size <= old) return;
    const capacity = Math.max(64, this.#dictionary.size, Math.min(old * 2, this.#dictionary.limit));
    const attention = new Uint8Array(capacity).fill(this.#heard === undefined ? 0 : UNSEEN);
    attention.set(this.#attention);
    this.#attention = attention;
    const { bits, since } = this.#evidence;
    this.#evidence.bits = new Uint32Array(capacity);
    this.#evidence.bits.set(bits);
    this.#evidence.since = new Float64Array(capacity);
    this.#evidence.since.set(since);
    this.#heard?.grow(capacity);
  }

  /** A verdict that may change something. */
  #row(v: VerdictBatch, i: number, anomalous: boolean): void {
    const s = v.series[i]!;
    const t = v.time[i]!;
    while (this.#timers.next < t) this.#ring(this.#timers.next);
    if ((this.#attention[s]! & UNSEEN) !== 0) {
      this.#attention[s]! &= ~UNSEEN;
      this.#heard!.add(s, this.#shared.arrival);
      this.#seenChanged = true;
    }
    if ((this.#attention[s]! & SILENT) !== 0) this.#sendsAgain(v, i, anomalous);
    if (anomalous) this.#anomaly(v, i);
    else if ((this.#attention[s]! & HOT) !== 0 && v.score[i] === v.score[i]) this.#normal(v, i);
  }

  #anomaly(v: VerdictBatch, i: number): void {
    const s = v.series[i]!;
    const t = v.time[i]!;
    const { bits, since } = this.#evidence;
    const group = this.#life.active.get(this.#grouping.of(s)) ?? this.#life.begin(s, t, 'anomaly');
    if (bits[s] === 0) since[s] = t;
    bits[s] = ((bits[s]! << 1) | 1) & this.#mask;
    this.#attention[s]! |= HOT;
    if (!group.hot.has(s)) this.#life.join(group, s);
    group.hot.add(s);
    this.#life.count(group, v, i);
    this.#life.touch(group);
    const { state } = group.record;
    if (state === 'Alerting') this.#effects.settle(group, t, this.#shared.arrival);
    else if (state === 'Recovering' || (state === 'NoData' && group.opened)) {
      this.#alert(group, t, `${verdictText(v, i)} of ${this.#key(s)} is anomalous again (${excess(v, i)})`);
    } else if (this.#met(v, i)) this.#open(group, v, i);
    else {
      if (state === 'Normal') this.#life.move(group, 'Pending', t, `${verdictText(v, i)} of ${this.#key(s)} is anomalous (${excess(v, i)})`);
      if (state !== 'NoData') group.record.summary = this.#summary(v, i);
      if (this.#rule.kind === 'duration') {
        group.opensAt = Math.min(group.opensAt, since[s]! + this.#rule.ms);
        this.#timers.set(group, group.opensAt);
      }
    }
  }

  /** Whether this verdict opens an incident at once. */
  #met(v: VerdictBatch, i: number): boolean {
    const rule = this.#rule;
    if (rule.kind === 'count') return ones(this.#evidence.bits[v.series[i]!]!) >= rule.needed;
    return rule.kind === 'onset' && v.onset[i]! > STRONG;
  }

  #open(group: Group, v: VerdictBatch, i: number): void {
    const key = this.#key(v.series[i]!);
    const why = this.#rule.kind === 'onset' ? `a new anomaly begins in ${key} (onset ${v.onset[i]!.toFixed(2)})` : `${this.#share(v.series[i]!)} values of ${key} were anomalous`;
    group.record.summary = this.#summary(v, i);
    this.#alert(group, v.time[i]!, `${verdictText(v, i)}: ${why}`);
  }

  #alert(group: Group, at: number, cause: string): void {
    const again = group.record.state === 'Recovering';
    this.#life.move(group, 'Alerting', at, cause);
    group.quietFrom = Math.max(group.quietFrom, at);
    if (again && group.wanted?.status === 'firing') this.#effects.settle(group, at, this.#shared.arrival);
    else this.#effects.want(group, 'firing', at, this.#shared.arrival);
    this.#timers.set(group, group.quietFrom + this.#options.resolve_after);
  }

  /** A normal value of a series with evidence. */
  #normal(v: VerdictBatch, i: number): void {
    const s = v.series[i]!;
    const { bits } = this.#evidence;
    const group = this.#life.active.get(this.#grouping.of(s))!;
    bits[s] = (bits[s]! << 1) & this.#mask;
    this.#life.touch(group);
    if (bits[s] !== 0) return;
    this.#forget(group, s);
    if (group.hot.size > 0) return;
    const cause = `${verdictText(v, i)}: ${this.#rule.of === 1 ? 'the last value' : `each of the last ${this.#rule.of} values`} of ${this.#key(s)} is normal`;
    const { state } = group.record;
    if (state === 'Pending') this.#end(group, v.time[i]!, cause);
    else if (state === 'Alerting' && group.silent.size > 0) this.#noData(group, v.time[i]!, this.#shared.arrival, cause);
    else if (state === 'Alerting') this.#life.move(group, 'Recovering', v.time[i]!, cause);
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
      for (const s of [...group.hot]) this.#forget(group, s);
      if (group.silent.size > 0) this.#noData(group, at, this.#shared.arrival, cause);
      else this.#end(group, at, cause);
    } else {
      const series = [...group.hot].filter((s) => this.#evidence.since[s]! + this.#ruleMs() <= at).map((s) => this.#key(s));
      this.#alert(group, at, `timer: ${named(series.sort())} anomalous for ${duration(this.#ruleMs())}`);
    }
  }

  /** When the group's timer is truly due; Infinity when nothing waits. */
  #due(group: Group): number {
    if (group.opened) return group.record.state === 'NoData' ? Infinity : group.quietFrom + this.#options.resolve_after;
    if (this.#rule.kind !== 'duration') return Infinity;
    group.opensAt = Infinity;
    for (const s of group.hot) group.opensAt = Math.min(group.opensAt, this.#evidence.since[s]! + this.#rule.ms);
    return group.opensAt;
  }

  #ruleMs(): number {
    return this.#rule.kind === 'duration' ? this.#rule.ms : 0;
  }

  #fellSilent(s: number, at: number, clock: number): void {
    const group = this.#life.active.get(this.#grouping.of(s)) ?? this.#life.begin(s, at, 'silence');
    if ((this.#attention[s]! & HOT) !== 0) this.#forget(group, s);
    this.#attention[s]! |= SILENT;
    group.silent.add(s);
    this.#life.join(group, s);
    this.#life.touch(group);
    const { state } = group.record;
    if (state === 'NoData' || (state === 'Alerting' && group.hot.size > 0)) return;
    this.#noData(group, at, clock, `tick: nothing came from ${this.#key(s)} for ${duration(this.#options.no_data ?? 0)}`);
  }

  #noData(group: Group, at: number, clock: number, cause: string): void {
    const keys = Array.from(group.silent, (s) => this.#key(s)).sort();
    group.record.summary = `${named(keys)} ${keys.length === 1 ? 'has' : 'have'} sent nothing for ${duration(this.#options.no_data ?? 0)}`;
    this.#life.move(group, 'NoData', at, cause);
    this.#effects.want(group, 'nodata', at, clock);
  }

  /** A silent series sends again. */
  #sendsAgain(v: VerdictBatch, i: number, anomalous: boolean): void {
    const s = v.series[i]!;
    const t = v.time[i]!;
    const group = this.#life.active.get(this.#grouping.of(s))!;
    this.#attention[s]! &= ~SILENT;
    group.silent.delete(s);
    this.#heard?.add(s, this.#shared.arrival);
    this.#life.touch(group);
    if (group.silent.size > 0 || group.record.state !== 'NoData') return;
    const cause = `${verdictText(v, i)}: ${this.#key(s)} sends again`;
    if (!group.opened) this.#end(group, t, cause);
    else if (!anomalous) {
      this.#life.move(group, 'Recovering', t, cause);
      group.quietFrom = Math.max(group.quietFrom, t);
      this.#timers.set(group, group.quietFrom + this.#options.resolve_after);
    }
  }

  #end(group: Group, at: number, cause: string): void {
    for (const s of [...group.hot]) this.#forget(group, s);
    this.#life.end(group, at, cause);
  }

  /** What a series showed so far counts no more. */
  #forget(group: Group, s: number): void {
    this.#evidence.bits[s] = 0;
    this.#attention[s]! &= ~HOT;
    group.hot.delete(s);
  }

  #acknowledge(record: Extract<ControlRecord, { type: 'acknowledge' }>, clock: number): void {
    for (const group of this.#life.active.values()) {
      if (group.record.id !== record.incident || !group.visible) continue;
      group.record.acknowledgedBy = record.by;
      this.#life.touch(group);
      this.#effects.note(clock, record.by, 'acknowledge', `${record.incident} ${record.comment}`.trim());
      return;
    }
    this.#effects.note(clock, record.by, 'acknowledge', `${record.incident}: no such incident is open`);
  }

  /** Silences have changed: what they held back may leave now, while it still matters. */
  #resettle(clock: number): void {
    const groups = [...this.#life.active.values()].filter((group) => group.visible).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const group of groups) {
      const silenced = this.#silences.covers(group.record);
      const changed = silenced !== group.record.silenced;
      group.record.silenced = silenced;
      const time = group.record.state === 'NoData' ? clock : group.quietFrom;
      if (this.#effects.settle(group, time, clock) || changed) this.#life.touch(group);
    }
  }

  #restoreSeen(data: Uint8Array): void {
    if (this.#heard === undefined) return;
    this.#heard.restore(readSeen(data));
    for (let s = 0; s < this.#attention.length; s++) if (this.#heard.seen[s] === 1) this.#attention[s]! &= ~UNSEEN;
  }

  #restoreGroup(key: number, data: Uint8Array, rows: Map<string, IncidentRecord>): void {
    const leader = key - FIRST_GROUP_KEY;
    const group = readGroup(new SnapshotReader(data, GROUP_VERSION), key, this.#grouping.of(leader), this.#evidence, (id) => rows.get(id));
    if (group === undefined) return;
    rows.delete(group.record.id);
    for (const s of group.hot) this.#attention[s]! |= HOT;
    for (const s of group.silent) this.#attention[s]! |= SILENT;
    if (group.name !== this.#grouping.name(leader)) {
      for (const s of group.silent) this.#attention[s]! &= ~SILENT;
      this.#end(group, group.lastAt, 'configuration: series are grouped by other labels now');
      return;
    }
    this.#life.active.set(group.number, group);
    this.#timers.set(group, this.#due(group));
  }

  /** An incident that nothing is known of but its row cannot go on. */
  #orphan(record: IncidentRecord): void {
    record.state = 'Normal';
    record.endedAt = record.updatedAt;
    this.#life.changed.set(record.id, record);
    this.#effects.note(Math.max(0, this.#shared.arrival), 'homeostat', 'incident closed', `${record.id}: its state is not in the ledger`);
  }

  #key(series: number): string {
    return this.#dictionary.get(series).key;
  }

  /** `4 of the last 5`. */
  #share(series: number): string {
    return `${ones(this.#evidence.bits[series]!)} of the last ${this.#rule.of}`;
  }

  #summary(v: VerdictBatch, i: number): string {
    const s = v.series[i]!;
    const info = this.#dictionary.get(s);
    const text = `${info.key} ${measured(v, i, info.unit, 'is')}`;
    return this.#rule.of === 1 ? text : `${text}; ${this.#share(s)} values were anomalous`;
  }
}

/** How many bits are set (Warren, "Hacker's Delight", 5-1). */
function ones(x: number): number {
  x -= (x >>> 1) & 0x55555555;
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
