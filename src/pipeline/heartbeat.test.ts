import { describe, expect, it } from 'vitest';
import type { PipelineStatus } from '../core/api.ts';
import { troubleOf } from './heartbeat.ts';

const watched = (condition: string, parts: [string, string][] = [], heardAt = 100_000) => ({
  status: { condition, parts: parts.map(([part, is]) => ({ part, condition: is, reason: 'why', since: 0 })) } as unknown as PipelineStatus,
  heardAt,
});

describe('what keeps the heartbeat from beating', () => {
  it.each([
    ['well', watched('ok', [['source', 'ok']]), ''],
    ['failed', watched('failed'), 'pipeline p has failed'],
    ['a ledger that cannot be written', watched('degraded', [['ledger', 'degraded']]), 'ledger of pipeline p: why'],
    ['one that starts', watched('starting', [['engine', 'starting']]), 'engine of pipeline p: why'],
    ['commits that wait for the history', watched('degraded', [['engine', 'degraded']]), 'engine of pipeline p: why'],
    ['a history that is away does not, while verdicts wait for it', watched('degraded', [['history', 'degraded']]), ''],
    ['a receiver that is down does not', watched('degraded', [['receiver slack#0', 'degraded']]), ''],
    ['a source that is away does not', watched('degraded', [['source', 'degraded']]), ''],
    ['a silent engine', watched('ok', [], 60_000), 'pipeline p has not been heard of for 40 s'],
    ['one that has ended may be silent', watched('finished', [], 0), ''],
    [
      'one that has ended while a receiver is down',
      watched(
        'degraded',
        [
          ['engine', 'finished'],
          ['receiver slack#0', 'degraded'],
        ],
        0,
      ),
      '',
    ],
    ['none', undefined, 'there is no pipeline p'],
  ])('%s', (_, state, trouble) => expect(troubleOf('p', state, 100_000)).toBe(trouble));
});
