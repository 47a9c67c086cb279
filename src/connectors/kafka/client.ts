/** One connection to a cluster: what the source needs of it, with every failure in the words of the closed list. */
import { setTimeout as sleep } from 'node:timers/promises';
import { tlsSettings } from '../../core/tls.ts';
import { addressesOf } from './addresses.ts';
import { typeOf } from './failure.ts';
import { kafkajs, type Broker, type Cluster, type ClusterSetup, type Request } from './kafkajs.ts';
import type { ConnectionOptions } from './options.ts';

const METADATA = 3;
const METADATA_VERSION = 8;
const FETCH = 1;
const COORDINATOR_ATTEMPTS = 40;
const COORDINATOR_AGAIN = 250;
/** Bits of the operations that a user may do. */
const RIGHTS = { read: 1 << 3, write: 1 << 4 } as const;

export interface PartitionInfo {
  partition: number;
  /** Node id; -1 while there is none. */
  leader: number;
  replicas: number;
  inSync: number;
}

export interface TopicInfo {
  partitions: PartitionInfo[];
  /** Undefined where the cluster does not tell. */
  may: Record<keyof typeof RIGHTS, boolean> | undefined;
}

/** Earliest, latest (stable under read_committed), or the first record not older than a time in ms. */
export type Whence = 'earliest' | 'latest' | number;

/** What kafkajs is made with. */
export function setupOf(options: ConnectionOptions, log: (message: string) => void): ClusterSetup {
  const { tls, sasl, client_id, connect_timeout, request_timeout } = options;
  const brokers = addressesOf(options.brokers);
  return {
    brokers,
    clientId: client_id,
    ssl: tls === undefined || tls === false ? undefined : tlsSettings(tls),
    // A copy, since kafkajs keeps something of its own in it.
    sasl: sasl === undefined ? undefined : { mechanism: sasl.mechanism, username: sasl.user, password: sasl.password },
    connectionTimeout: connect_timeout,
    requestTimeout: request_timeout,
    // Each address once; what goes on longer is tried again with a backoff of our own.
    retry: { retries: Math.max(1, brokers.length), initialRetryTime: 100, maxRetryTime: 500 },
    log,
  };
}

export class KafkaClient {
  readonly options: ConnectionOptions;
  readonly #cluster: Cluster;
  #isTarget = false;

  constructor(options: ConnectionOptions) {
    this.options = options;
    this.#cluster = kafkajs().newCluster(setupOf(options, () => undefined));
  }

  /** Throws what kafkajs throws. */
  async connect(): Promise<void> {
    await this.#cluster.connect();
  }

  /** The topic as the cluster knows it now; throws an error with the type of the answer where it may not be seen. */
  async topic(): Promise<TopicInfo> {
    const { topic } = this.options;
    const broker = await this.#cluster.brokerPool.findConnectedBroker();
    const info = (await broker.connectionPool.send(topicRequest(topic))) as TopicInfo;
    if (this.#isTarget) await this.#cluster.refreshMetadata();
    else await this.#cluster.addTargetTopic(topic);
    this.#isTarget = true;
    return info;
  }

  /** Connected, or it throws. */
  async broker(nodeId: number): Promise<Broker> {
    return this.#cluster.findBroker({ nodeId });
  }

  /** The broker that is in charge of a group, or of a transaction id. */
  async coordinator(id: string, of: 'group' | 'transaction' = 'group'): Promise<Broker> {
    const broker = await this.#cluster.brokerPool.findConnectedBroker();
    const { coordinator } = await broker.findGroupCoordinator({ groupId: id, coordinatorType: of === 'group' ? 0 : 1 });
    return this.#cluster.findBroker({ nodeId: coordinator.nodeId });
  }

  /** As `coordinator`, but waits where nobody is in charge yet: in a new cluster that takes a moment. */
  async readyCoordinator(id: string, of: 'group' | 'transaction'): Promise<Broker> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.coordinator(id, of);
      } catch (thrown) {
        if (typeOf(thrown) !== 'GROUP_COORDINATOR_NOT_AVAILABLE' || attempt >= COORDINATOR_ATTEMPTS) throw thrown;
        await sleep(COORDINATOR_AGAIN);
      }
    }
  }

  /** Offsets of partitions by their number; one without a record so new is left at its end. */
  async offsets(partitions: readonly PartitionInfo[], whence: Whence, isolation: number): Promise<Map<number, number>> {
    const timestamp = whence === 'earliest' ? -2 : whence === 'latest' ? -1 : whence;
    const found = new Map<number, number>();
    for (const leader of new Set(partitions.map((each) => each.leader))) {
      const broker = await this.broker(leader);
      const asked = partitions.filter((each) => each.leader === leader).map(({ partition }) => ({ partition, timestamp }));
      const { responses } = await broker.listOffsets({ isolationLevel: isolation, topics: [{ topic: this.options.topic, partitions: asked }] });
      for (const { partition, offset } of responses.flatMap((response) => response.partitions)) found.set(partition, Number(offset));
    }
    const none = partitions.filter(({ partition }) => (found.get(partition) ?? -1) < 0);
    if (none.length > 0 && timestamp >= 0) for (const [partition, offset] of await this.offsets(none, 'latest', isolation)) found.set(partition, offset);
    return found;
  }

  /** Sends what kafkajs has no method for. */
  async send(broker: Broker, request: Request): Promise<unknown> {
    return broker.connectionPool.send(request);
  }

  /** Newest version of fetching that both sides know. */
  fetchVersion(broker: Broker): number {
    return Math.min(11, broker.versions[FETCH]?.maxVersion ?? 4);
  }

  /** Ends the connections at once; what waits for an answer is rejected. */
  async close(): Promise<void> {
    const { brokers, seedBroker } = this.#cluster.brokerPool;
    const gone = new Error('the connection was closed by this side');
    for (const broker of [...Object.values(brokers), ...(seedBroker === undefined ? [] : [seedBroker])]) {
      for (const connection of broker.connectionPool.pool) connection.rejectRequests(gone);
    }
    await this.#cluster.disconnect().catch(() => undefined);
  }
}

/** Metadata of one topic, version 8 of the protocol: the first one that tells what the user may do. */
function topicRequest(topic: string): Request {
  const encode = async () => kafkajs().newEncoder().writeArray([topic]).writeBoolean(false).writeBoolean(false).writeBoolean(true);
  return {
    request: { apiKey: METADATA, apiVersion: METADATA_VERSION, apiName: 'Metadata', encode },
    response: {
      decode: async (bytes) => ({ clientSideThrottleTime: 0, bytes }),
      parse: async (decoded) => readTopic((decoded as { bytes: Buffer }).bytes),
    },
  };
}

function readTopic(bytes: Buffer): TopicInfo {
  let at = 4;
  const int32 = (): number => bytes.readInt32BE((at += 4) - 4);
  const int16 = (): number => bytes.readInt16BE((at += 2) - 2);
  const skipText = (): void => {
    const length = int16();
    at += Math.max(0, length);
  };
  for (let brokers = int32(); brokers-- > 0;) {
    int32();
    skipText();
    int32();
    skipText();
  }
  skipText();
  int32();
  if (int32() < 1) throw kafkajs().errorOf(3);
  const code = int16();
  skipText();
  at += 1;
  if (code !== 0) throw kafkajs().errorOf(code);
  const partitions: PartitionInfo[] = [];
  for (let left = int32(); left-- > 0;) {
    int16();
    const [partition, leader] = [int32(), int32()];
    int32();
    const lists = [0, 0, 0].map(() => {
      const count = int32();
      at += 4 * count;
      return count;
    });
    partitions.push({ partition, leader, replicas: lists[0], inSync: lists[1] });
  }
  const rights = int32();
  partitions.sort((a, b) => a.partition - b.partition);
  // The least of all numbers says that nothing is said.
  const may = rights === -(2 ** 31) ? undefined : { read: (rights & RIGHTS.read) !== 0, write: (rights & RIGHTS.write) !== 0 };
  return { partitions, may };
}
