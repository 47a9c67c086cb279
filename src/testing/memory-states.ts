/** State per key in memory, for trying an operator without an engine. */
import type { KeyedStates, Operator } from '../core/contracts.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';

/** Everything that a stage keeps, as bytes. */
export interface SavedStates {
  states: ReadonlyMap<number, Uint8Array>;
  timers: ReadonlyMap<number, number>;
}

export interface MemoryStates<S> extends KeyedStates<S> {
  save(): SavedStates;
}

/** States of this operator, empty or as `save` gave them. */
export function memoryStates<S>(operator: Operator<S>, saved?: SavedStates): MemoryStates<S> {
  const states = new Map<number, S>();
  const timers = new Map(saved?.timers);
  /** What a ledger would hold: only states that were marked as changed are written. */
  const written = new Map(saved?.states);
  const changed = new Set<number>();
  for (const [key, bytes] of saved?.states ?? []) states.set(key, operator.restore(new SnapshotReader(bytes, operator.version), key));
  operator.recover?.([...states].map(([key, state]) => ({ key, state })));

  const get = (key: number): S => {
    const state = states.get(key) ?? operator.create(key);
    states.set(key, state);
    changed.add(key);
    return state;
  };

  /** The earliest timer at or before `time`; of several, that of the smallest key. */
  const next = (time: number): [key: number, at: number] | undefined => {
    let first: [number, number] | undefined;
    for (const [key, at] of timers) {
      if (at <= time && (first === undefined || at < first[1] || (at === first[1] && key < first[0]))) first = [key, at];
    }
    return first;
  };

  return {
    get,
    peek: (key) => states.get(key),
    setTimer(key, at) {
      if (at === Infinity) timers.delete(key);
      else timers.set(key, at);
    },
    due(time, visit) {
      for (let first = next(time); first !== undefined; first = next(time)) {
        timers.delete(first[0]);
        visit(first[0], get(first[0]), first[1]);
      }
    },
    save() {
      const writer = new SnapshotWriter();
      for (const key of changed) {
        writer.begin(operator.version);
        operator.snapshot(states.get(key)!, writer);
        written.set(key, writer.end());
      }
      changed.clear();
      return { states: new Map(written), timers: new Map(timers) };
    },
  };
}
