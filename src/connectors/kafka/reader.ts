/**
 * Reads partitions from their leaders: one request under way to each broker, a little ahead of who takes the records, and
 * never more in memory than the bound. Lost connections, new leaders and brokers that restart are waited for here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageRecords } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import { rangesOf } from './assigner.ts';
import type { KafkaClient, PartitionInfo } from './client.ts';
import { isTimeout, typeOf, wordsOf } from './failure.ts';
import { fetchRequest, type FetchedPartition } from './fetch.ts';
import { kafkajs, type Broker } from './kafkajs.ts';
import { Labeller } from './labels.ts';
import type { KafkaSourceOptions } from './options.ts';
import { readBatches } from './records.ts';

const OUT_OF_RANGE = 1;
const NO_LEADER = 5;
/** In place of the leader of a partition that has none. */
const NOBODY = -1;
/** How soon it is looked again for a leader, ms. */
const LEADERLESS = 1_000;
/** Hand-overs of one partition that wait. */
const AHEAD = 2;
/** Longest wait for records while a partition is left out because enough of it waits, ms. */
const SHORT_WAIT = 20;
const LEAST_BACKOFF = 100;
const MOST_BACKOFF = 1_000;
/** These end the reading; all else is tried again. */
const FATAL = new Set(['TOPIC_AUTHORIZATION_FAILED', 'SASL_AUTHENTICATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM', 'UNKNOWN_TOPIC_OR_PARTITION']);

/** Records of one partition; `next` is the offset after them, those that are left out included. */
export interface Handed {
  partition: number;
  records: MessageRecords | undefined;
  next: number;
  bytes: number;
  lost: Lost | undefined;
}

/** Offsets `from` .. `to - 1` are not there any more. */
export interface Lost {
  partition: number;
  from: number;
  to: number;
}

interface Progress {
  partition: number;
  /** Offset of the next record to ask for. */
  next: number;
  /** Offset of the next record to hand over. */
  handed: number;
  /** Offset after the last record that is there; -1 until known. */
  end: number;
  queue: Handed[];
  labels: Labeller | undefined;
}

export class PartitionReader {
  readonly #client: KafkaClient;
  readonly #options: KafkaSourceOptions;
  readonly #isolation: number;
  readonly #partitions = new Map<number, Progress>();
  readonly #order: number[];
  readonly #end = new AbortController();
  readonly #known: number;
  #waiting = 0;
  #turn = 0;
  #failure: unknown;
  #running: Promise<void> | undefined;
  #wakeTaker: () => void = () => {};
  /** Those that wait for room, one a broker. */
  readonly #waiters = new Set<() => void>();
  /** Partitions that cannot be read at present, in words. */
  #leaderless: string | undefined;
  #handedRecords = 0;
  #handedBytes = 0;
  #refreshedAt = 0;
  /** Why nothing comes, in words; undefined while all is well. */
  trouble: string | undefined;

  /** `from`: offset of the next record of each partition; `known`: how many partitions the topic has. */
  constructor(client: KafkaClient, options: KafkaSourceOptions, from: ReadonlyMap<number, number>, known: number) {
    this.#client = client;
    this.#options = options;
    this.#known = known;
    this.#isolation = options.isolation === 'read_committed' ? 1 : 0;
    this.#order = [...from.keys()];
    const hasLabels = Object.keys(options.labels).length > 0;
    for (const [partition, next] of from) {
      const labels = hasLabels ? new Labeller(options.labels, options.topic, partition) : undefined;
      this.#partitions.set(partition, { partition, next, handed: next, end: -1, queue: [], labels });
    }
  }

  start(): void {
    this.#running = this.#run().catch((thrown: unknown) => {
      this.#failure = thrown;
      this.#wakeTaker();
    });
  }

  /** The next records, of the partition that is preferred if it has some; undefined once stopped. Throws HomeostatError SOURCE_*. */
  async take(preferred: number): Promise<Handed | undefined> {
    for (;;) {
      const handed = this.#pick(preferred);
      if (handed !== undefined) return handed;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#end.signal.aborted) return undefined;
      await new Promise<void>((resolve) => (this.#wakeTaker = resolve));
    }
  }

  /** Bytes that are there and were not handed over, by the mean size of a record so far; undefined until known. */
  remaining(): number | undefined {
    let records = 0;
    for (const { handed, end } of this.#partitions.values()) {
      if (end < 0) return undefined;
      records += Math.max(0, end - handed);
    }
    return Math.round(records * (this.#handedRecords === 0 ? 100 : this.#handedBytes / this.#handedRecords));
  }

  /** Ends the loops; requests that are under way are left to the end of the connection. */
  stop(): void {
    this.#end.abort();
    this.#wakeTaker();
    this.#tellRoom();
  }

  async stopped(): Promise<void> {
    await this.#running;
  }

  #pick(preferred: number): Handed | undefined {
    const liked = this.#partitions.get(preferred);
    if (liked !== undefined && liked.queue.length > 0) return this.#hand(liked);
    for (let i = 0; i < this.#order.length; i++) {
      const at = (this.#turn + i) % this.#order.length;
      const progress = this.#partitions.get(this.#order[at])!;
      if (progress.queue.length === 0) continue;
      this.#turn = at + 1;
      return this.#hand(progress);
    }
    return undefined;
  }

  #hand(progress: Progress): Handed {
    const handed = progress.queue.shift()!;
    progress.handed = handed.next;
    this.#waiting -= handed.bytes;
    this.#handedRecords += handed.records?.ends.length ?? 0;
    this.#handedBytes += handed.records?.bytes.length ?? 0;
    this.#tellRoom();
    return handed;
  }

  #tellRoom(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    let backoff = LEAST_BACKOFF;
    while (!signal.aborted) {
      const began = performance.now();
      const thrown = await this.#round(signal).catch((failure: unknown) => failure);
      if (signal.aborted) return;
      if (thrown === undefined) continue;
      if (thrown instanceof HomeostatError) throw thrown;
      const words = wordsOf(thrown, this.#client.options);
      if (FATAL.has(typeOf(thrown))) throw new HomeostatError('SOURCE_UNREACHABLE', { source: `kafka ${this.#options.topic}`, detail: words }, thrown);
      this.trouble = words;
      if (performance.now() - began > MOST_BACKOFF) backoff = LEAST_BACKOFF;
      await sleep(backoff * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      backoff = Math.min(MOST_BACKOFF, backoff * 2);
    }
  }

  /** Asks who leads which partition and reads from each broker until one of them fails; answers why. */
  async #round(signal: AbortSignal): Promise<unknown> {
    const { partitions } = await this.#client.topic();
    this.#refreshedAt = performance.now();
    if (this.#options.partitions === 'all' && partitions.length > this.#known) {
      throw new HomeostatError('SOURCE_GREW', { source: `kafka ${this.#options.topic}`, detail: `${partitions.length} partitions, ${this.#known} before` });
    }
    this.#refuseIfGone(partitions);
    const byLeader = new Map<number, Progress[]>();
    for (const { partition, leader } of partitions) {
      const progress = this.#partitions.get(partition);
      if (progress !== undefined) byLeader.set(leader, [...(byLeader.get(leader) ?? []), progress]);
    }
    const without = byLeader.get(NOBODY);
    byLeader.delete(NOBODY);
    this.#leaderless =
      without &&
      `no leader for ${without.length === 1 ? 'partition' : 'partitions'} ${rangesOf(without.map(({ partition }) => partition))} now; check the brokers`;
    if (without !== undefined && byLeader.size === 0) throw kafkajs().errorOf(NO_LEADER);
    const round = new AbortController();
    const stop = AbortSignal.any([signal, round.signal]);
    // The others are read meanwhile, and it is looked again.
    const again = without && setTimeout(() => round.abort(), LEADERLESS);
    let why: unknown;
    const reads = [...byLeader].map(async ([leader, led]) => {
      try {
        await this.#readFrom(leader, led, stop);
      } catch (thrown) {
        why ??= thrown;
      } finally {
        round.abort();
        this.#tellRoom();
      }
    });
    await Promise.all(reads);
    clearTimeout(again);
    return why;
  }

  /** A topic has lost partitions only where it was deleted and created anew. Throws SOURCE_CHANGED. */
  #refuseIfGone(partitions: readonly PartitionInfo[]): void {
    const there = new Set(partitions.map(({ partition }) => partition));
    const gone = this.#order.filter((partition) => !there.has(partition));
    if (gone.length === 0) return;
    const detail = `it has ${partitions.length} partitions, and so no partition ${rangesOf(gone)} any more; the topic was created anew`;
    throw new HomeostatError('SOURCE_CHANGED', { source: `kafka ${this.#options.topic}`, detail });
  }

  async #readFrom(leader: number, led: readonly Progress[], signal: AbortSignal): Promise<void> {
    const broker = await this.#client.broker(leader);
    const version = this.#client.fetchVersion(broker);
    const { topic, max_wait, min_bytes, max_bytes, max_partition_bytes, buffer, refresh } = this.#options;
    for (let first = 0; !signal.aborted; first++) {
      if (performance.now() - this.#refreshedAt > refresh) return;
      const wanted = led.filter(({ queue }) => queue.length === 0 || (queue.length < AHEAD && this.#waiting < buffer));
      if (wanted.length === 0) {
        await this.#roomAgain(signal);
        continue;
      }
      // Those in front are served first where an answer is full.
      const turned = [...wanted.slice(first % wanted.length), ...wanted.slice(0, first % wanted.length)];
      const partitions = turned.map(({ partition, next }) => ({ partition, offset: next, bytes: max_partition_bytes }));
      const maxWait = wanted.length < led.length ? Math.min(SHORT_WAIT, max_wait) : max_wait;
      const ask = { version, topic, partitions, isolation: this.#isolation, maxWait, minBytes: min_bytes, maxBytes: max_bytes };
      const answer = (await this.#ask(broker, ask)) as FetchedPartition[];
      if (this.#end.signal.aborted) return;
      for (const fetched of answer) await this.#takeIn(fetched);
      this.trouble = this.#leaderless;
      this.#wakeTaker();
    }
  }

  async #ask(broker: Broker, ask: Parameters<typeof fetchRequest>[0]): Promise<unknown> {
    try {
      return await this.#client.send(broker, fetchRequest(ask));
    } catch (thrown) {
      // A connection that answers nothing is given up, or every request would wait for it.
      if (isTimeout(thrown)) void broker.disconnect().catch(() => undefined);
      throw thrown;
    }
  }

  async #roomAgain(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#waiters.add(resolve);
      timer = setTimeout(() => {
        this.#waiters.delete(resolve);
        resolve();
      }, 1_000);
    });
    clearTimeout(timer);
  }

  async #takeIn(fetched: FetchedPartition): Promise<void> {
    const progress = this.#partitions.get(fetched.partition)!;
    if (fetched.error === OUT_OF_RANGE) return this.#lost(progress);
    if (fetched.error !== 0) throw kafkajs().errorOf(fetched.error);
    progress.end = fetched.end;
    const { next, partition, labels } = progress;
    const aborted = this.#isolation === 1 ? fetched.aborted : [];
    const found = readBatches(fetched.bytes, partition, { from: next, aborted, most: this.#options.max_unpacked, labels });
    if (found.next === next) return;
    progress.next = found.next;
    const bytes = found.records?.bytes.length ?? 0;
    this.#waiting += bytes;
    progress.queue.push({ partition, records: found.records, next: found.next, bytes, lost: undefined });
  }

  /** The broker has no record at this offset: it has deleted what was there, or the topic is another one. */
  async #lost(progress: Progress): Promise<void> {
    const { partition, next } = progress;
    const { partitions } = await this.#client.topic();
    const here = partitions.filter((each) => each.partition === partition);
    const oldest = (await this.#client.offsets(here, 'earliest', 0)).get(partition)!;
    const newest = (await this.#client.offsets(here, 'latest', 0)).get(partition)!;
    const source = `kafka ${this.#options.topic}`;
    if (next > newest) {
      const detail = `partition ${partition} ends at offset ${newest}, before the position ${next}; the topic was created anew, or its broker has lost records`;
      throw new HomeostatError('SOURCE_CHANGED', { source, detail });
    }
    // The retention and the request have crossed.
    if (next >= oldest) return;
    if (this.#options.on_lost === 'fail') {
      const detail = `partition ${partition} begins at offset ${oldest}: its retention has deleted ${oldest - next} records from ${next} on, which were not read; set on_lost: gap to count them as a gap and go on`;
      throw new HomeostatError('SOURCE_CHANGED', { source, detail });
    }
    progress.next = oldest;
    progress.queue.push({ partition, records: undefined, next: oldest, bytes: 0, lost: { partition, from: next, to: oldest } });
  }
}
