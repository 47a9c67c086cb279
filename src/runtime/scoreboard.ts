/**
 * How right a run is where the truth comes with the data (simulators, injected faults): faults found and alerts that were right,
 * as it goes. Looks at what was decided; nothing that decides looks at it. Right of the cut, so it does not depend on the number of workers.
 */
import type { TruthStatus } from '../core/api.ts';
import type { SeriesInfo } from '../core/events.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { ANOMALOUS, LATE, type VerdictBatch } from '../core/verdicts.ts';

export interface ScoreboardOptions {
  /** Marked events that are no further apart are one fault, and an alert so soon after it is still about it; ms. */
  grace: number;
  /** Label of the entity whose series are judged together; undefined: each series by itself. */
  by?: string;
}

/** A stretch of marked events of one subject. */
interface Fault {
  kind: string;
  start: number;
  end: number;
  found: boolean;
}

interface Subject {
  /** The newest, at most KEPT. */
  faults: Fault[];
  /** Time of the last anomalous verdict. */
  anomalous: number;
}

const VERSION = 1;
const KEPT = 8;
/** Kinds that are told apart, for they come with the data; those beyond count together. */
const MOST_KINDS = 100;
const OTHER = 'other';

export class Scoreboard {
  readonly #options: ScoreboardOptions;
  readonly #subjects = new Map<string, Subject>();
  readonly #kinds = new Map<string, { faults: number; found: number }>();
  #alerts = 0;
  #right = 0;
  /** Sum over the faults found of the time from their start to their first anomalous verdict, ms. */
  #delay = 0;
  #changed = false;

  constructor(options: ScoreboardOptions) {
    this.#options = options;
  }

  /** True once a fault was marked: before, alerts are not counted, since nobody has said what is true. */
  get isUsed(): boolean {
    return this.#kinds.size > 0;
  }

  /** The event of this series at this time is part of a fault. Called before the verdict of the event is seen. */
  mark(series: SeriesInfo, time: number, kind: string): void {
    this.#changed = true;
    const subject = this.#subject(series);
    const last = subject.faults.find((fault) => time >= fault.start - this.#options.grace && time <= fault.end + this.#options.grace);
    if (last !== undefined) {
      last.start = Math.min(last.start, time);
      last.end = Math.max(last.end, time);
      return;
    }
    const named = this.#kinds.has(kind) || this.#kinds.size < MOST_KINDS ? kind : OTHER;
    subject.faults.push({ kind: named, start: time, end: time, found: false });
    if (subject.faults.length > KEPT) subject.faults.shift();
    this.#kind(named).faults++;
  }

  take(verdicts: VerdictBatch, get: (series: number) => SeriesInfo): void {
    if (!this.isUsed) return;
    for (let i = 0; i < verdicts.length; i++) {
      if ((verdicts.flags[i] & (ANOMALOUS | LATE)) === ANOMALOUS) this.#judge(this.#subject(get(verdicts.series[i])), verdicts.time[i]);
    }
  }

  status(): TruthStatus | null {
    if (!this.isUsed) return null;
    const kinds = [...this.#kinds].map(([kind, counts]) => ({ kind, ...counts }));
    const sum = (of: 'faults' | 'found'): number => kinds.reduce((total, each) => total + each[of], 0);
    const found = sum('found');
    return { faults: sum('faults'), found, alerts: this.#alerts, right: this.#right, delayMs: found === 0 ? null : this.#delay / found, kinds };
  }

  /** What changed since the last call, for the commit; undefined for nothing. */
  snapshot(): Uint8Array | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    const writer = new SnapshotWriter();
    writer.begin(VERSION);
    const { alerts, right, delay } = { alerts: this.#alerts, right: this.#right, delay: this.#delay };
    const subjects = [...this.#subjects].map(([name, { faults, anomalous }]) => [name, faults, Number.isFinite(anomalous) ? anomalous : null]);
    writer.text(JSON.stringify({ alerts, right, delay, kinds: [...this.#kinds], subjects }));
    return writer.end();
  }

  restore(bytes: Uint8Array): void {
    const kept = JSON.parse(new SnapshotReader(bytes, VERSION).text()) as {
      alerts: number;
      right: number;
      delay: number;
      kinds: [string, { faults: number; found: number }][];
      subjects: [string, Fault[], number | null][];
    };
    [this.#alerts, this.#right, this.#delay] = [kept.alerts, kept.right, kept.delay];
    for (const [kind, counts] of kept.kinds) this.#kinds.set(kind, counts);
    for (const [name, faults, anomalous] of kept.subjects) this.#subjects.set(name, { faults, anomalous: anomalous ?? -Infinity });
  }

  #judge(subject: Subject, time: number): void {
    this.#changed = true;
    const { grace } = this.#options;
    const fault = subject.faults.find(({ start, end }) => time >= start && time <= end + grace);
    const begins = time - subject.anomalous > grace;
    subject.anomalous = Math.max(subject.anomalous, time);
    if (begins || fault?.found === false) {
      this.#alerts++;
      if (fault !== undefined) this.#right++;
    }
    if (fault === undefined || fault.found) return;
    fault.found = true;
    this.#delay += time - fault.start;
    this.#kind(fault.kind).found++;
  }

  #subject({ key, labels }: SeriesInfo): Subject {
    const { by } = this.#options;
    const name = by === undefined ? key : (labels[by] ?? key);
    let subject = this.#subjects.get(name);
    if (subject === undefined) this.#subjects.set(name, (subject = { faults: [], anomalous: -Infinity }));
    return subject;
  }

  #kind(kind: string): { faults: number; found: number } {
    let counts = this.#kinds.get(kind);
    if (counts === undefined) this.#kinds.set(kind, (counts = { faults: 0, found: 0 }));
    return counts;
  }
}
