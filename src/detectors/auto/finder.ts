/** Finds how long the season of a series is. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';

const LENGTH = 256;
const LONGEST = LENGTH / 2;
const SHORTEST = 4;
/** One ring of single points, one of means of eight. */
const FACTORS = [1, 8] as const;
const RINGS = FACTORS.length;

const FILLED = 0;
const SUM = 1;
const PUSHED = 2;
const STRIDE = 3;
const PERIOD = RINGS * STRIDE;
const STRENGTH = PERIOD + 1;
const SIZE = PERIOD + 2;

/** Deviations end here, and are kept in steps of a small part of a spread. */
const FARTHEST = 6;
const UNIT = 32_767 / FARTHEST;

/** An autocorrelation below this is no season. */
const LEAST = 0.4;
/** Another period must be so many times as strong as the one known, which fades while it is not seen. */
const CLEARLY = 1.1;
const FADE = 0.95;

/**
 * The first high peak of the autocorrelation (Box and Jenkins 1970) of the last 256 points, and of the last 256 means of eight: periods of
 * 4 to 128 and of 32 to 1,024 points. Looked for whenever a ring was filled anew.
 */
export class Finder {
  readonly #state = new Float64Array(SIZE);
  readonly #rings = new Int16Array(RINGS * LENGTH);

  /** In points; 0 for none. */
  get period(): number {
    return this.#state[PERIOD];
  }

  /** Autocorrelation at the period. */
  get strength(): number {
    return this.#state[STRENGTH];
  }

  /** `deviation`: distance from the level, in spreads. True where a ring was full and a period was looked for. */
  learn(deviation: number): boolean {
    const s = this.#state;
    let looked = false;
    for (let k = 0; k < RINGS; k++) {
      const at = k * STRIDE;
      s[at + SUM] += Math.max(-FARTHEST, Math.min(FARTHEST, deviation));
      if (++s[at + FILLED] < FACTORS[k]) continue;
      this.#rings[k * LENGTH + (s[at + PUSHED] % LENGTH)] = Math.round((s[at + SUM] / FACTORS[k]) * UNIT);
      s[at + SUM] = s[at + FILLED] = 0;
      if (++s[at + PUSHED] % LENGTH === 0) {
        this.#look(k);
        looked = true;
      }
    }
    return looked;
  }

  interrupt(): void {
    for (let k = 0; k < RINGS; k++) this.#state[k * STRIDE + SUM] = this.#state[k * STRIDE + FILLED] = this.#state[k * STRIDE + PUSHED] = 0;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
    writer.block(this.#rings);
  }

  static restore(reader: SnapshotReader): Finder {
    const finder = new Finder();
    reader.block(finder.#state);
    reader.block(finder.#rings);
    return finder;
  }

  /** A ring is in order of time when it has just been filled. */
  #look(k: number): void {
    const s = this.#state;
    const ring = this.#rings.subarray(k * LENGTH, (k + 1) * LENGTH);
    let mean = 0;
    for (const x of ring) mean += x / LENGTH;
    let variance = 0;
    for (const x of ring) variance += (x - mean) ** 2;
    if (variance <= 0) return;
    const correlation = (lag: number): number => {
      let sum = 0;
      for (let i = lag; i < LENGTH; i++) sum += (ring[i] - mean) * (ring[i - lag] - mean);
      return (sum / variance) * (LENGTH / (LENGTH - lag));
    };
    const found = firstPeak(correlation);
    const period = found.strength < LEAST ? 0 : refined(correlation, found.lag) * FACTORS[k];
    const isKnown = Math.abs(period - s[PERIOD]) < 0.05 * s[PERIOD];
    // A multiple of a period is as strong as the period itself, and does not take its place.
    if (period === 0 || (!isKnown && found.strength < CLEARLY * s[STRENGTH])) {
      s[STRENGTH] *= FADE;
      return;
    }
    s[PERIOD] = period;
    s[STRENGTH] = Math.min(1, found.strength);
  }
}

/** The first peak that is nearly as high as the highest after the autocorrelation has once been low. */
function firstPeak(correlation: (lag: number) => number): { lag: number; strength: number } {
  const all = new Float64Array(LONGEST + 2);
  for (let lag = 1; lag < all.length; lag++) all[lag] = correlation(lag);
  let lag = 1;
  while (lag < LONGEST && all[lag] > 0.2) lag++;
  let highest = 0;
  for (let l = Math.max(lag, SHORTEST); l <= LONGEST; l++) if (all[l] > highest && all[l] >= all[l - 1] && all[l] >= all[l + 1]) highest = all[l];
  for (let l = Math.max(lag, SHORTEST); l <= LONGEST; l++) {
    if (all[l] >= 0.9 * highest && all[l] >= all[l - 1] && all[l] >= all[l + 1]) return { lag: l, strength: all[l] };
  }
  return { lag: 0, strength: 0 };
}

/** The period to a fraction of a point: from the peak at its largest multiple that lies in the ring, by a parabola. */
function refined(correlation: (lag: number) => number, first: number): number {
  let period = first;
  for (let times = 1; times <= LONGEST / first; times++) {
    const near = Math.round(times * period);
    let best = near;
    for (let l = near - 2; l <= near + 2; l++) if (correlation(l) > correlation(best)) best = l;
    const [a, b, c] = [correlation(best - 1), correlation(best), correlation(best + 1)];
    const bend = a - 2 * b + c;
    const offset = bend < 0 ? Math.max(-0.5, Math.min(0.5, (0.5 * (a - c)) / bend)) : 0;
    period = (best + offset) / times;
  }
  return period;
}
