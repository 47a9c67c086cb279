/** Makes the topic, where the configuration asks for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { setupOf } from './client.ts';
import { typeOf } from './failure.ts';
import { kafkajs } from './kafkajs.ts';
import type { ConnectionOptions } from './options.ts';

/** A new topic is known to every broker within this, ms. */
const KNOWN_WITHIN = 10_000;
const LOOK_EVERY = 100;

/** Does nothing where `create` is not set, or the topic is there. Throws what kafkajs throws. */
export async function createTopic(options: ConnectionOptions): Promise<void> {
  const { create, topic } = options;
  if (create === undefined) return;
  const admin = kafkajs().newAdmin(setupOf(options, () => undefined));
  const isThere = async (): Promise<boolean> => {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0].partitions.every(({ leader }) => leader >= 0);
    } catch (thrown) {
      if (typeOf(thrown) === 'UNKNOWN_TOPIC_OR_PARTITION') return false;
      throw thrown;
    }
  };
  try {
    await admin.connect();
    if (await isThere()) return;
    await admin.createTopics({ topics: [{ topic, numPartitions: create.partitions ?? 1, replicationFactor: create.replication ?? 3 }], waitForLeaders: false });
    for (const end = Date.now() + KNOWN_WITHIN; !(await isThere()) && Date.now() < end;) await sleep(LOOK_EVERY);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
