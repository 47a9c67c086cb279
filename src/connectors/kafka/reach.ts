/** What `validate --live` finds of a cluster: brokers, topic, partitions, rights, and where it can lose what it has acknowledged. */
import type { Reached, ReachContext } from '../../core/schema.ts';
import { HomeostatError } from '../../core/errors.ts';
import { KafkaClient, setupOf, type TopicInfo } from './client.ts';
import { isKnown } from './codecs/index.ts';
import { sinkFailure, sourceFailure, typeOf } from './failure.ts';
import { kafkajs } from './kafkajs.ts';
import { SINK_DEFAULTS, SOURCE_DEFAULTS, type ConnectionOptions, type KafkaSinkOptions, type KafkaSourceOptions } from './options.ts';

/** Kind of thing that settings are asked of; the library's own list is loaded only with it. */
const TOPIC = 2 as never;

interface Found {
  info: TopicInfo | undefined;
  /** Answer time of a broker, ms. */
  took: number;
}

/** `undefined` for a topic that is not there and will be created. */
async function look(client: KafkaClient): Promise<Found> {
  await client.connect();
  const began = performance.now();
  try {
    const info = await client.topic();
    return { info, took: performance.now() - began };
  } catch (thrown) {
    if (client.options.create !== undefined && (thrown as { type?: string }).type === 'UNKNOWN_TOPIC_OR_PARTITION')
      return { info: undefined, took: performance.now() - began };
    throw thrown;
  }
}

/** The setting of the topic, or undefined where the user may not see it. */
async function leastInSync(options: ConnectionOptions): Promise<number | undefined> {
  const admin = kafkajs().newAdmin(setupOf(options, () => undefined));
  try {
    await admin.connect();
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: TOPIC, name: options.topic, configNames: ['min.insync.replicas'] }],
    });
    const value = Number(resources[0]?.configEntries[0]?.configValue);
    return Number.isInteger(value) ? value : undefined;
  } catch {
    return undefined;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function describe(client: KafkaClient, { info, took }: Found): Promise<{ found: string; warnings: string[] }> {
  const { options } = client;
  if (info === undefined) return { found: `no topic "${options.topic}" yet; it will be created`, warnings: [] };
  const { partitions } = info;
  const replicas = Math.min(...partitions.map((each) => each.replicas));
  const behind = partitions.filter((each) => each.inSync < each.replicas).length;
  const least = await leastInSync(options);
  const warnings: string[] = [];
  if (replicas < 2)
    warnings.push(
      `the topic "${options.topic}" is kept by one broker alone: acknowledged records are lost with its disk, and may be lost when its machine fails; give it a replication factor of 3`,
    );
  else if (least === 1)
    warnings.push(`min.insync.replicas of the topic "${options.topic}" is 1: a record may be acknowledged that one broker alone has; set it to 2`);
  if (behind > 0) warnings.push(`${behind} of ${partitions.length} partitions have replicas that are behind`);
  return {
    found: `topic "${options.topic}": ${partitions.length} partitions on ${replicas} replicas, answered in ${Math.max(1, Math.round(took))} ms`,
    warnings,
  };
}

function reached(found: string, warnings: readonly string[]): Reached {
  return warnings.length === 0 ? found : { found, warning: warnings.join('; ') };
}

/** Whether the group may be used: a sign of life of a member that there is not is refused for a missing right before all else. */
async function mayRead(client: KafkaClient, group: string): Promise<void> {
  const coordinator = await client.readyCoordinator(group, 'group');
  await coordinator.heartbeat({ groupId: group, groupGenerationId: 0, memberId: 'homeostat-check' }).catch((thrown: unknown) => {
    if (typeOf(thrown) === 'GROUP_AUTHORIZATION_FAILED') throw thrown;
  });
}

export async function reachSource(given: KafkaSourceOptions, context: ReachContext): Promise<Reached> {
  const options = { ...SOURCE_DEFAULTS, ...given };
  const group = options.group ?? `homeostat-${context.pipeline}`;
  const client = new KafkaClient(options);
  try {
    const looked = await look(client);
    const { found, warnings } = await describe(client, looked);
    if (looked.info?.may?.read === false) throw kafkajs().errorOf(29);
    if (looked.info !== undefined) await mayRead(client, group);
    return reached(looked.info === undefined ? found : `${found}; may be read; group "${group}"`, warnings);
  } catch (thrown) {
    throw sourceFailure(thrown, options, group);
  } finally {
    await client.close();
  }
}

export async function reachSink(given: KafkaSinkOptions): Promise<Reached> {
  const options = { ...SINK_DEFAULTS, ...given };
  if (!isKnown(options.compression))
    throw new HomeostatError('RECEIVER_FAILED', {
      target: `kafka ${options.topic}`,
      what: 'verdicts',
      detail: `Node ${process.versions.node} has no zstd; use Node 22.15 or another compression`,
    });
  const client = new KafkaClient(options);
  try {
    const looked = await look(client);
    const { found, warnings } = await describe(client, looked);
    if (looked.info?.may?.write === false) throw kafkajs().errorOf(29);
    return reached(looked.info === undefined ? found : `${found}; may be written`, warnings);
  } catch (thrown) {
    throw sinkFailure(thrown, options);
  } finally {
    await client.close();
  }
}
