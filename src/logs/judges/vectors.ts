/** Count vectors of sessions: hashes that can be taken apart, distances, and the events whose counts say nothing. */
import { mix32 } from '../../core/hash.ts';

/** Pairs (template, count), templates ascending: one vector of counts. */
export type Pairs = Uint32Array;

const SEED_LOW = 0x9747b28c;
const LOW = 2 ** 32;

/** Half of the hash of one pair; the hash of a vector is the sum over its pairs, so that a pair can be taken out again. */
export function pairHigh(template: number, count: number): number {
  return mix32(mix32(template + 1) + count);
}

export function pairLow(template: number, count: number): number {
  return mix32(mix32(template ^ SEED_LOW) ^ Math.imul(count, 0x9e3779b1));
}

/** One whole number below 2^53 of two sums of halves. */
export function joined(high: number, low: number): number {
  return (high & 0x1fffff) * LOW + (low >>> 0);
}

export function countHashOf(templates: Uint32Array, counts: Uint32Array): number {
  let high = 0;
  let low = 0;
  for (let i = 0; i < templates.length; i++) {
    high = (high + pairHigh(templates[i], counts[i])) | 0;
    low = (low + pairLow(templates[i], counts[i])) | 0;
  }
  return joined(high, low);
}

export function sequenceHashOf(sequence: Uint32Array): number {
  let high = sequence.length;
  let low = SEED_LOW;
  for (let i = 0; i < sequence.length; i++) {
    high = mix32(high ^ sequence[i]);
    low = (Math.imul(low ^ (low >>> 15), 0x2c1b3c6d) + sequence[i]) | 0;
  }
  return joined(high, mix32(low));
}

/** The pairs of a session without the events of `free`. */
export function pairsOf(templates: Uint32Array, counts: Uint32Array, free: ReadonlySet<number>): Pairs {
  const pairs = new Uint32Array(templates.length * 2);
  let n = 0;
  for (let i = 0; i < templates.length; i++) {
    if (free.has(templates[i])) continue;
    pairs[n++] = templates[i];
    pairs[n++] = counts[i];
  }
  return n === pairs.length ? pairs : pairs.slice(0, n);
}

export function hashOfPairs(pairs: Pairs): number {
  let high = 0;
  let low = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    high = (high + pairHigh(pairs[i], pairs[i + 1])) | 0;
    low = (low + pairLow(pairs[i], pairs[i + 1])) | 0;
  }
  return joined(high, low);
}

/** Steps of counts up to here are at hand. */
const STEPS = Float64Array.from({ length: 4096 }, (_, count) => Math.log1p(count));

function step(count: number): number {
  return count < STEPS.length ? STEPS[count] : Math.log1p(count);
}

/** Sum of the steps of the counts: the distance from nothing. */
export function stepsOf(pairs: Pairs): number {
  let sum = 0;
  for (let i = 1; i < pairs.length; i += 2) sum += step(pairs[i]);
  return sum;
}

/**
 * Sum of the differences of ln(1 + count), or Infinity once it is certain to be `beyond` or more: an event that is missing or comes for the first time
 * tells more than one that comes 51 times instead of 50.
 */
export function distance(a: Pairs, b: Pairs, beyond: number): number {
  let sum = 0;
  let i = 0;
  let j = 0;
  while ((i < a.length || j < b.length) && sum < beyond) {
    if (j >= b.length || a[i] < b[j]) {
      sum += step(a[i + 1]);
      i += 2;
    } else if (i >= a.length || b[j] < a[i]) {
      sum += step(b[j + 1]);
      j += 2;
    } else {
      sum += Math.abs(step(a[i + 1]) - step(b[j + 1]));
      i += 2;
      j += 2;
    }
  }
  return sum < beyond ? sum : Infinity;
}

/** Vectors with how much each weighs. */
export interface Weighed {
  pairs: Pairs;
  weight: number;
}

/** An event becomes free when the guess of its count errs for so much of the weight, and stays so down to the second. */
const FREE_FROM = 0.02;
const FREE_TO = 0.005;

/**
 * Events whose count in a session the other events do not determine: guessing it by the most frequent count among sessions that are
 * alike in all other events (free ones left out) errs for at least 2% of the weight, or 0.5% for those that were free before.
 */
export function freeEvents(vectors: readonly Weighed[], before: ReadonlySet<number>): Set<number> {
  const n = vectors.length;
  const high = new Int32Array(n);
  const low = new Int32Array(n);
  const containing = new Map<number, number>();
  let total = 0;
  vectors.forEach(({ pairs, weight }, v) => {
    total += weight;
    for (let i = 0; i < pairs.length; i += 2) {
      containing.set(pairs[i], (containing.get(pairs[i]) ?? 0) + weight);
      if (before.has(pairs[i])) continue;
      high[v] += pairHigh(pairs[i], pairs[i + 1]);
      low[v] += pairLow(pairs[i], pairs[i + 1]);
    }
  });
  const free = new Set<number>();
  for (const [event, weight] of containing) {
    const wasFree = before.has(event);
    const least = (wasFree ? FREE_TO : FREE_FROM) * total;
    if (weight >= least && errorOf(event, wasFree, vectors, high, low) >= least) free.add(event);
  }
  return free;
}

/** Weight for which the guess of this event's count errs. */
function errorOf(event: number, wasFree: boolean, vectors: readonly Weighed[], high: Int32Array, low: Int32Array): number {
  const groups = new Map<number, number>();
  const cells = new Map<number, number>();
  const largest: number[] = [];
  let error = 0;
  for (let v = 0; v < vectors.length; v++) {
    const { pairs, weight } = vectors[v];
    let count = 0;
    for (let i = 0; i < pairs.length && pairs[i] <= event; i += 2) if (pairs[i] === event) count = pairs[i + 1];
    const own = count > 0 && !wasFree;
    const restHigh = own ? high[v] - pairHigh(event, count) : high[v];
    const restLow = own ? low[v] - pairLow(event, count) : low[v];
    const rest = joined(restHigh, restLow);
    const group = groups.get(rest) ?? groups.size;
    if (group === groups.size) {
      groups.set(rest, group);
      largest.push(0);
    }
    const cell = joined(restHigh + pairHigh(event, count), restLow + pairLow(event, count));
    const sum = (cells.get(cell) ?? 0) + weight;
    cells.set(cell, sum);
    error += weight;
    if (sum > largest[group]) largest[group] = sum;
  }
  for (const most of largest) error -= most;
  return error;
}
