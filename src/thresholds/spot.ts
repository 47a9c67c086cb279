/** Limits by extreme value theory: what a score exceeds with a probability too small to be counted. */
import type { Threshold } from '../core/contracts.ts';
import { Type, defineThreshold } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { QuantileSketch } from '../math/sketch.ts';
import { excessAt, fitTail, misfit } from '../math/tail.ts';
import { WindowMoments } from '../math/window.ts';
import { halfLife } from './options.ts';

/** Peaks remembered. */
const PEAKS = 200;
/** Peaks from which a tail can be told; with fewer the limit is the quantile that was counted. */
const FEWEST = 20;
/** The tail is fitted anew after so many peaks. */
const REFIT = 10;
/** Anderson and Darling's A^2 above which a tail does not fit: found by simulation, exceeded by about 1% of the fits to 50 to 200 excesses that are of such a tail. */
const MISFIT = 1.5;

/** Where what lies in the state. */
const AT = { peaks: 0, unfitted: 1, limit: 2, above: 3 } as const;
const RING = 4;
/** Beside each peak, 1 where it is only known to be at least so large. */
const CENSORED = RING + PEAKS;

const excesses = new Float64Array(PEAKS);

const common = {
  risk: Type.Number({ description: 'Probability with which a score of the usual kind exceeds the limit.', exclusiveMinimum: 0, maximum: 0.1, default: 0.0001 }),
  level: Type.Number({
    description: 'Quantile of the scores above which they are peaks, to which the tail is fitted.',
    minimum: 0.5,
    maximum: 0.999,
    default: 0.98,
  }),
  min_scores: Type.Integer({ description: 'Scores seen before there is a limit.', minimum: 10, default: 500 }),
  half_life: halfLife,
};

interface Options {
  risk: number;
  level: number;
  min_scores: number;
  half_life: number;
}

/**
 * Peaks over threshold as in SPOT: a generalised Pareto tail over the scores above their `level` quantile gives the limit
 * that is exceeded with probability `risk`. Unlike in the paper the quantile follows the scores, of the peaks the last 200
 * are kept, and the fit is tested: where it fails, or peaks are few, the limit is the quantile 1 - risk as counted. The
 * paper leaves scores above the limit out, which cuts the tail that is fitted next and so lowers the limit again and again;
 * here the first of such a run enters as a peak of at least the limit (censored).
 */
class Peaks {
  readonly #state = new Float64Array(CENSORED + PEAKS);
  readonly #chosen: Options;
  #sketch: QuantileSketch;

  constructor(chosen: Options) {
    this.#chosen = chosen;
    this.#sketch = new QuantileSketch(chosen.half_life);
    this.#state[AT.limit] = Infinity;
  }

  get limit(): number {
    return this.#state[AT.limit];
  }

  learn(score: number): void {
    const state = this.#state;
    const sketch = this.#sketch;
    const { level, min_scores } = this.#chosen;
    sketch.push(score);
    const from = sketch.quantile(level);
    const isAbove = score > state[AT.limit];
    if (score > from && !(isAbove && state[AT.above] === 1)) {
      const place = state[AT.peaks] % PEAKS;
      state[RING + place] = Math.min(score, state[AT.limit]);
      state[CENSORED + place] = isAbove ? 1 : 0;
      state[AT.peaks]++;
      state[AT.unfitted]++;
    }
    state[AT.above] = isAbove ? 1 : 0;
    if (sketch.count < min_scores) return;
    if (state[AT.unfitted] >= REFIT || state[AT.limit] === Infinity) {
      state[AT.limit] = this.#fitted(from);
      state[AT.unfitted] = 0;
    }
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
    this.#sketch.snapshot(writer);
  }

  static restore(reader: SnapshotReader, chosen: Options): Peaks {
    const peaks = new Peaks(chosen);
    reader.block(peaks.#state);
    peaks.#sketch = QuantileSketch.restore(reader, chosen.half_life);
    return peaks;
  }

  #fitted(from: number): number {
    const state = this.#state;
    const { risk, level } = this.#chosen;
    const held = Math.min(state[AT.peaks], PEAKS);
    let n = 0;
    for (let i = 0; i < held; i++) if (state[CENSORED + i] === 0 && state[RING + i] > from) excesses[n++] = state[RING + i] - from;
    const known = n;
    for (let i = 0; i < held; i++) if (state[CENSORED + i] === 1 && state[RING + i] > from) excesses[n++] = state[RING + i] - from;
    if (known >= FEWEST) {
      const tail = fitTail(excesses, n, n - known, Infinity);
      excesses.subarray(0, n).sort();
      if (misfit(excesses, n, tail) <= MISFIT) return from + excessAt(tail, risk / (1 - level));
    }
    return this.#sketch.quantile(1 - risk);
  }
}

class Spot implements Threshold {
  readonly #peaks: Peaks;

  constructor(peaks: Peaks) {
    this.#peaks = peaks;
  }

  limit(_time: number, score: number): number {
    const { limit } = this.#peaks;
    this.#peaks.learn(score);
    return limit;
  }

  snapshot(writer: SnapshotWriter): void {
    this.#peaks.snapshot(writer);
  }
}

/** SPOT of how far scores lie above the mean of the last ones that were not anomalous. */
class DriftSpot implements Threshold {
  readonly #peaks: Peaks;
  readonly #local: WindowMoments;

  constructor(peaks: Peaks, local: WindowMoments) {
    this.#peaks = peaks;
    this.#local = local;
  }

  limit(_time: number, score: number): number {
    const { mean, count, capacity } = this.#local;
    const limit = mean + this.#peaks.limit;
    if (count === capacity) this.#peaks.learn(score - mean);
    if (score <= limit) this.#local.push(score);
    return limit;
  }

  snapshot(writer: SnapshotWriter): void {
    this.#peaks.snapshot(writer);
    this.#local.snapshot(writer);
  }
}

const paper = 'Siffer, Fouque, Termier and Largouet (2017), Anomaly detection in streams with extreme value theory; Grimshaw (1993).';

export const spot = defineThreshold({
  name: 'spot',
  summary: 'The limit that a score exceeds with a small probability, by a tail fitted to the largest scores (peaks over threshold); the fit is tested.',
  options: Type.Object(common, { additionalProperties: false }),
  sample: { risk: 0.001, level: 0.9, min_scores: 100 },
  about: {
    use: 'When anomalies should be rarer than the scores seen so far can count: 1 in 10,000 after a few hundred.',
    paper,
  },
  version: 1,
  needsSigma: false,
  bounds: 'scores',
  create: (chosen) => new Spot(new Peaks(chosen)),
  restore: (reader, chosen) => new Spot(Peaks.restore(reader, chosen)),
});

export const dspot = defineThreshold({
  name: 'dspot',
  summary: 'As spot, of how far scores lie above their local mean: for scores that drift.',
  options: Type.Object(
    {
      ...common,
      window: Type.Integer({ description: 'Scores in the local mean; those above the limit are left out.', minimum: 2, maximum: 10_000, default: 200 }),
    },
    { additionalProperties: false },
  ),
  sample: { risk: 0.001, level: 0.9, min_scores: 100, window: 50 },
  about: {
    use: 'As spot, where the scores themselves rise and fall slowly, as they do with a detector that does not follow the series.',
    paper,
  },
  version: 1,
  needsSigma: false,
  bounds: 'scores',
  create: (chosen) => new DriftSpot(new Peaks(chosen), new WindowMoments(chosen.window)),
  restore(reader, chosen) {
    const peaks = Peaks.restore(reader, chosen);
    return new DriftSpot(peaks, WindowMoments.restore(reader, chosen.window));
  },
});
