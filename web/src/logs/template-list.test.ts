import { expect, it } from 'vitest';
import type { LogTemplate } from '../../../src/core/api.ts';
import { alike, arrange } from './template-list.ts';

const template = (id: number, text: string, more: Partial<LogTemplate> = {}): LogTemplate => ({
  id,
  text,
  name: null,
  level: 'info',
  count: id * 10,
  first: '2026-01-01T00:00:00Z',
  last: '2026-01-01T00:00:00Z',
  pinned: false,
  ignored: false,
  example: text,
  parameters: [],
  trend: [],
  ...more,
});

const list = [
  template(1, 'Receiving block <*> src: <*>'),
  template(2, 'Received block <*> of size <*>', { level: 'error' }),
  template(3, 'Deleting block <*>', { name: 'goodbye', pinned: true }),
];
const ids = (found: readonly LogTemplate[]): number[] => found.map(({ id }) => id);

it('pinned templates stand first, the rest in the order asked for', () => {
  expect(ids(arrange(list, '', 'count'))).toEqual([3, 2, 1]);
  expect(ids(arrange(list, '', 'rare'))).toEqual([3, 1, 2]);
  expect(ids(arrange(list, '', 'level'))).toEqual([3, 2, 1]);
});

it('a search looks at text, name, level and id, and every word must match', () => {
  expect(ids(arrange(list, 'BLOCK size', 'count'))).toEqual([2]);
  expect(ids(arrange(list, 'goodbye', 'count'))).toEqual([3]);
  expect(ids(arrange(list, 'error', 'count'))).toEqual([2]);
  expect(ids(arrange(list, '#1', 'count'))).toEqual([1]);
  expect(arrange(list, 'block nothing', 'count')).toEqual([]);
});

it('offers the most alike templates first, never the template itself', () => {
  const many = [...list, template(4, 'Receiving block <*> dest: <*>')];
  expect(ids(alike(many[0], many, '', 2))).toEqual([4, 3]);
  expect(ids(alike(many[0], many, 'deleting', 5))).toEqual([3]);
});
