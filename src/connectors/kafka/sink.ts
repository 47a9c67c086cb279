/** The sink `kafka`: verdicts as JSON into a topic; by an idempotent producer, or each commit of the pipeline as one transaction. */
import type { Message, Producer, Transaction } from 'kafkajs';
import type { JsonValue, Sink } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { SeriesDictionary } from '../../core/events.ts';
import { defineSink } from '../../core/schema.ts';
import { tlsProblem } from '../../core/tls.ts';
import type { Verdict, VerdictBatch } from '../../core/verdicts.ts';
import { eachVerdict } from '../verdict-lines.ts';
import { KafkaClient, setupOf } from './client.ts';
import { COMPRESSIONS, isKnown, pack } from './codecs/index.ts';
import { sinkFailure } from './failure.ts';
import { kafkajs } from './kafkajs.ts';
import { kafkaSinkOptions, SINK_DEFAULTS, type KafkaSinkOptions } from './options.ts';
import { reachSink } from './reach.ts';
import { createTopic } from './topic.ts';

/** Brokers refuse batches beyond about 1 MB unless told otherwise, so one request holds less, bytes. */
const MOST_BYTES = 512 * 1024;
/** A broker ends a transaction that is open for longer, ms. */
const TRANSACTION_TIMEOUT = 60_000;

/** What an earlier transaction has left open ends within this; what goes on longer is repeated by the caller. */
const RETRY = { retries: 8, initialRetryTime: 100, maxRetryTime: 1_000 };

interface Resume {
  /** Verdicts in committed transactions. */
  written: number;
}

class KafkaSink implements Sink {
  readonly #options: KafkaSinkOptions;
  readonly #transaction: string;
  #producer: Producer | undefined;
  #open: Transaction | undefined;
  #waiting: Message[] = [];
  #waitingBytes = 0;
  /** Verdicts up to the last flush, and those since then. */
  #written = 0;
  #since = 0;
  /** Verdicts that are in a committed transaction of which the caller does not know yet. */
  #skip = 0;

  constructor(options: KafkaSinkOptions, pipeline: string) {
    this.#options = options;
    this.#transaction = options.transaction_id ?? `homeostat-${pipeline}-${options.topic}`;
  }

  /** Throws RECEIVER_FAILED. */
  async open(resume: JsonValue | undefined): Promise<void> {
    const known = (resume as unknown as Resume | null | undefined)?.written;
    await this.#try(async () => {
      await createTopic(this.#options);
      await this.#begin(known);
    });
  }

  async write(verdicts: VerdictBatch, pipeline: string, dictionary: SeriesDictionary): Promise<void> {
    const { only, batch } = this.#options;
    await this.#try(async () => {
      if (this.#producer === undefined) await this.#begin(this.#written);
      const all: Verdict[] = [];
      eachVerdict(verdicts, only, pipeline, dictionary, (verdict) => all.push(verdict));
      for (const verdict of all) {
        this.#since++;
        if (this.#since <= this.#skip) continue;
        this.#add(verdict);
        if (this.#waiting.length >= batch || this.#waitingBytes >= MOST_BYTES) await this.#send();
      }
    });
  }

  async flush(): Promise<JsonValue> {
    await this.#try(async () => {
      if (this.#waiting.length > 0) await this.#send();
      if (this.#open !== undefined) await this.#commit(this.#open);
    });
    this.#written += this.#since;
    this.#since = this.#skip = 0;
    return this.#options.transactional ? ({ written: this.#written } satisfies Resume) : null;
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await this.#open?.abort().catch(() => undefined);
    this.#open = undefined;
    await producer?.disconnect().catch(() => undefined);
  }

  /** Connects. The producer's identity ends what an earlier one left open, so what is committed then is all there will be of it. */
  async #begin(known: number | undefined): Promise<void> {
    await this.close();
    this.#waiting = [];
    this.#waitingBytes = this.#since = this.#skip = 0;
    this.#written = known ?? 0;
    const { transactional } = this.#options;
    const identity = transactional ? { transactionalId: this.#transaction, transactionTimeout: TRANSACTION_TIMEOUT } : {};
    const setup = setupOf(this.#options, () => undefined);
    const producer = kafkajs().newProducer(setup, { ...identity, idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false, retry: RETRY });
    this.#producer = producer;
    await producer.connect();
    if (!transactional) return;
    await this.#coordinators();
    await (await producer.transaction()).abort();
    const committed = await this.#committed();
    this.#written = known ?? committed;
    this.#skip = Math.max(0, committed - this.#written);
  }

  /** Waits until brokers are in charge of the transaction and of its group. */
  async #coordinators(): Promise<void> {
    const client = new KafkaClient(this.#options);
    try {
      await client.connect();
      await client.topic();
      await client.readyCoordinator(this.#transaction, 'transaction');
      await client.readyCoordinator(this.#transaction, 'group');
    } finally {
      await client.close();
    }
  }

  /** Verdicts in committed transactions, as kept beside them by the group that has the transaction's name. */
  async #committed(): Promise<number> {
    const { topic } = this.#options;
    const admin = kafkajs().newAdmin(setupOf(this.#options, () => undefined));
    try {
      await admin.connect();
      const found = await admin.fetchOffsets({ groupId: this.#transaction, topics: [topic] });
      return Math.max(0, Number(found[0]?.partitions.find(({ partition }) => partition === 0)?.offset ?? 0));
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }

  #add(verdict: Verdict): void {
    const { partition_by: by } = this.#options;
    const key = by === 'series' ? verdict.series : by === 'pipeline' ? verdict.pipeline : null;
    const value = Buffer.from(JSON.stringify(verdict));
    this.#waiting.push({ key, value, headers: { id: verdict.id, pipeline: verdict.pipeline, kind: verdict.kind } });
    this.#waitingBytes += value.length;
  }

  async #send(): Promise<void> {
    const { topic, compression, transactional } = this.#options;
    if (transactional) this.#open ??= await this.#producer!.transaction();
    const messages = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    const number: unknown = COMPRESSIONS.indexOf(compression);
    await (this.#open ?? this.#producer!).send({ topic, acks: -1, compression: number as never, messages });
  }

  async #commit(transaction: Transaction): Promise<void> {
    const { topic } = this.#options;
    const offset = String(this.#written + this.#since);
    await transaction.sendOffsets({ consumerGroupId: this.#transaction, topics: [{ topic, partitions: [{ partition: 0, offset }] }] });
    await transaction.commit();
    this.#open = undefined;
  }

  /** After a failure the caller repeats everything since the last flush, by a producer that is new. */
  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (thrown) {
      this.#waiting = [];
      await this.close();
      throw sinkFailure(thrown, this.#options, this.#transaction);
    }
  }
}

export const kafkaSink = defineSink({
  name: 'kafka',
  summary: 'Writes verdicts as JSON into a topic of Apache Kafka: at least once with the same ids, or in transactions, each once.',
  options: kafkaSinkOptions,
  sample: { brokers: '127.0.0.1:9092', topic: 'verdicts', only: 'anomalies' },
  create(given, context) {
    const options = { ...SINK_DEFAULTS, ...given };
    const { compression, topic } = options;
    if (!isKnown(compression)) {
      const detail = `Node ${process.versions.node} has no ${compression}; use Node 22.15 or newer, or another compression`;
      throw new HomeostatError('RECEIVER_FAILED', { target: `kafka ${topic}`, what: 'verdicts', detail });
    }
    if (compression !== 'none' && compression !== 'gzip') kafkajs().setCodec(COMPRESSIONS.indexOf(compression), (bytes) => pack(compression, bytes));
    return new KafkaSink(options, context.pipeline);
  },
  check({ tls }) {
    return tlsProblem(tls);
  },
  reach: reachSink,
});
