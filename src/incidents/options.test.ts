import { describe, expect, it } from 'vitest';
import { openRule } from './options.ts';

describe('open', () => {
  it.each([
    [{}, { kind: 'count', needed: 3, of: 5 }],
    [{ open: '1 of 1' }, { kind: 'count', needed: 1, of: 1 }],
    [{ open: ' 32  of 32 ' }, { kind: 'count', needed: 32, of: 32 }],
    [{ open: { for: 30_000 } }, { kind: 'duration', ms: 30_000, of: 1 }],
    [{ open_on: 'onset' as const }, { kind: 'onset', of: 1 }],
  ])('%j is the rule %j', (given, rule) => {
    expect(openRule(given)).toEqual(rule);
  });

  it.each([
    [{ open: '5 of 3' }, '1 <= m <= n <= 32'],
    [{ open: '0 of 3' }, '1 <= m <= n <= 32'],
    [{ open: '3 of 33' }, '1 <= m <= n <= 32'],
    [{ open: { for: 0 } }, 'longer than 0'],
    [{ open: '3 of 5', open_on: 'onset' as const }, 'cannot be given together'],
  ])('%j is refused with the reason', (given, reason) => {
    expect(openRule(given)).toEqual({ problem: expect.stringContaining(reason) });
  });
});
