/** A running process as the server and the command line see it: the engine in its thread, journals, outbox and readers in this one. */
import { mkdirSync } from 'node:fs';
import type {
  AnswerPreview,
  Comparison,
  ComponentView,
  DetectorView,
  LiveEvent,
  Page,
  PartHealth,
  PipelineStatus,
  ReceiverTest,
  SeriesStatus,
} from '../core/api.ts';
import type { ActionHost, Listener } from '../core/schema.ts';
import type { Action, ControlRecord, JournalWriter, Notifier } from '../core/contracts.ts';
import { HomeostatError, messageOf } from '../core/errors.ts';
import type { AnswerQuery, CompareQuery, DetectRequest, Reader, Running } from '../core/live.ts';
import type { Verdict } from '../core/verdicts.ts';
import type { Heartbeat } from '../incidents/heartbeat.ts';
import { Outbox } from '../incidents/outbox.ts';
import { pause } from '../runtime/ports.ts';
import type { CommitReport, FromEngine, Interest } from '../runtime/protocol.ts';
import { openReader, type ClosingReader } from '../stores/index.ts';
import { openStateReader, type StateReader } from '../stores/sqlite/state-reader.ts';
import { toldOf } from '../stores/sqlite/told.ts';
import { previewAnswer } from './answers.ts';
import { Comparisons, detectorViews } from './compare-series.ts';
import { definitionOf, type Config, type PipelineConfig } from './config/index.ts';
import { actionsOf, pacingsOf, receiversOf } from './deliveries.ts';
import { detectPosted } from './detect.ts';
import { EngineLink } from './engine-link.ts';
import { heartbeatOf } from './heartbeat.ts';
import { initialStatus } from './initial-status.ts';
import { journalOf, listenerOf } from './journals.ts';
import { HostLogs } from './logs/host-logs.ts';
import { registry } from './registry.ts';
import { InForce, type ConfigFile } from './settings/in-force.ts';
import { Settings } from './settings/settings.ts';
import { pageOf, SeriesTable } from './series-table.ts';
import { Receivers } from './told.ts';
import { unaligned } from './unaligned.ts';
import { VerdictWaits } from './verdict-waits.ts';
import { wordsOf } from './words.ts';

export interface HostOptions {
  log(level: 'info' | 'warn' | 'error', message: string, pipeline: string): void;
  /** Entry of the engine thread; the built one beside this file unless told otherwise. */
  engineThread?: URL;
  /** Where the configuration came from, so that changes can be kept there; without it nothing can be changed. */
  file?: ConfigFile;
}

export interface RunningProcess {
  running: Running;
  /** The configuration in force. */
  inForce: InForce;
  /** Last commit, then the end; at most `graceMs`. */
  stop(graceMs?: number): Promise<void>;
  /** All pipelines have finite sources and are done. */
  finished: Promise<void>;
}

/** Series in one live event: more would only be drawn over. */
const LIVE_SERIES = 2_000;
const GRACE = 10_000;

/** Starts everything a configuration names. Throws LEDGER_BUSY, LEDGER_DAMAGED, LEDGER_NEWER, JOURNAL_DAMAGED, DISK_FULL, LEDGER_IO. */
export async function startHomeostat(config: Config, options: HostOptions): Promise<RunningProcess> {
  try {
    mkdirSync(config.data, { recursive: true });
  } catch (thrown) {
    throw new HomeostatError('LEDGER_IO', { path: config.data, detail: messageOf(thrown) }, thrown);
  }
  const host = new Host(config, options);
  await host.start();
  return { running: host, inForce: host.inForce, stop: (graceMs = GRACE) => host.stop(graceMs), finished: host.finished };
}

interface Member {
  config: PipelineConfig;
  /** As the engine says. */
  engine: PipelineStatus;
  /** Receivers and actions that said how they are, by their part. */
  receivers: Map<string, PartHealth>;
  told: Receivers;
  /** Clock at which the engine last said something of it. */
  heardAt: number;
  /** Both together. */
  status: PipelineStatus;
  table: SeriesTable;
  waits: VerdictWaits;
  outbox: Outbox;
  journal: JournalWriter | undefined;
  /** What fetches for the journal. */
  listener: Listener | undefined;
}

class Host implements Running {
  readonly reader: Reader;
  readonly logs: HostLogs;
  readonly inForce: InForce;
  readonly settings: Settings;
  readonly finished: Promise<void>;
  readonly #config: Config;
  readonly #options: HostOptions;
  readonly #stored: ClosingReader;
  readonly #comparisons = new Comparisons();
  #states: StateReader | undefined;
  readonly #members = new Map<string, Member>();
  readonly #listeners = new Set<(event: LiveEvent) => void>();
  readonly #link: EngineLink;
  readonly #heartbeat: Heartbeat | undefined;
  readonly #unfinished: Set<string>;
  #finish: () => void = () => {};
  #expecting = 0;
  #interest: Interest = { watched: false, waiting: 0 };

  constructor(config: Config, options: HostOptions) {
    this.#config = config;
    this.#options = options;
    this.#stored = openReader(config);
    this.reader = this.#stored;
    this.logs = new HostLogs(config, options, {
      control: (pipeline, record) => this.control(pipeline, record),
      publish: (event) => this.#publish(event),
    });
    this.inForce = new InForce(config, options.file, {
      adopt: (next) => this.#adopt(next),
      control: (pipeline, record) => this.control(pipeline, record),
    });
    this.settings = new Settings(this.inForce, registry, (pipeline) => this.#need(pipeline).status);
    this.#unfinished = new Set(config.pipelines.map(({ name }) => name));
    this.finished = new Promise((resolve) => (this.#finish = resolve));
    this.#link = new EngineLink(options.engineThread, config, (message) => this.#receive(message));
    for (const pipeline of config.pipelines) this.#members.set(pipeline.name, this.#member(pipeline));
    this.#heartbeat = heartbeatOf(config, {
      watched: (name) => this.#members.get(name),
      report: (name, part) => this.#heard(name, part),
      log: (level, message, pipeline) => options.log(level, message, pipeline),
    });
  }

  async start(): Promise<void> {
    await this.#link.start();
    try {
      // Only now: the ledger's lock says that no other process appends to these journals.
      for (const member of this.#members.values())
        member.journal = journalOf(member.config, this.#config.data, (pipeline) => this.#link.post({ type: 'journal-grew', pipeline }));
    } catch (thrown) {
      await this.#link.stop(GRACE);
      throw thrown;
    }
    for (const { told, config } of this.#members.values()) told.resume((target) => toldOf(this.#config.data, config.name, target));
    this.#link.post({ type: 'go' });
    this.#heartbeat?.start();
    for (const member of this.#members.values()) {
      const { config, journal } = member;
      const heard = (part: PartHealth): void => this.#heard(config.name, part);
      member.listener =
        journal && listenerOf(config, this.#config, journal, { heard, log: (level, message) => this.#options.log(level, message, config.name) });
    }
    await this.logs.open();
  }

  async stop(graceMs: number): Promise<void> {
    const members = [...this.#members.values()];
    await this.#heartbeat?.stop(true);
    await this.logs.close();
    const closing = members.flatMap(({ listener }) => (listener === undefined ? [] : [listener.close()]));
    // What a listener could not keep in this time its sender still has, or it is lost as by a crash.
    const closed = new AbortController();
    await Promise.race([Promise.allSettled(closing), pause(graceMs / 2, closed.signal)]);
    closed.abort();
    // First, so that the last commit writes down what has just been delivered.
    await Promise.all(members.map(({ outbox }) => outbox.close(Math.min(graceMs / 2, 2_000))));
    await this.#link.stop(graceMs);
    for (const { journal } of members) await journal?.close();
    this.#stored.close();
    this.#states?.close();
    this.#finish();
  }

  pipelines(): PipelineStatus[] {
    return [...this.#members.values()].map(({ status }) => status);
  }

  series({ pipeline, ...query }: { pipeline?: string; search?: string; sort: 'score' | 'key'; limit: number; cursor?: string }): Page<SeriesStatus> {
    const members = pipeline === undefined ? [...this.#members.values()] : [this.#need(pipeline)];
    return pageOf(
      members.map(({ table }) => table),
      query,
    );
  }

  seriesIndex(pipeline: string, key: string): number {
    return this.#need(pipeline).table.indexOf(key);
  }

  async testReceiver(pipeline: string, target: string): Promise<ReceiverTest> {
    return this.#need(pipeline).told.test(target);
  }

  control(pipeline: string, record: ControlRecord): Promise<number> {
    this.#need(pipeline);
    return this.#link.control(pipeline, record);
  }

  journal(pipeline: string): JournalWriter | undefined {
    return this.#members.get(pipeline)?.journal;
  }

  expectVerdicts(): () => void {
    this.#expecting++;
    this.#tellInterest();
    return () => {
      this.#expecting--;
      this.#tellInterest();
    };
  }

  verdictsOf(pipeline: string, offset: number, timeoutMs: number): Promise<Verdict[]> {
    return this.#need(pipeline).waits.of(offset, timeoutMs);
  }

  detect(request: DetectRequest): Verdict[] {
    return detectPosted(request);
  }

  detectors(): ComponentView[] {
    return detectorViews();
  }

  compare(query: CompareQuery): Promise<Comparison> {
    return this.#comparisons.compare(query, this.reader);
  }

  detectorOf(pipeline: string, series: number): DetectorView {
    const { config, status } = this.#need(pipeline);
    this.#states ??= openStateReader(this.#config.data);
    return { detector: status.detector, threshold: status.threshold, words: wordsOf(config, this.#states, series) };
  }

  async previewAnswer(query: AnswerQuery): Promise<AnswerPreview> {
    const { config, table } = this.#need(query.pipeline);
    const onsets = definitionOf(registry, 'detector', config.detect.detector.name)?.onsets === true;
    return previewAnswer(query, { reader: this.reader, indexOf: (key) => table.indexOf(key), onsets, complete: config.store === 'all' });
  }

  subscribe(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener);
    this.#tellInterest();
    return () => {
      this.#listeners.delete(listener);
      this.#tellInterest();
    };
  }

  #member(config: PipelineConfig): Member {
    const { name } = config;
    const actionHost: ActionHost = {
      checkpoint: async (pipeline) => void (await this.#link.control(pipeline, { type: 'savepoint', by: 'action' })),
      restartSource: async (pipeline) => void (await this.#link.control(pipeline, { type: 'restart-source', by: 'action' })),
      incidentState: (id) => this.#stored.incident(id)?.state,
    };
    const log = (level: 'info' | 'warn', message: string): void => this.#options.log(level, message, name);
    const notifiers = receiversOf(config, registry, this.#config.folder, log);
    const told = new Receivers(name, notifiers);
    const outbox = new Outbox({
      deliver: new Map<string, Notifier | Action>([...notifiers, ...actionsOf(config, registry, actionHost)]),
      pacing: pacingsOf(config),
      now: Date.now,
      monotonic: () => performance.now(),
      random: Math.random,
      done: (result) => this.#link.post({ type: 'outbox-result', result: { ...result, pipeline: name } }),
      report: (part) => this.#heard(name, part),
      ask: () => this.#link.post({ type: 'offer-outbox', pipeline: name }),
    });
    const status = initialStatus(config, registry, this.#config.parallelism);
    return {
      config,
      engine: status,
      receivers: new Map(told.parts(Date.now()).map((part) => [part.part, part])),
      told,
      heardAt: Date.now(),
      status,
      table: new SeriesTable(name),
      waits: new VerdictWaits(),
      outbox,
      journal: undefined,
      listener: undefined,
    };
  }

  #heard(name: string, part: PartHealth): void {
    const member = this.#members.get(name);
    if (member === undefined) return;
    member.receivers.set(part.part, part);
    this.#tell(member);
  }

  /** A configuration that changed while it runs. */
  #adopt(config: Config): void {
    this.#link.adopt(config);
    for (const pipeline of config.pipelines) {
      const member = this.#members.get(pipeline.name);
      if (member !== undefined) member.config = pipeline;
    }
  }

  #need(pipeline: string): Member {
    const member = this.#members.get(pipeline);
    if (member === undefined) throw new HomeostatError('NOT_FOUND', { what: 'pipeline', name: pipeline });
    return member;
  }

  #receive(message: FromEngine): void {
    switch (message.type) {
      case 'committed':
        return this.#committed(message.report);
      case 'status':
        return this.#status(message.status);
      case 'health':
        return this.#health(message);
      case 'latest':
        return this.#latest(message);
      case 'log':
        return this.#options.log(message.level, message.message, message.pipeline);
      case 'finished':
        this.#unfinished.delete(message.pipeline);
        if (this.#unfinished.size === 0) this.#finish();
        return;
      default:
      // The rest is the link's own.
    }
  }

  #committed(report: CommitReport): void {
    const member = this.#members.get(report.pipeline);
    if (member === undefined) return;
    if (report.released >= 0) member.journal?.release(report.released);
    if (report.outbox.length > 0) member.outbox.add(report.outbox);
    member.waits.take(report);
    const { pipeline, checkpoint, verdicts, skipped } = report;
    if (verdicts.length > 0) this.#publish({ type: 'verdicts', pipeline, checkpoint, verdicts, skipped });
    for (const event of report.incidents) this.#publish(event);
  }

  #status(status: PipelineStatus): void {
    const member = this.#members.get(status.name);
    if (member === undefined) return;
    member.heardAt = Date.now();
    member.engine = status;
    this.#tell(member);
  }

  /** Puts together what the engine says of itself and what is seen of receivers and series from here. */
  #tell(member: Member): void {
    const { engine } = member;
    const beside = [...member.receivers.values()];
    const missing = unaligned(member.config, engine, member.table.all);
    if (missing !== undefined) beside.push(missing);
    const isWell = engine.condition === 'ok' || engine.condition === 'finished';
    const condition = isWell && beside.some((part) => part.condition === 'degraded') ? 'degraded' : engine.condition;
    member.status = { ...engine, condition, parts: [...engine.parts, ...beside] };
    this.#publish({ type: 'status', pipelines: [member.status] });
  }

  #health({ pipeline, condition, parts }: Extract<FromEngine, { type: 'health' }>): void {
    const member = this.#members.get(pipeline);
    if (member !== undefined) this.#status({ ...member.engine, condition, parts });
  }

  #latest({ pipeline, latest }: Extract<FromEngine, { type: 'latest' }>): void {
    const items = this.#members.get(pipeline)?.table.take(latest, this.#listeners.size > 0 ? LIVE_SERIES : 0) ?? [];
    if (items.length > 0) this.#publish({ type: 'series', pipeline, items });
  }

  #publish(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #tellInterest(): void {
    const interest: Interest = { watched: this.#listeners.size > 0, waiting: this.#expecting };
    if (interest.watched === this.#interest.watched && interest.waiting === this.#interest.waiting) return;
    this.#interest = interest;
    this.#link.post({ type: 'interest', interest });
  }
}
