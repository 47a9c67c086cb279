import { describe, expect, it } from 'vitest';
import type { Notice } from '../core/contracts.ts';
import { DEFAULTS, dictionaryOf, Kept, trackerOf, verdicts } from './tracker.fixture.ts';

const anomalous = (series: number, time: number) => ({ series, time, kind: 'anomalous' as const });

describe('IncidentTracker', () => {
  it('leaves nothing in the ledger of a Pending that came to nothing', () => {
    const tracker = trackerOf({}, dictionaryOf(['a']));
    tracker.process(verdicts([anomalous(0, 0), ...[1, 2, 3, 4, 5].map((time) => ({ series: 0, time, kind: 'normal' as const }))]));
    const { incidents, transitions, outbox, states } = tracker.take();
    expect([incidents, transitions, outbox]).toEqual([[], [], []]);
    expect(states.find(({ key }) => key > 2)!.data.length).toBe(0);
  });

  it('names at most 100 of the series of a group, and counts the anomalies of all', () => {
    const dictionary = dictionaryOf(...Array.from({ length: 150 }, (_, i): [string, Record<string, string>] => [`s${i}`, { host: 'x' }]));
    const tracker = trackerOf({ open: '1 of 1', group_by: ['host'] }, dictionary);
    tracker.process(verdicts(Array.from({ length: 150 }, (_, i) => anomalous(i, i))));
    const [incident] = tracker.take().incidents;
    expect([incident.series.length, incident.anomalies]).toEqual([100, 150]);
  });

  it('tells the labels that all series of the incident have, its group, pipeline and severity', () => {
    const dictionary = dictionaryOf(['cpu', { site: 'berlin', host: 'x', severity: 'info' }], ['mem', { site: 'berlin', host: 'y', severity: 'critical' }]);
    const tracker = trackerOf({ open: '2 of 2', group_by: ['site'] }, dictionary);
    tracker.process(verdicts([anomalous(0, 0), anomalous(1, 1), anomalous(1, 2)]));
    expect((tracker.take().outbox[0].payload as Notice).labels).toEqual({ site: 'berlin', pipeline: 'p', severity: 'critical' });
  });

  it('closes incidents of a grouping that is configured no more, and tells those who were told', () => {
    const dictionary = dictionaryOf(['a', { host: 'x' }]);
    const before = trackerOf({ open: '1 of 1', group_by: ['host'] }, dictionary);
    const kept = new Kept();
    before.process(verdicts([anomalous(0, 1000)]));
    kept.commit(before.take());
    const after = trackerOf({ open: '1 of 1' }, dictionary);
    kept.restoreInto(after);
    const { transitions, outbox, incidents } = after.take();
    expect(transitions.map(({ sequence, to, cause }) => `${sequence} ${to}: ${cause}`)).toEqual([
      '2 Normal: configuration: series are grouped by other labels now',
    ]);
    expect((outbox[0].payload as Notice).status).toBe('resolved');
    expect(incidents[0].endedAt).toBe(1000);
    after.process(verdicts([anomalous(0, 2000)]));
    expect(after.take().incidents[0].group).toEqual({ series: 'a' });
  });

  it('goes on with fewer last values when the rule asks for fewer', () => {
    const dictionary = dictionaryOf(['a']);
    const kept = new Kept();
    const before = trackerOf({ open: '10 of 20' }, dictionary);
    before.process(verdicts([anomalous(0, 0), { series: 0, time: 1, kind: 'normal' }, anomalous(0, 2)]));
    kept.commit(before.take());
    const after = trackerOf({ open: '2 of 2' }, dictionary);
    kept.restoreInto(after);
    after.process(verdicts([anomalous(0, 3)]));
    expect(after.take().transitions.map(({ to }) => to)).toEqual(['Pending', 'Alerting']);
  });

  it('closes an incident of which only the row is left, rather than showing it as open for ever', () => {
    const tracker = trackerOf({ open: '1 of 1' }, dictionaryOf(['a']));
    tracker.process(verdicts([anomalous(0, 1000)]));
    const [row] = tracker.take().incidents;
    const bare = trackerOf({ open: '1 of 1' }, dictionaryOf(['a']));
    bare.restore([], [row]);
    const { incidents, audit } = bare.take();
    expect(incidents[0]).toMatchObject({ id: row.id, state: 'Normal', endedAt: 1000 });
    expect(audit.length).toBe(1);
  });

  it('refuses a rule that cannot be met', () => {
    expect(() => trackerOf({ ...DEFAULTS, open: '6 of 5' }, dictionaryOf())).toThrow(RangeError);
  });

  it('names a person who acknowledges something that is not open', () => {
    const tracker = trackerOf({}, dictionaryOf(['a']));
    tracker.control({ type: 'acknowledge', incident: 'gone', by: 'ana', comment: '' }, 5);
    expect(tracker.take().audit).toEqual([{ at: 5, by: 'ana', what: 'acknowledge', detail: 'gone: no such incident is open' }]);
  });
});
