/** One group of series that is not Normal: its incident, the evidence for it, and who was told. */
import type { IncidentRecord, Notice, Transition } from '../core/contracts.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import type { Evidence } from './evidence.ts';
import type { Timed } from './timers.ts';

export const GROUP_VERSION = 1;

/** The notice that the last change of state asks for. */
export interface Wanted {
  status: Exclude<Notice['status'], 'resolved'>;
  /** Transition that asked. */
  sequence: number;
  at: number;
  sent: boolean;
  /** Counted as one about the past. */
  held: boolean;
  /** Actions are still to be asked for. */
  acts: boolean;
  /** Who has been told of the incident, with the key of the first notice; absent where it was begun by a version that told everyone. */
  first?: Record<string, string>;
}

export interface Group extends Timed {
  /** Key of its state in the ledger. */
  readonly key: number;
  readonly number: number;
  readonly name: string;
  record: IncidentRecord;
  /** Of the last transition. */
  sequence: number;
  lastAt: number;
  /** Transitions of a Pending that may come to nothing. */
  held: Transition[];
  /** It is an incident: the ledger has a row of it. */
  visible: boolean;
  /** It has been Alerting. */
  opened: boolean;
  /** Quiet is counted from here (event time): last anomaly, opening, or the return of data. */
  quietFrom: number;
  /** Not later than the first end of a deviation that opens it; Infinity when none is under way. */
  opensAt: number;
  peakScore: number;
  /** Series with an anomaly among their last values, and series that have gone silent. */
  readonly hot: Set<number>;
  readonly silent: Set<number>;
  wanted: Wanted | undefined;
  /** Receivers know of it. */
  told: boolean;
}

export function newGroup(key: number, number: number, name: string, record: IncidentRecord): Group {
  return {
    key,
    number,
    name,
    record,
    queued: Infinity,
    sequence: 0,
    lastAt: -Infinity,
    held: [],
    visible: false,
    opened: false,
    quietFrom: -Infinity,
    opensAt: Infinity,
    peakScore: -Infinity,
    hot: new Set(),
    silent: new Set(),
    wanted: undefined,
    told: false,
  };
}

/** Everything that the incident's row does not hold; the row itself as long as there is none. */
export function writeGroup(writer: SnapshotWriter, group: Group, evidence: Evidence): Uint8Array {
  writer.begin(GROUP_VERSION);
  writer.text(group.name);
  writer.u8((group.visible ? 1 : 0) | (group.opened ? 2 : 0) | (group.told ? 4 : 0));
  writer.text(group.visible ? group.record.id : JSON.stringify({ record: group.record, held: group.held }));
  writer.u32(group.sequence);
  writer.f64(group.lastAt);
  writer.f64(group.quietFrom);
  writer.f64(group.peakScore);
  writer.text(group.wanted === undefined ? '' : JSON.stringify(group.wanted));
  writer.u32(group.hot.size);
  for (const series of group.hot) {
    writer.u32(series);
    writer.u32(evidence.bits[series]);
    writer.f64(evidence.since[series]);
  }
  writer.u32s(Uint32Array.from(group.silent));
  return writer.end();
}

/** Reads what `writeGroup` wrote and puts the evidence where it belongs; `row` finds the incident by its id. */
export function readGroup(
  reader: SnapshotReader,
  key: number,
  number: number,
  evidence: Evidence,
  row: (id: string) => IncidentRecord | undefined,
): Group | undefined {
  const name = reader.text();
  const flags = reader.u8();
  const text = reader.text();
  const visible = (flags & 1) !== 0;
  const { record, held } = visible ? { record: row(text), held: [] } : (JSON.parse(text) as { record: IncidentRecord; held: Transition[] });
  if (record === undefined) return undefined;
  const group = newGroup(key, number, name, record);
  group.visible = visible;
  group.held = held;
  group.opened = (flags & 2) !== 0;
  group.told = (flags & 4) !== 0;
  group.sequence = reader.u32();
  group.lastAt = reader.f64();
  group.quietFrom = reader.f64();
  group.peakScore = reader.f64();
  const wanted = reader.text();
  if (wanted !== '') group.wanted = JSON.parse(wanted) as Wanted;
  for (let left = reader.u32(); left > 0; left--) {
    const series = reader.u32();
    group.hot.add(series);
    evidence.restore(series, reader.u32(), reader.f64());
  }
  for (const series of reader.u32s()) {
    group.silent.add(series);
    evidence.setSilent(series, true);
  }
  return group;
}

/** A copy that later changes do not reach. */
export function copyOf(record: IncidentRecord): IncidentRecord {
  return { ...record, series: [...record.series] };
}
