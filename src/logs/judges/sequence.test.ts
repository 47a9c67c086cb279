import { describe, expect, it } from 'vitest';
import { LOOKS, type SessionLook } from '../../core/contracts/logs.ts';
import { CounterRandom } from '../../core/random.ts';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import type { TrainedJudge } from './definition.ts';
import type { KnownSessions } from './known.ts';
import { ContextTable, extend } from './sequence-contexts.ts';
import { sequence } from './sequence.ts';
import { sequenceHashOf } from './vectors.ts';

const random = new CounterRandom(4);
const NOBODY = undefined as unknown as KnownSessions;
const CHOSEN: Parameters<typeof sequence.create>[0] = { order: 1, contexts: 4096, half_life: 10_000, memory: 32 };

function lookAt(events: number[], look: (typeof LOOKS)[number] = 'closed'): SessionLook {
  const templates = Uint32Array.from(events);
  const none = new Uint32Array(0);
  const at = { time: 0, first: 0, last: 0, lines: events.length, look: LOOKS.indexOf(look) };
  return { ...at, templates: none, counts: none, sequence: templates, countHash: 0, sequenceHash: sequenceHashOf(templates) };
}

/** Opens, reads or writes some times, closes. */
function session(i: number): SessionLook {
  const steps = Array.from({ length: 1 + random.at(0, i).below(4) }, (_, k) => (random.at(1 + k, i).below(3) === 0 ? 30 : 20));
  return lookAt([10, ...steps, 40]);
}

function run(judge: TrainedJudge, from: number, to: number, every = session): number[] {
  return Array.from({ length: to - from }, (_, i) => {
    const look = every(from + i);
    const score = judge.score(look);
    judge.learn(look);
    return score;
  });
}

function snapshotOf(judge: { snapshot(writer: SnapshotWriter): void }): Uint8Array {
  const writer = new SnapshotWriter();
  writer.begin(2);
  judge.snapshot(writer);
  return writer.end();
}

describe('sequence', () => {
  it('finds events in an unusual order, a wrong beginning, a missing end and events never seen odder than nearly all it has learnt', () => {
    const judge = sequence.create(CHOSEN, NOBODY);
    expect(judge.score(session(0))).toBeNaN();
    const usual = run(judge, 0, 500)
      .slice(100)
      .toSorted((a, b) => a - b);
    const odd = [
      { events: [10, 20, 40, 20, 40], says: '{t:20} after {t:40}', places: 3 },
      { events: [20, 20, 40], says: '{t:20} at the start', places: 0 },
      { events: [10, 20, 30], says: 'the end after {t:30}', places: 2 },
      { events: [10, 20, 77, 40], says: '{t:77} after {t:20}', places: 2 },
    ];
    for (const { events, says, places } of odd) {
      const look = lookAt(events);
      expect(judge.score(look)).toBeGreaterThan(usual[396]);
      const [reason] = judge.explain(look);
      expect(reason.text).toContain(says);
      expect(reason.places).toContain(places);
    }
    expect(judge.explain(lookAt([10, 20, 77, 40]))[0].text).toMatch(/1 in [\d,]+\) instead of \{t:(20|40)\}/);
  });

  it('does not take a session that still grows for one that has ended too early', () => {
    const judge = sequence.create(CHOSEN, NOBODY);
    run(judge, 0, 300);
    expect(judge.score(lookAt([10, 20, 30], 'growing'))).toBeLessThan(judge.score(lookAt([10, 20, 30])));
  });

  it('gives an event in a context the share that Witten and Bell give it', () => {
    const judge = sequence.create({ ...CHOSEN, order: 1, memory: 1 }, NOBODY);
    for (let i = 0; i < 40; i++) judge.learn(lookAt([i === 20 ? 2 : 1]));
    // Of 80 events (each with its end) 39 are 1, 1 is 2, 40 are ends: 3 kinds.
    const alone = (1 + 3 * (1 / 4)) / (80 + 3);
    const atStart = (1 + 2 * alone) / (40 + 2);
    expect(judge.explain(lookAt([2]))[0].text).toContain(`{t:2} at the start (1 in ${Math.round(1 / atStart)})`);
  });

  it('takes an event for expected that usually comes some events after another, whatever runs beside it', () => {
    const beside = (i: number): SessionLook => lookAt([1, 50 + random.at(9, i).below(5), 2, 60 + random.at(10, i).below(5), 3]);
    const judge = sequence.create({ ...CHOSEN, order: 3 }, NOBODY);
    const usual = run(judge, 0, 2000, beside)
      .slice(1000)
      .toSorted((a, b) => a - b);
    expect(judge.score(lookAt([1, 51, 3, 61, 2]))).toBeGreaterThan(usual[990]);
    expect(judge.score(lookAt([1, 2, 51, 3]))).toBeGreaterThan(usual[990]);
  });

  it('ranks by what it did not know yet, so that after a training of some hundred sessions few of the same kind lie beyond the limit', () => {
    const judge = sequence.create(CHOSEN, NOBODY);
    run(judge, 0, 400);
    judge.endTraining!();
    const { limit } = sequence;
    const beyond = Array.from({ length: 1000 }, (_, i) => judge.score(session(5000 + i))).filter((score) => score > ('trained' in limit ? limit.trained : NaN));
    expect(beyond.length).toBeLessThan(20);
    expect(judge.score(lookAt([10, 20, 77, 40]))).toBeGreaterThan('trained' in limit ? limit.trained : NaN);
  });

  it('goes on from a snapshot at any point to the last bit', () => {
    for (const chosen of [CHOSEN, { ...CHOSEN, contexts: 64, half_life: 100 }]) {
      const whole = sequence.create(chosen, NOBODY);
      const scores = run(whole, 0, 400);
      for (const cut of [0, 1, 9, 50, 99, 100, 101, 222, 333]) {
        const first = sequence.create(chosen, NOBODY);
        run(first, 0, cut);
        const second = sequence.restore(new SnapshotReader(snapshotOf(first), 2), chosen, NOBODY);
        expect(run(second, cut, 400)).toEqual(scores.slice(cut));
        expect(Buffer.compare(snapshotOf(second), snapshotOf(whole))).toBe(0);
      }
    }
  });

  it('works out a sequence that it has worked out before as it did', () => {
    const [one, other] = [sequence.create(CHOSEN, NOBODY), sequence.create(CHOSEN, NOBODY)];
    for (let i = 0; i < 300; i++) {
      const look = session(i);
      for (let k = 0; k < i % 3; k++) other.score(look);
      expect(other.score(look)).toBe(one.score(look));
      for (const judge of [one, other]) judge.learn(look);
    }
  });

  it('follows when the usual order changes', () => {
    const judge = sequence.create({ ...CHOSEN, half_life: 200 }, NOBODY);
    run(judge, 0, 500);
    const changed = (): SessionLook => lookAt([10, 40, 20, 30]);
    const scores = run(judge, 500, 2500, changed);
    expect(scores[0]).toBeGreaterThan(2);
    expect(scores.at(-1)).toBeLessThan(0.05);
  });

  it('stays bounded, and what is frequent stays known', () => {
    const judge = sequence.create({ ...CHOSEN, contexts: 256 }, NOBODY);
    run(judge, 0, 3000, (i) => (i % 2 === 0 ? lookAt([1, 2, 3, 4]) : lookAt([100 + i, 200_000 - i, i])));
    expect(snapshotOf(judge).length).toBeLessThan(256 * 20 + 15_000);
    expect(judge.score(lookAt([1, 2, 3, 4]))).toBeLessThan(1);
    expect(judge.score(lookAt(Array.from({ length: 5000 }, (_, i) => i)))).toBeGreaterThan(1);
  });
});

describe('the table of contexts', () => {
  it('halves its counts when it is full, keeps sums right, and never has more slots than said', () => {
    const table = new ContextTable(100);
    for (let i = 0; i < 5000; i++) {
      const context = extend(1, i % 3 === 0 ? 7 : i);
      table.add(context, i % 5, 1);
      expect(table.used).toBeLessThanOrEqual(100);
    }
    const often = extend(1, 7);
    const slot = table.find(often);
    const followers = [0, 1, 2, 3, 4].map((event) => table.followed(often, event));
    expect(followers.reduce((a, b) => a + b)).toBe(table.count(slot));
    expect(followers.filter((n) => n > 0)).toHaveLength(table.kinds(slot));
    const again = new ContextTable(100).restore(new SnapshotReader(snapshotOf(table), 2));
    expect(Buffer.compare(snapshotOf(again), snapshotOf(table))).toBe(0);
    expect(again.followed(often, 1)).toBe(table.followed(often, 1));
  });
});
