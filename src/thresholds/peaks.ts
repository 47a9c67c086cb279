/** The largest of the past scores and the tail that they have: what spot, dspot and calibration decide by. */
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { QuantileSketch } from '../math/sketch.ts';
import { excessAt, fitTail, misfit } from '../math/tail.ts';

/** Peaks remembered. */
const PEAKS = 200;
/** Peaks from which a tail can be told; with fewer the limit is the quantile that was counted. */
const FEWEST = 20;
/** The tail is fitted anew after a part of the peaks held has come. */
const REFIT = 0.125;
/** Anderson and Darling's A^2 above which a tail does not fit: found by simulation, exceeded by about 1% of the fits to 50 to 200 excesses that are of such a tail. */
const MISFIT = 1.5;

/** Where what lies in the state. */
const AT = { peaks: 0, unfitted: 1, limit: 2, above: 3, origin: 4, shape: 5, scale: 6 } as const;
const RING = 7;
/** Beside each peak, 1 where it is only known to be at least so large. */
const CENSORED = RING + PEAKS;

/** Surprises are told by no lighter a tail than this shape, so that they grow with the score without an end. */
const LIGHTEST = 0.05;

const excesses = new Float64Array(PEAKS);

export interface PeakOptions {
  /** Probability with which a score of the usual kind exceeds the limit. */
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
export class Peaks {
  readonly #state = new Float64Array(CENSORED + PEAKS);
  readonly #chosen: PeakOptions;
  #sketch: QuantileSketch;
  /** The `level` quantile. */
  #from = NaN;

  constructor(chosen: PeakOptions) {
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
    if (sketch.push(score)) this.#from = sketch.quantile(level);
    const from = this.#from;
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
    if (state[AT.unfitted] >= REFIT * Math.min(PEAKS, state[AT.peaks]) || from >= state[AT.limit] || state[AT.limit] === Infinity) {
      state[AT.limit] = this.#fitted(from);
      state[AT.unfitted] = 0;
    }
  }

  /**
   * -log10 of the probability that a score of the usual kind is so large or larger: counted below the `level` quantile, and
   * by the tail above it. Finite, and NaN while there are fewer scores than can tell.
   */
  surprise(score: number): number {
    const state = this.#state;
    const sketch = this.#sketch;
    if (sketch.count < FEWEST) return NaN;
    const excess = score - state[AT.origin];
    if (excess > 0 && state[AT.scale] > 0) {
      const shape = Math.max(LIGHTEST, state[AT.shape]);
      return (Math.log1p(Math.min(1e300, (shape * excess) / state[AT.scale])) / shape - Math.log(1 - this.#chosen.level)) / Math.LN10;
    }
    const { weight } = sketch;
    return Math.log10((weight + 1) / (sketch.above(score) * weight + 0.5));
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
    this.#sketch.snapshot(writer);
  }

  static restore(reader: SnapshotReader, chosen: PeakOptions): Peaks {
    const peaks = new Peaks(chosen);
    reader.block(peaks.#state);
    peaks.#sketch = QuantileSketch.restore(reader, chosen.half_life);
    peaks.#from = peaks.#sketch.quantile(chosen.level);
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
      state[AT.origin] = from;
      state[AT.shape] = tail.shape;
      state[AT.scale] = tail.scale;
      excesses.subarray(0, n).sort();
      if (misfit(excesses, n, tail) <= MISFIT) return from + excessAt(tail, risk / (1 - level));
    }
    if (known < FEWEST) {
      state[AT.origin] = from;
      state[AT.scale] = (from - this.#sketch.quantile(0.5)) / Math.log(0.5 / (1 - level));
    }
    return this.#sketch.quantile(1 - risk);
  }
}
