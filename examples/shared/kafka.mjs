/** Kafka as the generators use it: a topic, and records of which those with one key stay in order. KAFKA_BROKERS names the brokers. */
import { Kafka, Partitioners, logLevel } from 'kafkajs';

/** Partition of a key: a hash of it (FNV-1a). */
function partitionOf(key, partitions) {
  let h = 0x811c9dc5;
  for (const byte of Buffer.from(key)) h = Math.imul(h ^ byte, 0x01000193);
  return (h >>> 0) % partitions;
}

/**
 * Makes the topic where there is none, and answers what sends to it: records `{ key, value }`, in bulk.
 * @param {string} topic
 * @param {{ partitions: number }} create of a new topic
 */
export async function sender(topic, create) {
  const brokers = (process.env.KAFKA_BROKERS || '127.0.0.1:9092').split(',');
  const kafka = new Kafka({ clientId: 'generator', brokers, logLevel: logLevel.NOTHING, retry: { retries: 1000, maxRetryTime: 2000 } });
  const admin = kafka.admin();
  await admin.connect();
  if (!(await admin.listTopics()).includes(topic)) {
    await admin.createTopics({ topics: [{ topic, numPartitions: create.partitions, replicationFactor: 1 }], waitForLeaders: true });
  }
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = topics[0].partitions.length;
  await admin.disconnect();
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  return {
    send: (records) => producer.send({ topic, messages: records.map((record) => ({ ...record, partition: partitionOf(record.key, partitions) })) }),
    close: () => producer.disconnect(),
  };
}
