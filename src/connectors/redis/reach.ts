/** What `validate --live` asks of a Redis server: does it answer, may this user do what is needed, and can it lose what it has acknowledged. */
import { HomeostatError, messageOf } from '../../core/errors.ts';
import type { Reached } from '../../core/schema.ts';
import { Connection, nameOf, type Argument } from './client.ts';
import type { ConnectionOptions, PubSubOptions, SinkOptions, StreamOptions } from './options.ts';
import { inWords, wordOf } from './words.ts';

interface Around {
  pipeline: string;
}

/** Opens a connection for one look. Throws SOURCE_UNREACHABLE or RECEIVER_FAILED in words. */
async function looking(
  options: ConnectionOptions,
  around: Around,
  target: string | undefined,
  look: (connection: Connection) => Promise<Reached>,
): Promise<Reached> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.open(options, `homeostat-${around.pipeline}`);
    return await look(connection);
  } catch (thrown) {
    if (thrown instanceof HomeostatError) throw thrown;
    const detail = messageOf(inWords(thrown, nameOf(options)));
    if (target === undefined) throw new HomeostatError('SOURCE_UNREACHABLE', { source: 'redis', detail }, thrown);
    throw new HomeostatError('RECEIVER_FAILED', { target, what: 'verdicts', detail }, thrown);
  } finally {
    connection?.close();
  }
}

/** Asks whether the server would take a command, without any effect: in a transaction rights, memory and role are checked, and then it is thrown away. */
async function wouldTake(connection: Connection, args: readonly Argument[]): Promise<void> {
  try {
    await connection.send(['MULTI']);
  } catch (thrown) {
    // Nobody but the command itself can tell then.
    if (wordOf(thrown) === 'NOPERM') return;
    throw thrown;
  }
  try {
    await connection.send(args);
  } finally {
    await connection.send(['DISCARD']).catch(() => undefined);
  }
}

/** Whether PING is allowed does not matter; whether it is answered does. */
async function ping(connection: Connection): Promise<void> {
  await connection.send(['PING']).catch((thrown: unknown) => {
    if (wordOf(thrown) !== 'NOPERM') throw thrown;
  });
}

export function reachChannels(options: PubSubOptions, around: Around): Promise<Reached> {
  const { channels, patterns } = options;
  return looking(options, around, undefined, async (connection) => {
    await ping(connection);
    await connection.subscribe(channels, patterns, () => undefined);
    const what = [...channels, ...patterns.map((pattern) => `${pattern} (pattern)`)];
    return `${nameOf(options)} answers; may listen to ${what.slice(0, 5).join(', ')}${what.length > 5 ? ` and ${what.length - 5} more` : ''}`;
  });
}

export function reachStreams(options: StreamOptions, around: Around): Promise<Reached> {
  const { streams, group, create, min_idle } = options;
  return looking(options, around, undefined, async (connection) => {
    await ping(connection);
    const consumer = options.consumer ?? around.pipeline;
    const absent: string[] = [];
    for (const key of streams) {
      await wouldTake(connection, ['XREADGROUP', 'GROUP', group, consumer, 'COUNT', '1', 'STREAMS', key, '>']);
      await wouldTake(connection, ['XACK', key, group, '0-1']);
      if (create) await wouldTake(connection, ['XGROUP', 'CREATE', key, group, '0', 'MKSTREAM']);
      if (min_idle !== undefined) await wouldTake(connection, ['XAUTOCLAIM', key, group, consumer, '1000', '0-0']);
      if (!(await hasGroup(connection, key, group))) absent.push(key);
    }
    if (absent.length > 0 && !create) {
      throw new Error(`there is no group ${group} at ${absent.join(', ')}; make it, or set create: true`);
    }
    const made = absent.length > 0 ? `; the group ${group} will be made at ${absent.join(', ')}` : '';
    const found = `${nameOf(options)} answers; may read ${streams.length === 1 ? `the stream ${streams[0]}` : `${streams.length} streams`} as ${consumer} of ${group}${made}`;
    return warned(found, await lossOf(connection));
  });
}

export function reachSink(options: SinkOptions, around: Around): Promise<Reached> {
  const { channel, stream } = options;
  return looking(options, around, `${nameOf(options)} ${channel ?? stream}`, async (connection) => {
    await ping(connection);
    if (stream === undefined) {
      await wouldTake(connection, ['PUBLISH', channel!, '']);
      return `${nameOf(options)} answers; may publish to ${channel}`;
    }
    await wouldTake(connection, ['XADD', stream, '*', 'id', '']);
    await connection.send(['XREVRANGE', stream, '+', '-', 'COUNT', '1']);
    return warned(`${nameOf(options)} answers; may add to the stream ${stream}`, await lossOf(connection));
  });
}

function warned(found: string, warning: string): Reached {
  return warning === '' ? found : { found, warning };
}

async function hasGroup(connection: Connection, key: string, group: string): Promise<boolean> {
  try {
    const groups = await connection.send(['XINFO', 'GROUPS', key]);
    return Array.isArray(groups) && groups.some((one) => Array.isArray(one) && one.some((field) => String(field) === group));
  } catch (thrown) {
    // Where it may not be asked, reading will tell.
    if (wordOf(thrown) === 'NOPERM') return true;
    if (messageOf(thrown).includes('no such key')) return false;
    throw thrown;
  }
}

/** How the server may lose entries that it has acknowledged, in words; '' where nothing is known of it. */
async function lossOf(connection: Connection): Promise<string> {
  const info = await connection.send(['INFO', 'everything']).catch(() => '');
  const value = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(String(info))?.[1] ?? '';
  const warnings: string[] = [];
  if (value('aof_enabled') === '0') {
    warnings.push('appendonly is off: entries acknowledged since the last snapshot are lost when the server crashes; set appendonly yes');
  }
  const policy = value('maxmemory_policy');
  if (Number(value('maxmemory')) > 0 && policy.startsWith('allkeys')) {
    warnings.push(`maxmemory-policy is ${policy}: whole streams are thrown away when memory is short; set noeviction`);
  }
  const fsync = await connection.send(['CONFIG', 'GET', 'appendfsync']).catch(() => null);
  if (value('aof_enabled') === '1' && Array.isArray(fsync) && String(fsync[1]) === 'no') {
    warnings.push('appendfsync is no: entries acknowledged in the last half minute can be lost when the machine crashes; set everysec or always');
  }
  return warnings.join('; ');
}
