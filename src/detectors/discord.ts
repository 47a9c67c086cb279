/** Discords: how unlike every stretch of the past the last stretch of a series is, whatever its level and height. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { perColumn } from './columns.ts';
import { isMissing } from './zscore.ts';

const options = Type.Object(
  {
    window: Type.Integer({
      description: 'Length of the stretches that are compared, in points: about one beat, cycle or fault.',
      minimum: 4,
      maximum: 4096,
      default: 64,
    }),
    history: Type.Integer({
      description: 'How many of the last points the stretch is looked for in, at least four windows; cost and memory grow with it.',
      minimum: 64,
      maximum: 65_536,
      default: 2048,
    }),
    noise: Type.Number({
      description:
        'Share of the variance of the whole that is added to that of each stretch before shapes are compared, so that the noise of a flat stretch is no shape. 0 compares shapes alone.',
      minimum: 0,
      maximum: 10,
      default: 0.1,
    }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

/** Distances are averaged over about so many points to say which is usual. */
const USUAL_POINTS = 4000;

/** A distance farther than so many spreads from the usual one is learnt as if it lay there. */
const CLIP = 3;

/** Least spread of the distances, which lie between 0 and 2. */
const LEAST_SPREAD = 0.02;

/** Values are kept as distances from the first, of at most this size: their products stay finite. */
const FARTHEST = 1e140;

/** Keeps the norm of a flat stretch finite. */
const SMALLEST = 2 ** -1000;

/** Numbers of the state, by place. */
const COUNT = 0;
const ORIGIN = 1;
const MEAN = 2;
const VARIANCE = 3;
const SCORED = 4;
const USUAL = 5;
const USUAL_VARIANCE = 6;
const NUMBERS = 7;

/**
 * Left matrix profile over a bounded past. The dot product of the last `window` points with those `lag` points before them changes by
 * one product added and one taken away from point to point (Mueen et al.; STAMPI), so a point costs one pass over the lags whatever the
 * window. One lag a point is summed up afresh, so that rounding does not pile up.
 */
class Discord implements Detector {
  readonly #window: number;
  readonly #history: number;
  readonly #noise: number;
  readonly #numbers = new Float64Array(NUMBERS);
  /** Points; of the stretches that end there: mean, one over the norm, squared length after it. Rings, written twice so that any stretch lies side by side. */
  readonly #points: Float64Array;
  readonly #means: Float64Array;
  readonly #norms: Float64Array;
  readonly #lengths: Float64Array;
  /** Sum of x[t - k] * x[t - lag - k] over k = 0 .. window - 1, by lag; as it is, and scratch: with the point scored last. */
  readonly #dots: Float64Array;
  readonly #next: Float64Array;
  /** Scratch: the same of the stretch that ends with the point scored last, and its distance (NaN: none). */
  #mean = 0;
  #norm = 0;
  #length = 0;
  #distance = NaN;

  constructor({ window, history, noise }: Options) {
    this.#window = window;
    this.#history = Math.max(history, 4 * window);
    this.#noise = noise;
    this.#points = new Float64Array(2 * this.#history);
    this.#means = new Float64Array(2 * this.#history);
    this.#norms = new Float64Array(2 * this.#history);
    this.#lengths = new Float64Array(2 * this.#history);
    this.#dots = new Float64Array(this.#history - window);
    this.#next = new Float64Array(this.#history - window);
  }

  score(_time: number, values: Float64Array, at: number, _out: DetectorOutput): number {
    const numbers = this.#numbers;
    this.#distance = NaN;
    if (isMissing(values[at])) return NaN;
    this.#advance(this.#shifted(values[at]));
    // A match must not overlap, and one window's worth of places to find it in is the least.
    if (numbers[COUNT] < 3 * this.#window) return NaN;
    this.#distance = this.#nearest();
    if (numbers[SCORED] < this.#window) return NaN;
    const spread = Math.max(Math.sqrt(numbers[USUAL_VARIANCE]), LEAST_SPREAD);
    return Math.max(0, (this.#distance - numbers[USUAL]) / spread);
  }

  #shifted(x: number): number {
    return this.#numbers[COUNT] === 0 ? 0 : Math.max(-FARTHEST, Math.min(FARTHEST, x - this.#numbers[ORIGIN]));
  }

  /** Writes point number COUNT behind the learnt ones and takes it into the dot products, in scratch. */
  #advance(x: number): void {
    const window = this.#window;
    const size = this.#history;
    const points = this.#points;
    const dots = this.#dots;
    const next = this.#next;
    const count = this.#numbers[COUNT];
    const here = (count % size) + size;
    points[here - size] = points[here] = x;
    const lags = Math.min(dots.length, count + 1);
    const gone = points[here - window];
    for (let lag = 0; lag < lags; lag++) next[lag] = dots[lag] + x * points[here - lag] - gone * points[here - lag - window];
    const fresh = count % dots.length;
    let sum = 0;
    for (let k = 0; k < window; k++) sum += points[here - k] * points[here - fresh - k];
    next[fresh] = sum;
    this.#measure(here);
  }

  /** Mean, norm and length of the stretch that ends at `here`. */
  #measure(here: number): void {
    const window = this.#window;
    const points = this.#points;
    let total = 0;
    for (let k = 0; k < window; k++) total += points[here - k];
    const mean = total / window;
    let variance = 0;
    for (let k = 0; k < window; k++) variance += (points[here - k] - mean) ** 2 / window;
    this.#mean = mean;
    this.#norm = 1 / Math.sqrt(variance + this.#noise * this.#numbers[VARIANCE] + SMALLEST);
    this.#length = variance * this.#norm * this.#norm;
  }

  /** Distance of the last stretch from the nearest of those before it that do not overlap it. */
  #nearest(): number {
    const window = this.#window;
    const here = (this.#numbers[COUNT] % this.#history) + this.#history;
    const next = this.#next;
    const means = this.#means;
    const norms = this.#norms;
    const lengths = this.#lengths;
    const mean = this.#mean;
    const norm = 2 * this.#norm;
    const lags = Math.min(next.length, this.#numbers[COUNT] - window + 2);
    let least = Infinity;
    for (let lag = window; lag < lags; lag++) {
      const square = lengths[here - lag] - (next[lag] / window - mean * means[here - lag]) * norms[here - lag] * norm;
      if (square < least) least = square;
    }
    return Math.sqrt(Math.max(0, Math.min(4, least + this.#length)));
  }

  learn(_time: number, values: Float64Array, at: number): void {
    if (isMissing(values[at])) return;
    const numbers = this.#numbers;
    const size = this.#history;
    const x = this.#shifted(values[at]);
    if (numbers[COUNT] === 0) numbers[ORIGIN] = values[at];
    const slot = numbers[COUNT] % size;
    this.#means[slot] = this.#means[slot + size] = this.#mean;
    this.#norms[slot] = this.#norms[slot + size] = this.#norm;
    this.#lengths[slot] = this.#lengths[slot + size] = this.#length;
    this.#dots.set(this.#next);
    numbers[COUNT]++;
    const step = 1 / Math.min(numbers[COUNT], size);
    const away = x - numbers[MEAN];
    numbers[MEAN] += step * away;
    numbers[VARIANCE] = (1 - step) * (numbers[VARIANCE] + step * away * away);
    if (this.#distance === this.#distance) this.#learnDistance();
  }

  #learnDistance(): void {
    const numbers = this.#numbers;
    const step = 1 / Math.min(++numbers[SCORED], USUAL_POINTS);
    const reach = numbers[SCORED] <= this.#window ? 2 : CLIP * Math.max(Math.sqrt(numbers[USUAL_VARIANCE]), LEAST_SPREAD);
    const away = Math.max(-reach, Math.min(reach, this.#distance - numbers[USUAL]));
    numbers[USUAL] += step * away;
    numbers[USUAL_VARIANCE] = (1 - step) * (numbers[USUAL_VARIANCE] + step * away * away);
    this.#distance = NaN;
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#numbers);
    writer.block(this.#dots);
    for (const ring of this.#rings()) writer.block(ring.subarray(0, this.#history));
  }

  restore(reader: SnapshotReader): this {
    reader.block(this.#numbers);
    reader.block(this.#dots);
    for (const ring of this.#rings()) {
      reader.block(ring.subarray(0, this.#history));
      ring.copyWithin(this.#history, 0, this.#history);
    }
    return this;
  }

  #rings(): Float64Array[] {
    return [this.#points, this.#means, this.#norms, this.#lengths];
  }
}

/**
 * Score: distance of the last stretch from its nearest neighbour in the past, in standard deviations above the usual such distance.
 * Stretches are compared with their mean taken off and divided by their standard deviation (and a share of that of the whole).
 */
export const discord = defineDetector({
  name: 'discord',
  summary: 'How unlike every stretch of the past the last stretch is in shape (online matrix profile).',
  options,
  sample: { window: 8, history: 128 },
  about: {
    finds: 'Stretches of an unusual shape: a missed beat, a cycle cut short, an oscillation that was not there.',
    use: 'Series that repeat themselves, when the shape matters and not the level. Set window to about one cycle. Single spikes are better found by robust or random-cut-forest.',
    warmUp: 'Four windows: 256 points.',
    memory: 'About 160 KB a column: 80 bytes a point of the history.',
    gives: 'score only',
    paper: 'Yeh et al. (2016), Matrix Profile I; online and bounded after Yeh et al. (2018), STAMPI, and Lu et al. (2022), DAMP.',
    example: 'shape',
  },
  scale: 'sigma',
  threshold: { name: 'sigma', options: { k: 5 } },
  version: 1,
  columns: 'many',
  create: (chosen, width) => perColumn(width, () => new Discord(chosen)),
  restore: (reader, chosen, width) => perColumn(width, () => new Discord(chosen).restore(reader)),
});
