import { describe, expect, it } from 'vitest';
import { Value } from 'typebox/value';
import type { SessionLook } from '../../core/contracts/logs.ts';
import { CounterRandom } from '../../core/random.ts';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { KnownSessions } from './known.ts';
import { judges } from './index.ts';
import { lookOf } from './made.fixture.ts';
import { Order } from './order.ts';

const STEPS = [1, 2, 3, 4, 5];
const SWAPPED = [1, 3, 2, 4, 5];

function learnt(sequences: readonly (readonly number[])[]): Order {
  const order = new Order();
  sequences.forEach((sequence, i) => order.learn(lookOf(sequence, i * 1000)));
  return order;
}

function times<T>(count: number, of: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => of(i));
}

/** The steps in any order. */
function mixed(i: number): number[] {
  const random = new CounterRandom(3);
  return [...STEPS].sort((a, b) => random.at(a, i).uniform() - random.at(b, i).uniform());
}

describe('orders of sessions', () => {
  it('are odd where the same events otherwise keep one order, and those of usual sessions are not', () => {
    const order = learnt(times(400, () => STEPS));
    expect(order.score(lookOf(SWAPPED, 1e6))).toBeGreaterThan(2.3);
    expect(order.score(lookOf(STEPS, 1e6))).toBe(0);
  });

  it('are odd of a kind that came a few times as well, where order is strict in all others', () => {
    const order = learnt(times(600, (i) => (i % 60 === 0 ? [8, 9, 10] : STEPS)));
    expect(order.score(lookOf([9, 8, 10], 1e6))).toBeGreaterThan(2.3);
  });

  it('are none of them odd where events come in any order', () => {
    const order = learnt(times(2000, mixed));
    for (let i = 5000; i < 5100; i++) expect(order.score(lookOf(mixed(i), 1e6))).toBeLessThan(1);
    expect(order.describe()[0]).toContain('orders kept of 0');
  });

  it('say nothing of counts that are not known, of what grows, and of sessions that are kept in part', () => {
    const order = learnt(times(400, () => STEPS));
    expect(order.score(lookOf([1, 2], 1e6))).toBe(0);
    expect(order.score({ ...lookOf(SWAPPED, 1e6), lines: 9 })).toBe(0);
    expect(order.score(lookOf(SWAPPED, 1e6, 0))).toBeNaN();
  });

  it('are as odd when they are asked for again after they were learnt, less so when they come again, and no more once they are usual', () => {
    const order = learnt(times(1000, () => STEPS));
    const odd = lookOf(SWAPPED, 2e6);
    const before = order.score(odd);
    order.learn(odd);
    expect(order.score(odd)).toBe(before);
    order.learn(lookOf(SWAPPED, 3e6));
    expect(order.score(odd)).toBeLessThan(before);
    for (let i = 0; i < 100; i++) order.learn(lookOf(SWAPPED, 4e6 + i * 1000));
    expect(order.score(odd)).toBe(0);
  });

  it('are all normal that came in a training period', () => {
    const order = learnt([...times(500, () => STEPS), SWAPPED]);
    order.endTraining();
    expect(order.score(lookOf(SWAPPED, 1e6))).toBe(0);
    expect(order.score(lookOf([2, 1, 3, 4, 5], 1e6))).toBeGreaterThan(2.3);
  });

  it('are told by the place where they differ from the usual one', () => {
    const [reason] = learnt(times(400, () => STEPS)).explain(lookOf(SWAPPED, 1e6));
    expect(reason).toMatchObject({ judge: 'order', templates: [3, 2], places: [1] });
    expect(reason.text).toContain('{t:3} where {t:2} usually comes first');
  });

  it('take no more room when there are ever new ones', () => {
    const order = new Order();
    for (let i = 0; i < 20_000; i++) order.learn(lookOf([i % 5000, 7000 + (i % 3000), 9000 + i], i * 1000));
    const writer = new SnapshotWriter();
    writer.begin(1);
    order.snapshot(writer);
    expect(writer.end().length).toBeLessThan(300_000);
  });
});

describe('auto', () => {
  const definition = judges.find(({ name }) => name === 'auto')!;
  const options = Value.Default(definition.options, {}) as never;

  it('goes on from a state of version 2, which knew nothing of orders', () => {
    const known = new KnownSessions({ halfLife: 300, most: 200 });
    const former = definition.create({ ...(options as object), judges: ['new-event', 'count-vector', 'rare-key'] }, known);
    const looks = times(300, (i) => lookOf(STEPS, i * 1000));
    const run = (judge: typeof former, look: SessionLook): void => {
      judge.score(look);
      judge.learn(look);
    };
    for (const look of looks) {
      run(former, look);
      known.learn(look);
    }
    former.endTraining!();
    const writer = new SnapshotWriter();
    writer.begin(2);
    former.snapshot(writer);
    const restored = definition.restore(new SnapshotReader(writer.end(), 3), options, known);
    const odd = lookOf([1, 2, 99], 1e6);
    expect(restored.score(odd)).toBe(former.score(odd));
    expect(restored.limit!()).toBe(former.limit!());
  });
});
