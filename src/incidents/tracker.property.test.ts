import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ControlRecord, Notice } from '../core/contracts.ts';
import type { SeriesDictionary } from '../core/events.ts';
import type { IncidentOptions } from './options.ts';
import type { IncidentTracker } from './tracker.ts';
import { dictionaryOf, Kept, trackerOf, verdicts, type Row } from './tracker.fixture.ts';

const SERIES = 4;

/** What happens to a tracker; where batches end and where it is restored from its commits is not part of it. */
type Step =
  | { type: 'rows'; rows: Row[] }
  | { type: 'clock'; by: number }
  | { type: 'acknowledge' }
  | { type: 'silence'; id: string; matchers: Record<string, string>; for: number }
  | { type: 'unsilence'; id: string };

interface Story {
  options: Partial<IncidentOptions>;
  steps: Step[];
}

const row = fc.record({
  series: fc.nat(SERIES - 1),
  after: fc.oneof(fc.nat(3), fc.nat(30)),
  kind: fc.constantFrom('normal', 'normal', 'anomalous', 'anomalous', 'late', 'missing'),
  score: fc.double({ min: 3, max: 50, noNaN: true }),
  onset: fc.constantFrom(0, 0.2, 0.9),
});

const rows = fc.array(row, { minLength: 1, maxLength: 25 }).map((list) => ({ type: 'rows' as const, list }));

const step = fc.oneof(
  { weight: 6, arbitrary: rows },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('clock' as const), by: fc.oneof(fc.nat(20), fc.nat(200)) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('acknowledge' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('silence' as const),
      id: fc.constantFrom('a', 'b'),
      matchers: fc.constantFrom<Record<string, string>>({ series: 's1' }, { host: 'x' }, { host: 'y', metric: 'cpu' }, { pipeline: 'p' }),
      for: fc.nat(100),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('unsilence' as const), id: fc.constantFrom('a', 'b') }) },
);

const options = fc.record({
  rule: fc.constantFrom<Partial<IncidentOptions>>(
    {},
    { open: '1 of 1' },
    { open: '2 of 3' },
    { open: '30 of 32' },
    { open: { for: 10 } },
    { open: { for: 35 } },
    { open_on: 'onset' },
  ),
  resolve_after: fc.constantFrom(0, 5, 30, 100),
  group_by: fc.constantFrom<string[]>([], ['host'], ['metric'], ['none']),
  no_data: fc.constantFrom(undefined, 40, 150),
  max_alert_age: fc.constantFrom(50, 1e9),
});

const story: fc.Arbitrary<Story> = fc
  .record({ options, steps: fc.array(step, { minLength: 1, maxLength: 25 }) })
  .map(({ options: { rule, ...rest }, steps }) => {
    let time = 1000;
    return {
      options: { ...rule, ...rest },
      steps: steps.map((one): Step => {
        if (one.type !== 'rows') return one;
        return { type: 'rows', rows: one.list.map(({ after, ...r }) => ({ ...r, time: (time += after) })) };
      }),
    };
  });

const dictionary = (): SeriesDictionary =>
  dictionaryOf(
    ['s0', { host: 'x', metric: 'cpu' }],
    ['s1', { host: 'x', metric: 'mem', severity: 'critical' }],
    ['s2', { host: 'y', metric: 'cpu' }],
    ['s3', { host: 'y' }],
  );

const tracker = (given: Partial<IncidentOptions>): IncidentTracker =>
  trackerOf(
    given,
    dictionary(),
    ['log#0', 'webhook#1'],
    [
      { target: 'action checkpoint#0', on: 'alerting', cooldown: 60 },
      { target: 'action restart-source#1', on: 'no-data', cooldown: 300 },
    ],
  );

/** Where a run cuts the rows, and whether it is then restored from what is committed. */
interface Cut {
  size: number;
  advance: boolean;
  restore: boolean;
}

function play({ options: given, steps }: Story, cuts: readonly Cut[]): Kept {
  const kept = new Kept();
  let subject = tracker(given);
  let clock = 1000;
  let last = 0;
  let cutAt = 0;
  subject.connected(clock);
  subject.setArrival(clock);
  const commit = (restore: boolean): void => {
    kept.commit(subject.take());
    if (!restore) return;
    subject = tracker(given);
    kept.restoreInto(subject);
    subject.setArrival(clock);
  };
  const process = (list: readonly Row[]): void => {
    for (let at = 0; at < list.length;) {
      const cut = cuts[cutAt++ % cuts.length];
      const part = list.slice(at, at + cut.size);
      at += part.length;
      subject.process(verdicts(part));
      last = part.at(-1)!.time;
      if (cut.advance) subject.advance(last);
      // A restart gives every series a new time to be silent for: then it is no longer the same story.
      commit(cut.restore && given.no_data === undefined);
    }
    subject.advance(last);
  };
  const say = (record: ControlRecord): void => subject.control(record, clock);
  for (const one of steps) {
    if (one.type === 'rows') process(one.rows);
    else if (one.type === 'clock') {
      clock += one.by;
      subject.setArrival(clock);
      if (clock >= subject.nextTick()) subject.tick(clock);
    } else if (one.type === 'acknowledge') {
      kept.commit(subject.take());
      const open = [...kept.incidents.values()].filter(({ endedAt }) => endedAt === null).sort((a, b) => (a.id < b.id ? -1 : 1));
      if (open.length > 0) say({ type: 'acknowledge', incident: open[0].id, by: 'ana', comment: '' });
    } else if (one.type === 'silence') say({ ...one, until: clock + one.for, by: 'ana', comment: '' });
    else say({ ...one, by: 'ana' });
  }
  subject.advance(Infinity);
  commit(false);
  return kept;
}

const WHOLE: Cut[] = [{ size: 1000, advance: false, restore: false }];
const cut = fc.record({ size: fc.integer({ min: 1, max: 7 }), advance: fc.boolean(), restore: fc.boolean() });

describe('IncidentTracker, for any stream', () => {
  it('says the same however the stream is cut into batches, and from whatever commit it is restored', () => {
    fc.assert(
      fc.property(story, fc.array(cut, { minLength: 1, maxLength: 10 }), (one, cuts) => {
        const whole = play(one, WHOLE);
        const parts = play(one, cuts);
        expect(parts.transitions).toEqual(whole.transitions);
        expect(parts.outbox).toEqual(whole.outbox);
        expect([...parts.incidents.values()]).toEqual([...whole.incidents.values()]);
        expect(parts.backlog).toBe(whole.backlog);
      }),
      { numRuns: 1500 },
    );
  });

  it('never has two incidents of one group open, numbers transitions 1, 2, 3 …, and never goes back in time', () => {
    fc.assert(
      fc.property(story, (one) => {
        const { transitions, incidents } = play(one, WHOLE);
        const open = new Map<string, string>();
        const last = new Map<string, (typeof transitions)[number]>();
        for (const t of transitions) {
          const group = JSON.stringify(incidents.get(t.incident)!.group);
          expect(open.get(group) ?? t.incident).toBe(t.incident);
          open.set(group, t.incident);
          const before = last.get(t.incident);
          expect(t.sequence).toBe((before?.sequence ?? 0) + 1);
          expect(t.from).toBe(before?.to ?? 'Normal');
          expect(t.to).not.toBe(t.from);
          expect(t.at).toBeGreaterThanOrEqual(before?.at ?? -Infinity);
          last.set(t.incident, t);
          if (t.to === 'Normal') open.delete(group);
        }
        for (const incident of incidents.values()) {
          expect(incident.state).toBe(last.get(incident.id)!.to);
          expect(incident.endedAt).toBe(incident.state === 'Normal' ? last.get(incident.id)!.at : null);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('tells each receiver at most once that an incident is over, only where it was told of it, and nothing after that', () => {
    fc.assert(
      fc.property(story, (one) => {
        const { outbox } = play(one, WHOLE);
        expect(new Set(outbox.map(({ key }) => key)).size).toBe(outbox.length);
        const told = new Map<string, Notice['status'][]>();
        for (const { kind, target, payload } of outbox) {
          if (kind !== 'notice') continue;
          const { incident, status } = payload as Notice;
          const id = `${target} ${incident.id}`;
          told.set(id, [...(told.get(id) ?? []), status]);
        }
        for (const statuses of told.values()) {
          expect(statuses[0]).not.toBe('resolved');
          expect(statuses.slice(0, -1)).not.toContain('resolved');
        }
      }),
      { numRuns: 500 },
    );
  });
});
