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
import { Evidence, HOT, SILENT, UNSEEN } from './evidence.ts';
import { GROUP_VERSION, copyOf, readGroup, writeGroup } from './group.ts';
import { Grouping } from './grouping.ts';
import { Heard } from './heard.ts';
import { FAULT_KEY, FAULT_NAME, FAULT_NUMBER, FIRST_GROUP_KEY, Lifecycle } from './lifecycle.ts';
import { Machine, STRONG } from './machine.ts';
import { openRule, type IncidentOptions } from './options.ts';
import { readSeen, readShared, SEEN_KEY, SHARED_KEY, writeSeen, writeShared, type Shared } from './shared.ts';
import { Silences } from './silences.ts';

export class IncidentTracker implements IncidentLogic {
  readonly #dictionary: SeriesDictionary;
  readonly #byOnset: boolean;
  readonly #grouping: Grouping;
  readonly #silences: Silences;
  readonly #effects: Effects;
  readonly #evidence: Evidence;
  readonly #heard: Heard | undefined;
  readonly #life: Lifecycle;
  readonly #machine: Machine;
  readonly #writer = new SnapshotWriter();
  readonly #shared: Shared = { arrival: -Infinity, lastTime: -Infinity };
  #seenChanged = false;
  #sharedChanged = false;

  /** `options` as validated; throws RangeError when `open` cannot be understood. */
  constructor(options: IncidentOptions, context: EffectsContext) {
    const rule = openRule(options);
    if ('problem' in rule) throw new RangeError(`open ${rule.problem}`);
    const { pipeline, dictionary, columns = [] } = context;
    this.#dictionary = dictionary;
    this.#byOnset = rule.kind === 'onset';
    const grouping = (this.#grouping = new Grouping(dictionary, options.group_by));
    this.#silences = new Silences(dictionary);
    const effects = (this.#effects = new Effects(context, this.#silences, options.max_alert_age));
    const evidence = (this.#evidence = new Evidence(rule.of, options.no_data !== undefined));
    this.#heard = options.no_data === undefined ? undefined : new Heard(options.no_data);
    const life = (this.#life = new Lifecycle({ pipeline, dictionary, columns, grouping, effects, severity: options.severity }));
    this.#machine = new Machine(options, { rule, dictionary, columns, grouping, evidence, effects, life, shared: this.#shared });
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
    const { attention } = this.#evidence;
    const heard = this.#heard?.at;
    const byOnset = this.#byOnset;
    const { arrival } = this.#shared;
    for (let i = 0; i < length; i++) {
      const s = series[i];
      const f = flags[i];
      if ((f & LATE) !== 0) continue;
      if (heard !== undefined) heard[s] = arrival;
      const anomalous = (f & ANOMALOUS) !== 0 || (byOnset && onset[i] > STRONG);
      if (anomalous || attention[s] !== 0) this.#row(v, i, anomalous);
    }
    for (let i = length - 1; i >= 0; i--) {
      if ((flags[i] & LATE) !== 0) continue;
      if (v.time[i] > this.#shared.lastTime) this.#shared.lastTime = v.time[i]!;
      this.#sharedChanged = true;
      break;
    }
  }

  advance(watermark: number): void {
    // A verdict of the watermark's own time may still come, unless this is the end.
    if (watermark === Infinity) this.#machine.ringUntil(this.#shared.lastTime);
    else this.#machine.ringBefore(watermark);
  }

  tick(clock: number): void {
    for (const silence of this.#silences.expire(clock)) {
      this.#effects.note(clock, 'homeostat', 'silence ended', silence.id);
      this.#sharedChanged = true;
      this.#resettle(clock);
    }
    if (this.#heard === undefined) return;
    this.#room();
    for (const { series, at } of this.#heard.silentAt(clock, (s) => (this.#evidence.attention[s] & SILENT) !== 0)) {
      this.#machine.fellSilent(series, at, clock);
    }
  }

  nextTick(): number {
    return Math.min(this.#heard?.next ?? Infinity, this.#silences.next());
  }

  control(record: ControlRecord, clock: number): void {
    if (record.type === 'acknowledge') this.#acknowledge(record, clock);
    else if (record.type === 'silence') {
      const { type: _, ...silence } = record;
      this.#silences.set(silence);
      this.#effects.note(
        clock,
        record.by,
        'silence',
        `${record.id} ${JSON.stringify(record.matchers)} until ${new Date(record.until).toISOString()} ${record.comment}`.trim(),
      );
      this.#sharedChanged = true;
      this.#resettle(clock);
    } else if (record.type === 'unsilence') {
      const known = this.#silences.delete(record.id);
      this.#effects.note(clock, record.by, 'unsilence', known === undefined ? `${record.id}: there is none` : record.id);
      this.#sharedChanged = true;
      this.#resettle(clock);
    }
  }

  fault(reason: string, clock: number): void {
    const known = this.#life.active.get(FAULT_NUMBER);
    const group = known ?? this.#life.beginFault(clock);
    if (group.record.summary === reason) return;
    group.record.summary = reason;
    this.#life.touch(group);
    if (known !== undefined) return;
    this.#life.move(group, 'Error', clock, `fault: ${reason}`);
    this.#effects.want(group, 'error', clock, clock);
  }

  mended(clock: number): void {
    const group = this.#life.active.get(FAULT_NUMBER);
    if (group !== undefined) this.#life.end(group, clock, 'the pipeline has read on');
  }

  take(): IncidentChanges {
    const life = this.#life;
    const effects = this.#effects;
    const states: IncidentChanges['states'] = [];
    life.forgetBefore(this.#shared.lastTime);
    if (this.#sharedChanged || effects.ran)
      states.push({ key: SHARED_KEY, data: writeShared(this.#writer, this.#shared, this.#silences, effects.lastRun, life.begun) });
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
      if (key === SHARED_KEY) readShared(data, this.#shared, this.#silences, this.#effects.lastRun, this.#life.begun);
      else if (key === SEEN_KEY) this.#restoreSeen(data);
      else this.#restoreGroup(key, data, rows);
    }
    for (const record of rows.values()) this.#orphan(record);
  }

  /** Makes room for every series that the dictionary knows. */
  #room(): void {
    const { size, limit } = this.#dictionary;
    const old = this.#evidence.attention.length;
    if (size <= old) return;
    const capacity = Math.max(64, size, Math.min(old * 2, limit));
    this.#evidence.grow(capacity);
    this.#heard?.grow(capacity);
  }

  /** A verdict that may change something. */
  #row(v: VerdictBatch, i: number, anomalous: boolean): void {
    const s = v.series[i];
    const machine = this.#machine;
    machine.ringBefore(v.time[i]);
    const attention = this.#evidence.attention[s];
    if ((attention & UNSEEN) !== 0) {
      this.#evidence.seen(s);
      this.#heard?.add(s, this.#shared.arrival);
      this.#seenChanged = this.#heard !== undefined;
    }
    if ((attention & SILENT) !== 0) {
      this.#heard?.add(s, this.#shared.arrival);
      machine.sendsAgain(v, i, anomalous);
    }
    if (anomalous) machine.anomaly(v, i);
    else if ((this.#evidence.attention[s] & HOT) !== 0 && !Number.isNaN(v.score[i])) machine.normal(v, i);
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
      const time = group.opened && group.record.state !== 'NoData' ? group.quietFrom : clock;
      if (this.#effects.settle(group, time, clock) || changed) this.#life.touch(group);
    }
  }

  #restoreSeen(data: Uint8Array): void {
    if (this.#heard === undefined) return;
    this.#heard.restore(readSeen(data));
    for (let s = 0; s < this.#heard.seen.length; s++) if (this.#heard.seen[s] === 1) this.#evidence.seen(s);
  }

  #restoreGroup(key: number, data: Uint8Array, rows: Map<string, IncidentRecord>): void {
    const leader = key - FIRST_GROUP_KEY;
    const number = key === FAULT_KEY ? FAULT_NUMBER : this.#grouping.of(leader);
    const group = readGroup(new SnapshotReader(data, GROUP_VERSION), key, number, this.#evidence, (id) => rows.get(id));
    if (group === undefined) return;
    rows.delete(group.record.id);
    if (group.name === (key === FAULT_KEY ? FAULT_NAME : this.#grouping.name(leader))) return this.#machine.resume(group);
    for (const s of group.silent) this.#evidence.setSilent(s, false);
    this.#machine.end(group, group.lastAt, 'configuration: series are grouped by other labels now');
  }

  /** An incident that nothing is known of but its row cannot go on. */
  #orphan(record: IncidentRecord): void {
    record.state = 'Normal';
    record.endedAt = record.updatedAt;
    this.#life.changed.set(record.id, record);
    this.#effects.note(Math.max(0, this.#shared.arrival), 'homeostat', 'incident closed', `${record.id}: its state is not in the ledger`);
  }
}
