/** Shapes of four lengths that have not been seen before. */
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { rateOf, type Tuning } from './tuning.ts';

/** Lengths of the shapes in points; each is sixteen means of blocks. */
export const LENGTHS = [32, 64, 128, 256] as const;
const SCALES = LENGTHS.length;
const WIDTH = 16;
/** A shape waits so many others before it is remembered, so that it is not compared with itself. */
const WAIT = 16;
/** As many are remembered whatever they are, before there is a score from `TRUSTED` on. */
const EAGER = 64;
const TRUSTED = 50;
const UNIT = 127;
const OLDEST = 65_534;
const DISTANCE = SCALES;
const SCORE = 2 * SCALES;
const SQUARE = 3 * SCALES;
const CLIP = 3;

/** Of one length, in #state: the block that is being filled, what is usual of the distance, the score held. */
const SUM = 0;
const FILLED = 1;
const BLOCKS = 2;
const KEPT = 3;
const MEAN = 4;
const VARIANCE = 5;
const COUNT = 6;
const HELD = 7;
/** Ages count from here, so that they have room in 16 bits. */
const EPOCH = 8;
/** Mean squares of how large shapes are, and of how far the nearest lies from them. */
const LARGE = 9;
const MISSED = 10;
const WINDOW = 11;
const STRIDE = WINDOW + WIDTH;
/** Of one length, of states up to version 4, which knew no mean squares. */
const OLD_WINDOW = 9;
const OLD_STRIDE = OLD_WINDOW + WIDTH;

/**
 * Of shapes that recur the nearest misses less than half of their size (by the roots of the mean squares), of noise .83: among 168 points of
 * sixteen dimensions none is near. Between the two shapes recur in part.
 */
const RECURRING = 0.5;
const SELDOM = 0.75;
/** Of counts that are mostly 0 a window holds so few that one alike is near by chance (it misses .42 in windows of 32): it takes more. */
const RECURRING_RARE = 0.2;
const SELDOM_RARE = 0.35;

/** Of all, at the end of #state. */
const LEVEL = SCALES * STRIDE;
const SPREAD = LEVEL + 1;
const POINTS = LEVEL + 2;
const SIZE = LEVEL + 3;
const SCRATCH = WAIT * WIDTH;
const PENDING = SCRATCH + WIDTH;

/**
 * Distance of the latest shape to the nearest of those remembered, in standard deviations from what is usual (a bounded online
 * discord: Keogh, Lin and Fu 2005). A shape is the block means without their mean, by their length and the spread of the series, rounded to 1/127.
 */
export class Shapes {
  readonly #state = new Float64Array(SIZE);
  readonly #kept: Int8Array;
  readonly #used: Uint16Array;
  readonly #pending = new Int8Array(SCALES * PENDING);
  readonly #pendingDistance = new Float32Array(SCALES * WAIT);
  readonly #capacity: number;
  readonly #rate: number;
  #isRare = false;
  /** Of the value that was scored last, for each length: nearest shape, distance, score, square of how large its shape is. */
  readonly #found = new Float64Array(4 * SCALES);

  constructor(tuning: Tuning) {
    this.#capacity = tuning.shapes;
    this.#rate = rateOf(tuning.shapeHalf);
    this.#kept = new Int8Array(SCALES * this.#capacity * WIDTH);
    this.#used = new Uint16Array(SCALES * this.#capacity);
  }

  /** Shapes remembered, of all lengths. */
  get kept(): number {
    let kept = 0;
    for (let k = 0; k < SCALES; k++) kept += this.#state[k * STRIDE + KEPT];
    return kept;
  }

  /** Whether values are counts that are mostly 0. */
  set isRare(isRare: boolean) {
    this.#isRare = isRare;
  }

  /** How far the shapes that the score comes from are of lengths at which shapes recur, 0 to 1. */
  get recurrence(): number {
    let sum = 0;
    let recurring = 0;
    for (let k = 0; k < SCALES; k++) {
      const square = this.#found[SCORE + k] ** 2;
      sum += square;
      recurring += square * this.#recurring(k);
    }
    return sum > 0 ? Math.sqrt(recurring / sum) : 0;
  }

  /** Whether shapes recur at one of the lengths. */
  get recurs(): boolean {
    return LENGTHS.some((_, k) => this.#state[k * STRIDE + KEPT] > 0 && this.#recurring(k) > 0);
  }

  score(x: number): number {
    const s = this.#state;
    let sum = 0;
    for (let k = 0; k < SCALES; k++) {
      const at = k * STRIDE;
      let z = s[at + HELD];
      if (s[at + FILLED] + 1 === LENGTHS[k] / WIDTH && s[at + BLOCKS] + 1 >= WIDTH) z = this.#compare(k, x);
      this.#found[SCORE + k] = z;
      sum += z * z;
    }
    return Math.sqrt(sum);
  }

  /** Learns the value that was scored last. */
  learn(x: number): void {
    const s = this.#state;
    for (let k = 0; k < SCALES; k++) {
      const at = k * STRIDE;
      s[at + SUM] += x;
      if (++s[at + FILLED] < LENGTHS[k] / WIDTH) continue;
      const w = at + WINDOW;
      s.copyWithin(w, w + 1, w + WIDTH);
      s[w + WIDTH - 1] = s[at + SUM] / s[at + FILLED];
      s[at + SUM] = s[at + FILLED] = 0;
      if (++s[at + BLOCKS] >= WIDTH) this.#remember(k);
    }
    s[POINTS]++;
    const rate = 1 / Math.min(s[POINTS], 5000);
    const d = x - s[LEVEL];
    s[LEVEL] += rate * d;
    s[SPREAD] += rate * (d * (x - s[LEVEL]) - s[SPREAD]);
  }

  /** After a gap the blocks begin anew. */
  interrupt(): void {
    for (let k = 0; k < SCALES; k++) {
      const at = k * STRIDE;
      this.#state[at + SUM] = this.#state[at + FILLED] = this.#state[at + BLOCKS] = this.#state[at + HELD] = 0;
    }
  }

  snapshot(writer: SnapshotWriter): void {
    for (const block of this.#blocks()) writer.block(block);
  }

  static restore(reader: SnapshotReader, tuning: Tuning): Shapes {
    const shapes = new Shapes(tuning);
    const [state, ...others] = shapes.#blocks();
    if (reader.version > 4) reader.block(state);
    else shapes.#take(reader.block(new Float64Array(SCALES * OLD_STRIDE + SIZE - LEVEL)));
    for (const block of others) reader.block(block);
    return shapes;
  }

  #blocks(): readonly ArrayBufferView[] {
    return [this.#state, this.#pendingDistance, this.#used, this.#pending, this.#kept];
  }

  #recurring(k: number): number {
    const at = k * STRIDE;
    const missed = Math.sqrt(this.#state[at + MISSED] / (this.#state[at + LARGE] + 1e-300));
    const seldom = this.#isRare ? SELDOM_RARE : SELDOM;
    const recurring = this.#isRare ? RECURRING_RARE : RECURRING;
    return Math.max(0, Math.min(1, (seldom - missed) / (seldom - recurring)));
  }

  /** Forms the shape that ends with x and finds the nearest one. */
  #compare(k: number, x: number): number {
    const s = this.#state;
    const at = k * STRIDE;
    this.#form(k, (s[at + SUM] + x) / (s[at + FILLED] + 1));
    const kept = s[at + KEPT];
    this.#found[k] = -1;
    this.#found[DISTANCE + k] = 0;
    if (kept === 0) return 0;
    this.#search(k, kept);
    const t = s[at + COUNT] + 1;
    if (kept < TRUSTED || t <= 20 || s[at + VARIANCE] <= 0) return 0;
    return Math.max(0, (((this.#found[DISTANCE + k] - s[at + MEAN]) / Math.sqrt(s[at + VARIANCE])) * t) / (t + 100));
  }

  /** Writes the shape of the last fifteen blocks and `last` where pending shapes lie. */
  #form(k: number, last: number): void {
    const s = this.#state;
    const w = k * STRIDE + WINDOW;
    let mean = last;
    for (let j = 1; j < WIDTH; j++) mean += s[w + j];
    mean /= WIDTH;
    let square = (last - mean) ** 2;
    for (let j = 1; j < WIDTH; j++) square += (s[w + j] - mean) ** 2;
    const unit = square + WIDTH * s[SPREAD] + 1e-300;
    const scale = UNIT / Math.sqrt(unit);
    this.#found[SQUARE + k] = square / unit;
    const to = k * PENDING + SCRATCH;
    for (let j = 1; j < WIDTH; j++) this.#pending[to + j - 1] = Math.round((s[w + j] - mean) * scale);
    this.#pending[to + WIDTH - 1] = Math.round((last - mean) * scale);
  }

  #search(k: number, kept: number): void {
    const own = this.#pending;
    const from = k * PENDING + SCRATCH;
    const place = nearestOf(own.subarray(from, from + WIDTH), this.#kept, k * this.#capacity * WIDTH, kept);
    this.#found[k] = place;
    this.#found[DISTANCE + k] = Math.sqrt(leastSquare) / UNIT;
  }

  /** Learns the distance of the shape that was compared, lets it wait, and keeps the one that has waited. */
  #remember(k: number): void {
    const s = this.#state;
    const at = k * STRIDE;
    const distance = this.#found[DISTANCE + k];
    s[at + HELD] = this.#found[SCORE + k];
    if (this.#found[k] >= 0) {
      this.#use(k, this.#found[k], s[at + COUNT] + 1);
      this.#learnDistance(k, distance);
    }
    const shape = s[at + BLOCKS] - WIDTH;
    const slot = shape % WAIT;
    const own = k * PENDING;
    const waited = own + slot * WIDTH;
    if (shape >= WAIT && (s[at + KEPT] < EAGER || this.#pendingDistance[k * WAIT + slot] > 0.5 * s[at + MEAN])) this.#keep(k, waited);
    this.#pending.copyWithin(waited, own + SCRATCH, own + SCRATCH + WIDTH);
    this.#pendingDistance[k * WAIT + slot] = distance;
  }

  /** Notes when a shape was the nearest. Uses that lie very far back are all equally old. */
  #use(k: number, shape: number, count: number): void {
    const s = this.#state;
    const at = k * STRIDE;
    const base = k * this.#capacity;
    if (count - s[at + EPOCH] > OLDEST) {
      s[at + EPOCH] += OLDEST / 2;
      for (let i = base; i < base + this.#capacity; i++) this.#used[i] = Math.max(0, this.#used[i] - OLDEST / 2);
    }
    this.#used[base + shape] = count - s[at + EPOCH];
  }

  #learnDistance(k: number, distance: number): void {
    const s = this.#state;
    const at = k * STRIDE;
    s[at + COUNT]++;
    const rate = Math.max((this.#rate * LENGTHS[k]) / WIDTH, 1 / s[at + COUNT]);
    s[at + LARGE] += rate * (this.#found[SQUARE + k] - s[at + LARGE]);
    s[at + MISSED] += rate * (distance * distance - s[at + MISSED]);
    const reach = s[at + COUNT] > 20 ? CLIP * Math.sqrt(s[at + VARIANCE]) : Infinity;
    const d = Math.max(-reach, Math.min(reach, distance - s[at + MEAN]));
    s[at + MEAN] += rate * d;
    s[at + VARIANCE] += rate * (d * d - s[at + VARIANCE]);
  }

  /** The state up to version 4, when all shapes were taken to recur. */
  #take(before: Float64Array): void {
    const s = this.#state;
    for (let k = 0; k < SCALES; k++) {
      const old = before.subarray(k * OLD_STRIDE, (k + 1) * OLD_STRIDE);
      s.set(old.subarray(0, OLD_WINDOW), k * STRIDE);
      s.set(old.subarray(OLD_WINDOW), k * STRIDE + WINDOW);
      s[k * STRIDE + LARGE] = 1;
      s[k * STRIDE + MISSED] = old[MEAN] ** 2;
    }
    s.set(before.subarray(SCALES * OLD_STRIDE), LEVEL);
  }

  /** In the place of the one that was the nearest least recently, when there is no free one. */
  #keep(k: number, from: number): void {
    const s = this.#state;
    const at = k * STRIDE;
    const base = k * this.#capacity;
    let to = s[at + KEPT];
    if (to < this.#capacity) {
      s[at + KEPT]++;
    } else {
      to = 0;
      for (let i = 1; i < this.#capacity; i++) if (this.#used[base + i] < this.#used[base + to]) to = i;
    }
    this.#use(k, to, s[at + COUNT]);
    for (let j = 0; j < WIDTH; j++) this.#kept[(base + to) * WIDTH + j] = this.#pending[from + j];
  }
}

/** Squared distance of what `nearestOf` found last. */
let leastSquare = 0;

function square(x: number): number {
  return x * x;
}

/** Index of the shape nearest to `own` among `kept` that lie from `base` on. Written out, because nearly all the time goes here. */
function nearestOf(own: Int8Array, shapes: Int8Array, base: number, kept: number): number {
  const u0 = own[0];
  const u1 = own[1];
  const u2 = own[2];
  const u3 = own[3];
  const u4 = own[4];
  const u5 = own[5];
  const u6 = own[6];
  const u7 = own[7];
  const u8 = own[8];
  const u9 = own[9];
  const u10 = own[10];
  const u11 = own[11];
  const u12 = own[12];
  const u13 = own[13];
  const u14 = own[14];
  const u15 = own[15];
  let best = 0x7fffffff;
  let nearest = 0;
  for (let i = 0, p = base; i < kept; i++, p += WIDTH) {
    let sum = square(u0 - shapes[p]) + square(u1 - shapes[p + 1]) + square(u2 - shapes[p + 2]) + square(u3 - shapes[p + 3]);
    sum += square(u4 - shapes[p + 4]) + square(u5 - shapes[p + 5]) + square(u6 - shapes[p + 6]) + square(u7 - shapes[p + 7]);
    if (sum >= best) continue;
    sum += square(u8 - shapes[p + 8]) + square(u9 - shapes[p + 9]) + square(u10 - shapes[p + 10]) + square(u11 - shapes[p + 11]);
    if (sum >= best) continue;
    sum += square(u12 - shapes[p + 12]) + square(u13 - shapes[p + 13]) + square(u14 - shapes[p + 14]) + square(u15 - shapes[p + 15]);
    if (sum >= best) continue;
    best = sum;
    nearest = i;
  }
  leastSquare = best;
  return nearest;
}
