/** A chain of two stages with different keys: one by series, then a global one that sees what all series gave, in order of time. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { EventBatch } from '../../src/core/events.ts';
import { EventBuilder, SeriesDictionary } from '../../src/core/events.ts';
import type { KeyedStates, Operator, StageOutput, StateWrite } from '../../src/core/contracts.ts';
import type { SnapshotReader, SnapshotWriter } from '../../src/core/snapshot.ts';
import { ANOMALOUS, NO_ROW, type VerdictBatch } from '../../src/core/verdicts.ts';
import { Chain } from '../../src/runtime/chain.ts';

/** By series: hands on the difference to the value before. */
class Difference implements Operator<{ last: number }> {
  readonly name = 'difference';
  readonly key = 'series';
  readonly timed = false;
  readonly version = 1;

  create(): { last: number } {
    return { last: NaN };
  }

  snapshot(state: { last: number }, writer: SnapshotWriter): void {
    writer.f64(state.last);
  }

  restore(reader: SnapshotReader): { last: number } {
    return { last: reader.f64() };
  }

  process(batch: EventBatch, states: KeyedStates<{ last: number }>, out: StageOutput): void {
    for (let i = 0; i < batch.length; i++) {
      const state = states.get(batch.series[i]);
      const value = batch.values[i];
      if (!Number.isNaN(state.last)) out.events.add(batch.series[i], batch.time[i], value - state.last, 0, batch.offset[i], 0);
      state.last = value;
    }
  }

  advance(): void {}
}

/** Global: a verdict for every difference larger than all before it, of whatever series; at the end of an interval of 10, one for how many there were. */
class Record implements Operator<{ largest: number; seen: number; end: number }> {
  readonly name = 'record';
  readonly key = 'global';
  readonly timed = true;
  readonly version = 1;

  create(): { largest: number; seen: number; end: number } {
    return { largest: 0, seen: 0, end: NaN };
  }

  snapshot(state: { largest: number; seen: number; end: number }, writer: SnapshotWriter): void {
    for (const x of [state.largest, state.seen, state.end]) writer.f64(x);
  }

  restore(reader: SnapshotReader): { largest: number; seen: number; end: number } {
    return { largest: reader.f64(), seen: reader.f64(), end: reader.f64() };
  }

  process(batch: EventBatch, states: KeyedStates<{ largest: number; seen: number; end: number }>, out: StageOutput): void {
    for (let i = 0; i < batch.length; i++) {
      this.#close(batch.time[i], states, out.verdicts);
      const state = states.get(0);
      state.seen++;
      if (Number.isNaN(state.end)) {
        state.end = Math.floor(batch.time[i] / 10) * 10 + 10;
        states.setTimer(0, state.end);
      }
      if (batch.values[i] <= state.largest) continue;
      state.largest = batch.values[i]!;
      say(out.verdicts, batch.series[i], batch.time[i], state.largest, ANOMALOUS);
    }
  }

  advance(watermark: number, states: KeyedStates<{ largest: number; seen: number; end: number }>, out: StageOutput): void {
    this.#close(watermark, states, out.verdicts);
  }

  #close(time: number, states: KeyedStates<{ largest: number; seen: number; end: number }>, verdicts: VerdictBatch): void {
    states.due(time, (_, state, at) => {
      say(verdicts, 0, at, state.seen, 0);
      state.seen = 0;
      state.end = NaN;
    });
  }
}

function say(verdicts: VerdictBatch, series: number, time: number, value: number, flags: number): void {
  const i = verdicts.length++;
  for (const name of ['series', 'row'] as const) if (verdicts[name].length <= i) verdicts[name] = new Uint32Array([...verdicts[name], ...new Uint32Array(64)]);
  for (const name of ['time', 'values'] as const)
    if (verdicts[name].length <= i) verdicts[name] = new Float64Array([...verdicts[name], ...new Float64Array(64)]);
  if (verdicts.flags.length <= i) verdicts.flags = new Uint8Array([...verdicts.flags, ...new Uint8Array(64)]);
  verdicts.series[i] = series;
  verdicts.time[i] = time;
  verdicts.values[i] = value;
  verdicts.flags[i] = flags;
  verdicts.row[i] = NO_ROW;
}

/** Runs the events in batches that end at `cuts`; after each batch a new chain goes on from what the one before wrote. */
function run(events: readonly { series: number; value: number; step: number }[], cuts: readonly number[]): string[] {
  const dictionary = new SeriesDictionary();
  for (const name of ['a', 'b', 'c']) dictionary.intern(name);
  const ledger = new Map<string, StateWrite>();
  const keyOf = (stage: string, key: number): string => `${stage} ${key}`;
  const fresh = (): Chain => {
    const stages = [new Difference(), new Record()].map((operator) => ({ operator: operator as unknown as Operator<never>, shape: 1, width: 1 }));
    const chain = new Chain(stages, dictionary, 1, (stage, key) => ledger.get(keyOf(stage, key)));
    chain.recover((stage) => [...ledger.values()].filter((write) => write.stage === stage));
    return chain;
  };
  const said: string[] = [];
  let chain = fresh();
  let from = 0;
  let time = 0;
  for (const end of [...new Set([...cuts.map((cut) => cut % (events.length + 1)), events.length])].sort((a, b) => a - b)) {
    const batch = new EventBuilder(dictionary);
    for (let i = from; i < end; i++) batch.add(events[i].series, (time += events[i].step), events[i].value, 0, i, 0);
    from = end;
    chain.process(batch, time, (verdicts) => {
      for (let i = 0; i < verdicts.length; i++) said.push(`${verdicts.series[i]} ${verdicts.time[i]} ${verdicts.values[i]} ${verdicts.flags[i]}`);
    });
    for (const write of chain.writes()) ledger.set(keyOf(write.stage, write.key), { ...write, data: write.data.slice() });
    chain.committed();
    chain = fresh();
  }
  return said;
}

const streams = fc.array(fc.record({ series: fc.nat({ max: 2 }), value: fc.integer({ min: -50, max: 50 }), step: fc.nat({ max: 4 }) }), { maxLength: 120 });

it('says the same however the input is cut, and goes on from its snapshots', () => {
  fc.assert(
    fc.property(streams, fc.array(fc.nat({ max: 200 }), { maxLength: 10 }), (events, cuts) => {
      expect(run(events, cuts)).toEqual(run(events, []));
    }),
  );
});

it('sees all series together', () => {
  const events = [1, 2, 3, 4].flatMap((n) => [0, 1, 2].map((series) => ({ series, value: n * n * (series + 1), step: 1 })));
  const records = run(events, []).filter((line) => line.endsWith(` ${ANOMALOUS}`));
  expect(records.map((line) => line.split(' ')[0])).toEqual(['0', '1', '2', '1', '2', '2']);
});
