import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../core/pattern.ts';
import { Shape } from './shape.ts';

type Found = [start: number, end: number, from: number, to: number];

function byShape(pattern: string, text: string): Found[] {
  const shape = Shape.of(pattern)!;
  const bytes = Buffer.from(text);
  const found: Found[] = [];
  for (let at = 0; shape.find(bytes, at, bytes.length); at = shape.end) found.push([shape.start, shape.end, shape.from, shape.to]);
  return found;
}

function byPattern(source: string, text: string): Found[] {
  const pattern = compilePattern(source);
  const bytes = Buffer.from(text);
  const spans = new Int32Array(2 * pattern.names.length);
  const group = spans.length > 2 ? 2 : 0;
  const found: Found[] = [];
  for (let at = 0; pattern.spans(bytes, at, bytes.length, spans); at = spans[1]) found.push([spans[0], spans[1], spans[group], spans[group + 1]]);
  return found;
}

const SIMPLE = [
  'blk_-?\\d+',
  '\\bblk_-?\\d+',
  'req-([0-9a-f]{8}-[0-9a-f]{4})',
  '\\[(\\d+)\\]',
  'id=(\\w+)\\b',
  '[a-c_]{2,3}-x*y',
  '\\d{2}',
  'a\\.b',
  '[\\w-]+',
  'ab(c)d+\\b',
  'é',
  'aé([\\w-]+)',
  '号:(\\d+)',
];
const HARD = [
  'blk_.*',
  '(?:a|b)+',
  'a|b',
  '(ab)+',
  '\\d+?',
  '\\d*1',
  '\\w+_',
  '[\\w-]+\\b',
  '-\\d?\\b',
  '^a',
  'a$',
  '[^a]',
  '(?i)a',
  'é+',
  '[é]',
  '(a)(b)',
  '(a',
  'a{2',
  '\\pL',
  '[[:alpha:]]',
  'x*',
  '',
];

describe('patterns of a simple shape', () => {
  it('are known, and others left to the general matcher', () => {
    for (const pattern of SIMPLE) expect(Shape.of(pattern), pattern).toBeDefined();
    for (const pattern of HARD) expect(Shape.of(pattern), pattern).toBeUndefined();
  });

  it('find what the general matcher finds', () => {
    const text = fc
      .array(fc.constantFrom('blk_', 'req-', '-', '12', '345', 'a', 'b', 'c', 'abc', 'f0e1d2c3', '_', '[', ']', 'id=', ' ', '.', 'x', 'y', 'é'), {
        maxLength: 30,
      })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.constantFrom(...SIMPLE), text, (pattern, text) => {
        expect(byShape(pattern, text)).toEqual(byPattern(pattern, text));
      }),
      { numRuns: 1000 },
    );
  });

  it('agree with the general matcher wherever both read a pattern', () => {
    const part = fc.constantFrom('a', 'b', '\\d', '\\w', '[ab]', '[a-z-]', '-', '_', '\\.', ' ');
    const times = fc.constantFrom('', '', '+', '?', '*', '{2}', '{1,2}', '{2,}');
    const source = fc
      .tuple(fc.boolean(), fc.array(fc.tuple(part, times), { minLength: 1, maxLength: 5 }), fc.boolean(), fc.option(fc.nat(4)))
      .map(([start, parts, end, group]) => {
        const texts = parts.map(([part, times]) => part + times);
        if (group !== null && group < texts.length) texts[group] = `(${texts[group]})`;
        return `${start ? '\\b' : ''}${texts.join('')}${end ? '\\b' : ''}`;
      });
    const text = fc.array(fc.constantFrom('a', 'b', '1', '2', '-', '_', '.', ' ', 'ab', '12'), { maxLength: 20 }).map((parts) => parts.join(''));
    let read = 0;
    fc.assert(
      fc.property(source, text, (source, text) => {
        if (Shape.of(source) === undefined) return;
        read++;
        expect(byShape(source, text), source).toEqual(byPattern(source, text));
      }),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(300);
  });
});
