/**
 * The parts of kafkajs that are used here. Its consumer pushes and rules over positions itself, so the source works with its
 * cluster and its requests alone. It is loaded when the first connection is made.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Admin, Producer } from 'kafkajs';

/** Encodes a request and decodes its answer, as kafkajs wants it. */
export interface Request {
  request: { apiKey: number; apiVersion: number; apiName: string; encode(): Promise<Encoder> };
  response: { decode(bytes: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
  requestTimeout?: number;
}

export interface Encoder {
  writeInt8(value: number): Encoder;
  writeInt16(value: number): Encoder;
  writeInt32(value: number): Encoder;
  writeInt64(value: number | string): Encoder;
  writeBoolean(value: boolean): Encoder;
  writeString(value: string | null): Encoder;
  writeBytes(value: Buffer): Encoder;
  writeArray(value: readonly (Encoder | number | string)[]): Encoder;
  readonly buffer: Buffer;
}

export interface Connection {
  rejectRequests(reason: Error): void;
}

export interface GroupMember {
  memberId: string;
  clientId: string;
  clientHost: string;
  memberMetadata: Buffer;
}

export interface Broker {
  nodeId: number | null;
  versions: Record<number, { minVersion: number; maxVersion: number }>;
  connectionPool: { host: string; port: number; pool: Connection[]; send(request: Request): Promise<unknown> };
  disconnect(): Promise<void>;
  findGroupCoordinator(of: { groupId: string; coordinatorType: number }): Promise<{ coordinator: { nodeId: number } }>;
  describeGroups(of: { groupIds: string[] }): Promise<{ groups: { state: string; protocolType: string; protocol: string; members: GroupMember[] }[] }>;
  joinGroup(of: {
    groupId: string;
    sessionTimeout: number;
    rebalanceTimeout: number;
    memberId: string;
    groupProtocols: { name: string; metadata: Buffer }[];
  }): Promise<{ generationId: number; leaderId: string; memberId: string; members: { memberId: string; memberMetadata: Buffer }[] }>;
  syncGroup(of: {
    groupId: string;
    generationId: number;
    memberId: string;
    groupAssignment: { memberId: string; memberAssignment: Buffer }[];
  }): Promise<{ memberAssignment: Buffer }>;
  heartbeat(of: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  leaveGroup(of: { groupId: string; memberId: string }): Promise<unknown>;
  offsetCommit(of: {
    groupId: string;
    groupGenerationId: number;
    memberId: string;
    topics: { topic: string; partitions: { partition: number; offset: string }[] }[];
  }): Promise<unknown>;
  listOffsets(of: {
    isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; timestamp: number }[] }[];
  }): Promise<{ responses: { partitions: { partition: number; offset: string }[] }[] }>;
}

export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  findBroker(of: { nodeId: number }): Promise<Broker>;
  brokerPool: { brokers: Record<number, Broker>; seedBroker: Broker | undefined; findConnectedBroker(): Promise<Broker> };
}

/** What the classes of kafkajs are made with. */
export interface ClusterSetup {
  brokers: string[];
  clientId: string;
  ssl: object | undefined;
  sasl: object | undefined;
  connectionTimeout: number;
  requestTimeout: number;
  retry: { retries: number; initialRetryTime: number; maxRetryTime: number };
  /** Called with what kafkajs would have logged. */
  log(message: string): void;
}

interface Logger {
  namespace(): Logger;
}

interface MemberCodec<T> {
  encode(of: T): Buffer;
  decode(bytes: Buffer): T | null;
}

export interface Library {
  newCluster(setup: ClusterSetup): Cluster;
  newProducer(setup: ClusterSetup, options: object): Producer;
  newAdmin(setup: ClusterSetup): Admin;
  newEncoder(): Encoder;
  /** The error that belongs to the number in an answer; it has `type`. */
  errorOf(code: number): Error & { type: string };
  /** A codec that kafkajs writes records with. */
  setCodec(compression: number, pack: (bytes: Buffer) => Uint8Array): void;
  memberMetadata: MemberCodec<{ version: number; topics: string[]; userData: Buffer }>;
  memberAssignment: MemberCodec<{ version: number; assignment: Record<string, number[]>; userData: Buffer }>;
}

let loaded: Library | undefined;

/** Loads kafkajs at the first call. */
export function kafkajs(): Library {
  return (loaded ??= load());
}

function load(): Library {
  const require = createRequire(import.meta.url);
  const { Kafka, CompressionCodecs, Partitioners } = require('kafkajs') as typeof import('kafkajs');
  const ClusterClass = require('kafkajs/src/cluster') as new (options: object) => Cluster;
  const EncoderClass = require('kafkajs/src/protocol/encoder') as new () => Encoder;
  const { createLogger } = require('kafkajs/src/loggers') as { createLogger(of: object): Logger };
  const socketFactory = (require('kafkajs/src/network/socketFactory') as () => unknown)();
  const { MemberMetadata, MemberAssignment } = require('kafkajs/src/consumer/assignerProtocol') as {
    MemberMetadata: Library['memberMetadata'];
    MemberAssignment: Library['memberAssignment'];
  };
  const { createErrorFromCode } = require('kafkajs/src/protocol/error') as { createErrorFromCode: Library['errorOf'] };
  mendQueue(require('kafkajs/src/network/requestQueue') as { prototype: Queue });
  mendDisconnect(require('kafkajs/src/network/connection') as { prototype: Disconnecting });
  const logging = ({ log }: ClusterSetup): object => ({
    // Its warnings and errors; what matters of them comes back as thrown errors.
    logLevel: 2,
    level: 2,
    logCreator: () => (entry: { log: { message: string } }) => log(entry.log.message),
  });
  const client = (setup: ClusterSetup): InstanceType<typeof Kafka> => new Kafka({ ...setup, ...logging(setup) } as never);
  return {
    newCluster: (setup) =>
      new ClusterClass({
        ...setup,
        logger: createLogger(logging(setup)),
        socketFactory,
        allowAutoTopicCreation: false,
        metadataMaxAge: 300_000,
        isolationLevel: 1,
      }),
    newProducer: (setup, options) => client(setup).producer({ createPartitioner: Partitioners.DefaultPartitioner, ...options }),
    newAdmin: (setup) => client(setup).admin(),
    newEncoder: () => new EncoderClass(),
    errorOf: createErrorFromCode,
    setCodec: (compression, pack) => {
      const codec = { compress: async ({ buffer }: { buffer: Buffer }) => Buffer.from(pack(buffer)), decompress: async (bytes: Buffer) => bytes };
      CompressionCodecs[compression as 1] = () => codec as never;
    },
    memberMetadata: MemberMetadata,
    memberAssignment: MemberAssignment,
  };
}

interface Queue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

interface Disconnecting {
  socket: Socket | null;
  disconnect(): Promise<boolean>;
}

/** As it is, each attempt to give up a socket that is gone leaves a listener with it, as long as the broker is away. */
function mendDisconnect(ConnectionClass: { prototype: Disconnecting }): void {
  const { disconnect } = ConnectionClass.prototype;
  ConnectionClass.prototype.disconnect = function () {
    const { socket } = this;
    // Without a handle `unref` waits for one that will not come.
    if (socket?.destroyed === true) socket.unref = () => socket;
    return disconnect.call(this);
  };
}

/** As it is, the queue sets a timer for a time long past after every answer, which newer versions of Node warn about. */
function mendQueue(RequestQueue: { prototype: Queue }): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
    const check = (): void => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    };
    this.throttleCheckTimeoutId = setTimeout(check, Math.max(10, this.throttledUntil - Date.now()));
  };
}
