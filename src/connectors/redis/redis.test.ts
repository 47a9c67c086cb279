/** What needs no server: ids, messages, labels, addresses, words, and what waits for the journal. */
import { describe, expect, it } from 'vitest';
import type { Gap, PushRequest } from '../../core/contracts.ts';
import { nameOf } from './client.ts';
import { EntryMessages, isAfter, timeOf } from './entries.ts';
import { redis, redisSink } from './index.ts';
import { ChannelLabels, labelsOf } from './labels.ts';
import { channelLabel } from './pubsub.ts';
import { Waiting } from './waiting.ts';
import { inWords } from './words.ts';

const bytes = (...texts: string[]) => texts.map((text) => Buffer.from(text));

describe('ids', () => {
  it('are in order also where a part is larger than a number holds', () => {
    const sorted = [
      '0-0',
      '0-1',
      '9-0',
      '10-0',
      '10-2',
      '10-10',
      '18446744073709551614-0',
      '18446744073709551615-18446744073709551614',
      '18446744073709551615-18446744073709551615',
    ];
    for (const [i, a] of sorted.entries()) for (const [j, b] of sorted.entries()) expect(isAfter(a, b), `${a} after ${b}`).toBe(i > j);
    expect(timeOf('1700000000123-7')).toBe(1_700_000_000_123);
  });
});

describe('messages of entries', () => {
  const rule = { field: undefined, labelFields: [], streamLabel: '' };
  const textOf = (given: object, fields: readonly Buffer[]): string =>
    Buffer.from(new EntryMessages({ ...rule, ...given }).of('s', 0, 0, [{ id: '1-0', fields }]).bytes).toString();

  it('are the field `data`, the one that is named, or all fields as an object', () => {
    expect(textOf({}, bytes('a', '1', 'data', 'x'))).toBe('x');
    expect(textOf({ field: 'a' }, bytes('a', '1', 'data', 'x'))).toBe('1');
    expect(textOf({ field: 'b' }, bytes('a', '1'))).toBe('{"a":1}');
    const fields = bytes('n', '-1.5e3', 'text', 'say "hi"', 'zero', '007', 'long', '12345678901234567890', 'empty', '');
    expect(JSON.parse(textOf({}, fields))).toEqual({ n: -1500, text: 'say "hi"', zero: '007', long: '12345678901234567890', empty: '' });
  });

  it('keep bytes as they are', () => {
    const raw = Buffer.from([0xff, 0x00, 0xfe]);
    const made = new EntryMessages(rule).of('s', 0, 0, [{ id: '1-0', fields: [Buffer.from('data'), raw] }]);
    expect(Buffer.from(made.bytes).equals(raw)).toBe(true);
  });

  it('have running offsets, the time of their id, and shared labels', () => {
    const entries = ['a', 'b', 'a'].map((host, i) => ({ id: `${100 + i}-0`, fields: bytes('data', `${i}`, 'host', host) }));
    const made = new EntryMessages({ ...rule, labelFields: ['host', 'absent'], streamLabel: 'stream' }).of('s', 3, 40, entries);
    expect([...made.offsets]).toEqual([40, 41, 42]);
    expect([...made.arrivals!]).toEqual([100, 101, 102]);
    expect(made.labels).toEqual([
      { stream: 's', host: 'a' },
      { stream: 's', host: 'b' },
      { stream: 's', host: 'a' },
    ]);
    expect(made.labels![0]).toBe(made.labels![2]);
    expect(made.partition).toBe(3);
  });
});

describe('labels of a channel', () => {
  it('come from its levels', () => {
    const rule = { labels: ['site', '', 'metric'], separator: ':', whole: '' };
    expect(labelsOf('a:b:c', rule)).toEqual({ site: 'a', metric: 'c' });
    expect(labelsOf('a', rule)).toEqual({ site: 'a' });
    expect(labelsOf('a:b:c:d', rule)).toEqual({ site: 'a', metric: 'c:d' });
    expect(labelsOf('a:b', { labels: [], separator: ':', whole: 'channel' })).toEqual({ channel: 'a:b' });
    expect(labelsOf('a', { labels: [], separator: ':', whole: '' })).toBeUndefined();
    const known = new ChannelLabels(rule);
    expect(known.of('a:b:c')).toBe(known.of('a:b:c'));
  });

  it('name the channel where there are several, unless told otherwise', () => {
    const given = { channels: ['a'], patterns: [], channel_labels: [] } as never;
    expect(channelLabel(given)).toBe('');
    expect(channelLabel({ ...(given as object), patterns: ['*'] } as never)).toBe('channel');
    expect(channelLabel({ ...(given as object), patterns: ['*'], channel_labels: ['site'] } as never)).toBe('');
    expect(channelLabel({ ...(given as object), channel_label: 'from' } as never)).toBe('from');
  });
});

describe('what is said of a server', () => {
  it('holds no secret', () => {
    expect(nameOf({ url: 'rediss://user:hush@host/3', timeout: 1 })).toBe('rediss://host:6379/3');
    expect(nameOf({ url: 'redis://:hush@[::1]:7000', timeout: 1 })).toBe('redis://[::1]:7000');
  });

  it('is in words', () => {
    const said = (message: string, code?: string) => inWords(Object.assign(new Error(message), code === undefined ? {} : { code }), 'redis://h:1').message;
    expect(said('WRONGPASS invalid username-password pair')).toBe('redis://h:1: user or password is wrong');
    expect(said('getaddrinfo ENOTFOUND h', 'ENOTFOUND')).toBe('redis://h:1: the name does not resolve');
    expect(said('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT')).toContain('TLS does not come about');
    expect(said("OOM command not allowed when used memory > 'maxmemory'.")).toContain('memory limit');
    expect(said('something else')).toBe('redis://h:1: something else');
    expect(inWords(inWords(new Error('x'), 'redis://h:1'), 'redis://h:1').message).toBe('redis://h:1: x');
  });
});

describe('a server of a cluster, and one that was taken over', () => {
  it.each([
    ['MOVED 866 10.0.0.2:6379', '10.0.0.2:6379); name that server'],
    ["CROSSSLOT Keys in request don't hash to the same slot", 'several servers; name each stream'],
    ['CLUSTERDOWN The cluster is down', 'a cluster that is not whole'],
    ['ASK 866 10.0.0.2:6379', 'on its way elsewhere'],
    ['UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)', 'a replica took over'],
  ])('answers %s', (answer, words) => {
    expect(inWords(new Error(answer), 'redis://h:1').message).toContain(words);
  });
});

describe('options', () => {
  it('that name no channel, or both a channel and a stream, are refused', () => {
    expect(redis.check!({ channels: [], patterns: [] } as never)).toEqual({ option: '', detail: 'names neither channels nor patterns' });
    expect(redis.check!({ url: 'redis://h', channels: [], patterns: ['*'] } as never)).toBeUndefined();
    expect(redisSink.check!({} as never)?.detail).toBe('names neither channel nor stream');
    expect(redisSink.check!({ channel: 'a', stream: 'b' } as never)?.detail).toBe('names both channel and stream');
    expect(redisSink.check!({ url: 'redis://h', channel: 'a' } as never)).toBeUndefined();
  });
});

describe('what waits for the journal', () => {
  const message = (n: number): PushRequest => ({ body: Buffer.from(String(n)), type: '', idempotencyKey: undefined });

  function waiting(limit: number, append: (messages: readonly PushRequest[]) => Promise<void>) {
    const kept: (string | Gap)[] = [];
    const calls: number[] = [];
    const queue = new Waiting(
      {
        async append(messages) {
          await append(messages);
          calls.push(messages.length);
          for (const { body } of messages) kept.push(Buffer.from(body).toString());
        },
        gap: async (gap) => void kept.push(gap),
        trouble: () => undefined,
        log: () => undefined,
        now: () => 7,
      },
      limit,
    );
    return { kept, calls, queue };
  }

  it('goes together, in order, with a gap at its place', async () => {
    const { kept, calls, queue } = waiting(1e6, async () => undefined);
    for (let n = 0; n < 5; n++) queue.add(message(n));
    queue.gap({ from: 1, to: 2, reason: 'away' });
    queue.add(message(5));
    await queue.close();
    expect(kept).toEqual(['0', '1', '2', '3', '4', { from: 1, to: 2, reason: 'away' }, '5']);
    expect(calls).toEqual([5, 1]);
  });

  it('is bounded: what is too much is one gap with its number, also when nothing comes after', async () => {
    let go: () => void = () => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    const { kept, queue } = waiting(10 * 129, () => gate);
    for (let n = 0; n < 100; n++) queue.add(message(n % 10));
    go();
    await queue.close();
    expect(kept.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, n) => String(n)));
    expect(kept.slice(10)).toEqual([{ from: 7, to: 7, reason: expect.stringMatching(/^90 messages were dropped/) as string }]);
  });

  it('does not hold up the end when the journal takes nothing', async () => {
    const { kept, queue } = waiting(1e6, () => Promise.reject(new Error('full')));
    queue.add(message(1));
    await queue.close();
    expect(kept).toEqual([]);
  });
});
