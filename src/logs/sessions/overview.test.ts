import { describe, expect, it } from 'vitest';
import { run, type Line } from './lines.fixture.ts';
import { readSessions } from './overview.ts';

const lines = Array.from({ length: 100 }, (_, i): Line => ({ time: i, text: `[req-${Math.floor(i / 5)}] step ${i % 5}`, template: i % 5 }));

describe('overview of sessions', () => {
  it('says what makes a session, why, and how many are open', () => {
    const { states } = run({ by: 'auto', idle: 50, close_after: 60 }, lines, { until: 99 });
    const overview = readSessions((key) => states.save().states.get(key));
    expect(overview).toMatchObject({ by: 'identifiers that match \\breq-\\d+', open: 12, opened: 20, held: 0, early: 0, without: 0 });
    expect(overview.evidence[0]).toBe(
      '\\breq-\\d+ (req-0) stands in 100% of the lines: 12 values with 5.0 lines each, 5.0 templates to the value of a line; a value spans 7% of the stretch, and 50% of them come up in its second half',
    );
  });

  it('says that it is not settled yet, and how many lines wait', () => {
    const { states } = run({ by: 'auto' }, lines, { until: 99 });
    expect(readSessions((key) => states.save().states.get(key))).toMatchObject({ by: 'not settled yet', held: 100, open: 0 });
    expect(readSessions(() => undefined)).toMatchObject({ by: 'not settled yet', held: 0, open: 0 });
  });

  it('says what was configured', () => {
    const by = (by: string): string => {
      const { states } = run({ by }, lines, { until: 99 });
      return readSessions((key) => states.save().states.get(key)).by;
    };
    expect([by('window'), by('count'), by('req-\\d')]).toEqual(['windows of time', 'so many lines each', 'identifiers that match req-\\d']);
  });
});
