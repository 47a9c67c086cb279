import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { KnownSessions } from './known.ts';
import { lookOf, madeSequences } from './made.fixture.ts';
import { distance, freeEvents, hashOfPairs, pairsOf } from './vectors.ts';

const NONE: ReadonlySet<number> = new Set();

function learnt(sequences: readonly (readonly number[])[], halfLife = 3000, most = 5000): KnownSessions {
  const known = new KnownSessions({ halfLife, most });
  for (const [i, sequence] of sequences.entries()) known.learn(lookOf(sequence, i));
  return known;
}

describe('distance of counts', () => {
  const vector = fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 5 })), { maxLength: 8 }).map((pairs) => {
    const sorted = [...new Map(pairs)].sort((a, b) => a[0] - b[0]);
    return Uint32Array.from(sorted.flat());
  });

  it('is the sum of the differences of logarithms, the same both ways, and Infinity from the bound on', () => {
    fc.assert(
      fc.property(vector, vector, fc.integer({ min: 1, max: 30 }), (a, b, beyond) => {
        const counts = (pairs: Uint32Array): Map<number, number> =>
          new Map(Array.from({ length: pairs.length / 2 }, (_, i) => [pairs[i * 2], pairs[i * 2 + 1]]));
        const [left, right] = [counts(a), counts(b)];
        let sum = 0;
        for (const template of new Set([...left.keys(), ...right.keys()]))
          sum += Math.abs(Math.log((1 + (left.get(template) ?? 0)) / (1 + (right.get(template) ?? 0))));
        const found = distance(a, b, Infinity);
        expect(found).toBeCloseTo(sum, 9);
        expect(distance(b, a, Infinity)).toBe(found);
        expect(distance(a, b, beyond)).toBe(found < beyond ? found : Infinity);
      }),
    );
  });

  it('hashes alike exactly what is alike', () => {
    fc.assert(fc.property(vector, vector, (a, b) => (hashOfPairs(a) === hashOfPairs(b)) === (distance(a, b, Infinity) === 0)));
  });
});

describe('free events', () => {
  it('are those whose count the others do not tell', () => {
    // 4 comes twice or not at all, whatever else comes; 9 as often as it likes.
    expect(learnt(madeSequences(600)).free).toEqual([4, 9]);
  });

  it('are not those that always come with another', () => {
    const vectors = [
      { pairs: Uint32Array.of(1, 1, 2, 1), weight: 50 },
      { pairs: Uint32Array.of(1, 1, 2, 1, 3, 2, 4, 2), weight: 50 },
    ];
    expect([...freeEvents(vectors, NONE)]).toEqual([]);
  });

  it('stay free on less than made them so', () => {
    const vectors = [
      { pairs: Uint32Array.of(1, 1), weight: 99 },
      { pairs: Uint32Array.of(1, 1, 2, 1), weight: 1 },
    ];
    expect([...freeEvents(vectors, NONE)]).toEqual([]);
    expect([...freeEvents(vectors, new Set([2]))]).toEqual([2]);
  });
});

describe('what is known of sessions', () => {
  it('gives the rarity as the share of sessions whose key is as rare or rarer, the one that is asked for included', () => {
    const known = learnt([...Array.from({ length: 96 }, () => [1, 2]), [3], [3], [4], [5]], 1e9);
    expect(known.rarity(lookOf([1, 2]))).toBe(1);
    expect(known.rarity(lookOf([3]))).toBeCloseTo(5 / 101, 6);
    expect(known.rarity(lookOf([6]))).toBeCloseTo(3 / 101, 6);
  });

  it('forgets by half after so many sessions', () => {
    const old = learnt([...Array.from({ length: 1000 }, () => [1, 2]), ...Array.from({ length: 1000 }, () => [3, 4])], 100);
    expect(old.rarity(lookOf([1, 2]))).toBeLessThan(0.02);
    expect(old.rarity(lookOf([3, 4]))).toBeGreaterThan(0.98);
  });

  it('is the same after its weights were brought down', () => {
    const known = learnt(
      Array.from({ length: 20_000 }, (_, i) => (i % 10 === 0 ? [3] : [1, 2])),
      100,
    );
    expect(known.rarity(lookOf([3]))).toBeCloseTo(0.1, 1);
  });

  it('finds the nearest known key, and how far sessions lie from all others', () => {
    const known = learnt([...Array.from({ length: 50 }, () => [1, 2, 2, 2]), [1, 2, 2, 2, 5], [1, 2, 2, 2, 5, 5, 5, 5, 5]], 1e9);
    expect(known.nearest(lookOf([1, 2, 2])).distance).toBeCloseTo(Math.log(4 / 3), 12);
    expect(known.nearest(lookOf([1, 2, 2, 2])).distance).toBe(0);
    expect(known.isolation(lookOf([1, 2, 2, 2])).all).toBe(1);
    // Seen once: one that lies ln 2 from its nearest, one that lies ln 3 from it.
    expect(known.isolation(lookOf([1, 2, 2, 2, 6])).all).toBeCloseTo(3 / 53, 6);
    expect(known.isolation(lookOf([1, 2, 2, 2, 6, 6])).all).toBeCloseTo(2 / 53, 6);
    expect(known.isolation(lookOf([1, 2, 2, 2, 6, 6, 6, 6, 6])).all).toBeCloseTo(1 / 53 / 2, 6);
  });

  it('asks of the sessions around one alone how far such lie from all others', () => {
    const loose = (i: number): number[] => [7, 8, ...Array.from({ length: 1 + (i % 90) }, () => 100 + i)];
    const known = learnt(
      Array.from({ length: 1000 }, (_, i) => (i % 3 === 0 ? loose(i) : [1, 2, 2, 3])),
      1e9,
    );
    expect(known.isolation(lookOf([1, 2, 2, 3, 4])).around).toBeLessThan(0.01);
    expect(known.isolation(lookOf([1, 2, 2, 3, 4])).all).toBeGreaterThan(0.1);
    expect(known.isolation(lookOf(loose(5000))).around).toBeGreaterThan(0.1);
  });

  it('tells how far a session lies from what is usual, however often the unusual came', () => {
    const known = learnt(Array.from({ length: 1000 }, (_, i) => (i % 50 === 0 ? [1, 2, 5] : [1, 2, 2, 2])));
    expect(known.strangeness(lookOf([1, 2, 2, 2]), 0.05)).toBe(0);
    expect(known.strangeness(lookOf([1, 2, 5]), 0.05)).toBeCloseTo(Math.log(2) + Math.log(2), 12);
    expect(known.strangeness(lookOf([1, 2, 5]), 0.001)).toBe(0);
  });

  it('says the same of a session whether its counts were seen before or only its key', () => {
    const known = learnt(madeSequences(600));
    const fresh = lookOf([1, 2, 2, 2, ...Array.from({ length: 50 }, () => 9), 3], 1);
    const seen = lookOf([1, 2, 2, 2, 3], 1);
    expect(known.keyHash(fresh)).toBe(known.keyHash(seen));
    expect(known.rarity(fresh)).toBe(known.rarity(seen));
    expect(known.nearest(fresh).distance).toBe(0);
  });

  it('keeps no more vectors than told, the heavy ones first', () => {
    const known = learnt(
      Array.from({ length: 3000 }, (_, i) => (i % 2 === 0 ? [1, 2] : [1, 2, 100 + i])),
      3000,
      100,
    );
    expect(known.vectors).toBeLessThanOrEqual(100);
    expect(known.rarity(lookOf([1, 2]))).toBeGreaterThan(0.5);
  });

  it('comes back from a snapshot as it was, also after it forgot much', () => {
    const options = { halfLife: 3000, most: 100 };
    const known = new KnownSessions(options);
    for (let i = 0; i < 900; i++) known.learn(lookOf([1, ...Array.from({ length: 1 + ((i * 7919) % 977) }, () => 1000 + i)], i));
    const writer = new SnapshotWriter();
    writer.begin(1);
    known.snapshot(writer);
    const restored = KnownSessions.restore(new SnapshotReader(writer.end(), 1), options);
    for (let at = 1; at < 1200; at++) {
      const look = lookOf([2, ...Array.from({ length: at }, () => 1000 + at)], at);
      expect(restored.isolation(look), `${at}`).toEqual(known.isolation(look));
    }
    for (let i = 0; i < 100; i++) {
      const look = lookOf([1, ...Array.from({ length: i }, () => 2)], i);
      expect([restored.rarity(look), restored.nearest(look).distance]).toEqual([known.rarity(look), known.nearest(look).distance]);
    }
  });

  it('takes free events out of pairs of any time', () => {
    const known = learnt(madeSequences(600));
    const look = lookOf([1, 2, 9, 9, 9]);
    expect(known.reduced(pairsOf(look.templates, look.counts, NONE))).toEqual(known.pairs(look));
  });
});
