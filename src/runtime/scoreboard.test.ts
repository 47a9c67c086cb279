import { describe, expect, it } from 'vitest';
import type { SeriesInfo } from '../core/events.ts';
import { ANOMALOUS, LATE, emptyVerdicts, type VerdictBatch } from '../core/verdicts.ts';
import { Scoreboard } from './scoreboard.ts';

const series: SeriesInfo[] = [
  { index: 0, key: 'cpu{host=a}', labels: { host: 'a' }, unit: '' },
  { index: 1, key: 'disk{host=a}', labels: { host: 'a' }, unit: '' },
  { index: 2, key: 'cpu{host=b}', labels: { host: 'b' }, unit: '' },
];

function verdicts(list: readonly [series: number, time: number, flags?: number][]): VerdictBatch {
  const batch = emptyVerdicts(1, list.length);
  batch.length = list.length;
  list.forEach(([of, time, flags = ANOMALOUS], i) => {
    batch.series[i] = of;
    batch.time[i] = time;
    batch.flags[i] = flags;
  });
  return batch;
}

const get = (index: number): SeriesInfo => series[index];

describe('alerts held against the truth', () => {
  it('counts a fault as found between its start and the grace after its end, with its delay; an alert elsewhere is wrong', () => {
    const board = new Scoreboard({ grace: 10 });
    board.take(verdicts([[0, 5]]), get);
    expect(board.status()).toBeNull();
    for (const time of [100, 105, 112]) board.mark(series[0], time, 'stuck');
    board.mark(series[0], 200, 'spike');
    board.mark(series[2], 100, 'spike');
    // Before its start; within it, twice; within its grace again, after a pause; long after; on another series; late or normal.
    board.take(
      verdicts([
        [0, 80],
        [0, 108],
        [0, 109],
        [0, 122],
        [0, 150],
        [1, 200],
        [0, 200, ANOMALOUS | LATE],
        [0, 200, 0],
      ]),
      get,
    );
    expect(board.status()).toEqual({
      faults: 3,
      found: 1,
      alerts: 5,
      right: 2,
      delayMs: 8,
      kinds: [
        { kind: 'stuck', faults: 1, found: 1 },
        { kind: 'spike', faults: 2, found: 0 },
      ],
    });
  });

  it('takes the series of an entity together where rows are aligned', () => {
    const board = new Scoreboard({ grace: 10, by: 'host' });
    board.mark(series[0], 100, 'leak');
    board.mark(series[1], 104, 'leak');
    board.take(verdicts([[1, 101]]), get);
    expect(board.status()).toMatchObject({ faults: 1, found: 1, alerts: 1, right: 1 });
  });

  it('goes on from a snapshot, which is only made where something changed', () => {
    const [one, other] = [new Scoreboard({ grace: 10 }), new Scoreboard({ grace: 10 })];
    expect(one.snapshot()).toBeUndefined();
    one.mark(series[0], 100, 'spike');
    one.take(verdicts([[0, 101]]), get);
    other.restore(one.snapshot()!);
    expect(one.snapshot()).toBeUndefined();
    for (const board of [one, other]) {
      board.mark(series[0], 108, 'spike');
      board.take(
        verdicts([
          [0, 109],
          [0, 140],
        ]),
        get,
      );
    }
    expect(other.status()).toEqual(one.status());
    expect(other.status()).toMatchObject({ faults: 1, found: 1, alerts: 2, right: 1 });
  });

  it('tells a bounded number of kinds apart, whatever the data call them', () => {
    const board = new Scoreboard({ grace: 10 });
    for (let i = 0; i < 500; i++) board.mark(series[0], i * 100, `kind ${i}`);
    const { faults, kinds } = board.status()!;
    expect(faults).toBe(500);
    expect(kinds.length).toBe(101);
    expect(kinds.at(-1)).toEqual({ kind: 'other', faults: 400, found: 0 });
  });
});
