/**
 * One run of a pipeline, from the last commit until its source ends, it is stopped, or something fails. It holds nothing
 * that a crash could lose: on any failure the supervisor throws the run away and makes a new one from the ledger.
 */
import { setImmediate } from 'node:timers/promises';
import type {
  Control,
  Decoder,
  Gap,
  IncidentLogic,
  JsonValue,
  LedgerCommit,
  MessageRecords,
  OutboxResult,
  Position,
  Source,
  SourceBatch,
  Truth,
} from '../core/contracts.ts';
import { EventBuilder, SeriesDictionary, type BadRecord } from '../core/events.ts';
import { faultPoint } from '../core/faults.ts';
import { ANOMALOUS, LATE, type VerdictBatch } from '../core/verdicts.ts';
import { AnswerBook } from './answers.ts';
import type { Stages } from './chain.ts';
import { Committer } from './committer.ts';
import { applyControl } from './controls.ts';
import type { HealthBoard } from './health.ts';
import { Latest } from './latest.ts';
import { Meter } from './meter.ts';
import { Order } from './order.ts';
import type { RunParts, RunPlan } from './plan.ts';
import type { Poison } from './poison.ts';
import { SteadyClock } from './ports.ts';
import { Reading } from './reading.ts';
import { Scoreboard } from './scoreboard.ts';
import { SinkQueue } from './sinks.ts';
import { statusOf } from './status.ts';
import { TimeOrder, VerdictBuffer, VerdictIds } from './verdict-buffer.ts';

/** What a control record asks of the supervisor, once it is committed. */
export type Request = { type: 'restart' } | { type: 'configure'; config: JsonValue };

/** Rows kept until the commit; more than this commits early. Those of logs have words, and each keeps a session's state until then. */
const MAX_PENDING = { numbers: 50_000, lines: 24_576 };
const STATUS_EVERY = 500;
/** Longest stretch of work before timers and messages get their turn, ms. */
const SLICE = 10;
/** A commit that takes longer than this held the reading up, ms of the clock. */
const STALL = 1_000;
/** Longest time without a look at timers while the source has nothing, ms. */
const LOOK = 200;

export class Run {
  readonly plan: RunPlan;
  readonly parts: RunParts;
  readonly health: HealthBoard;
  readonly dictionary: SeriesDictionary;
  readonly meter: Meter;
  order: Order;
  readonly incidents: IncidentLogic;
  readonly stages: Stages;
  readonly answers: AnswerBook;
  readonly scoreboard: Scoreboard | undefined;
  readonly sinks: SinkQueue;
  readonly clock: SteadyClock;
  readonly committer: Committer;
  readonly recovery: { seconds: number; checkpoint: number };
  readonly startedAt: number;
  decoder: Decoder | undefined;
  position: Position | undefined;
  /** Lines that say what the format chose. */
  report: string[] = [];
  backlogNotices = 0;
  readonly maxPending: number;
  request: Request | undefined;
  readonly poison: Poison;
  readonly #source: Source;
  readonly #committedOrder: Uint8Array | undefined;
  readonly #reading: Reading;
  readonly #builder: EventBuilder;
  readonly #nothing: EventBuilder;
  readonly #ids: VerdictIds;
  readonly #stored: VerdictBuffer;
  /** What the stages say of one batch, where several speak: incidents want it in order of time. */
  readonly #said: VerdictBuffer | undefined;
  readonly #inOrder = new TimeOrder();
  readonly #latest: Latest;
  readonly #controls: Control[] = [];
  readonly #results: OutboxResult[] = [];
  #changed = false;
  #changedAt = 0;
  #lastRecords = 0;
  #lastStatus = -Infinity;
  #sliceBegan = 0;

  constructor(plan: RunPlan, parts: RunParts, health: HealthBoard, poison: Poison) {
    const began = parts.clock.monotonic();
    this.plan = plan;
    this.maxPending = plan.lines ? MAX_PENDING.lines : MAX_PENDING.numbers;
    this.parts = parts;
    this.health = health;
    this.poison = poison;
    this.startedAt = parts.clock.now();
    const { owner, recovered } = parts.ledger.claim(plan.pipeline);
    this.dictionary = new SeriesDictionary(plan.maxSeries, plan.labels, plan.unit);
    this.dictionary.restore(recovered.series);
    this.clock = new SteadyClock(parts.clock, recovered.clock);
    this.meter = new Meter(parts.clock, recovered.counts);
    // A run that ended before its source handed anything over has committed none.
    this.position = recovered.position ?? undefined;
    this.#source = parts.createSource(this.dictionary);
    this.#reading = new Reading(this.#source, plan.source);
    this.decoder = parts.createDecoder(this.dictionary, recovered.decoder);
    this.report = this.decoder?.report() ?? [];
    this.#committedOrder = recovered.order;
    this.order = this.#restoredOrder(this.#source.connect === undefined ? this.#source.partitions : Infinity);
    this.incidents = parts.createIncidents(this.dictionary);
    this.incidents.restore(parts.ledger.states(plan.pipeline, 'incidents'), recovered.incidents);
    this.scoreboard = plan.truth === undefined ? undefined : new Scoreboard(plan.truth);
    for (const { data } of this.scoreboard === undefined ? [] : parts.ledger.states(plan.pipeline, 'truth')) this.scoreboard!.restore(data);
    this.#builder = new EventBuilder(this.dictionary, plan.width, 4096, plan.lines);
    this.#nothing = new EventBuilder(this.dictionary, plan.width, 1, plan.lines);
    this.#ids = new VerdictIds(plan.pipeline, 'detect', this.dictionary);
    this.#stored = new VerdictBuffer(plan.verdictWidth, 'detect', plan.detector, plan.hash, this.#ids);
    if (plan.lines) this.#said = new VerdictBuffer(plan.verdictWidth, 'detect', plan.detector, plan.hash, this.#ids);
    this.#latest = new Latest(this.dictionary);
    const trouble = (target: string, reason: string): void => {
      this.health.set(`sink ${target}`, reason === '' ? 'ok' : 'degraded', reason);
      // The pipeline waits for the sink, so nothing else would say so.
      if (reason !== '') this.announce();
    };
    this.sinks = new SinkQueue(parts.createSinks(), plan.pipeline, this.dictionary, parts.clock, plan.restart, trouble);
    this.committer = new Committer(this, owner, recovered);
    this.answers = new AnswerBook(plan.pipeline, this.dictionary, recovered.answers);
    this.#controls.push(...parts.ledger.controls(plan.pipeline, recovered.control));
    if (recovered.epoch?.hash !== plan.hash) this.#touch();
    // Last, because threads of a run that cannot be made would never be ended.
    this.stages = parts.createStages(this.dictionary);
    for (const control of this.answers.all()) this.stages.control(control);
    this.recovery = { seconds: (parts.clock.monotonic() - began) / 1000, checkpoint: recovered.checkpoint };
  }

  get stored(): VerdictBuffer {
    return this.#stored;
  }

  /** The order as it was committed; `partitions` Infinity leaves as many as there were. */
  #restoredOrder(partitions: number): Order {
    const { plan } = this;
    const kept = this.#committedOrder === undefined ? 1 : Order.partitionsIn(this.#committedOrder);
    const order = new Order(plan.order, partitions === Infinity ? kept : partitions, this.dictionary, plan.width, plan.lines);
    if (this.#committedOrder !== undefined) order.restore(this.#committedOrder);
    return order;
  }

  /** Lets a source that learns there what it reads reach its system. */
  async #connect(signal: AbortSignal): Promise<void> {
    if (this.#source.connect !== undefined) {
      await this.#reading.connect(signal);
      this.order = this.#restoredOrder(this.#source.partitions);
    }
    this.order.read(this.#source.absent ?? [], this.#source.finite);
  }

  /** Reads until the source ends (answers true) or `signal` aborts (answers false); commits what it has in both cases. */
  async loop(signal: AbortSignal): Promise<boolean> {
    await this.sinks.open(this.committer.sinkResume, this.committer.sinkPending, signal);
    this.committer.offerOutbox();
    this.health.set('engine', 'ok');
    await this.#connect(signal);
    this.#reading.open(this.position, signal);
    this.incidents.connected(this.clock.now());
    this.#lastRecords = this.parts.clock.monotonic();
    // A source that has ended already leaves no other occasion.
    await this.#housekeeping(signal);
    this.#reading.ask();
    while (!signal.aborted && this.request === undefined) {
      const due = this.#changed ? this.#changedAt + this.committer.interval - this.parts.clock.monotonic() : LOOK;
      await this.#reading.wait(Math.min(due, LOOK), signal);
      const handed = this.#reading.take();
      // A source that has nothing to hand over and does not fail is there.
      if (handed === undefined) this.#hear();
      else if (handed.done === true) break;
      else {
        await this.#take(handed.value);
        await this.#rest(signal);
        this.#reading.ask();
      }
      await this.#housekeeping(signal);
    }
    const ended = !signal.aborted && this.request === undefined && this.#source.finite && (await this.#finish(signal));
    await this.#commit(signal);
    await this.sinks.settled();
    await this.#commit(signal);
    this.#status(true);
    return ended;
  }

  /** A source that has nothing to hand over says whether it is there. */
  #hear(): void {
    const trouble = this.#source.trouble?.() ?? '';
    this.health.set('source', trouble === '' ? 'ok' : 'degraded', trouble);
  }

  /** Bytes that the source has and did not hand over yet; null when unknown. */
  get lagBytes(): number | null {
    return this.#source.remaining?.() ?? null;
  }

  /** Commits what was processed before the source failed, so that a source that cannot be read again loses nothing. */
  async salvage(signal: AbortSignal): Promise<void> {
    // Before the source is open the sinks may not have what the ledger still holds for them.
    if (this.#reading.isOpen) await this.#commit(signal);
  }

  /** Opens an incident about the pipeline itself, which cannot go on; the next record that is read ends it. */
  async fault(reason: string, signal: AbortSignal): Promise<void> {
    this.incidents.fault(reason, this.clock.now());
    this.#touch();
    await this.#commit(signal);
  }

  announce(): void {
    this.#status(true);
  }

  async close(): Promise<void> {
    await this.#reading.close();
    await Promise.allSettled([this.stages.close(), this.sinks.close()]);
  }

  control(control: Control): void {
    this.#controls.push(control);
    this.#touch();
    this.#reading.wake();
  }

  outboxResult(result: OutboxResult): void {
    this.#results.push(result);
    this.#touch();
    this.#reading.wake();
  }

  takeResults(): OutboxResult[] {
    return this.#results.splice(0);
  }

  /** Processes decoded events: those of the source's next batch, or of replayed dead letters. */
  async process(input: EventBuilder): Promise<void> {
    const refused = input.bad.length;
    this.order.add(input, this.clock.now());
    this.meter.counts.events += input.length - (input.bad.length - refused);
    this.committer.refuse(input.bad);
    await this.#advance();
  }

  async #take(batch: SourceBatch): Promise<void> {
    faultPoint('read');
    const builder = this.#builder;
    const { records } = batch;
    const { counts } = this.meter;
    builder.reset();
    if (records.kind === 'events') records.fill(builder);
    else this.decoder!.decode(records, builder);
    if (records.kind === 'messages') noteSent(builder.bad, records);
    if (this.report.length === 0 && this.decoder !== undefined) this.report = this.decoder.report();
    counts.records += records.kind === 'messages' ? records.ends.length : builder.length + builder.bad.length;
    counts.bytes += records.kind === 'events' ? 0 : records.bytes.length;
    this.position = batch.position;
    this.#note(builder.gaps);
    this.#mark(batch.truth ?? [], builder);
    this.#note(batch.gaps ?? []);
    await this.process(builder);
    batch.done?.();
    this.incidents.mended(this.clock.now());
    if (records.kind === 'bytes' && records.ends && this.#source.finite) this.order.end(records.partition);
    this.#source.prefer?.(this.order.laggard);
    this.#lastRecords = this.parts.clock.monotonic();
    this.#touch();
    this.health.set('source', 'ok');
  }

  #note(gaps: readonly Gap[]): void {
    this.meter.counts.gaps += gaps.length;
    for (const { from, to, reason } of gaps) {
      this.committer.audit(`source ${this.plan.source}`, 'gap', `${new Date(from).toISOString()} to ${new Date(to).toISOString()}: ${reason}`);
    }
  }

  #mark(truth: readonly Truth[], { truth: said }: EventBuilder): void {
    const { scoreboard, dictionary } = this;
    if (scoreboard === undefined) return;
    for (const { series, time, kind } of said) scoreboard.mark(dictionary.get(series), time, kind);
    for (const { series, time, kind } of truth) {
      const index = dictionary.find(series);
      if (index >= 0) scoreboard.mark(dictionary.get(index), time, kind);
    }
  }

  async #advance(ready = this.order.ready, late = this.order.late): Promise<void> {
    const { watermark } = this.order;
    const { counts } = this.meter;
    const rows = this.poison.without(ready, this.dictionary, (bad) => this.committer.refuse(bad));
    this.incidents.setArrival(this.clock.now());
    const running = this.stages.process(rows, watermark, (verdicts) => this.#cut(verdicts));
    if (running !== undefined) await running;
    if (this.#said !== undefined) {
      this.incidents.process(this.#inOrder.of(this.#said.batch));
      this.#said.clear();
    }
    if (late.length > 0) {
      this.#stored.appendLate(late);
      counts.late += late.length;
      counts.verdicts += late.length;
    }
    if (this.stages.isLeft !== true) this.incidents.advance(watermark);
  }

  /** Goes on with what is due by the watermark, a commit after each piece of it, so that no more is held than a piece; false where it was stopped before the end. */
  async #rest(signal: AbortSignal): Promise<boolean> {
    while (this.stages.isLeft === true) {
      this.#touch();
      await this.#commit(signal);
      await this.#breathe();
      if (signal.aborted) return false;
      await this.#advance(this.#nothing, this.#nothing);
    }
    return true;
  }

  #cut(verdicts: VerdictBatch): void {
    const { counts } = this.meter;
    this.#ids.fillAll(verdicts);
    if (this.#said === undefined) this.incidents.process(verdicts);
    else this.#said.append(verdicts, 0);
    this.#latest.take(verdicts);
    this.scoreboard?.take(verdicts, (series) => this.dictionary.get(series));
    counts.verdicts += verdicts.length;
    for (let i = 0; i < verdicts.length; i++) counts.anomalies += verdicts.flags[i] & ANOMALOUS;
    this.#stored.append(verdicts, this.keepsAll ? 0 : ANOMALOUS | LATE);
  }

  /** Whether rows that are not anomalous are needed after the commit. */
  get keepsAll(): boolean {
    return this.plan.store === 'all' || this.sinks.used || this.parts.interest().watched || this.parts.interest().waiting > 0;
  }

  /** Answers whether all was done. */
  async #finish(signal: AbortSignal): Promise<boolean> {
    this.order.finish();
    await this.#advance();
    this.#touch();
    if (!(await this.#rest(signal))) return false;
    this.#touch();
    this.health.set('source', 'finished');
    return true;
  }

  #touch(): void {
    if (this.#changed) return;
    this.#changed = true;
    this.#changedAt = this.parts.clock.monotonic();
  }

  async #housekeeping(signal: AbortSignal): Promise<void> {
    const at = this.parts.clock.monotonic();
    if (this.order.waiting > 0 && at - this.#lastRecords >= this.plan.idle) {
      this.order.idle();
      await this.#advance();
      this.#touch();
      await this.#rest(signal);
    }
    const clock = this.clock.now();
    if (clock >= this.incidents.nextTick()) {
      this.incidents.tick(clock);
      this.#touch();
    }
    const due = this.#changed && (at - this.#changedAt >= this.committer.interval || this.#stored.length >= this.maxPending);
    if (due || this.#controls.length > 0) await this.#commit(signal);
    if (this.#controls.length > 0) {
      for (const control of this.#controls.splice(0)) await applyControl(this, control);
      this.#changed = true;
      await this.#commit(signal);
    }
    await this.#breathe();
  }

  /** Says how it goes, and lets timers and messages have their turn. */
  async #breathe(): Promise<void> {
    this.#status(false);
    if (this.parts.clock.monotonic() - this.#sliceBegan <= SLICE) return;
    await setImmediate();
    this.#sliceBegan = this.parts.clock.monotonic();
  }

  async #commit(signal: AbortSignal): Promise<void> {
    if (!this.#changed) return;
    const began = this.clock.now();
    await this.sinks.settled();
    const changes = this.incidents.take();
    this.backlogNotices += changes.backlog;
    const record = await this.committer.record(changes);
    this.#changed = false;
    await this.committer.commit(record, signal);
    // Nothing was read while a sink or the disk was waited for, so no series was silent.
    if (this.clock.now() - began > STALL) this.incidents.connected(this.clock.now());
    this.stages.committed();
    faultPoint('spill');
    this.#afterCommit(record, signal);
    // The first commit of a run says that it goes on again.
    if (record.checkpoint === this.recovery.checkpoint + 1) this.#status(true);
  }

  #afterCommit(record: LedgerCommit, signal: AbortSignal): void {
    if (this.position !== undefined) {
      // Not awaited: the acknowledgement only lets the other side forget, and its failure is the source's to retry.
      void Promise.resolve(this.#source.acknowledge?.(this.position)).catch((thrown: unknown) => {
        this.health.set('source', 'degraded', String(thrown));
      });
    }
    this.committer.show(record);
    if (this.sinks.used && this.#stored.length > 0) {
      this.sinks.deliver(this.committer.pendingForSinks, signal);
      this.#touch();
    }
    this.#stored.clear();
  }

  #status(always: boolean): void {
    const at = this.parts.clock.monotonic();
    if (!always && at - this.#lastStatus < STATUS_EVERY) return;
    this.#lastStatus = at;
    if (this.parts.history.trouble !== undefined) this.committer.noteHistory();
    this.parts.emit({ type: 'status', status: statusOf(this) });
    const latest = this.#latest.report();
    if (latest !== undefined) this.parts.emit({ type: 'latest', pipeline: this.plan.pipeline, latest });
  }
}

/** Keeps with refused messages what is needed to decode them anew. */
function noteSent(bad: readonly BadRecord[], { offsets, types, labels }: MessageRecords): void {
  for (const record of bad) {
    const i = offsets.indexOf(record.offset);
    if (i >= 0) record.sent = { type: types?.[i] ?? '', ...(labels?.[i] === undefined ? {} : { labels: labels[i] }) };
  }
}
