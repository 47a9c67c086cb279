import { describe, expect, it } from 'vitest';
import type { Notice } from '../core/contracts.ts';
import type { SeriesDictionary } from '../core/events.ts';
import { ruleOf } from './delivery.ts';
import { DEFAULTS, dictionaryOf, Kept, verdicts } from './tracker.fixture.ts';
import { IncidentTracker } from './tracker.ts';

const anomalous = (series: number, time: number) => ({ series, time, kind: 'anomalous' as const });
const RECEIVERS = [
  ruleOf('all#0', {}),
  ruleOf('critical#1', { severity: 'critical' }),
  ruleOf('berlin#2', { only: { site: 'berlin' } }),
  ruleOf('beginnings#3', { resolved: false }),
];

function trackerOf(dictionary: SeriesDictionary, open = '1 of 1'): IncidentTracker {
  return new IncidentTracker({ ...DEFAULTS, open, group_by: ['site'] }, { pipeline: 'p', dictionary, receivers: RECEIVERS, actions: [] });
}

/** `target status` of what was put into the outbox. */
const told = (items: readonly { target: string; payload: unknown }[]): string[] =>
  items.map(({ target, payload }) => `${target} ${(payload as Notice).status}`);

const berlin = () => dictionaryOf(['cpu', { site: 'berlin', severity: 'warning' }], ['disk', { site: 'berlin', severity: 'critical' }]);

describe('who is told', () => {
  it('is whom the severity and the labels of an incident concern', () => {
    const tracker = trackerOf(berlin());
    tracker.process(verdicts([anomalous(0, 1_000)]));
    expect(told(tracker.take().outbox)).toEqual(['all#0 firing', 'berlin#2 firing', 'beginnings#3 firing']);
    const other = trackerOf(dictionaryOf(['cpu', { site: 'paris', severity: 'critical' }]));
    other.process(verdicts([anomalous(0, 1_000)]));
    expect(told(other.take().outbox)).toEqual(['all#0 firing', 'critical#1 firing', 'beginnings#3 firing']);
  });

  it('is also who only cares once it has become worse, and nobody a second time', () => {
    const tracker = trackerOf(berlin());
    tracker.process(verdicts([anomalous(0, 1_000)]));
    tracker.take();
    tracker.process(verdicts([anomalous(1, 2_000), anomalous(0, 3_000)]));
    const { outbox } = tracker.take();
    expect(told(outbox)).toEqual(['critical#1 firing']);
    expect((outbox[0].payload as Notice).incident.severity).toBe('critical');
  });

  it('hears of the end when it was told of the beginning and wants to, with the key of the beginning', () => {
    const tracker = trackerOf(berlin());
    tracker.process(verdicts([anomalous(0, 1_000)]));
    const begun = tracker.take().outbox;
    tracker.advance(1_000_000);
    const ended = tracker.take().outbox;
    expect(told(ended)).toEqual(['all#0 resolved', 'berlin#2 resolved']);
    expect(ended.map(({ payload }) => (payload as Notice).first)).toEqual([begun[0].key, begun[1].key]);
    expect(begun.every(({ payload }) => (payload as Notice).first === undefined)).toBe(true);
  });

  it('is the same after a restart in between', () => {
    const dictionary = berlin();
    const before = trackerOf(dictionary);
    const kept = new Kept();
    before.process(verdicts([anomalous(0, 1_000)]));
    kept.commit(before.take());
    const after = trackerOf(dictionary);
    kept.restoreInto(after);
    after.process(verdicts([anomalous(1, 2_000)]));
    after.advance(1_000_000);
    const { outbox } = after.take();
    expect(told(outbox)).toEqual(['critical#1 firing', 'all#0 resolved', 'critical#1 resolved', 'berlin#2 resolved']);
    expect((outbox[2].payload as Notice).first).toBe(outbox[0].key);
  });
});
