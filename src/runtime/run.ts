/**
 * One run of a pipeline, from the last commit until its source ends, it is stopped, or something fails. It holds nothing
 * that a crash could lose: on any failure the supervisor throws the run away and makes a new one from the ledger.
 */
import { setImmediate } from 'node:timers/promises';
import type { Control, Decoder, IncidentLogic, JsonValue, LedgerCommit, OutboxResult, Position, Source, SourceBatch } from '../core/contracts.ts';
import { EventBuilder, SeriesDictionary, type EventBatch } from '../core/events.ts';
import { HomeostatError, messageOf } from '../core/errors.ts';
import { faultPoint } from '../core/faults.ts';
import { ANOMALOUS, LATE, type VerdictBatch } from '../core/verdicts.ts';
import type { Stages } from './chain.ts';
import { Committer } from './committer.ts';
import { applyControl } from './controls.ts';
import type { HealthBoard } from './health.ts';
import { Latest } from './latest.ts';
import { Meter } from './meter.ts';
import { Order } from './order.ts';
import type { RunParts, RunPlan } from './plan.ts';
import { pause, SteadyClock } from './ports.ts';
import { SinkQueue } from './sinks.ts';
import { statusOf } from './status.ts';
import { VerdictBuffer, VerdictIds } from './verdict-buffer.ts';

/** Records that failed an operator, `partition:offset:place`: how often, how the last time, and which control record last had them tried anew. */
export type Poison = Map<string, { times: number; reason: string; forgivenBy?: number }>;

/** What a control record asks of the supervisor, once it is committed. */
export type Request = { type: 'restart' } | { type: 'configure'; config: JsonValue };

type Answer = { type: 'handed'; result: IteratorResult<SourceBatch> } | { type: 'failed'; thrown: unknown };

/** Rows kept until the commit; more than this commits early. */
const MAX_PENDING = 50_000;
const STATUS_EVERY = 500;
/** Longest stretch of work before timers and messages get their turn, ms. */
const SLICE = 10;
/** A commit that takes longer than this held the reading up, ms of the clock. */
const STALL = 1_000;
/** Longest wait for a source that is closed, ms. */
const CLOSE_WITHIN = 1_000;

export class Run {
  readonly plan: RunPlan;
  readonly parts: RunParts;
  readonly health: HealthBoard;
  readonly dictionary: SeriesDictionary;
  readonly meter: Meter;
  readonly order: Order;
  readonly incidents: IncidentLogic;
  readonly stages: Stages;
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
  readonly maxPending = MAX_PENDING;
  request: Request | undefined;
  readonly #poison: Poison;
  readonly #source: Source;
  readonly #builder: EventBuilder;
  readonly #ids: VerdictIds;
  readonly #stored: VerdictBuffer;
  readonly #latest: Latest;
  readonly #controls: Control[] = [];
  readonly #results: OutboxResult[] = [];
  #changed = false;
  #changedAt = 0;
  #lastRecords = 0;
  #lastStatus = -Infinity;
  #sliceBegan = 0;
  #wake: () => void = () => {};
  readonly #closing = new AbortController();
  #iterator: AsyncIterator<SourceBatch> | undefined;
  #answer: Answer | undefined;

  constructor(plan: RunPlan, parts: RunParts, health: HealthBoard, poison: Poison) {
    const began = parts.clock.monotonic();
    this.plan = plan;
    this.parts = parts;
    this.health = health;
    this.#poison = poison;
    this.startedAt = parts.clock.now();
    const { owner, recovered } = parts.ledger.claim(plan.pipeline);
    this.dictionary = new SeriesDictionary(plan.maxSeries, plan.labels, plan.unit);
    this.dictionary.restore(recovered.series);
    this.clock = new SteadyClock(parts.clock, recovered.clock);
    this.meter = new Meter(parts.clock, recovered.counts);
    this.position = recovered.position;
    this.#source = parts.createSource(this.dictionary);
    this.decoder = parts.createDecoder(this.dictionary, recovered.decoder);
    this.report = this.decoder?.report() ?? [];
    this.order = new Order(plan.order, this.#source.partitions, this.dictionary, plan.width);
    if (recovered.order !== undefined) this.order.restore(recovered.order);
    this.incidents = parts.createIncidents(this.dictionary);
    this.incidents.restore(parts.ledger.states(plan.pipeline, 'incidents'), recovered.incidents);
    this.#builder = new EventBuilder(this.dictionary, plan.width);
    this.#ids = new VerdictIds(plan.pipeline, 'detect', this.dictionary);
    this.#stored = new VerdictBuffer(plan.verdictWidth, 'detect', plan.detector, plan.hash, this.#ids);
    this.#latest = new Latest(this.dictionary);
    const trouble = (target: string, reason: string): void => {
      this.health.set(`sink ${target}`, reason === '' ? 'ok' : 'degraded', reason);
      // The pipeline waits for the sink, so nothing else would say so.
      if (reason !== '') this.announce();
    };
    this.sinks = new SinkQueue(parts.createSinks(), plan.pipeline, this.dictionary, parts.clock, plan.restart, trouble);
    this.committer = new Committer(this, owner, recovered);
    this.#controls.push(...parts.ledger.controls(plan.pipeline, recovered.control));
    if (recovered.epoch?.hash !== plan.hash) this.#touch();
    // Last, because threads of a run that cannot be made would never be ended.
    this.stages = parts.createStages(this.dictionary);
    this.recovery = { seconds: (parts.clock.monotonic() - began) / 1000, checkpoint: recovered.checkpoint };
  }

  get stored(): VerdictBuffer {
    return this.#stored;
  }

  /** Reads until the source ends (answers true) or `signal` aborts (answers false); commits what it has in both cases. */
  async loop(signal: AbortSignal): Promise<boolean> {
    await this.sinks.open(this.committer.sinkResume, this.committer.sinkPending, signal);
    this.committer.offerOutbox();
    this.health.set('engine', 'ok');
    const iterator = this.#source.open(this.position, AbortSignal.any([signal, this.#closing.signal]))[Symbol.asyncIterator]();
    this.#iterator = iterator;
    this.incidents.connected(this.clock.now());
    this.#lastRecords = this.parts.clock.monotonic();
    // A source that has ended already leaves no other occasion.
    await this.#housekeeping(signal);
    this.#ask(iterator);
    while (!signal.aborted && this.request === undefined) {
      await this.#wait(signal);
      const answer = this.#answer;
      // A source that has nothing to hand over and does not fail is there.
      if (answer === undefined) this.health.set('source', 'ok');
      else if (answer.type === 'failed') throw this.#sourceFault(answer.thrown);
      else if (answer.result.done === true) break;
      else {
        await this.#take(answer.result.value);
        this.#ask(iterator);
      }
      await this.#housekeeping(signal);
    }
    const ended = !signal.aborted && this.request === undefined && this.#source.finite;
    if (ended) await this.#finish();
    await this.#commit(signal);
    await this.sinks.settled();
    await this.#commit(signal);
    this.#status(true);
    return ended;
  }

  /** Bytes that the source has and did not hand over yet; null when unknown. */
  get lagBytes(): number | null {
    return this.#source.remaining?.() ?? null;
  }

  /** Commits what was processed before the source failed, so that a source that cannot be read again loses nothing. */
  async salvage(signal: AbortSignal): Promise<void> {
    // Before the source is open the sinks may not have what the ledger still holds for them.
    if (this.#iterator !== undefined) await this.#commit(signal);
  }

  announce(): void {
    this.#status(true);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const left = new AbortController();
    const end = async (): Promise<unknown> => {
      await this.#source.close();
      return this.#iterator?.return?.();
    };
    // What the source holds open is its own to close; one that hangs or fails is left behind.
    await Promise.race([end().catch(() => {}), pause(CLOSE_WITHIN, left.signal)]);
    left.abort();
    await Promise.allSettled([this.stages.close(), this.sinks.close()]);
  }

  control(control: Control): void {
    this.#controls.push(control);
    this.#touch();
    this.#wake();
  }

  outboxResult(result: OutboxResult): void {
    this.#results.push(result);
    this.#touch();
    this.#wake();
  }

  takeResults(): OutboxResult[] {
    return this.#results.splice(0);
  }

  /** A record is tried anew, so its failures are forgotten; once a control record, which is applied again where that fails. */
  forgive({ partition, offset, place }: { partition: number; offset: number; place: number }, control: number): void {
    const failed = this.#poison.get(`${partition}:${offset}:${place}`);
    if (failed !== undefined && failed.forgivenBy !== control) Object.assign(failed, { times: 0, forgivenBy: control });
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
    if (this.report.length === 0 && this.decoder !== undefined) this.report = this.decoder.report();
    counts.records += records.kind === 'messages' ? records.ends.length : builder.length + builder.bad.length;
    counts.bytes += records.kind === 'events' ? 0 : records.bytes.length;
    this.position = batch.position;
    await this.process(builder);
    if (records.kind === 'bytes' && records.ends && this.#source.finite) this.order.end(records.partition);
    this.#source.prefer?.(this.order.laggard);
    this.#lastRecords = this.parts.clock.monotonic();
    this.#touch();
    this.health.set('source', 'ok');
  }

  async #advance(): Promise<void> {
    const { ready, late, watermark } = this.order;
    const { counts } = this.meter;
    const rows = this.#poison.size === 0 ? ready : this.#withoutPoison(ready);
    this.incidents.setArrival(this.clock.now());
    const running = this.stages.process(rows, watermark, (verdicts) => this.#cut(verdicts));
    if (running !== undefined) await running;
    if (late.length > 0) {
      this.#stored.appendLate(late);
      counts.late += late.length;
      counts.verdicts += late.length;
    }
    this.incidents.advance(watermark);
  }

  #cut(verdicts: VerdictBatch): void {
    const { counts } = this.meter;
    this.#ids.fillAll(verdicts);
    this.incidents.process(verdicts);
    this.#latest.take(verdicts);
    counts.verdicts += verdicts.length;
    for (let i = 0; i < verdicts.length; i++) counts.anomalies += verdicts.flags[i] & ANOMALOUS;
    this.#stored.append(verdicts, this.keepsAll ? 0 : ANOMALOUS | LATE);
  }

  /** Whether rows that are not anomalous are needed after the commit. */
  get keepsAll(): boolean {
    return this.plan.store === 'all' || this.sinks.used || this.parts.interest().verdicts === 'all' || this.parts.interest().waiting > 0;
  }

  #withoutPoison(ready: EventBuilder): EventBatch {
    const kept = new EventBuilder(this.dictionary, ready.width, ready.length);
    for (let i = 0; i < ready.length; i++) {
      const [partition, offset, place] = [ready.partition[i], ready.offset[i], ready.place[i]];
      const values = ready.values.subarray(i * ready.width, (i + 1) * ready.width);
      const failed = this.#poison.get(`${partition}:${offset}:${place}`);
      if (failed !== undefined && failed.times >= 2) {
        const record = { series: this.dictionary.get(ready.series[i]).key, time: ready.time[i], values: [...values] };
        const bytes = Buffer.from(JSON.stringify(record));
        this.committer.refuse([{ partition, offset, place, code: 'OPERATOR_FAILED', detail: failed.reason, bytes }]);
        continue;
      }
      const row = kept.row(ready.series[i], ready.time[i], partition, offset, place);
      kept.values.set(values, row * ready.width);
    }
    return kept;
  }

  async #finish(): Promise<void> {
    this.order.finish();
    await this.#advance();
    this.#touch();
    this.health.set('source', 'finished');
  }

  #touch(): void {
    if (this.#changed) return;
    this.#changed = true;
    this.#changedAt = this.parts.clock.monotonic();
  }

  /** Asks the source for its next hand-over, which lies in `#answer` once it is there. */
  #ask(iterator: AsyncIterator<SourceBatch>): void {
    this.#answer = undefined;
    const note = (answer: Answer): void => {
      this.#answer = answer;
      this.#wake();
    };
    iterator.next().then(
      (result) => note({ type: 'handed', result }),
      (thrown: unknown) => note({ type: 'failed', thrown }),
    );
  }

  #sourceFault(thrown: unknown): HomeostatError {
    if (thrown instanceof HomeostatError) return thrown;
    return new HomeostatError('SOURCE_UNREACHABLE', { source: this.plan.source, detail: messageOf(thrown) }, thrown);
  }

  /** Resolves when the source has answered, or when it is time to look after something else. */
  async #wait(signal: AbortSignal): Promise<void> {
    if (this.#answer !== undefined || signal.aborted) return;
    const due = this.#changed ? this.#changedAt + this.committer.interval - this.parts.clock.monotonic() : 200;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = () => resolve();
      timer = setTimeout(this.#wake, Math.max(0, Math.min(due, 200)));
      signal.addEventListener('abort', this.#wake, { once: true });
    });
    clearTimeout(timer);
    signal.removeEventListener('abort', this.#wake);
    this.#wake = () => {};
  }

  async #housekeeping(signal: AbortSignal): Promise<void> {
    const at = this.parts.clock.monotonic();
    if (this.order.waiting > 0 && at - this.#lastRecords >= this.plan.idle) {
      this.order.idle();
      await this.#advance();
      this.#touch();
    }
    const clock = this.clock.now();
    if (clock >= this.incidents.nextTick()) {
      this.incidents.tick(clock);
      this.#touch();
    }
    const due = this.#changed && (at - this.#changedAt >= this.committer.interval || this.#stored.length >= MAX_PENDING);
    if (due || this.#controls.length > 0) await this.#commit(signal);
    if (this.#controls.length > 0) {
      for (const control of this.#controls.splice(0)) await applyControl(this, control);
      this.#changed = true;
      await this.#commit(signal);
    }
    this.#status(false);
    if (at - this.#sliceBegan > SLICE) {
      await setImmediate();
      this.#sliceBegan = this.parts.clock.monotonic();
    }
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
    this.parts.emit({ type: 'status', status: statusOf(this) });
    const latest = this.#latest.report();
    if (latest !== undefined) this.parts.emit({ type: 'latest', pipeline: this.plan.pipeline, latest });
  }
}
