import { describe, expect, it } from 'vitest';
import { LOOKS, type SessionLook } from '../../../core/contracts.ts';
import { CounterRandom } from '../../../core/random.ts';
import { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import type { TrainedJudge } from '../definition.ts';
import type { KnownSessions } from '../known.ts';
import { lstmAutoencoder } from './judge.ts';

const random = new CounterRandom(9);
const CLOSED = LOOKS.indexOf('closed');
const CHOSEN: Parameters<typeof lstmAutoencoder.create>[0] = {
  order: 'sorted',
  units: 16,
  length: 8,
  vocabulary: 13,
  sequences: 64,
  first: 40,
  interval: 1000,
  delay: 20,
  steps: 100,
  leave_out: 0.05,
  rate: 0.01,
  memory: 64,
  seed: 1,
};

function lookAt(sequence: number[], look = CLOSED, time = 0): SessionLook {
  const counts = new Map<number, number>();
  for (const template of sequence.toSorted((a, b) => a - b)) counts.set(template, (counts.get(template) ?? 0) + 1);
  return {
    time,
    first: time,
    last: time,
    lines: sequence.length,
    look,
    templates: Uint32Array.from(counts.keys()),
    counts: Uint32Array.from(counts.values()),
    sequence: Uint32Array.from(sequence),
    countHash: 0,
    sequenceHash: 0,
  };
}

/** A request, one to three reads each followed by an answer, an end; now and then with a retry. */
function session(i: number): SessionLook {
  const reads = 1 + random.at(0, i).below(3);
  const retry = random.at(1, i).below(10) === 0 ? [40] : [];
  return lookAt([10, ...Array.from({ length: reads }, () => [20, 21]).flat(), ...retry, 30], CLOSED, i * 1000);
}

const create = (chosen: Partial<typeof CHOSEN> = {}): TrainedJudge => lstmAutoencoder.create({ ...CHOSEN, ...chosen }, undefined as unknown as KnownSessions);

function snapshotOf(judge: TrainedJudge): Uint8Array {
  const writer = new SnapshotWriter();
  writer.begin(1);
  judge.snapshot(writer);
  return writer.end();
}

const restored = (bytes: Uint8Array, chosen = {}): TrainedJudge =>
  lstmAutoencoder.restore(new SnapshotReader(bytes, 1), { ...CHOSEN, ...chosen }, undefined as unknown as KnownSessions);

function run(judge: TrainedJudge, from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => {
    const look = session(from + i);
    const score = judge.score(look);
    judge.learn(look);
    return score;
  });
}

describe('the LSTM autoencoder', () => {
  it('has no score until its first training takes effect, which is exactly as many sessions later as was said', () => {
    const scores = run(create(), 0, 70);
    expect(scores.findIndex((score) => score === score)).toBe(CHOSEN.first + CHOSEN.delay);
    expect(scores.slice(CHOSEN.first + CHOSEN.delay).every((score) => score >= 0)).toBe(true);
  });

  it('finds what is missing, too many and never seen odder than nearly all it has learnt, and says why', () => {
    const judge = create();
    run(judge, 0, 300);
    judge.endTraining!();
    const usual = Array.from({ length: 200 }, (_, i) => judge.score(session(1000 + i)));
    const odd = [
      { sequence: [10, 20, 20, 20, 30], says: '{t:20}' },
      { sequence: [10, 20, 21], says: 'it ends' },
      { sequence: [10, 20, 21, 99, 30], says: '{t:99} was in no session' },
      { sequence: [10, 10, 20, 21, 30], says: '{t:10}' },
    ];
    for (const { sequence, says } of odd) {
      const look = lookAt(sequence);
      expect(judge.score(look)).toBeGreaterThan(usual.toSorted((a, b) => a - b)[196]);
      const [reason] = judge.explain(look);
      expect(reason.text).toContain(says);
      expect(sequence).toEqual(expect.arrayContaining(reason.templates));
    }
    expect(judge.describe!().join('\n')).toMatch(/Sessions: 2\d\d learnt and \d\d held out, \d different/);
    const { loss } = judge.card!();
    expect(Math.min(...loss.map(({ validation }) => validation))).toBeLessThan(0.5);
  });

  it('reads what parallel work wrote in another order as the same where it sorts, and not where it keeps the order', () => {
    for (const order of ['sorted', 'kept'] as const) {
      const judge = create({ order });
      run(judge, 0, 200);
      judge.endTraining!();
      const [straight, mixed] = [lookAt([10, 20, 21, 20, 21, 30]), lookAt([10, 21, 21, 30, 20, 20])];
      if (order === 'sorted') expect(judge.score(mixed)).toBe(judge.score(straight));
      else {
        expect(judge.score(mixed)).toBeGreaterThan(judge.score(straight));
        expect(judge.explain(mixed)[0].places!.every((place) => place < mixed.sequence.length)).toBe(true);
      }
    }
  });

  it('asks a session that still grows only for events never seen', () => {
    const judge = create();
    run(judge, 0, 100);
    const growing = LOOKS.indexOf('growing');
    expect(judge.score(lookAt([10, 20], growing))).toBeNaN();
    expect(judge.score(lookAt([10, 99], growing))).toBeGreaterThan(0);
  });

  it('goes on from a snapshot at any point to the last bit, in the middle of a training as well', () => {
    const whole = create();
    const scores = run(whole, 0, 190);
    for (const cut of [0, 39, 40, 51, 60, 165]) {
      const first = create();
      run(first, 0, cut);
      const second = restored(snapshotOf(first));
      expect(Buffer.compare(snapshotOf(second), snapshotOf(first))).toBe(0);
      expect(run(second, cut, 190)).toEqual(scores.slice(cut));
      expect(Buffer.compare(snapshotOf(second), snapshotOf(whole))).toBe(0);
    }
  });

  it('scores as it would if it remembered nothing', () => {
    expect(run(create({ memory: 1 }), 0, 200)).toEqual(run(create(), 0, 200));
  });

  it('stays bounded under ever new templates and sequences, and keeps its tokens', () => {
    const judge = create();
    for (let i = 0; i < 1500; i++) {
      const look = lookAt([10, 20, 1000 + i, 100_000 - i, 30, ...Array.from({ length: i % 7 }, (_, k) => 500 + ((i * k) % 400))], CLOSED, i);
      const score = judge.score(look);
      expect(i < CHOSEN.first + CHOSEN.delay ? !(score === score) : score >= 0).toBe(true);
      judge.learn(look);
    }
    expect(snapshotOf(judge).length).toBeLessThan(120_000);
    expect(judge.describe!().join('\n')).toContain('Vocabulary: 13 of 13 templates');
    const long = lookAt(Array.from({ length: 3000 }, (_, i) => (i % 2 === 0 ? 10 : 20)));
    expect(judge.score(long)).toBeGreaterThan(0);
  });
});
