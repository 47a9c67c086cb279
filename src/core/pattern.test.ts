import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HomeostatError } from './errors.ts';
import { MAX_MATCHED, compilePattern } from './pattern.ts';

function refusal(source: string): string {
  try {
    compilePattern(source, 'session.by');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(HomeostatError);
    expect((thrown as HomeostatError).code).toBe('OPTION_INVALID');
    return (thrown as HomeostatError).message;
  }
  return 'taken';
}

describe('patterns that people write', () => {
  it('find groups, by number and by name', () => {
    const match = compilePattern('(?<kind>blk)_(-?\\d+)(?P<none>x)?').exec('of blk_-42 here');
    expect(match).toEqual({ start: 3, end: 10, groups: ['blk_-42', 'blk', '-42', undefined], named: { kind: 'blk', none: undefined } });
    expect(compilePattern('blk').exec('none')).toBeNull();
  });

  it('find the same in bytes, whatever stands around them', () => {
    const text = fc.array(fc.constantFrom('ü', 'a', '€', '😀', ' ', 'id=7'), { maxLength: 12 }).map((parts) => parts.join(''));
    const pattern = compilePattern('(?<k>id)=(\\d)|(€)');
    const spans = new Int32Array(8);
    fc.assert(
      fc.property(text, fc.nat({ max: 4 }), (line, before) => {
        const match = pattern.exec(line);
        const bytes = Buffer.concat([Buffer.alloc(before, 0x37), Buffer.from(line), Buffer.from('id=8')]);
        expect(pattern.spans(bytes, before, bytes.length - 4, spans)).toBe(match !== null);
        for (const [i, group] of match?.groups.entries() ?? []) {
          expect(spans[2 * i] < 0 ? undefined : bytes.toString('utf8', spans[2 * i], spans[2 * i + 1])).toBe(group);
        }
      }),
    );
  });

  it('are refused with what is wrong and where', () => {
    expect(refusal('ab(c')).toContain('session.by "ab(c": missing closing ) at character 1');
    expect(refusal('ab[z-a]')).toContain('invalid character class range at character 4: "z-a"');
    expect(refusal('x(?=a)')).toContain('cannot be matched in linear time');
    expect(refusal('(a)\\1')).toContain('cannot be matched in linear time');
    expect(refusal('a'.repeat(2000))).toContain('longer than 1000 characters');
    expect(refusal('((a{0,31}){0,31})')).toContain('too large');
  });

  it('cannot hang the process, and look at no more than the first bytes of a text', () => {
    const text = `${'a'.repeat(1_000_000)}b`;
    for (const hostile of ['(a+)+$', '(a|a)*$', '(a*)*b$', '(.*)(.*)(.*)(.*)x$', '(a?){99}a{99}c']) {
      const pattern = compilePattern(hostile);
      expect(pattern.exec(text)?.end ?? 0).toBeLessThanOrEqual(MAX_MATCHED);
      expect(typeof pattern.test(text)).toBe('boolean');
    }
    expect(compilePattern('b').test(text)).toBe(false);
  });
});
