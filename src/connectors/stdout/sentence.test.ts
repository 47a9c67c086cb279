import { describe, expect, it } from 'vitest';
import { SeriesDictionary } from '../../core/events.ts';
import { ANOMALOUS, LATE, emptyVerdicts, verdictAt, VERDICT_KINDS, type VerdictBatch } from '../../core/verdicts.ts';
import { StreamSink } from './index.ts';
import { sentence } from './sentence.ts';

const dictionary = new SeriesDictionary();
dictionary.intern('api', {}, 'ms');

function verdict(change: Partial<Record<'score' | 'limit' | 'expected' | 'lower' | 'upper' | 'flags' | 'kind' | 'values', number>>): VerdictBatch {
  const batch = emptyVerdicts(1, 1);
  batch.length = 1;
  batch.time[0] = Date.UTC(2026, 0, 5, 2);
  for (const [name, x] of Object.entries({ score: NaN, limit: NaN, expected: NaN, lower: NaN, upper: NaN, values: 412.04, ...change })) {
    batch[name as 'score'][0] = x;
  }
  return batch;
}

const told = (change: Parameters<typeof verdict>[0]): string => sentence(verdictAt(verdict(change), 0, 'p', dictionary));

describe('a verdict as a line of a log', () => {
  it('says whether the value is normal, and against what it was held', () => {
    const band = { expected: 98.12345, lower: 71, upper: 125 };
    expect(told({ ...band, score: 9.4321, limit: 3, flags: ANOMALOUS })).toBe(
      '2026-01-05T02:00:00.000Z api Anomaly detected: 412 ms (expected 98.12, from 71 to 125; score 9.432, limit 3)',
    );
    expect(told({ score: 0.5, limit: 3 })).toBe('2026-01-05T02:00:00.000Z api Normal value: 412 ms (score 0.5, limit 3)');
    expect(told({})).toContain('Normal value: 412 ms (warming up)');
    expect(told({ flags: LATE, values: NaN })).toContain('Normal value: missing ms (late)');
    expect(told({ kind: VERDICT_KINDS.indexOf('drift'), score: 1 })).toContain('Drift detected: 412 ms');
  });

  it('is what the sink writes when asked for text', async () => {
    let out = '';
    const sink = new StreamSink({ write: (text, done) => ((out += text), done(), true) }, 'all', 'text');
    await sink.write(verdict({ score: 0.5, limit: 3 }), 'p', dictionary);
    expect(out).toBe('2026-01-05T02:00:00.000Z api Normal value: 412 ms (score 0.5, limit 3)\n');
  });
});
