/** Half-space trees: how thinly the place of a row was filled a window ago, by trees that halve random columns. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { CounterRandom } from '../core/random.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { RANGE_HALF_LIFE } from '../math/range.ts';
import { FilledRows } from './rows.ts';

const options = Type.Object(
  {
    trees: Type.Integer({
      description: 'Number of trees. More make the score steadier; cost and memory grow with them.',
      minimum: 1,
      maximum: 1000,
      default: 25,
    }),
    depth: Type.Integer({ description: 'Halvings from the root to a leaf.', minimum: 1, maximum: 16, default: 15 }),
    window: Type.Integer({
      description: 'Rows of a window. A row is scored by the last complete window; larger remembers more and adapts later.',
      minimum: 20,
      maximum: 10_000,
      default: 250,
    }),
    seed: Type.Integer({ description: 'Seed of the random columns and ranges.', minimum: 0, default: 1 }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

/** A node with at most this share of a window in it is not looked into any further. The paper stops at .1; the mean of logarithms gains from looking on. */
const SPARSE = 0.02;

/** A range of a column is kept as long as the values of a window lie in it and fill at least one part in so many of it. */
const LOOSEST = 4;

/** A column is filed by the range that it has shown, not by that of a quiet window; in one window it becomes at most so many times as wide, so that one far value does not hide the rest for long. */
const WIDENS = 8;

/** Rows of the first reference; it is made anew at each doubling until a window is complete. */
const FIRST_ROWS = 64;

/** States before this version do not hold the widest ranges. */
const WITH_WIDEST = 2;

/** Streams of random numbers: the column of each node, the middle of each tree's range. */
const NODES = 0;
const MIDDLES = 1;

/** What is the same for every series with the same options: it is made once. */
interface Forest {
  /** Column that each inner node halves: tree after tree, heap order, the root at 1. */
  columns: Uint8Array | Uint16Array;
  /** Where a value of 0 and one unit of the range lie in each tree's range of each column, as shares of that range. */
  start: Float64Array;
  unit: Float64Array;
}

const KEPT_FORESTS = 16;
const forests = new Map<string, Forest>();

function forestOf({ trees, depth, seed }: Options, width: number): Forest {
  const key = `${trees} ${depth} ${seed} ${width}`;
  const known = forests.get(key);
  if (known !== undefined) return known;
  const random = new CounterRandom(seed);
  const inner = 2 ** depth;
  const columns = width <= 256 ? new Uint8Array(trees * inner) : new Uint16Array(trees * inner);
  for (let i = 0; i < columns.length; i++) columns[i] = random.at(NODES, i).below(width);
  const start = new Float64Array(trees * width);
  const unit = new Float64Array(trees * width);
  for (let i = 0; i < start.length; i++) {
    const middle = random.at(MIDDLES, i).uniform();
    const half = 2 * Math.max(middle, 1 - middle);
    start[i] = (half - middle) / (2 * half);
    unit[i] = 1 / (2 * half);
  }
  if (forests.size >= KEPT_FORESTS) forests.delete(forests.keys().next().value!);
  const forest = { columns, start, unit };
  forests.set(key, forest);
  return forest;
}

/**
 * The mass of a node is kept as the sorted leaves that the rows of the window fell into: those below a node lie side by side, so that
 * a window costs two bytes a row and tree instead of a counter for each of the 2^(depth + 1) nodes.
 */
class HalfSpaceTrees implements Detector {
  readonly #options: Options;
  readonly #width: number;
  readonly #forest: Forest;
  readonly #rows: FilledRows;
  /** Leaves of the last complete window, sorted, and of the window being filled: tree after tree. */
  readonly #reference: Uint16Array;
  readonly #latest: Uint16Array;
  /** Rows of the window being filled, in case the ranges change. */
  readonly #window: Float64Array;
  /** Least value and one over the range of each column, by which rows are filed. */
  readonly #low: Float64Array;
  readonly #scale: Float64Array;
  /** The widest range of each column, which fades. */
  readonly #widest: Float64Array;
  /** Rows in the window being filled; 1 once there is a reference. */
  readonly #counts = new Float64Array(2);
  /** Scratch: leaf of the row scored last in each tree, its values as shares of the ranges, their binary digits still to be used. */
  readonly #leaves: Uint16Array;
  readonly #shares: Float64Array;
  readonly #digits: Int32Array;

  constructor(chosen: Options, width: number) {
    const { trees, window } = chosen;
    this.#options = chosen;
    this.#width = width;
    this.#forest = forestOf(chosen, width);
    this.#rows = new FilledRows(width);
    this.#reference = new Uint16Array(trees * window);
    this.#latest = new Uint16Array(trees * window);
    this.#window = new Float64Array(window * width);
    this.#low = new Float64Array(width);
    this.#scale = new Float64Array(width);
    this.#widest = new Float64Array(width);
    this.#leaves = new Uint16Array(trees);
    this.#shares = new Float64Array(width);
    this.#digits = new Int32Array(width);
  }

  score(_time: number, values: Float64Array, at: number, _out: DetectorOutput): number {
    if (!this.#rows.read(values, at) || this.#counts[1] === 0) return NaN;
    this.#file(this.#rows.row, 0);
    const { trees, window, depth } = this.#options;
    let mass = 0;
    for (let tree = 0; tree < trees; tree++) mass += this.#mass(tree * window, this.#leaves[tree]);
    return depth + Math.log2(window + 0.5) - mass / trees;
  }

  learn(_time: number, values: Float64Array, at: number): void {
    if (!this.#rows.read(values, at)) return;
    const { trees, window } = this.#options;
    this.#rows.learn();
    this.#window.set(this.#rows.row, this.#counts[0] * this.#width);
    for (let tree = 0; tree < trees; tree++) this.#latest[tree * window + this.#counts[0]] = this.#leaves[tree];
    const filled = ++this.#counts[0];
    if (filled === window) this.#turn();
    else if (filled === this.#rows.count && Number.isInteger(Math.log2(filled / FIRST_ROWS)) && filled >= FIRST_ROWS) this.#begin(filled);
  }

  /** The first rows stand for a window, over and over; it goes on being filled. */
  #begin(filled: number): void {
    const { trees, window } = this.#options;
    const width = this.#width;
    for (let i = filled; i < window; i++) {
      this.#window.copyWithin(i * width, (i - filled) * width, (i - filled + 1) * width);
      for (let leaf = i; leaf < trees * window; leaf += window) this.#latest[leaf] = this.#latest[leaf - filled];
    }
    this.#turn();
    this.#counts[0] = filled;
  }

  /** Leaf of a row in each tree: the binary digits of its values say on which side of each halving it lies. */
  #file(rows: Float64Array, at: number): void {
    const { trees, depth } = this.#options;
    const { columns, start, unit } = this.#forest;
    const width = this.#width;
    const shares = this.#shares;
    const digits = this.#digits;
    const leaves = this.#leaves;
    for (let j = 0; j < width; j++) shares[j] = Math.max(-1, Math.min(2, (rows[at + j] - this.#low[j]) * this.#scale[j]));
    for (let tree = 0, k = 0; tree < trees; tree++) {
      for (let j = 0; j < width; j++, k++) {
        const share = start[k] + shares[j] * unit[k];
        digits[j] = share <= 0 ? 0 : share >= 1 ? -1 : (share * 2 ** 32) | 0;
      }
      const root = tree << depth;
      let node = 1;
      for (let level = 0; level < depth; level++) {
        const column = columns[root + node];
        const digit = digits[column];
        digits[column] = digit << 1;
        node = (node << 1) | (digit >>> 31);
      }
      leaves[tree] = node - (1 << depth);
    }
  }

  /** log2 of the mass (and half a row) times 2^level of the first node on the way to `leaf` that is sparse, or of the leaf. */
  #mass(from: number, leaf: number): number {
    const { depth, window } = this.#options;
    const reference = this.#reference;
    const sparse = SPARSE * window;
    let a = from;
    let b = from + window;
    let level = 0;
    while (level < depth && b - a > sparse) {
      const bit = 1 << (depth - 1 - level++);
      const middle = (leaf | bit) & -bit;
      let low = a;
      let high = b;
      while (low < high) {
        const half = (low + high) >> 1;
        if (reference[half] < middle) low = half + 1;
        else high = half;
      }
      if ((leaf & bit) === 0) b = low;
      else a = low;
    }
    return Math.log2((b - a + 0.5) * (1 << level));
  }

  /** The window is complete: it becomes the reference, filed anew when a range no longer suits it. */
  #turn(): void {
    const { trees, window } = this.#options;
    if (this.#fitRanges()) {
      for (let i = 0; i < window; i++) {
        this.#file(this.#window, i * this.#width);
        for (let tree = 0; tree < trees; tree++) this.#latest[tree * window + i] = this.#leaves[tree];
      }
    }
    this.#reference.set(this.#latest);
    for (let tree = 0; tree < trees; tree++) this.#reference.subarray(tree * window, (tree + 1) * window).sort();
    this.#counts[0] = 0;
    this.#counts[1] = 1;
  }

  /** Whether a range was changed. */
  #fitRanges(): boolean {
    const width = this.#width;
    let changed = false;
    for (let j = 0; j < width; j++) {
      let low = Infinity;
      let high = -Infinity;
      for (let i = j; i < this.#window.length; i += width) {
        low = Math.min(low, this.#window[i]);
        high = Math.max(high, this.#window[i]);
      }
      const least = Math.max(Math.abs(low), Math.abs(high)) * 2 ** -40 + 2 ** -900;
      const range = Math.max(high - low, this.#widen(j, high - low), least);
      const kept = 1 / this.#scale[j];
      if (low >= this.#low[j] && high <= this.#low[j] + kept && kept <= LOOSEST * range) continue;
      this.#low[j] = low - (range - (high - low)) / 2;
      this.#scale[j] = 1 / range;
      changed = true;
    }
    return changed;
  }

  /** Learns the range of a column in a window and returns the widest. */
  #widen(column: number, range: number): number {
    const before = this.#widest[column];
    const faded = before * 2 ** (-this.#options.window / RANGE_HALF_LIFE);
    return (this.#widest[column] = Math.max(faded, before === 0 ? range : Math.min(range, WIDENS * before)));
  }

  snapshot(writer: SnapshotWriter): void {
    this.#rows.snapshot(writer);
    for (const block of this.#blocks()) writer.block(block);
    writer.block(this.#widest);
  }

  restore(reader: SnapshotReader): this {
    this.#rows.restore(reader);
    for (const block of this.#blocks()) reader.block(block);
    if (reader.version >= WITH_WIDEST) reader.block(this.#widest);
    return this;
  }

  #blocks(): ArrayBufferView[] {
    return [this.#counts, this.#low, this.#scale, this.#window, this.#reference, this.#latest];
  }
}

/**
 * Score: mean over the trees of -log2 of the density at the row's place in the last complete window (mass * 2^level, half a row added),
 * relative to a window that lies in one leaf: 0 for that, at most depth + log2(window). The paper sums the densities themselves; in
 * the sum the densest tree drowns the others.
 */
export const halfSpaceTrees = defineDetector({
  name: 'half-space-trees',
  summary: 'How thinly the place of a row was filled a window ago, by trees that halve random columns.',
  options,
  sample: { trees: 5, depth: 8, window: 60 },
  about: {
    finds: 'Rows in places where hardly any row of the last complete window lay.',
    use: 'The cheapest detector for rows of many columns. It knows only the window before: where the last days count use knn or random-cut-forest.',
    warmUp: '64 rows, or a window where that is shorter; the first window is judged by what there is of it.',
    memory: 'About 27 KB and 2 KB a column: 4 bytes a row of the window and tree, 8 a row of the window and column.',
    gives: 'score only',
    paper: 'Tan, Ting and Liu (2011), Fast Anomaly Detection for Streaming Data.',
    example: 'columns',
  },
  scale: 'free',
  threshold: { name: 'static', options: { limit: 20 } },
  version: 2,
  columns: 'many',
  create: (chosen, width) => new HalfSpaceTrees(chosen, width),
  restore: (reader, chosen, width) => new HalfSpaceTrees(chosen, width).restore(reader),
});
