/** Kafka -> engine -> ledger, and Kafka -> engine -> Kafka, against a real broker that is started for it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import { startService } from '../scripts/services/start.mjs';
import { inFolder, mebibytes, percentile, startProgram, thousand, until } from './support.mjs';

const START = 1_700_000_000_000;
const ROWS = 1_000_000;
const SERIES = 1_000;
const PARTITIONS = 4;

async function withBroker(work) {
  const broker = await startService('kafka');
  const kafka = new Kafka({ brokers: [broker.url], logLevel: logLevel.NOTHING, retry: { retries: 1_000, maxRetryTime: 500 } });
  const admin = kafka.admin();
  await admin.connect();
  const topic = async (name, numPartitions) => {
    await admin.createTopics({ topics: [{ topic: name, numPartitions, replicationFactor: 1 }], waitForLeaders: false });
    await until(
      () =>
        admin.fetchTopicOffsets(name).then(
          () => true,
          () => false,
        ),
      30_000,
    );
    return name;
  };
  try {
    return await inFolder((folder) => work({ broker, kafka, topic, folder }));
  } finally {
    await admin.disconnect();
    await broker.stop();
  }
}

const producerOf = (kafka) => kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, idempotent: true, maxInFlightRequests: 1 });

/** A record of 120 bytes. */
function record(n) {
  const head = `{"time":${START + Math.floor(n / SERIES) * 1000},"series":"machine-${String(n % SERIES).padStart(4, '0')}","value":${(100 + ((n * 7919) % 1000) / 50).toFixed(2)},"note_":"`;
  return `${head}${'x'.repeat(120 - head.length - 2)}"}`;
}

async function fill(kafka, topic, rows) {
  const producer = producerOf(kafka);
  await producer.connect();
  for (let from = 0; from < rows; from += 8_000) {
    const messages = Array.from({ length: Math.min(8_000, rows - from) }, (_, i) => ({
      key: null,
      value: record(from + i),
      partition: ((from + i) % SERIES) % PARTITIONS,
    }));
    await producer.send({ topic, messages });
  }
  await producer.disconnect();
}

/** Records per second of a consumer that does nothing with them. */
async function bareConsumer(kafka, topic, rows) {
  const consumer = kafka.consumer({ groupId: `bare-${topic}`, maxBytesPerPartition: 2 ** 20 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let seen = 0;
  let began = 0;
  await new Promise((resolve, reject) => {
    const eachBatch = async ({ batch }) => {
      if (began === 0) began = performance.now();
      for (const { value } of batch.messages) JSON.parse(value.toString());
      seen += batch.messages.length;
      if (seen >= rows) resolve();
    };
    consumer.run({ eachBatch, autoCommit: false }).catch(reject);
  });
  const perSecond = (seen / (performance.now() - began)) * 1000;
  await consumer.disconnect();
  return perSecond;
}

const pipeline = (url, topic, more) => `data: ./data
pipelines:
  bench:
    source: { kafka: { brokers: "${url}", topic: ${topic} } }
    format: { json: {} }
    detect: { detector: ema }
    incident: { max_alert_age: 1h }
${more}
`;

/** Pins a process to one core, all its threads. */
const oneCore = (pid) => promisify(execFile)('taskset', ['-a', '-p', '-c', '1', String(pid)]);

async function throughput() {
  return withBroker(async ({ broker, kafka, topic, folder }) => {
    const name = await topic('bench', PARTITIONS);
    await fill(kafka, name, ROWS);
    const program = await startProgram(folder, pipeline(broker.url, name, '    store: anomalies'));
    await oneCore(program.child.pid);
    const read = async () => (await program.status('bench'))?.counts.records ?? 0;
    let first = 0;
    await until(async () => (first = await read()) > 0, 60_000);
    const began = performance.now();
    await until(async () => (await read()) >= ROWS, 300_000);
    const perSecond = ((ROWS - first) / (performance.now() - began)) * 1000;
    const rss = program.rss();
    await program.stop();
    const bare = await bareConsumer(kafka, name, ROWS);
    return {
      figure: `${thousand(perSecond)} records/s, ${mebibytes(rss)}`,
      peer: `kafkajs eachBatch with JSON.parse, nothing else: ${thousand(bare)} records/s`,
    };
  });
}

/** Sends at a steady rate until told to stop; answers how many. */
async function sendSteadily(producer, topic, perSecond, isOver) {
  let sent = 0;
  const began = performance.now();
  while (!isOver()) {
    const due = Math.floor(((performance.now() - began) * perSecond) / 1000);
    if (due > sent) {
      const messages = Array.from({ length: Math.min(2_000, due - sent) }, (_, i) => ({
        value: `{"time":${Date.now()},"series":"s${(sent + i) % 100}","value":${(sent + i) % 50}}`,
        partition: ((sent + i) % 100) % PARTITIONS,
      }));
      await producer.send({ topic, messages });
      sent += messages.length;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return sent;
}

async function latency() {
  return withBroker(async ({ broker, kafka, topic, folder }) => {
    const [from, to] = [await topic('events', PARTITIONS), await topic('verdicts', PARTITIONS)];
    const program = await startProgram(
      folder,
      pipeline(
        broker.url,
        from,
        `    order: { allowed_lateness: 0s, idle: 100ms }\n    sinks: [ { kafka: { brokers: "${broker.url}", topic: ${to} } } ]\n    restart: { attempts: 1000, max_backoff: 1s }\n    store: anomalies\n    checkpoint: { max_interval: 200ms }`,
      ),
    );
    const consumer = kafka.consumer({ groupId: 'latency' });
    await consumer.connect();
    await consumer.subscribe({ topic: to, fromBeginning: true });
    let delays = [];
    await consumer.run({
      eachBatch: async ({ batch }) => {
        const now = Date.now();
        for (const { value } of batch.messages) delays.push(now - Date.parse(JSON.parse(value.toString()).time));
      },
    });
    const producer = producerOf(kafka);
    await producer.connect();
    let over = false;
    const sending = sendSteadily(producer, from, 5_000, () => over);
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    await wait(10_000);
    delays = [];
    await wait(20_000);
    const sorted = Float64Array.from(delays).sort();
    const outage = await awayFor(broker, program, 10_000, async () => {
      over = true;
      return sending;
    });
    await program.stop();
    await consumer.disconnect();
    await producer.disconnect();
    return { figure: `p50 ${percentile(sorted, 0.5)} ms, p99 ${percentile(sorted, 0.99)} ms of ${sorted.length} verdicts; ${outage}` };
  });
}

/** Kills the broker, brings it back after `ms`, and says how long after that everything sent meanwhile was read. */
async function awayFor(broker, program, ms, stopSending) {
  await broker.kill();
  await new Promise((resolve) => setTimeout(resolve, ms));
  await broker.restart();
  const back = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const sent = await stopSending();
  await until(async () => ((await program.status('bench'))?.counts.records ?? 0) >= sent, 120_000);
  const { counts } = await program.status('bench');
  return `broker away ${ms / 1000} s: all ${counts.records} of ${sent} read ${((performance.now() - back) / 1000).toFixed(1)} s after it was back, ${mebibytes(program.rss())}`;
}

export const benchmarks = [
  {
    id: 'kafka-throughput',
    what: `Kafka (JSON of 120 bytes, ${ROWS / 1e6} M records, ${SERIES} series) to ledger on one core, anomalies stored`,
    target: '>= 100 k/s',
    run: throughput,
  },
  {
    id: 'kafka-latency',
    what: 'event to verdict through Kafka at 5,000/s (checkpoint.max_interval 200ms), then the broker away for 10 s',
    target: 'p99 <= 500 ms; lag zero within 20 s',
    run: latency,
  },
];
