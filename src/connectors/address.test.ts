/** Addresses that cannot be read are refused with the configuration, in words that hold nothing of them. */
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import type { TObject } from '../core/schema.ts';
import { mqtt, mqttSink } from './mqtt/index.ts';
import { prometheus, promql } from './prometheus/index.ts';
import { nameOf } from './redis/client.ts';
import { redis, redisSink, redisStream } from './redis/index.ts';

interface Component {
  options: TObject;
  sample: Record<string, unknown>;
  check?(options: never): { option: string; detail: string } | undefined;
}

const addressed: [string, Component, string][] = [
  ['redis', redis, 'redis'],
  ['redis-stream', redisStream, 'redis'],
  ['sink redis', redisSink, 'redis'],
  ['mqtt', mqtt, 'mqtt'],
  ['sink mqtt', mqttSink, 'mqtt'],
  ['prometheus', prometheus, 'http'],
  ['promql', promql, 'http'],
];

const checked = ({ options, sample, check }: Component, more: object): unknown =>
  check!(Value.Default(options, { ...structuredClone(sample), ...more }) as never);

describe.each(addressed)('%s', (_, component, scheme) => {
  const option = 'targets' in component.sample ? 'targets' : 'url';
  const given = (url: string): object => ({ [option]: option === 'targets' ? [url] : url });

  it.each([`${scheme}://user:pass/hush@host:1`, `${scheme}://host:99999`])('refuses %s', (url) => {
    const found = checked(component, given(url)) as { option: string; detail: string };
    expect(found.option).toBe(option);
    expect(found.detail).toContain('%2F');
    expect(JSON.stringify(found)).not.toContain('hush');
  });

  it('takes one with a name and a password', () => {
    expect(checked(component, given(`${scheme}://user:50%off@host:1`))).toBeUndefined();
  });
});

describe('a password with a percent sign that is none of an escape', () => {
  it('is taken as it stands', () => {
    expect(nameOf({ url: 'redis://:50%off@host', timeout: 1 })).toBe('redis://host:6379');
  });
});
