import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mqttSourceOptions } from './options.ts';
import { TopicLabels, matches, topicOf } from './topics.ts';

const split = (text: string): string[] => text.split('/');

describe('filters of topics', () => {
  it.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['a/b/c', 'a/b', false],
    ['a/+/c', 'a/b/c', true],
    ['a/+/c', 'a//c', true],
    ['+/+', '/a', true],
    ['+', 'a/b', false],
    ['#', 'a/b/c', true],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'b', false],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['$SYS/#', '$SYS/x', true],
  ])('%s of %s: %s', (filter, topic, want) => expect(matches(split(filter), split(topic))).toBe(want));

  it('are refused by the schema where they are none', () => {
    const pattern = new RegExp((mqttSourceOptions.properties.topics.items.properties.filter as { pattern?: string }).pattern ?? '^$');
    for (const good of ['a', 'a/b', '/', '+', '#', '+/a/#', '$share/g/a/+', 'a//b']) expect(pattern.test(good), good).toBe(true);
    for (const bad of ['a#', '#/a', 'a+', 'a/+b', 'a/#/b', '++']) expect(pattern.test(bad), bad).toBe(false);
  });
});

describe('labels of topics', () => {
  it('are the levels that have a name, the rest at #, and the topic where none is named', () => {
    const labels = new TopicLabels([
      { filter: '$share/g/f/+/+/t', qos: 1, labels: ['_', 'line', '', 'series'] },
      { filter: 'log/#', qos: 0, labels: ['kind', 'rest', 'more'] },
      { filter: '#', qos: 0, labels: [] },
    ]);
    expect(labels.of('f/a/7/t')).toEqual({ line: 'a', series: 't' });
    expect(labels.of('f/a/7/t')).toBe(labels.of('f/a/7/t'));
    expect(labels.of('log/x/y')).toEqual({ kind: 'log', rest: 'x/y', more: 'y' });
    expect(labels.of('log')).toEqual({ kind: 'log' });
    expect(labels.of('x')).toEqual({ topic: 'x' });
    expect(new TopicLabels([{ filter: 'a', qos: 1, labels: [] }]).of('b')).toBeUndefined();
  });
});

describe('the topic of a series', () => {
  it('never holds a wildcard or a level more, whatever the series is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (series) => {
        const topic = topicOf('homeostat/{pipeline}/{series}', 'p', series);
        expect(topic).toMatch(/^homeostat\/p\/[^/+#\u0000]+$/);
        expect(Buffer.from(topic).toString()).toBe(topic);
        expect(Buffer.byteLength(topic)).toBeLessThan(65_535);
      }),
    );
  });

  it('differs for long names that differ at their end', () => {
    const long = 'x'.repeat(2000);
    expect(topicOf('{series}', 'p', `${long}a`)).not.toBe(topicOf('{series}', 'p', `${long}b`));
    expect(topicOf('{series}', 'p', '$SYS')).toBe('_SYS');
  });
});
