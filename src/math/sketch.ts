/** Quantiles of a stream that forgets, in bounded memory. */
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';

const CLUSTERS = 160;
const PENDING = 32;
/** A cluster holds at most this part of the weight on the nearer side of it, and at least one value. */
const CLUSTER_SHARE = 0.08;
/** Where the counts lie in the state: clusters, values pending, weight of the clusters, values seen; then means, weights, pending. */
const N = 0;
const WAITING = 1;
const WEIGHT = 2;
const COUNT = 3;
const MEANS = 4;
const WEIGHTS = MEANS + CLUSTERS;
const BUFFER = WEIGHTS + CLUSTERS;
const SIZE = BUFFER + PENDING;

/** What a merge reads and writes; nothing of it outlives a push. */
const mergedMeans = new Float64Array(CLUSTERS + PENDING);
const mergedWeights = new Float64Array(CLUSTERS + PENDING);

/**
 * Merging t-digest (Dunning 2019, "Computing extremely accurate quantiles using t-digests", scale function k2) whose
 * weights fall by half every `halfLife` values. Clusters are small towards both ends, so that far quantiles are as exact,
 * relative to what lies beyond them, as the median; where the values lie and on which scale does not matter. 2.8 kB.
 * Newer values enter in groups, at most 32 and at most an eighth of those seen. The caller keeps missing values out.
 */
export class QuantileSketch {
  readonly #state = new Float64Array(SIZE);
  readonly #decay: number;

  constructor(halfLife: number) {
    this.#decay = 2 ** (-1 / halfLife);
  }

  /** Values seen so far. */
  get count(): number {
    return this.#state[COUNT];
  }

  /** Weight of the values that the answers are made of, the newest weighing 1: at most about halfLife / ln 2. */
  get weight(): number {
    return this.#state[WEIGHT];
  }

  /** True when it took in what was waiting, so that the answers may have changed. */
  push(x: number): boolean {
    const state = this.#state;
    let at = BUFFER + state[WAITING];
    for (; at > BUFFER && state[at - 1] > x; at--) state[at] = state[at - 1];
    state[at] = x;
    state[WAITING]++;
    state[COUNT]++;
    const full = state[WAITING] >= PENDING || state[WAITING] * 8 >= state[COUNT];
    if (full) this.#merge();
    return full;
  }

  /** The q-quantile, between clusters in proportion; NaN before the first value. */
  quantile(q: number): number {
    const state = this.#state;
    const n = state[N];
    if (n === 0) return NaN;
    // From the nearer end.
    const fromTop = q > 0.5;
    const step = fromTop ? -1 : 1;
    const wanted = (fromTop ? 1 - q : q) * state[WEIGHT];
    let passed = 0;
    let middle = 0;
    let i = fromTop ? n - 1 : 0;
    for (let left = n; left > 0; left--, i += step) {
      const center = passed + state[WEIGHTS + i] / 2;
      if (wanted <= center) {
        if (left === n) return state[MEANS + i];
        const before = state[MEANS + i - step];
        return before + ((state[MEANS + i] - before) * (wanted - middle)) / (center - middle);
      }
      middle = center;
      passed += state[WEIGHTS + i];
    }
    return state[MEANS + i - step];
  }

  /** The part of the weight that lies above x, half of what lies at it; NaN before the first value. */
  above(x: number): number {
    const state = this.#state;
    const n = state[N];
    if (n === 0) return NaN;
    let before = 0;
    let i = 0;
    for (; i < n && state[MEANS + i] < x; i++) before += state[WEIGHTS + i];
    if (i === n) return 0;
    let equal = 0;
    for (let j = i; j < n && state[MEANS + j] === x; j++) equal += state[WEIGHTS + j];
    if (equal > 0) return 1 - (before + equal / 2) / state[WEIGHT];
    if (i === 0) return 1;
    const low = state[MEANS + i - 1];
    const half = state[WEIGHTS + i - 1] / 2;
    const share = (x - low) / (state[MEANS + i] - low);
    return 1 - (before - half + share * (half + state[WEIGHTS + i] / 2)) / state[WEIGHT];
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  static restore(reader: SnapshotReader, halfLife: number): QuantileSketch {
    const sketch = new QuantileSketch(halfLife);
    reader.block(sketch.#state);
    return sketch;
  }

  /** Takes what is pending in among the clusters, which have aged by as many values. */
  #merge(): void {
    const state = this.#state;
    const n = state[N];
    const waiting = state[WAITING];
    const age = this.#decay ** waiting;
    let i = 0;
    let j = 0;
    for (let k = 0; k < n + waiting; k++) {
      const old = j === waiting || (i < n && state[MEANS + i] <= state[BUFFER + j]);
      mergedMeans[k] = old ? state[MEANS + i] : state[BUFFER + j];
      mergedWeights[k] = old ? state[WEIGHTS + i] * age : 1;
      if (old) i++;
      else j++;
    }
    state[WEIGHT] = state[WEIGHT] * age + waiting;
    state[WAITING] = 0;
    let left = n + waiting;
    for (let share = CLUSTER_SHARE; ; share *= 1.5) {
      left = compress(left, state[WEIGHT], share);
      if (left <= CLUSTERS) break;
    }
    state[N] = left;
    state.set(mergedMeans.subarray(0, left), MEANS);
    state.set(mergedWeights.subarray(0, left), WEIGHTS);
  }
}

/** Joins neighbours while the joint cluster is small enough for its place; answers how many are left. */
function compress(n: number, total: number, share: number): number {
  let out = 0;
  let before = 0;
  for (let k = 1; k < n; k++) {
    const joint = mergedWeights[out] + mergedWeights[k];
    const middle = before + joint / 2;
    if (joint <= Math.max(1, share * Math.min(middle, total - middle))) {
      mergedMeans[out] += ((mergedMeans[k] - mergedMeans[out]) * mergedWeights[k]) / joint;
      mergedWeights[out] = joint;
    } else {
      before += mergedWeights[out];
      out++;
      mergedMeans[out] = mergedMeans[k];
      mergedWeights[out] = mergedWeights[k];
    }
  }
  return out + 1;
}
