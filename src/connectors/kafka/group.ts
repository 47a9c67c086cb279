/**
 * Membership in a consumer group. The group does not say where to read on (the ledger does); it keeps two processes from
 * reading the same partitions, and shows people how far a pipeline is. A member that was away too long is out of it, and
 * what it would still commit is refused by the number of the group's generation.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HomeostatError } from '../../core/errors.ts';
import { assign, decodeClaim, encodeClaim, nameOf, PROTOCOL, type Claim, type Member } from './assigner.ts';
import type { KafkaClient } from './client.ts';
import { sourceFailure, typeOf, wordsOf } from './failure.ts';
import { kafkajs, type Broker, type GroupMember } from './kafkajs.ts';

const MOST_HEARTBEAT = 3_000;
/** Wait before what failed is tried again, ms. */
const AGAIN = 500;
/** How long a group waits for its members when one comes or goes, ms. */
const REBALANCE = 20_000;
/** Joining goes through several answers; more rounds than this mean that others come and go all the time. */
const ROUNDS = 20;

/** The coordinator of the group is another one, or not ready. */
const MOVED = new Set(['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS']);
/** The group does not know this member any more. */
const FORGOTTEN = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID', 'MEMBER_ID_REQUIRED']);
const DENIED = new Set([
  'GROUP_AUTHORIZATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'INVALID_GROUP_ID',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_SESSION_TIMEOUT',
]);

export class Membership {
  readonly #client: KafkaClient;
  readonly #group: string;
  readonly #claim: Claim;
  readonly #session: number;
  readonly #warn: (message: string) => void;
  readonly #end = new AbortController();
  #coordinator: Broker | undefined;
  #member = '';
  #generation = -1;
  #heardAt = -Infinity;
  #beating: Promise<void> | undefined;
  /** Why this process must not read on; set once. */
  failure: HomeostatError | undefined;

  constructor(client: KafkaClient, group: string, claim: Claim, session: number, warn: (message: string) => void) {
    this.#client = client;
    this.#group = group;
    this.#claim = claim;
    this.#session = session;
    this.#warn = warn;
  }

  /** Throws SOURCE_BUSY, naming who has the partitions, and SOURCE_UNREACHABLE. */
  async join(signal: AbortSignal): Promise<void> {
    await this.#joinAgain(AbortSignal.any([signal, this.#end.signal]));
    this.#beating = this.#beat(this.#end.signal);
  }

  /** Whether the group knew this member within its session: only then does nobody else read what it reads. */
  get isCurrent(): boolean {
    return performance.now() - this.#heardAt < this.#session;
  }

  /** Resolves once the group knows this member (again); throws `failure` when others have its partitions. */
  async confirmed(signal: AbortSignal): Promise<void> {
    while (!this.isCurrent && this.failure === undefined && !signal.aborted) await sleep(20, undefined, { signal }).catch(() => undefined);
    if (this.failure !== undefined) throw this.failure;
  }

  /** Shows people how far this member is. Rejects when the group refuses or cannot be reached. */
  async commit(offsets: Iterable<readonly [number, number]>): Promise<void> {
    const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }));
    if (partitions.length === 0 || this.#member === '') return;
    const topics = [{ topic: this.#client.options.topic, partitions }];
    const coordinator = await this.#find();
    await coordinator.offsetCommit({ groupId: this.#group, groupGenerationId: this.#generation, memberId: this.#member, topics });
  }

  async leave(): Promise<void> {
    this.#end.abort();
    await this.#beating;
    if (this.#member !== '') await this.#coordinator?.leaveGroup({ groupId: this.#group, memberId: this.#member });
    this.#member = '';
  }

  async #find(): Promise<Broker> {
    return (this.#coordinator ??= await this.#client.coordinator(this.#group));
  }

  async #joinAgain(signal: AbortSignal): Promise<void> {
    for (let round = 0; ; round++) {
      signal.throwIfAborted();
      try {
        if (this.#member === '') await this.#lookAround();
        return await this.#joinOnce();
      } catch (thrown) {
        if (thrown instanceof HomeostatError) throw thrown;
        const type = typeOf(thrown);
        if (FORGOTTEN.has(type)) this.#member = '';
        else if (type !== 'REBALANCE_IN_PROGRESS') this.#coordinator = undefined;
        if (DENIED.has(type) || round >= ROUNDS) throw this.#refused(thrown, type);
        if (!FORGOTTEN.has(type)) await sleep(AGAIN, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #refused(thrown: unknown, type: string): HomeostatError {
    if (type === 'INCONSISTENT_GROUP_PROTOCOL') return this.#busy(`the group "${this.#group}" is used by consumers of another kind`);
    return sourceFailure(thrown, this.#client.options, this.#group);
  }

  #busy(detail: string): HomeostatError {
    return new HomeostatError('SOURCE_BUSY', { source: `kafka ${this.#client.options.topic}`, detail });
  }

  /** Looks who is there before it disturbs them: takes the place of a run over the same data folder, refuses to be in the way of others. */
  async #lookAround(): Promise<void> {
    const coordinator = await this.#find();
    const { groups } = await coordinator.describeGroups({ groupIds: [this.#group] });
    const [{ members, protocol, state }] = groups;
    for (const given of members) {
      const other = memberOf(given);
      if (other === undefined) {
        if (protocol === PROTOCOL || state !== 'Stable') continue;
        throw this.#busy(
          `the group "${this.#group}" is used by ${given.clientId} on ${given.clientHost.replace(/^\//, '')} (protocol ${protocol}); name another group`,
        );
      }
      if (other.claim.instance === this.#claim.instance) await this.#replace(coordinator, other);
      else this.#refuseIfTaken(other, given);
    }
  }

  /** The data folder has one writer, so an earlier run over it is dead, and a later one means that this one is. */
  async #replace(coordinator: Broker, { id, claim }: Member): Promise<void> {
    if (claim.since > this.#claim.since) {
      throw new HomeostatError('LEDGER_FENCED', {
        pipeline: this.#claim.pipeline,
        owner: `process ${claim.pid} on ${claim.host}`,
        mine: `process ${this.#claim.pid}`,
      });
    }
    await coordinator.leaveGroup({ groupId: this.#group, memberId: id }).catch(() => undefined);
  }

  #refuseIfTaken(other: Member, { clientId, clientHost }: Pick<GroupMember, 'clientId' | 'clientHost'>): void {
    const { topic, partitions } = this.#claim;
    if (other.claim.topic !== topic || !other.claim.partitions.some((partition) => partitions.includes(partition))) return;
    throw this.#busy(`the group "${this.#group}" has a member ${clientId} from ${clientHost.replace(/^\//, '')}: ${nameOf(other)}`);
  }

  async #joinOnce(): Promise<void> {
    const { memberMetadata, memberAssignment } = kafkajs();
    const { topic } = this.#client.options;
    const coordinator = await this.#find();
    const metadata = memberMetadata.encode({ version: 0, topics: [topic], userData: encodeClaim(this.#claim) });
    const group = await coordinator.joinGroup({
      groupId: this.#group,
      sessionTimeout: this.#session,
      rebalanceTimeout: REBALANCE,
      memberId: this.#member,
      groupProtocols: [{ name: PROTOCOL, metadata }],
    });
    this.#member = group.memberId;
    this.#generation = group.generationId;
    const groupAssignment = group.leaderId === group.memberId ? this.#assigned(group.members) : [];
    const answer = await coordinator.syncGroup({ groupId: this.#group, generationId: group.generationId, memberId: group.memberId, groupAssignment });
    const mine = memberAssignment.decode(answer.memberAssignment);
    const takenBy = decodeTaken(mine?.userData);
    if (takenBy !== undefined) {
      await this.#leaveQuietly();
      throw this.#busy(`the group "${this.#group}" has another member: ${nameOf(takenBy)}`);
    }
    this.#heardAt = performance.now();
  }

  #assigned(members: readonly { memberId: string; memberMetadata: Buffer }[]): { memberId: string; memberAssignment: Buffer }[] {
    const { memberAssignment } = kafkajs();
    const known = members.flatMap((member) => memberOf(member) ?? []);
    const topics = new Map(known.map(({ id, claim }) => [id, claim.topic]));
    const shares = assign(known);
    return members.map(({ memberId }) => {
      const share = shares.get(memberId);
      const partitions = share !== undefined && 'partitions' in share ? [...share.partitions] : [];
      const topic = topics.get(memberId) ?? '';
      const userData = share !== undefined && 'takenBy' in share ? Buffer.from(JSON.stringify(share.takenBy)) : Buffer.alloc(0);
      return {
        memberId,
        memberAssignment: memberAssignment.encode({ version: 0, assignment: partitions.length === 0 ? {} : { [topic]: partitions }, userData }),
      };
    });
  }

  async #leaveQuietly(): Promise<void> {
    await this.#coordinator?.leaveGroup({ groupId: this.#group, memberId: this.#member }).catch(() => undefined);
    this.#member = '';
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const every = Math.min(MOST_HEARTBEAT, this.#session / 3);
    let wait = every;
    let told = '';
    while (!signal.aborted) {
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.#beatOnce(signal);
        wait = every;
        told = '';
      } catch (thrown) {
        if (signal.aborted) return;
        if (thrown instanceof HomeostatError && thrown.code !== 'SOURCE_UNREACHABLE') {
          this.failure = thrown;
          return;
        }
        const words = wordsOf(thrown, this.#client.options, this.#group);
        if (words !== told) this.#warn(`kafka: the group "${this.#group}" does not hear of this process: ${words}`);
        told = words;
        wait = AGAIN;
      }
    }
  }

  async #beatOnce(signal: AbortSignal): Promise<void> {
    const sentAt = performance.now();
    try {
      const coordinator = await this.#find();
      await coordinator.heartbeat({ groupId: this.#group, groupGenerationId: this.#generation, memberId: this.#member });
      this.#heardAt = sentAt;
    } catch (thrown) {
      const type = typeOf(thrown);
      if (FORGOTTEN.has(type)) this.#member = '';
      else if (type !== 'REBALANCE_IN_PROGRESS') {
        this.#coordinator = undefined;
        if (!MOVED.has(type)) throw thrown;
        return;
      }
      await this.#joinAgain(signal);
    }
  }
}

function memberOf({ memberId, memberMetadata }: Pick<GroupMember, 'memberId' | 'memberMetadata'>): Member | undefined {
  if (memberMetadata.length === 0) return undefined;
  try {
    const claim = decodeClaim(kafkajs().memberMetadata.decode(memberMetadata)?.userData);
    return claim === undefined ? undefined : { id: memberId, claim };
  } catch {
    return undefined;
  }
}

function decodeTaken(data: Buffer | null | undefined): Member | undefined {
  if (data === null || data === undefined || data.length === 0) return undefined;
  return JSON.parse(data.toString()) as Member;
}
