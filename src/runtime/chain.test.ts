import { describe, expect, it } from 'vitest';
import { RowError, type Operator, type StageOutput } from '../core/contracts.ts';
import { EventBuilder, SeriesDictionary } from '../core/events.ts';
import { emptyVerdicts } from '../core/verdicts.ts';
import { Chain, StageError, type StagePlan } from './chain.ts';
import { lasting } from './states.ts';

/** Passes on every value plus one, and at the watermark a row that counts what it has seen; cannot stand 13. */
function counting(name: string): Operator<{ seen: number }> {
  return {
    name,
    key: 'global',
    timed: false,
    version: 1,
    create: () => ({ seen: 0 }),
    snapshot: (state, writer) => writer.f64(state.seen),
    restore: (reader) => ({ seen: reader.f64() }),
    process(batch, states, out) {
      for (let i = 0; i < batch.length; i++) {
        if (batch.values[i] === 13) throw new RowError(i, new Error('unlucky'));
        states.get(0).seen++;
        out.events.add(batch.series[i], batch.time[i], batch.values[i] + 1, batch.partition[i], batch.offset[i], batch.place[i]);
      }
    },
    advance(watermark, states, out) {
      const { seen } = states.get(0);
      out.verdicts.length = 0;
      if (name === 'last') out.events.add(0, watermark, seen, 0, 0, 0);
    },
  };
}

const planOf = (name: string): StagePlan => ({ operator: counting(name) as Operator<never>, shape: 1, width: 1 });

function ground() {
  const dictionary = new SeriesDictionary();
  dictionary.intern('a');
  const chain = new Chain([planOf('first'), planOf('last')], dictionary, 10, () => undefined);
  const batch = (...values: number[]): EventBuilder => {
    const builder = new EventBuilder(dictionary);
    values.forEach((value, i) => builder.add(0, i, value, 3, 100 + i, 2));
    return builder;
  };
  return { chain, batch };
}

describe('a chain', () => {
  it('gives the events of each stage to the next, and writes the states of all', () => {
    const { chain, batch } = ground();
    chain.process(batch(1, 2, 3), 2, () => {});
    chain.process(batch(4), 4, () => {});
    const writes = lasting(chain.writes());
    expect(lasting(chain.writes())).toEqual(writes);
    expect(writes.map(({ stage, key, shape }) => [stage, key, shape])).toEqual([
      ['first', 0, 1],
      ['last', 0, 1],
    ]);
    const seen = writes.map(({ data }) => new DataView(data.buffer, data.byteOffset).getFloat64(data.length - 8, true));
    expect(seen).toEqual([4, 4]);
    chain.committed();
    expect([...chain.writes()]).toEqual([]);
  });

  it('names stage and record of a failure, in whichever stage it is', () => {
    const thrown = (...values: number[]): unknown => {
      const { chain, batch } = ground();
      try {
        chain.process(batch(...values), 1, () => {});
      } catch (error) {
        return error;
      }
    };
    expect(thrown(1, 13)).toBeInstanceOf(StageError);
    expect(thrown(1, 13)).toMatchObject({ stage: 'first', culprit: { partition: 3, offset: 101, place: 2 }, message: 'unlucky' });
    expect(thrown(12)).toMatchObject({ stage: 'last', culprit: { partition: 3, offset: 100, place: 2 } });
  });

  it('hands the rows of a stage that only says something of them on as they are', () => {
    const dictionary = new SeriesDictionary();
    const passing: StagePlan = { ...planOf('first'), operator: { ...counting('first'), passes: true } as Operator<never> };
    const seen: number[] = [];
    const last: Operator<{ seen: number }> = { ...counting('last'), process: (batch) => void seen.push(...batch.values.subarray(0, batch.length)) };
    const chain = new Chain([passing, { ...planOf('last'), operator: last as Operator<never> }], dictionary, 10, () => undefined);
    const batch = new EventBuilder(dictionary);
    for (const value of [7, 8]) batch.add(dictionary.intern('a'), 1, value, 0, 0, 0);
    chain.process(batch, 1, () => {});
    expect(seen).toEqual([7, 8]);
  });

  it('gives a stage all of its committed states to take up, and keeps as many as the stage says', () => {
    const taken: [number, number][] = [];
    const lookedUp: number[] = [];
    const keyed: Operator<{ seen: number }> = {
      ...counting('keyed'),
      cache: 1,
      recover: (states) => {
        for (const { key, state } of states) taken.push([key, state.seen]);
      },
      process: (batch, states) => {
        for (let i = 0; i < batch.length; i++) states.get(batch.values[i]).seen++;
      },
      advance: () => {},
    };
    const plan: StagePlan = { operator: keyed as Operator<never>, shape: 1, width: 1 };
    const dictionary = new SeriesDictionary();
    const committed = new Map<number, { shape: number; data: Uint8Array }>();
    const begin = (): Chain =>
      new Chain([plan], dictionary, 100, (_, key) => {
        lookedUp.push(key);
        return committed.get(key);
      });
    const batch = new EventBuilder(dictionary);
    for (const value of [4, 5, 4]) batch.add(dictionary.intern('a'), 1, value, 0, 0, 0);
    const chain = begin();
    chain.process(batch, 1, () => {});
    for (const { key, shape, data } of chain.writes()) committed.set(key, { shape, data: data.slice() });
    committed.set(6, { ...committed.get(4)!, shape: 2 });
    chain.committed();
    expect(chain.hot).toBe(1);
    begin().recover(() => [...committed].map(([key, state]) => ({ key, ...state })));
    expect(taken).toEqual([
      [4, 2],
      [5, 1],
    ]);
    expect(lookedUp).toEqual([4, 5]);
  });

  it('returns once a stage filled its output often enough at the watermark, goes on when it is called again, and tells the stages behind of the watermark last', () => {
    const ROOM = 4096;
    let left = 3 * ROOM + 5;
    const heard: (number | 'watermark')[] = [];
    const pours = (out: StageOutput): boolean => {
      for (; left > 0 && out.events.length < out.room!; left--) out.events.add(0, 1, left, 0, 0, 0);
      return true;
    };
    const first: Operator<{ seen: number }> = {
      ...counting('first'),
      advance: (_, __, out) => void pours(out),
      resume: (_, out) => left > 0 && pours(out),
    };
    const last: Operator<{ seen: number }> = {
      ...counting('last'),
      process: ({ length }) => void heard.push(length),
      advance: () => void heard.push('watermark'),
    };
    const dictionary = new SeriesDictionary();
    dictionary.intern('a');
    const plans = [first, last].map((operator): StagePlan => ({ operator: operator as Operator<never>, shape: 1, width: 1 }));
    const chain = new Chain(plans, dictionary, 10, () => undefined, 2);
    const nothing = new EventBuilder(dictionary);
    chain.process(nothing, Infinity, () => {});
    expect([chain.isLeft, heard]).toEqual([true, [ROOM, ROOM]]);
    chain.process(nothing, Infinity, () => {});
    expect([chain.isLeft, heard]).toEqual([false, [ROOM, ROOM, ROOM, 5, 'watermark']]);
  });

  it('hands to the cut what a stage says in pieces, so many of them a call', () => {
    const ROOM = 4096;
    let left = 2 * ROOM + 5;
    const says = ({ verdicts, room }: StageOutput): boolean => {
      const length = Math.min(left, room!);
      Object.assign(verdicts, emptyVerdicts(1, length), { length });
      left -= length;
      return true;
    };
    const only: Operator<{ seen: number }> = { ...counting('only'), advance: (_, __, out) => void says(out), resume: (_, out) => left > 0 && says(out) };
    const chain = new Chain([{ operator: only as Operator<never>, shape: 1, width: 1 }], new SeriesDictionary(), 10, () => undefined, 1);
    const nothing = new EventBuilder(new SeriesDictionary());
    const heard: (number | boolean)[] = [];
    do {
      chain.process(nothing, Infinity, ({ length }) => heard.push(length));
      heard.push(chain.isLeft);
    } while (chain.isLeft);
    expect(heard).toEqual([ROOM, true, ROOM, true, 5, false]);
  });
});
