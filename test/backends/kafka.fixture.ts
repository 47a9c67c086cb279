/** A real broker for tests: topics, records, sources that read them. */
import { Kafka, Partitioners, logLevel, type Admin, type IHeaders, type Producer } from 'kafkajs';
import type { MessageRecords, Position, SourceBatch } from '../../src/core/contracts.ts';
import { SeriesDictionary } from '../../src/core/events.ts';
import type { SourceContext } from '../../src/core/schema.ts';
import { KafkaClient } from '../../src/connectors/kafka/client.ts';
import { KafkaSource } from '../../src/connectors/kafka/source.ts';
import { SOURCE_DEFAULTS, type KafkaSourceOptions } from '../../src/connectors/kafka/options.ts';
import { within } from '../../src/testing/source-suite.ts';
import type { Service } from '../support/services/index.ts';

export interface Sent {
  key?: string | null;
  value: string | null;
  partition?: number;
  timestamp?: string;
  headers?: IHeaders;
}

/** What tests ask of a broker beside what is tested. */
export class Bench {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  readonly url: string;
  #topics = 0;

  private constructor(url: string) {
    this.url = url;
    this.kafka = new Kafka({ brokers: [url], logLevel: logLevel.NOTHING, retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 500 } });
    this.admin = this.kafka.admin();
    this.producer = this.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  }

  static async of({ url }: Pick<Service, 'url'>): Promise<Bench> {
    const bench = new Bench(url);
    await bench.admin.connect();
    await bench.producer.connect();
    return bench;
  }

  async topic(numPartitions = 1, config: Record<string, string> = {}): Promise<string> {
    const topic = `t${process.pid}-${this.#topics++}`;
    await this.admin.createTopics({
      topics: [{ topic, numPartitions, replicationFactor: 1, configEntries: Object.entries(config).map(([name, value]) => ({ name, value })) }],
      waitForLeaders: false,
    });
    // Every broker has to hear of it first.
    for (let attempt = 0; ; attempt++) {
      const isThere = await this.admin.fetchTopicOffsets(topic).then(
        () => true,
        () => false,
      );
      if (isThere) return topic;
      if (attempt > 100) throw new Error(`the topic ${topic} was not made`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async send(topic: string, messages: Sent[]): Promise<void> {
    for (let from = 0; from < messages.length; from += 1_000) await this.producer.send({ topic, messages: messages.slice(from, from + 1_000) });
  }

  /** Offset after the last record of partition 0, open transactions included. */
  async end(topic: string): Promise<number> {
    const client = new KafkaClient({ ...SOURCE_DEFAULTS, brokers: this.url, topic });
    try {
      await client.connect();
      return (await client.offsets((await client.topic()).partitions.slice(0, 1), 'latest', 0)).get(0)!;
    } finally {
      await client.close();
    }
  }

  /** Records of all partitions together. */
  async ends(topic: string): Promise<number> {
    const client = new KafkaClient({ ...SOURCE_DEFAULTS, brokers: this.url, topic });
    try {
      await client.connect();
      const ends = await client.offsets((await client.topic()).partitions, 'latest', 0);
      return [...ends.values()].reduce((sum, end) => sum + end, 0);
    } finally {
      await client.close();
    }
  }

  /** Deletes the records of partition 0 before an offset, as the retention does. */
  async deleteBefore(topic: string, offset: number): Promise<void> {
    const client = new KafkaClient({ ...SOURCE_DEFAULTS, brokers: this.url, topic });
    try {
      await client.connect();
      const { partitions } = await client.topic();
      const leader = (await client.broker(partitions[0].leader)) as unknown as { deleteRecords(of: object): Promise<unknown> };
      await leader.deleteRecords({ topics: [{ topic, partitions: [{ partition: 0, offset: String(offset) }] }] });
    } finally {
      await client.close();
    }
  }

  async close(): Promise<void> {
    await this.producer.disconnect();
    await this.admin.disconnect();
  }
}

let folders = 0;

/** A source that is connected; each has a data folder of its own unless one is named. */
export async function connected(url: string, given: Partial<KafkaSourceOptions> & { topic: string }, more: Partial<SourceContext> = {}): Promise<KafkaSource> {
  const source = unconnected(url, given, more);
  await source.connect(new AbortController().signal);
  return source;
}

export function unconnected(url: string, given: Partial<KafkaSourceOptions> & { topic: string }, more: Partial<SourceContext> = {}): KafkaSource {
  const context: SourceContext = {
    pipeline: 'p',
    folder: '.',
    dictionary: new SeriesDictionary(),
    journal: `data-${folders++}`,
    now: Date.now,
    log: () => undefined,
    ...more,
  };
  return new KafkaSource({ ...SOURCE_DEFAULTS, session_timeout: 6_000, max_wait: 100, brokers: url, ...given }, context);
}

export interface Read {
  texts: string[];
  /** `partition:offset`. */
  places: string[];
  batches: SourceBatch[];
  position: Position | undefined;
}

/** Reads until `enough` records came, then closes. */
export async function readSome(source: KafkaSource, enough: number, from?: Position, patience = 20_000): Promise<Read> {
  const read: Read = { texts: [], places: [], batches: [], position: from };
  const abort = new AbortController();
  const batches = source.open(from, abort.signal)[Symbol.asyncIterator]();
  try {
    while (read.texts.length < enough) {
      const step = await within(batches.next(), `record ${read.texts.length + 1} of ${enough}`, patience);
      if (step.done === true) throw new Error('the source ended');
      take(read, step.value);
    }
  } finally {
    abort.abort();
    await source.close();
    await batches.return?.(undefined);
  }
  return read;
}

export function take(read: Read, batch: SourceBatch): void {
  const records = batch.records as MessageRecords;
  let at = 0;
  for (const [i, end] of records.ends.entries()) {
    read.texts.push(Buffer.from(records.bytes.subarray(at, end)).toString());
    read.places.push(`${records.partition}:${records.offsets[i]}`);
    at = end;
  }
  read.batches.push(batch);
  read.position = batch.position;
}
