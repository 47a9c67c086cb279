/** Makes one checkpoint durable: history first, then the ledger in one transaction, and only then is anything shown. */
import type { BadRecord } from '../core/events.ts';
import type { DeadLetter, IncidentChanges, IncidentRecord, JsonValue, LedgerCommit, Recovered, StateWrite } from '../core/contracts.ts';
import { HomeostatError } from '../core/errors.ts';
import { faultPoint } from '../core/faults.ts';
import { ANOMALOUS, emptyVerdicts, LATE, verdictAt, type Verdict, type VerdictBatch } from '../core/verdicts.ts';
import { backoff, pause } from './ports.ts';
import type { Interest } from './protocol.ts';
import type { Run } from './run.ts';
import { decodeVerdicts, encodeVerdicts } from './sinks.ts';
import { selectRows } from './verdict-buffer.ts';

/** Verdicts sent to the server's thread per commit: enough for people, and for programs that wait for theirs. */
const SHOWN = 2_000;
const SHOWN_WAITING = 50_000;
/** Share of the time that commits may take. */
const SHARE = 10;

export class Committer {
  readonly #run: Run;
  readonly #owner: number;
  readonly #open = new Set<string>();
  #checkpoint: number;
  #control: number;
  #knownSeries: number;
  #deadLetters: Omit<DeadLetter, 'id' | 'replayed'>[] = [];
  #replayed: number[] = [];
  #audit: { at: number; by: string; what: string; detail: string }[] = [];
  #epochCommitted = false;
  /** What the ledger held for the sinks at the start. */
  readonly sinkPending: Uint8Array | null;
  readonly sinkResume: JsonValue | undefined;
  pendingForSinks: VerdictBatch = emptyVerdicts(1, 0);
  /** States of the commit at hand. */
  #states = new StatesOfCommit([], []);
  last = { number: 0, at: 0, durationMs: 0, bytes: 0, intervalMs: 0 };
  interval: number;
  /** Checkpoint since which the configuration is in force. */
  readonly epoch: number;

  constructor(run: Run, owner: number, recovered: Recovered) {
    this.#run = run;
    this.#owner = owner;
    this.#checkpoint = recovered.checkpoint;
    this.#control = recovered.control;
    this.#knownSeries = recovered.series.length;
    this.epoch = recovered.epoch?.hash === run.plan.hash ? recovered.epoch.checkpoint : recovered.checkpoint + 1;
    this.#count(recovered.incidents);
    this.#epochCommitted = recovered.epoch?.hash === run.plan.hash;
    this.sinkPending = recovered.sinkPending;
    this.sinkResume = recovered.sinkResume;
    this.interval = run.plan.checkpoint.minInterval;
    this.last.number = recovered.checkpoint;
    this.last.intervalMs = this.interval;
  }

  get openIncidents(): number {
    return this.#open.size;
  }

  refuse(bad: readonly BadRecord[]): void {
    if (bad.length === 0) return;
    const { plan, meter, clock } = this.#run;
    const at = clock.now();
    meter.counts.deadLetters += bad.length;
    for (const letter of bad) this.#deadLetters.push({ ...letter, pipeline: plan.pipeline, at });
  }

  replayed(id: number): void {
    this.#replayed.push(id);
  }

  audit(by: string, what: string, detail: string): void {
    this.#audit.push({ at: this.#run.clock.now(), by, what, detail });
  }

  /** Control records up to this one are in what is committed next. */
  applied(control: number): void {
    this.#control = control;
  }

  /** Gathers everything that changed since the last checkpoint. */
  async record(changes: IncidentChanges): Promise<LedgerCommit> {
    const run = this.#run;
    const { plan } = run;
    const states = await run.stages.writes();
    const incidentStates = changes.states.map(({ key, data }): StateWrite => ({ stage: 'incidents', key, shape: 0, data }));
    const truth = run.scoreboard?.snapshot();
    if (truth !== undefined) incidentStates.push({ stage: 'truth', key: 0, shape: 0, data: truth });
    this.#states = new StatesOfCommit(states, incidentStates);
    const record: LedgerCommit = {
      pipeline: plan.pipeline,
      owner: this.#owner,
      checkpoint: this.#checkpoint + 1,
      position: run.position ?? null,
      control: this.#control,
      decoder: run.decoder?.state() ?? null,
      order: run.order.snapshot(),
      watermark: run.order.watermark,
      counts: { ...run.meter.counts },
      series: run.dictionary.all.slice(this.#knownSeries),
      states: this.#states,
      deadLetters: this.#deadLetters,
      replayed: this.#replayed,
      incidents: changes.incidents,
      transitions: changes.transitions,
      outbox: changes.outbox,
      outboxResults: run.takeResults(),
      audit: [...this.#audit, ...changes.audit],
      answers: run.answers.take(),
      ...this.#sinks(),
      clock: run.clock.now(),
    };
    if (!this.#epochCommitted) record.epoch = { hash: plan.hash, config: plan.config };
    this.#deadLetters = [];
    this.#replayed = [];
    this.#audit = [];
    return record;
  }

  /** What sinks that are not open yet have still to get stays as it is. */
  #sinks(): Pick<LedgerCommit, 'sinkPending' | 'sinkResume'> {
    const { sinks, stored } = this.#run;
    if (!sinks.isOpen) return { sinkPending: this.sinkPending, sinkResume: this.sinkResume ?? null };
    return { sinkPending: sinks.used && stored.length > 0 ? encodeVerdicts(stored.batch) : null, sinkResume: sinks.resume };
  }

  /** Returns once the record is durable; waits where the disk is full or the history is away, throws where this process may not write any more. */
  async commit(record: LedgerCommit, signal: AbortSignal): Promise<void> {
    const run = this.#run;
    const { clock, history, ledger } = run.parts;
    const stored = run.plan.store === 'all' ? run.stored.batch : selectRows(run.stored.batch, ANOMALOUS | LATE);
    const began = clock.monotonic();
    const engine = run.health.list().find(({ part }) => part === 'engine');
    let part: 'history' | 'ledger' = 'history';
    for (let attempt = 1; ; attempt++) {
      try {
        // What the history has once it need not get again while the ledger is waited for: where it is on the same disk it would fill it.
        if (part === 'history') {
          faultPoint('history-write');
          const written = history.append(run.plan.pipeline, stored.length > 0 ? [stored] : [], run.stages.rollups, run.dictionary);
          if (written !== undefined) await written;
          faultPoint('history-written');
          part = 'ledger';
        }
        const dropped = ledger.commit(record);
        if (dropped !== undefined) run.meter.counts.deadLettersDropped = dropped;
        faultPoint('committed');
        break;
      } catch (thrown) {
        if (!(thrown instanceof HomeostatError) || !isWaitedFor(thrown) || signal.aborted) throw thrown;
        const size = thrown.code === 'DISK_FULL' ? `; ${record.order.length + this.#states.bytes} bytes to write` : '';
        run.health.set(part, 'degraded', `${thrown.message}${size}`);
        run.health.set('engine', 'degraded', `nothing is committed: the ${part} is waited for`);
        run.announce();
        await pause(backoff(attempt, 200, 5_000, clock.random), signal);
      }
    }
    this.noteHistory();
    run.health.set('ledger', 'ok');
    if (engine !== undefined) run.health.set('engine', engine.condition, engine.reason);
    this.#checkpoint = record.checkpoint;
    this.#knownSeries += record.series.length;
    this.#epochCommitted = true;
    this.#count(record.incidents);
    this.#measure(record, clock.monotonic() - began);
  }

  /** What is appended may be durable here while the place where it is shown is away. */
  noteHistory(): void {
    const trouble = this.#run.parts.history.trouble?.() ?? '';
    this.#run.health.set('history', trouble === '' ? 'ok' : 'degraded', trouble);
  }

  /** Tells the server's thread what has become visible. */
  show(record: LedgerCommit): void {
    const run = this.#run;
    const { pipeline } = run.plan;
    if (run.sinks.used && record.sinkPending !== null) this.pendingForSinks = decodeVerdicts(record.sinkPending);
    const { verdicts, skipped } = this.#shown(run.parts.interest());
    const incidents = new Map(record.incidents.map((incident) => [incident.id, incident]));
    run.parts.emit({
      type: 'committed',
      report: {
        pipeline,
        checkpoint: record.checkpoint,
        released: typeof run.position === 'number' ? run.position : -1,
        verdicts,
        skipped,
        incidents: record.transitions.flatMap((transition) => {
          const incident = incidents.get(transition.incident);
          return incident === undefined ? [] : [{ type: 'incident' as const, incident, transition }];
        }),
        outbox: record.outbox.map((item) => ({ ...item, attempts: 0 })),
      },
    });
  }

  /** What waits in the ledger's outbox; an earlier life of the process may have begun any of it, so none counts as new. */
  offerOutbox(): void {
    const { parts, plan } = this.#run;
    const outbox = parts.ledger.outboxPending(plan.pipeline).map((item) => ({ ...item, attempts: Math.max(1, item.attempts) }));
    if (outbox.length === 0) return;
    const report = { pipeline: plan.pipeline, checkpoint: this.#checkpoint, released: -1, verdicts: [], skipped: 0, incidents: [], outbox };
    parts.emit({ type: 'committed', report });
  }

  #shown(interest: Interest): { verdicts: Verdict[]; skipped: number } {
    if (!interest.watched && interest.waiting === 0) return { verdicts: [], skipped: 0 };
    const { stored, plan, dictionary } = this.#run;
    const shown = Math.min(stored.length, interest.waiting > 0 ? SHOWN_WAITING : SHOWN);
    const verdicts = Array.from({ length: shown }, (_, i) => verdictAt(stored.batch, i, plan.pipeline, dictionary));
    return { verdicts, skipped: stored.length - shown };
  }

  #measure(record: LedgerCommit, durationMs: number): void {
    const { minInterval, maxInterval } = this.#run.plan.checkpoint;
    const bytes = record.order.length + this.#states.bytes;
    this.interval = Math.min(maxInterval, Math.max(minInterval, durationMs * SHARE));
    this.last = { number: record.checkpoint, at: this.#run.clock.now(), durationMs, bytes, intervalMs: this.interval };
  }

  #count(incidents: readonly IncidentRecord[]): void {
    for (const incident of incidents) {
      if (incident.endedAt === null) this.#open.add(incident.id);
      else this.#open.delete(incident.id);
    }
  }
}

/** What mends itself or is mended from outside, while the run keeps all it has. */
function isWaitedFor({ code }: HomeostatError): boolean {
  return code === 'DISK_FULL' || code.startsWith('HISTORY');
}

/** What is written of states, read from the stages while it is written: all of it at once would weigh many MB. */
class StatesOfCommit implements Iterable<StateWrite> {
  /** Of all that was read when it was read last. */
  bytes = 0;
  readonly #parts: readonly Iterable<StateWrite>[];

  constructor(...parts: readonly Iterable<StateWrite>[]) {
    this.#parts = parts;
  }

  *[Symbol.iterator](): Generator<StateWrite, void> {
    this.bytes = 0;
    for (const part of this.#parts) {
      for (const write of part) {
        this.bytes += write.data.length;
        for (const { data } of write.rest?.pieces ?? []) this.bytes += data.length;
        yield write;
      }
    }
  }
}
