/** Commands of a consumer group. */
import { messageOf } from '../../core/errors.ts';
import type { Argument, Connection, Reply } from './client.ts';
import { entriesOf, NO_ENTRY, type Entry } from './entries.ts';
import { wordOf } from './words.ts';

/** Ids in one XACK. */
const ACK_AT_ONCE = 1000;

export interface Consumer {
  group: string;
  name: string;
}

/** Makes the group where it is absent; answers whether it was. */
export async function createGroup(connection: Connection, key: string, group: string, start: string): Promise<boolean> {
  try {
    await connection.send(['XGROUP', 'CREATE', key, group, start, 'MKSTREAM']);
    return true;
  } catch (thrown) {
    if (wordOf(thrown) !== 'BUSYGROUP') throw thrown;
    return false;
  }
}

/** Oldest entry that is there, and last id that was ever given out: `0-0` for a stream that is not there; undefined where it may not be asked. */
export async function endsOf(connection: Connection, key: string): Promise<{ first: string; last: string } | undefined> {
  try {
    const stream = fieldsOf(await connection.send(['XINFO', 'STREAM', key]));
    const last = String(stream.get('last-generated-id'));
    const [oldest] = entriesOf([stream.get('first-entry') ?? null]);
    return { first: oldest?.id ?? last, last };
  } catch (thrown) {
    if (messageOf(thrown).includes('no such key')) return { first: NO_ENTRY, last: NO_ENTRY };
    if (wordOf(thrown) === 'NOPERM') return undefined;
    throw thrown;
  }
}

/** The next entries that nobody got before, by stream; waits up to `block` ms for one. */
export async function readNew(
  connection: Connection,
  { group, name }: Consumer,
  keys: readonly string[],
  count: number,
  block: number,
  patience: number,
): Promise<Map<string, Entry[]>> {
  // 0 would be for ever.
  const wait = block > 0 ? ['BLOCK', String(Math.ceil(block))] : [];
  const args = ['XREADGROUP', 'GROUP', group, name, 'COUNT', String(count), ...wait, 'STREAMS', ...keys, ...keys.map(() => '>')];
  const reply = await connection.send(args, block + patience);
  const found = new Map<string, Entry[]>();
  if (Array.isArray(reply)) for (let i = 0; i + 1 < reply.length; i += 2) found.set(String(reply[i]), entriesOf(reply[i + 1]));
  return found;
}

/** Entries after `id` that this consumer got and did not acknowledge. */
export async function readPending(connection: Connection, { group, name }: Consumer, key: string, id: string, count: number): Promise<Entry[]> {
  const reply = await connection.send(['XREADGROUP', 'GROUP', group, name, 'COUNT', String(count), 'STREAMS', key, id]);
  return Array.isArray(reply) ? entriesOf(reply[1]) : [];
}

/** Takes over entries that others got and did not acknowledge for `minIdle` ms; answers where to look next, and how many of them were gone already. */
export async function claim(
  connection: Connection,
  { group, name }: Consumer,
  key: string,
  minIdle: number,
  from: string,
  count: number,
): Promise<{ next: string; entries: Entry[]; gone: number }> {
  const reply = (await connection.send(['XAUTOCLAIM', key, group, name, String(Math.ceil(minIdle)), from, 'COUNT', String(count)])) as Reply[];
  const entries = entriesOf(reply[1]);
  return { next: String(reply[0]), entries: entries.filter(({ fields }) => fields !== undefined), gone: Array.isArray(reply[2]) ? reply[2].length : 0 };
}

export async function acknowledge(connection: Connection, group: string, all: readonly { key: string; ids: readonly string[] }[]): Promise<void> {
  const commands: Argument[][] = [];
  for (const { key, ids } of all) {
    for (let from = 0; from < ids.length; from += ACK_AT_ONCE) commands.push(['XACK', key, group, ...ids.slice(from, from + ACK_AT_ONCE)]);
  }
  if (commands.length > 0) await connection.pipeline(commands);
}

/** What the server says of a stream and a group of it; undefined where the rights or the version of the server do not allow to ask. */
export interface Standing {
  /** Last id that was ever given out by the stream. */
  last: string;
  /** Last id that the group got. */
  delivered: string;
  /** Id of the oldest entry that is there; that of the last one where there is none. */
  first: string;
  /** Largest id among the entries that were deleted one by one. */
  deleted: string;
  /** Entries that are gone and that the group did not get, all losses before among them; undefined when unknown. */
  missed: number | undefined;
}

export async function standing(connection: Connection, key: string, group: string): Promise<Standing | undefined> {
  try {
    const stream = fieldsOf(await connection.send(['XINFO', 'STREAM', key]));
    const groups = (await connection.send(['XINFO', 'GROUPS', key])) as Reply[];
    const ours = groups.map(fieldsOf).find((one) => String(one.get('name')) === group);
    const deleted = stream.get('max-deleted-entry-id');
    if (ours === undefined || deleted === undefined) return undefined;
    const [added, length, read] = [stream.get('entries-added'), stream.get('length'), ours.get('entries-read')];
    const missed = typeof added === 'number' && typeof length === 'number' && typeof read === 'number' ? added - length - read : undefined;
    const last = String(stream.get('last-generated-id'));
    const [oldest] = entriesOf([stream.get('first-entry') ?? null]);
    return { last, delivered: String(ours.get('last-delivered-id')), first: oldest?.id ?? last, deleted: String(deleted), missed };
  } catch (thrown) {
    if (wordOf(thrown) === 'NOPERM' || messageOf(thrown).includes('no such key')) return undefined;
    throw thrown;
  }
}

/** A map of the server: names and values side by side. */
function fieldsOf(reply: Reply): Map<string, Reply> {
  const found = new Map<string, Reply>();
  if (Array.isArray(reply)) for (let i = 0; i + 1 < reply.length; i += 2) found.set(String(reply[i]), reply[i + 1]);
  return found;
}
