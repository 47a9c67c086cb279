import { describe, expect, it } from 'vitest';
import type { Operator, StateWrite } from '../core/contracts.ts';
import { SnapshotWriter } from '../core/snapshot.ts';
import { lasting, States } from './states.ts';

interface Sum {
  total: number;
}

const operator: Operator<Sum> = {
  name: 'sum',
  key: 'series',
  timed: true,
  version: 1,
  create: () => ({ total: 0 }),
  snapshot: (state, writer) => writer.f64(state.total),
  restore: (reader) => ({ total: reader.f64() }),
  process() {},
  advance() {},
};

/** States as the ledger keeps them: pieces in their places. */
class MemoryStore {
  readonly #states = new Map<number, { shape: number; data: Uint8Array }>();

  of(key: number): { shape: number; data: Uint8Array } | undefined {
    return this.#states.get(key);
  }

  take({ key, shape, data, rest }: StateWrite): void {
    if (rest === undefined) return void this.#states.set(key, { shape, data: data.slice() });
    const whole = new Uint8Array(rest.size);
    whole.set((this.#states.get(key)?.data ?? []).slice(0, rest.size));
    whole.set(data);
    for (const piece of rest.pieces) whole.set(piece.data, piece.number * data.length);
    this.#states.set(key, { shape, data: whole });
  }
}

/** States over a ledger in memory; `commit` puts there what changed. */
function ground(cache: number) {
  const ledger = new Map<number, StateWrite>();
  let reads = 0;
  const begin = (shape = 7): States<Sum> =>
    new States(operator, {
      cache,
      shape,
      lookup: (_, key) => {
        reads++;
        return ledger.get(key);
      },
    });
  const commit = (states: States<Sum>): number[] => {
    const writes = lasting(states.writes(new SnapshotWriter()));
    for (const write of writes) ledger.set(write.key, write);
    states.committed();
    return writes.map(({ key }) => key);
  };
  return { ledger, begin, commit, reads: () => reads };
}

describe('states', () => {
  it('writes what was asked for to change, once, and nothing that was only looked at', () => {
    const { begin, commit } = ground(10);
    const states = begin();
    states.get(3).total = 1;
    states.get(1).total = 2;
    states.get(3).total = 5;
    expect(commit(states)).toEqual([3, 1]);
    expect(states.peek(3)).toEqual({ total: 5 });
    expect(states.peek(4)).toBeUndefined();
    expect(commit(states)).toEqual([]);
  });

  it('drops the coldest after a commit, never what is not committed, and brings back what it was', () => {
    const { begin, commit, reads } = ground(8);
    const states = begin();
    for (let key = 0; key < 20; key++) states.get(key).total = key * 1.5;
    expect(states.hot).toBe(20);
    commit(states);
    expect(states.hot).toBeLessThanOrEqual(8);
    expect(states.spilled).toBe(20 - states.hot);
    const before = reads();
    for (let key = 0; key < 20; key++) expect(states.get(key).total).toBe(key * 1.5);
    expect(reads() - before).toBeGreaterThanOrEqual(12);
  });

  it('asks the ledger once for a key that has no state, and again for one that was made and dropped', () => {
    const { begin, commit, reads } = ground(1);
    const states = begin();
    for (let i = 0; i < 3; i++) expect(states.peek(5)).toBeUndefined();
    expect(reads()).toBe(1);
    states.get(5).total = 4;
    commit(states);
    states.get(6).total = 1;
    commit(states);
    expect(states.spilled).toBeGreaterThan(0);
    expect(states.peek(5)).toEqual({ total: 4 });
    expect(states.get(5)).toEqual({ total: 4 });
  });

  it('brings back once what is only looked at, writes it not, and lets it go when it is cold', () => {
    const { begin, commit, reads } = ground(8);
    const first = begin();
    for (let key = 0; key < 4; key++) first.get(key).total = key;
    commit(first);
    const states = begin();
    const looked = states.peek(2);
    for (let i = 0; i < 100; i++) expect(states.peek(2)).toBe(looked);
    expect([reads(), states.hot]).toEqual([5, 1]);
    expect(commit(states)).toEqual([]);
    for (let key = 10; key < 30; key++) states.get(key);
    commit(states);
    expect(states.hot).toBeLessThanOrEqual(8);
    expect(states.peek(2)).toEqual({ total: 2 });
    expect(reads()).toBe(26);
  });

  it('keeps those used last', () => {
    const { begin, commit } = ground(8);
    const states = begin();
    for (let key = 0; key < 8; key++) states.get(key);
    commit(states);
    for (let key = 0; key < 4; key++) states.get(key);
    commit(states);
    const hot = new Set<Sum>([0, 1, 2, 3].map((key) => states.get(key)));
    states.get(100);
    commit(states);
    for (let key = 0; key < 4; key++) expect(hot.has(states.peek(key)!), `key ${key}`).toBe(true);
  });

  it('rings timers in order of time, then key, also one that a ring sets, and forgets the cleared', () => {
    const states = ground(8).begin();
    for (const [key, at] of [
      [5, 20],
      [2, 10],
      [9, 10],
      [1, 15],
    ] as const) {
      states.setTimer(key, at);
    }
    states.setTimer(1, Infinity);
    const rung: [key: number, at: number][] = [];
    states.due(20, (key, _, at) => {
      rung.push([key, at]);
      if (key === 2 && at === 10) states.setTimer(2, 12);
    });
    expect(rung).toEqual([
      [2, 10],
      [9, 10],
      [5, 20],
      [2, 12],
    ]);
    states.due(1e9, (key) => rung.push([key, NaN]));
    expect(rung.length).toBe(4);
  });

  it('writes of a large state only the pieces that changed, also after it was brought back', () => {
    const store = new MemoryStore();
    const large: Operator<Float64Array> = {
      name: 'large',
      key: 'series',
      timed: false,
      version: 1,
      process() {},
      advance() {},
      create: () => new Float64Array(4000),
      snapshot: (state, writer) => writer.block(state),
      restore: (reader) => reader.block(new Float64Array(4000)),
    };
    const lookup = (_: string, key: number) => store.of(key);
    const states = new States(large, { cache: 1, shape: 1, lookup });
    const commit = (): number[][] => {
      const writes = lasting(states.writes(new SnapshotWriter()));
      for (const write of writes) store.take(write);
      states.committed();
      return writes.map(({ rest }) => rest!.pieces.map(({ number }) => number));
    };
    states.get(0)[3999] = 1;
    expect(commit()).toEqual([[1, 2, 3, 4, 5, 6, 7, 8]]);
    states.get(0)[2000] = 2;
    expect(commit()).toEqual([[4]]);
    // A commit that never became durable counts for nothing.
    states.get(0)[1000] = 3;
    lasting(states.writes(new SnapshotWriter()));
    states.get(0)[3000] = 4;
    expect(commit()).toEqual([[2, 6]]);
    states.get(1)[0] = 1;
    commit();
    states.get(0)[1500] = 5;
    expect(states.spilled).toBe(1);
    expect(commit()).toEqual([[3]]);
    const again = new States(large, { cache: 1, shape: 1, lookup });
    expect([...again.get(0)].flatMap((x, i) => (x === 0 ? [] : [[i, x]]))).toEqual([
      [1000, 3],
      [1500, 5],
      [2000, 2],
      [3000, 4],
      [3999, 1],
    ]);
  });

  it('writes a state whole where its stage says so, also one that was brought back from pieces', () => {
    const store = new MemoryStore();
    const large = (whole: boolean): Operator<Float64Array> => ({
      name: 'large',
      key: 'series',
      timed: false,
      version: 1,
      whole,
      process() {},
      advance() {},
      create: () => new Float64Array(4000),
      snapshot: (state, writer) => writer.block(state),
      restore: (reader) => reader.block(new Float64Array(4000)),
    });
    const write = (whole: boolean, at: number): boolean[] => {
      const states = new States(large(whole), { cache: 1, shape: 1, lookup: (_, key) => store.of(key) });
      states.get(0)[at] = at;
      const writes = lasting(states.writes(new SnapshotWriter()));
      for (const each of writes) store.take(each);
      return writes.map(({ rest }) => rest === undefined);
    };
    expect([write(false, 3999), write(true, 7), write(true, 3000), write(false, 2000)]).toEqual([[false], [true], [true], [false]]);
    const again = new States(large(true), { cache: 1, shape: 1, lookup: (_, key) => store.of(key) });
    expect([7, 2000, 3000, 3999].map((at) => again.get(0)[at])).toEqual([7, 2000, 3000, 3999]);
  });

  it('takes up timers from the ledger', () => {
    const { ledger, begin, commit } = ground(8);
    const first = begin();
    first.get(4).total = 3;
    first.setTimer(4, 50);
    first.get(6);
    commit(first);
    const second = begin();
    second.recover(ledger.values());
    const rung: [key: number, total: number, at: number][] = [];
    second.due(100, (key, { total }, at) => rung.push([key, total, at]));
    expect(rung).toEqual([[4, 3, 50]]);
  });

  it('leaves behind, with its timer, what was written under another shape: the key begins anew', () => {
    const { ledger, begin, commit } = ground(8);
    const first = begin(7);
    first.get(4).total = 3;
    first.setTimer(4, 50);
    commit(first);
    const second = begin(8);
    second.recover(ledger.values());
    second.due(100, () => expect.unreachable());
    expect(second.get(4)).toEqual({ total: 0 });
  });
});
