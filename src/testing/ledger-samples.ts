/** What the suite of ledgers writes, and how it compares what comes back. */
import type { AnswerRecord, DeadLetter, IncidentRecord, Ledger, LedgerCommit, OutboxItem } from '../core/contracts.ts';
import { HomeostatError } from '../core/errors.ts';
import { expectThat } from './check.ts';

/** One place that a ledger can be closed and opened at again. */
export interface LedgerHome {
  open(): Ledger;
}

/** What a ledger promises, and how it is seen at a home that nothing was ever written to. */
export type LedgerPromises = Record<string, (home: LedgerHome) => void>;

/** The pipeline that the samples are of. */
export const P = 'machines';

/** A commit of the pipeline `machines` that changes nothing but what is given. */
export function sampleCommit(owner: number, checkpoint: number, changes: Partial<LedgerCommit> = {}): LedgerCommit {
  return {
    pipeline: P,
    owner,
    checkpoint,
    position: { file: 'a.csv', offset: checkpoint * 100 },
    control: 0,
    decoder: null,
    order: new Uint8Array(0),
    watermark: checkpoint * 1000,
    counts: { events: checkpoint },
    series: [],
    states: [],
    deadLetters: [],
    replayed: [],
    incidents: [],
    transitions: [],
    outbox: [],
    outboxResults: [],
    audit: [],
    sinkPending: null,
    sinkResume: null,
    clock: checkpoint,
    ...changes,
  };
}

export function sampleIncident(id: string, endedAt: number | null = null): IncidentRecord {
  return {
    id,
    pipeline: P,
    group: { host: 'a' },
    state: endedAt === null ? 'Alerting' : 'Normal',
    severity: 'warning',
    series: ['cpu'],
    startedAt: 10,
    updatedAt: 20,
    endedAt,
    anomalies: 3,
    peak: null,
    acknowledgedBy: null,
    silenced: false,
    summary: 'cpu is high',
  };
}

/** `ended` at an event time, or in force. */
export function sampleAnswer(id: string, ended: number | null = null): AnswerRecord {
  return {
    id,
    pipeline: P,
    says: 'false-alarm',
    when: 'hour-of-day',
    until: null,
    incident: null,
    by: 'ann',
    comment: 'backup',
    at: 7,
    since: 1000,
    parts: [{ series: 'cpu', from: 10, to: 20, limitFactor: 1.25, onsetFactor: 3, ended }],
    undone: ended === null ? null : { by: 'bob', at: 9 },
  };
}

export function sampleNotice(key: string, incident = sampleIncident('i1')): OutboxItem {
  return { key, pipeline: P, kind: 'notice', target: 'webhook#0', payload: { key, status: 'firing', incident, labels: {}, at: 10, repeated: false } };
}

export function sampleDeadLetter(offset: number): Omit<DeadLetter, 'id' | 'replayed'> {
  return { pipeline: P, partition: 1, offset, place: 2, code: 'RECORD_MALFORMED', detail: 'no number', bytes: Uint8Array.of(1, 2, 255), at: Date.now() };
}

export function expectEqual(got: unknown, want: unknown, what: string): void {
  const [a, b] = [JSON.stringify(got, plain), JSON.stringify(want, plain)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}

/** Numbers that JSON does not know, bytes, and fields in any order, in a form that can be compared. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) return Array.from(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function expectCode(code: string, work: () => unknown): void {
  try {
    work();
  } catch (thrown) {
    expectThat(thrown instanceof HomeostatError && thrown.code === code, `threw ${String(thrown)} instead of ${code}`);
    return;
  }
  throw new Error(`did not throw ${code}`);
}
