import { describe, expect, it } from 'vitest';
import type { AnswerView } from '../core/api.ts';
import { HomeostatError } from '../core/errors.ts';
import type { AnswerQuery, JudgedRow } from '../core/live.ts';
import { incidentFixture } from '../server/running.fixture.ts';
import { previewAnswer, type AnswerGround } from './answers.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Scores against a limit of 4: two stretches that are anomalous, one that comes near. */
const SCORES = [1, 1, 5, 6, 1, 3.5, 1, 4.4, 1, NaN];

/** One row a minute; where anomalous begins the onset is 1. */
function judgedRows(scores: readonly number[] = SCORES): JudgedRow[] {
  return scores.map((score, i) => ({
    time: i * MINUTE,
    score,
    limit: score === score ? 4 : NaN,
    onset: score > 4 && !(scores[i - 1] > 4) ? 1 : 0,
    anomalous: score > 4,
  }));
}

const view = (since: number | null, ended: number | null, factors: { limitFactor: number; onsetFactor: number }): AnswerView => ({
  id: `${since}`,
  pipeline: 'checkout',
  says: 'false-alarm',
  when: 'always',
  until: null,
  incident: null,
  by: '',
  comment: '',
  at: 0,
  since,
  parts: [{ series: 'latency', from: 0, to: 0, ended, ...factors }],
  undone: null,
  active: ended === null,
});

function ground(rows: readonly JudgedRow[], more: Partial<AnswerGround> & { held?: AnswerView[]; series?: string[] } = {}): AnswerGround {
  const { held = [], series = ['latency'], ...rest } = more;
  const incident = { ...incidentFixture(), series, startedAt: 2 * MINUTE, updatedAt: 3 * MINUTE, transitions: [], notices: [], actions: [] };
  return {
    reader: {
      incident: (id) => (id === incident.id ? incident : undefined),
      judged: (_pipeline, index, from, to, limit) => (index === 0 ? rows.filter(({ time }) => time >= from && time <= to).slice(-limit) : []),
      span: (_pipeline, index) => (index === 0 && rows.length > 0 ? { from: rows[0].time, to: rows.at(-1)!.time } : null),
      answers: ({ series }) => ({ items: series === 'latency' ? held : [], next: null }),
    },
    indexOf: (key) => ['latency', 'rate'].indexOf(key),
    onsets: false,
    complete: true,
    ...rest,
  };
}

const asked = (says: AnswerQuery['says'], from: number, to = from, changes: Partial<AnswerQuery> = {}): AnswerQuery => ({
  pipeline: 'checkout',
  says,
  when: 'always',
  of: { series: 'latency', from: from * MINUTE, to: to * MINUTE },
  back: 7 * DAY,
  ...changes,
});
const refusal = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
  } catch (thrown) {
    if (thrown instanceof HomeostatError) return `${thrown.code} ${thrown.message}`;
    throw thrown;
  }
  return 'none';
};

describe('what an answer would have changed', () => {
  it('is counted with and without it, and listed, for a false alarm', async () => {
    const preview = await previewAnswer(asked('false-alarm', 2), ground(judgedRows()));
    expect(preview.parts).toEqual([{ series: 'latency', from: 2 * MINUTE, to: 2 * MINUTE, limitFactor: 1.3125, onsetFactor: 1 }]);
    expect(preview).toMatchObject({ from: 0, to: 9 * MINUTE, verdicts: 10, complete: true, changed: 3 });
    expect(preview.anomalous).toEqual({ without: 3, with: 1 });
    expect(preview.alerts).toEqual({ without: 2, with: 1 });
    const change = { series: 'latency', limit: 4, limitWith: 5.25 };
    expect(preview.first).toEqual([
      { ...change, time: 2 * MINUTE, score: 5, was: 'alert', becomes: 'normal' },
      { ...change, time: 3 * MINUTE, score: 6, was: 'anomalous', becomes: 'alert' },
      { ...change, time: 7 * MINUTE, score: 4.4, was: 'alert', becomes: 'normal' },
    ]);
  });

  it('is counted for what was missed', async () => {
    const preview = await previewAnswer(asked('missed', 5), ground(judgedRows()));
    expect(preview.parts[0].limitFactor).toBeCloseTo(3.5 / 1.05 / 4, 12);
    expect([preview.anomalous, preview.alerts]).toEqual([
      { without: 3, with: 4 },
      { without: 2, with: 3 },
    ]);
    expect(preview.first).toMatchObject([{ time: 5 * MINUTE, was: 'normal', becomes: 'alert' }]);
  });

  it('says where a factor may not go far enough', async () => {
    const far = judgedRows([1, 1, 5, 60, 1, 0.2, 1]);
    const enough = (says: AnswerQuery['says'], minute: number, rows = far, more = {}) =>
      previewAnswer(asked(says, minute), ground(rows, more)).then((preview) => preview.enough);
    expect(await Promise.all([enough('false-alarm', 2), enough('false-alarm', 3)])).toEqual([true, false]);
    expect(await Promise.all([enough('missed', 4), enough('missed', 5)])).toEqual([true, false]);
    const graded = far.map((row, i) => ({ ...row, onset: [0, 0, 0.995, 0.9, 0, 0, 0][i] }));
    expect(await Promise.all([enough('false-alarm', 2, graded, { onsets: true }), enough('false-alarm', 2, graded)])).toEqual([false, true]);
  });

  it('looks back only so far', async () => {
    const preview = await previewAnswer(asked('false-alarm', 2, 3, { back: 3 * MINUTE }), ground(judgedRows()));
    expect(preview).toMatchObject({ from: 6 * MINUTE, verdicts: 4, anomalous: { without: 1, with: 0 } });
  });

  it('judges anew only near the hour where that is asked', async () => {
    const rows = [...judgedRows(), ...judgedRows().map((row) => ({ ...row, time: row.time + 5 * 60 * MINUTE }))];
    const all = await previewAnswer(asked('false-alarm', 2, 3), ground(rows));
    expect(all.anomalous).toEqual({ without: 6, with: 0 });
    const near = await previewAnswer(asked('false-alarm', 2, 3, { when: 'hour-of-day' }), ground(rows));
    expect(near.anomalous).toEqual({ without: 6, with: 3 });
  });

  it('takes onsets of the detector as they are, moved', async () => {
    const rows = judgedRows().map((row, i) => ({ ...row, onset: [0, 0, 0.75, 0, 0, 0.2, 0, 0.7, 0, 0][i] }));
    const preview = await previewAnswer(asked('false-alarm', 2), ground(rows, { onsets: true }));
    expect(preview.parts[0].onsetFactor).toBeCloseTo(3.15, 12);
    expect(preview.alerts).toEqual({ without: 2, with: 0 });
    expect(preview.first.map(({ was, becomes }) => [was, becomes])).toEqual([
      ['alert', 'normal'],
      ['alert', 'normal'],
    ]);
    expect(preview.anomalous).toEqual({ without: 3, with: 1 });
  });

  it('starts from the threshold’s own limit where another answer was in force', async () => {
    const factors = { limitFactor: 2, onsetFactor: 1 };
    const held = [view(4 * MINUTE, null, factors)];
    const rows = judgedRows().map((row) => (row.time > 4 * MINUTE ? { ...row, limit: row.limit * 2, anomalous: false, onset: 0 } : row));
    const preview = await previewAnswer(asked('missed', 7), ground(rows, { held }));
    // 4.4 is above the own limit of 4: that the earlier answer counts no more is enough.
    expect(preview.parts[0]).toMatchObject({ limitFactor: 1, onsetFactor: 1 });
    expect(preview.first).toMatchObject([{ time: 7 * MINUTE, limit: 8, limitWith: 4, was: 'normal', becomes: 'alert' }]);
  });

  it('knows when an answer came in and when it was taken back', async () => {
    const factors = { limitFactor: 2, onsetFactor: 1 };
    const part = (held: AnswerView[], minute: number) =>
      previewAnswer(asked('false-alarm', minute), ground(judgedRows(), { held })).then(({ parts }) => parts[0].limitFactor);
    expect(await part([], 3)).toBeCloseTo(1.575, 12);
    expect(await part([view(2 * MINUTE, null, factors)], 3)).toBeCloseTo(3.15, 12);
    expect(await part([view(3 * MINUTE, null, factors)], 3)).toBeCloseTo(1.575, 12);
    expect(await part([view(null, 3 * MINUTE, factors)], 3)).toBeCloseTo(3.15, 12);
    expect(await part([view(null, 2 * MINUTE, factors)], 3)).toBeCloseTo(1.575, 12);
  });

  it('takes a missing value for no end of an anomaly', async () => {
    const rows = judgedRows([1, 4.2, 1, 6, NaN, 7]);
    expect((await previewAnswer(asked('false-alarm', 1), ground(rows))).alerts.with).toBe(1);
  });

  it('takes the newest of two earlier answers for the one that was in force', async () => {
    const held = [view(MINUTE, null, { limitFactor: 4, onsetFactor: 1 }), view(null, null, { limitFactor: 2, onsetFactor: 1 })];
    const { parts } = await previewAnswer(asked('false-alarm', 3), ground(judgedRows(), { held }));
    expect(parts[0].limitFactor).toBeCloseTo(6 * 1.05, 9);
  });

  it('lists ten changes in all', async () => {
    const rows = judgedRows([1, 1, 5, ...Array.from({ length: 30 }, () => 5)]);
    const query = { ...asked('false-alarm', 0), of: { incident: 'feed0001' } };
    const { parts, first, changed } = await previewAnswer(query, ground(rows, { series: ['latency', 'latency'] }));
    expect([parts.length, first.length, changed]).toEqual([2, 10, 62]);
  });

  it('takes what an earlier answer did to an onset out of it', async () => {
    const held = [view(null, null, { limitFactor: 1, onsetFactor: 3 })];
    const rows = judgedRows().map((row, i) => ({ ...row, onset: i === 2 ? 0.6 : 0 }));
    const { parts } = await previewAnswer(asked('false-alarm', 2), ground(rows, { held, onsets: true }));
    expect(parts[0].onsetFactor).toBeCloseTo(1.5 * 3 * 1.05, 9);
  });

  it('is about every series of an incident of which something is stored', async () => {
    const query = { ...asked('false-alarm', 0), of: { incident: 'feed0001' } };
    const preview = await previewAnswer(query, ground(judgedRows(), { series: ['rate', 'latency'] }));
    expect(preview.parts).toMatchObject([{ series: 'latency', from: 2 * MINUTE, to: 3 * MINUTE }]);
    expect(preview.parts[0].limitFactor).toBeCloseTo(1.575, 12);
  });

  it('says plainly that normal verdicts are not stored, and counts alerts by where they began', async () => {
    const rows = judgedRows().filter(({ anomalous }) => anomalous);
    const preview = await previewAnswer(asked('false-alarm', 7), ground(rows, { complete: false }));
    expect(preview).toMatchObject({ complete: false, verdicts: 3, anomalous: { without: 3, with: 2 }, alerts: { without: 2, with: 1 } });
    const two = judgedRows([1, 5, 6, 1, 6, 7]).filter(({ anomalous }) => anomalous);
    expect((await previewAnswer(asked('false-alarm', 1), ground(two, { complete: false }))).alerts).toEqual({ without: 2, with: 2 });
    const text = await refusal(() => previewAnswer(asked('missed', 5), ground(rows, { complete: false })));
    expect(text).toMatch(/REQUEST_INVALID .*store: anomalies/);
  });

  it('looks at the newest 20,000 verdicts at most', async () => {
    const rows = judgedRows(Array.from({ length: 50_000 }, (_, i) => (i % 100 === 0 ? 5 : 1)));
    const preview = await previewAnswer(asked('false-alarm', 100, 100, { back: 90 * DAY }), ground(rows));
    expect(preview.verdicts).toBe(20_000);
    expect(preview.from).toBe(30_000 * MINUTE);
    expect(preview.to).toBe(49_999 * MINUTE);
    expect(preview.first).toHaveLength(10);
    expect(preview.changed).toBe(preview.anomalous.without);
  });

  it('is refused where nothing can be answered', async () => {
    const of = (changes: Partial<AnswerQuery>, rows = judgedRows(), more = {}) =>
      refusal(() => previewAnswer({ ...asked('missed', 5), ...changes }, ground(rows, more)));
    expect(await of({ of: { series: 'nobody', from: 0, to: 0 } })).toMatch(/^NOT_FOUND .*nobody/);
    expect(await of({ of: { incident: 'none' } })).toMatch(/^NOT_FOUND .*none/);
    expect(await of({ of: { incident: 'feed0001' }, pipeline: 'host' })).toMatch(/^NOT_FOUND/);
    expect(await of({ of: { incident: 'feed0001' } })).toMatch(/^REQUEST_INVALID .*not missed/);
    expect(await of({ of: { incident: 'feed0001' }, says: 'false-alarm' }, judgedRows(), { series: [] })).toMatch(/^REQUEST_INVALID .*about the pipeline/);
    expect(await of({ of: { series: 'latency', from: 9 * MINUTE, to: 9 * MINUTE } })).toMatch(/^REQUEST_INVALID .*no verdict with a score/);
    expect(await of({ of: { series: 'latency', from: 2 * MINUTE, to: 3 * MINUTE } })).toMatch(/^REQUEST_INVALID .*it was an alert/);
    expect(await of({ says: 'false-alarm', of: { series: 'latency', from: 0, to: MINUTE } })).toMatch(/^REQUEST_INVALID .*nothing was anomalous/);
  });
});
