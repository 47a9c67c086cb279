/** The source `kafka`: one topic, each of its partitions a partition here; positions are the ledger's. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageRecords, Position, Source, SourceBatch } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import { defineSource, type SourceContext } from '../../core/schema.ts';
import { tlsProblem } from '../../core/tls.ts';
import type { Claim } from './assigner.ts';
import { KafkaClient, type PartitionInfo } from './client.ts';
import { sourceFailure, wordsOf } from './failure.ts';
import { Membership } from './group.ts';
import { kafkaSourceOptions, SOURCE_DEFAULTS, type KafkaSourceOptions } from './options.ts';
import { reachSource } from './reach.ts';
import { PartitionReader, type Handed } from './reader.ts';
import { createTopic } from './topic.ts';

/** How often the group hears how far the ledger is, ms. */
const COMMIT_EVERY = 1_000;

/** Longest time that leaving the group may take, ms. */
const FAREWELL = 600;

interface KafkaPosition {
  topic: string;
  /** Offset of the next record, by partition. */
  next: Record<string, number>;
}

export class KafkaSource implements Source {
  readonly finite = false;
  partitions = 1;
  absent: readonly number[] = [];
  readonly #options: KafkaSourceOptions;
  readonly #context: SourceContext;
  readonly #group: string;
  readonly #stopped = new AbortController();
  #client: KafkaClient | undefined;
  #chosen: PartitionInfo[] = [];
  #known = 0;
  #membership: Membership | undefined;
  #reader: PartitionReader | undefined;
  #preferred = 0;
  #committedAt = -Infinity;
  #toCommit: KafkaPosition | undefined;
  #committing: Promise<void> | undefined;
  #commitTimer: NodeJS.Timeout | undefined;
  #commitTrouble = '';
  #closed: Promise<void> | undefined;

  constructor(options: KafkaSourceOptions, context: SourceContext) {
    this.#options = options;
    this.#context = context;
    this.#group = options.group ?? `homeostat-${context.pipeline}`;
  }

  /** Learns the partitions and joins the group. Throws SOURCE_UNREACHABLE, SOURCE_OPTIONS, SOURCE_BUSY. */
  async connect(signal: AbortSignal): Promise<void> {
    const options = this.#options;
    const client = new KafkaClient(options);
    this.#client = client;
    const stop = AbortSignal.any([signal, this.#stopped.signal]);
    const hangUp = (): void => void client.close();
    stop.addEventListener('abort', hangUp, { once: true });
    try {
      await createTopic(options);
      await client.connect();
      const { partitions, may } = await client.topic();
      if (may?.read === false)
        throw new HomeostatError('SOURCE_UNREACHABLE', {
          source: this.#name,
          detail: `no right to read the topic "${options.topic}"; grant READ and DESCRIBE on it`,
        });
      this.#choose(partitions);
      const membership = new Membership(client, this.#group, this.#claim(), options.session_timeout, (message) => this.#context.log('warn', message));
      this.#membership = membership;
      await membership.join(stop);
    } catch (thrown) {
      await this.close();
      throw sourceFailure(thrown, options, this.#group);
    } finally {
      stop.removeEventListener('abort', hangUp);
    }
  }

  get #name(): string {
    return `kafka ${this.#options.topic}`;
  }

  #choose(all: readonly PartitionInfo[]): void {
    const { partitions, topic } = this.#options;
    const wanted = partitions === 'all' ? all.map(({ partition }) => partition) : partitions;
    const missing = wanted.filter((number) => !all.some(({ partition }) => partition === number));
    if (missing.length > 0) {
      throw new HomeostatError('SOURCE_OPTIONS', {
        source: this.#name,
        detail: `the topic "${topic}" has ${all.length} partitions, from 0 on, and so no partition ${missing.join(', ')}`,
      });
    }
    this.#known = all.length;
    this.#chosen = all.filter(({ partition }) => wanted.includes(partition));
    this.partitions = Math.max(...wanted) + 1;
    this.absent = Array.from({ length: this.partitions }, (_, number) => number).filter((number) => !wanted.includes(number));
  }

  #claim(): Claim {
    const host = hostname();
    const { pipeline, journal, now } = this.#context;
    const instance = createHash('sha256').update(`${host}\n${journal}\n${pipeline}`).digest('hex').slice(0, 16);
    return { pipeline, topic: this.#options.topic, instance, since: now(), partitions: this.#chosen.map(({ partition }) => partition), host, pid: process.pid };
  }

  async *open(from: Position | undefined, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const stop = AbortSignal.any([signal, this.#stopped.signal]);
    const client = this.#client!;
    const membership = this.#membership!;
    const position = await this.#begin(client, from as unknown as KafkaPosition | undefined);
    const offsets = new Map(this.#chosen.map(({ partition }) => [partition, position.next[partition]]));
    const reader = new PartitionReader(client, this.#options, offsets, this.#known);
    this.#reader = reader;
    const end = (): void => reader.stop();
    stop.addEventListener('abort', end, { once: true });
    reader.start();
    try {
      // Where the first run begins is kept at once, so that a crash does not move it.
      if (from === undefined && this.#options.start !== 'earliest' && !stop.aborted)
        yield this.#batch(
          { partition: this.#chosen[0].partition, records: undefined, next: offsets.get(this.#chosen[0].partition)!, bytes: 0, lost: undefined },
          position,
        );
      while (!stop.aborted) {
        const handed = await reader.take(this.#preferred);
        if (handed === undefined) return;
        if (!membership.isCurrent || membership.failure !== undefined) await membership.confirmed(stop);
        if (stop.aborted) return;
        yield this.#batch(handed, position);
      }
    } finally {
      stop.removeEventListener('abort', end);
      reader.stop();
    }
  }

  /** Where each partition begins: at the ledger's position, a partition that is new since then at its oldest record. */
  async #begin(client: KafkaClient, kept: KafkaPosition | undefined): Promise<KafkaPosition> {
    const { topic, start, isolation } = this.#options;
    if (kept !== undefined && kept.topic !== topic) {
      throw new HomeostatError('SOURCE_CHANGED', { source: this.#name, detail: `its position is one in the topic "${kept.topic}"` });
    }
    const next = { ...kept?.next };
    const fresh = this.#chosen.filter(({ partition }) => next[partition] === undefined);
    if (fresh.length > 0) {
      const whence = kept !== undefined || start === 'earliest' ? 'earliest' : start === 'latest' ? 'latest' : timeOf(start);
      const found = await client.offsets(fresh, whence, isolation === 'read_committed' ? 1 : 0).catch((thrown: unknown) => {
        throw sourceFailure(thrown, this.#options);
      });
      for (const [partition, offset] of found) next[partition] = offset;
    }
    return { topic, next };
  }

  #batch({ partition, records, next, lost }: Handed, position: KafkaPosition): SourceBatch {
    position.next[partition] = next;
    const batch: SourceBatch = {
      records: records ?? nothing(partition),
      position: { topic: position.topic, next: { ...position.next } },
    };
    if (lost === undefined) return batch;
    const at = this.#context.now();
    const reason = `${this.#name}: records ${lost.from} to ${lost.to - 1} of partition ${lost.partition} were deleted by its retention before they were read`;
    return { ...batch, gaps: [{ from: at, to: at, reason }] };
  }

  prefer(partition: number): void {
    this.#preferred = partition;
  }

  remaining(): number | undefined {
    return this.#reader?.remaining();
  }

  trouble(): string | undefined {
    return this.#reader?.trouble;
  }

  /** Lets the group show how far the ledger is; a failure is logged, since nothing depends on it. */
  acknowledge(position: Position): void {
    this.#toCommit = position as unknown as KafkaPosition;
    this.#commitSoon();
  }

  /** At most once a second; what was refused is told again, since no further record may come. */
  #commitSoon(): void {
    if (this.#commitTimer !== undefined || this.#committing !== undefined || this.#closed !== undefined) return;
    const wait = Math.max(0, this.#committedAt + COMMIT_EVERY - performance.now());
    this.#commitTimer = setTimeout(() => {
      this.#commitTimer = undefined;
      this.#committing = this.#commit().finally(() => {
        this.#committing = undefined;
        if (this.#toCommit !== undefined) this.#commitSoon();
      });
    }, wait);
    this.#commitTimer.unref();
  }

  async #commit(): Promise<void> {
    const position = this.#toCommit;
    if (position === undefined || this.#membership === undefined) return;
    this.#toCommit = undefined;
    this.#committedAt = performance.now();
    try {
      await this.#membership.commit(this.#chosen.map(({ partition }) => [partition, position.next[partition]] as const));
      this.#commitTrouble = '';
    } catch (thrown) {
      this.#toCommit ??= position;
      const words = wordsOf(thrown, this.#options, this.#group);
      if (words !== this.#commitTrouble && this.#closed === undefined)
        this.#context.log('warn', `${this.#name}: the group "${this.#group}" was not told how far the pipeline is: ${words}`);
      this.#commitTrouble = words;
    }
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    clearTimeout(this.#commitTimer);
    this.#reader?.stop();
    const membership = this.#membership;
    if (membership !== undefined) {
      const leave = async (): Promise<void> => {
        await this.#committing;
        await this.#commit();
        await membership.leave();
      };
      // A broker that does not answer is not waited for: its session ends by itself.
      await Promise.race([leave().catch(() => undefined), sleep(FAREWELL, undefined, { ref: false })]);
    }
    this.#stopped.abort();
    await this.#client?.close();
    await this.#reader?.stopped();
  }
}

/** A hand-over without records: only the position has moved (control records, aborted transactions, a compacted end). */
function nothing(partition: number): MessageRecords {
  return { kind: 'messages', partition, offsets: new Float64Array(0), ends: new Uint32Array(0), bytes: new Uint8Array(0), arrivals: new Float64Array(0) };
}

function timeOf(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new HomeostatError('SOURCE_OPTIONS', { source: 'kafka', detail: `start "${text}" is no time such as 2024-05-01T12:00:00Z` });
  return time;
}

export const kafka = defineSource({
  name: 'kafka',
  summary: 'Reads a topic of Apache Kafka, all or chosen partitions; goes on from the ledger’s position after a crash, neither again nor skipped.',
  options: kafkaSourceOptions,
  sample: { brokers: '127.0.0.1:9092', topic: 'metrics', labels: { machine: 'key' } },
  delivers: 'records',
  format: 'json',
  create(options, context) {
    return new KafkaSource({ ...SOURCE_DEFAULTS, ...options }, context);
  },
  check({ tls }) {
    return tlsProblem(tls);
  },
  reach: reachSource,
});
