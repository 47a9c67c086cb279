/** A limit that is crossed about as often as someone wants to be alerted. */
import type { Threshold } from '../core/contracts.ts';
import { quantity, Type, defineThreshold, type Static } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { excessAt, fitTail } from '../math/tail.ts';

/** Maxima remembered. */
const BLOCKS = 256;
/** Maxima seen before there is a limit. */
const FEWEST = 8;
/** The tail is fitted to a quarter of the maxima, at least so many, at most half of them. */
const TAIL_PART = 4;
const TAIL_LEAST = 16;
/** Standard deviation of the tail's shape around the exponential before anything is seen. */
const SHAPE_SPREAD = 0.2;
/** With many maxima the limit is found anew at every so many. */
const REFIT = 8;
/** How far one beginning moves the rate that is aimed at, as a logarithm; and how far all may together. */
const STEP = 0.2;
const FARTHEST = Math.log(5);
/** A stretch that lasts for more blocks than this is no longer one event, but how the scores are now. */
const LASTING = 24;
/** Blocks by which the part of them that hold any score is averaged. */
const OCCUPANCY_SPAN = 256;

const options = Type.Object(
  {
    alerts: Type.Number({
      description: 'Anomalous stretches wanted in each `per`, of one series, on average while nothing is wrong.',
      exclusiveMinimum: 0,
      default: 2,
    }),
    per: quantity('duration', 'Event time in which so many are wanted.', '7d'),
    merge: Type.Optional(
      quantity('duration', 'Anomalous scores no farther apart than this are one stretch. Absent: an 84th of the mean time between two; 1h for two a week.'),
    ),
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

/** Merge time of 2 / 7d as one block of 84. */
const BLOCKS_BETWEEN_ALERTS = 84;

/** Where what lies in the state. */
const AT = { count: 0, block: 1, peak: 2, lastAbove: 3, began: 4, bias: 5, limit: 6, occupied: 7, elapsed: 8 } as const;
const MAXIMA = 9;

/** Merge time where none is given, ms: anomalous scores no farther apart are one stretch. */
export const mergeTime = (alerts: number, per: number): number => per / alerts / BLOCKS_BETWEEN_ALERTS;

const sorted = new Float64Array(BLOCKS);
const excesses = new Float64Array(BLOCKS);

/**
 * Cuts event time into blocks of an 84th of the mean time between two wanted stretches (or of the merge time where that is
 * longer) and keeps the largest score of each, so that of one disturbance one counts, however its scores hang together.
 * The limit is what a block exceeds with the wanted probability, by a generalised Pareto tail over the largest quarter of
 * the last 256 maxima (about three wanted stretches). Each stretch that begins and each block in which none does move the
 * probability aimed at a little (stochastic approximation), so that the count comes right where the fit does not.
 */
class Budget implements Threshold {
  readonly #state = new Float64Array(MAXIMA + BLOCKS);
  readonly #merge: number;
  /** Length of a block, ms. */
  readonly #width: number;
  /** Stretches wanted in a block's time. */
  readonly #wanted: number;

  constructor({ alerts, per, merge }: Options) {
    const least = mergeTime(alerts, per);
    this.#merge = merge ?? least;
    this.#width = Math.max(this.#merge, least);
    this.#wanted = (alerts * this.#width) / per;
    const state = this.#state;
    state[AT.block] = state[AT.peak] = state[AT.lastAbove] = state[AT.began] = -Infinity;
    state[AT.limit] = Infinity;
    state[AT.occupied] = 1;
  }

  limit(time: number, score: number): number {
    const state = this.#state;
    const block = Math.floor(time / this.#width);
    if (block > state[AT.block]) this.#turn(block);
    const limit = state[AT.limit];
    if (score > state[AT.peak]) state[AT.peak] = score;
    if (score > limit) {
      if (!(time - state[AT.lastAbove] <= this.#merge)) {
        state[AT.began] = time;
        state[AT.bias] = Math.max(-FARTHEST, state[AT.bias] - STEP);
      }
      if (time > state[AT.lastAbove]) state[AT.lastAbove] = time;
    }
    return limit;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  static restore(reader: SnapshotReader, chosen: Options): Budget {
    const budget = new Budget(chosen);
    reader.block(budget.#state);
    return budget;
  }

  /** Takes in the block that ends, and begins another. */
  #turn(block: number): void {
    const state = this.#state;
    const before = state[AT.block];
    const peak = state[AT.peak];
    state[AT.block] = block;
    state[AT.peak] = -Infinity;
    if (before === -Infinity) return;
    // Blocks of a stretch after its first say nothing of how often one begins.
    const start = before * this.#width;
    const isContinued = peak > state[AT.limit] && state[AT.began] < start && start - state[AT.began] < LASTING * this.#width;
    if (isContinued) return;
    const gap = Math.min(block - before, OCCUPANCY_SPAN);
    state[AT.elapsed] = Math.min(OCCUPANCY_SPAN, state[AT.elapsed] + gap);
    state[AT.occupied] += ((1 / gap - state[AT.occupied]) * gap) / state[AT.elapsed];
    state[MAXIMA + (state[AT.count] % BLOCKS)] = peak;
    state[AT.count]++;
    const wanted = this.#wanted / state[AT.occupied];
    if (state[AT.limit] !== Infinity) state[AT.bias] = Math.min(FARTHEST, state[AT.bias] + STEP * wanted);
    if (state[AT.count] < BLOCKS / 4 ? state[AT.count] >= FEWEST : state[AT.count] % REFIT === 0 || state[AT.lastAbove] >= start) {
      state[AT.limit] = this.#limitFor(wanted * Math.exp(state[AT.bias]));
    }
  }

  /** The maximum that a block exceeds with probability p. */
  #limitFor(p: number): number {
    const state = this.#state;
    const n = Math.min(state[AT.count], BLOCKS);
    for (let i = 0; i < n; i++) sorted[i] = state[MAXIMA + i];
    sorted.subarray(0, n).sort();
    let k = Math.min(n >> 1, Math.max(TAIL_LEAST, Math.floor(n / TAIL_PART)));
    const from = sorted[n - k - 1];
    while (k > 0 && sorted[n - k] <= from) k--;
    if (k === 0 || p * n >= k) return sorted[Math.max(0, n - 1 - Math.floor(p * n))];
    for (let i = 0; i < k; i++) excesses[i] = sorted[n - k + i] - from;
    // With a scale that is itself estimated from k excesses the next has a heavier tail, by 1 / k (Lomax; exact for the exponential).
    const { shape, scale } = fitTail(excesses, k, 0, SHAPE_SPREAD);
    return from + excessAt({ shape: shape + 1 / k, scale }, (p * n) / k);
  }
}

export const budget = defineThreshold({
  name: 'budget',
  summary: 'The limit that as many anomalous stretches cross as you want to be alerted of: "two a week".',
  options,
  sample: { alerts: 2, per: '7d' },
  about: {
    use: 'When you know how often you want to be disturbed rather than which score matters; for any detector, and for its onsets where it gives them. There is no limit before eight blocks, which is 8 hours for two a week.',
    paper:
      'Block maxima and peaks over threshold: Coles (2001), An Introduction to Statistical Modeling of Extreme Values; Robbins and Monro (1951), A stochastic approximation method.',
  },
  version: 1,
  needsSigma: false,
  bounds: 'alerts',
  create: (chosen) => new Budget(chosen),
  restore: (reader, chosen) => Budget.restore(reader, chosen),
});
