/** Isolation forest over a sliding window: how few random cuts part a row from the rows before it. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { CounterRandom } from '../core/random.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { FilledRows, shareOut } from './rows.ts';

const options = Type.Object(
  {
    trees: Type.Integer({
      description: 'Number of trees. More make the score steadier; cost and memory grow with them.',
      minimum: 1,
      maximum: 1000,
      default: 50,
    }),
    sample: Type.Integer({ description: 'Rows that a tree is built of.', minimum: 16, maximum: 4096, default: 256 }),
    window: Type.Integer({
      description: 'How many of the last rows the samples are drawn from, at least `sample`.',
      minimum: 16,
      maximum: 100_000,
      default: 2048,
    }),
    seed: Type.Integer({ description: 'Seed of the samples and cuts.', minimum: 0, default: 1 }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

/** The first trees are built of so many rows. */
const FIRST_ROWS = 64;

const EULER = 0.5772156649015329;

/** Mean path length of a search in a binary tree of n rows that finds nothing (Liu et al. 2008, equation 1). */
function meanPath(n: number): number {
  if (n <= 1) return 0;
  return n === 2 ? 1 : 2 * (Math.log(n - 1) + EULER) - (2 * (n - 1)) / n;
}

/**
 * Trees lie in heap order (root 0, children of i at 2i + 1 and 2i + 2), each `nodes` long. From the first 64 rows on the oldest tree is
 * built anew every `seen rows / trees` rows, so that each row pays a small share of one tree and no tree is older than the window.
 */
class IsolationForest implements Detector {
  readonly #trees: number;
  readonly #sample: number;
  readonly #window: number;
  readonly #width: number;
  readonly #rows: FilledRows;
  readonly #random: CounterRandom;
  readonly #nodes: number;
  /** Column that a node cuts, -1 - the column that its parent cuts for a leaf. */
  readonly #columns: Int16Array;
  /** Where a node cuts (smaller goes left); the path length of a leaf, in path lengths that are usual for the sample. */
  readonly #cuts: Float64Array;
  /** Least and largest value of each column in the sample of each tree. */
  readonly #box: Float64Array;
  /** The last rows, a ring. */
  readonly #ring: Float64Array;
  /** Trees built so far, rows learnt at the last one. */
  readonly #counts = new Float64Array(2);
  /** A path of one cut in each tree, in usual path lengths. */
  readonly #unit: Float64Array;
  /** Scratch: the stream of the tree being built; places in the ring, those drawn first; start and end of each node's rows among them. */
  #stream = 0;
  readonly #places: Uint32Array;
  readonly #from: Uint16Array;
  readonly #to: Uint16Array;
  /** Scratch: least and largest value of each column. */
  readonly #ranges: Float64Array;

  constructor({ trees, sample, window, seed }: Options, width: number) {
    this.#trees = trees;
    this.#sample = sample;
    this.#window = Math.max(sample, window);
    this.#width = width;
    this.#rows = new FilledRows(width);
    this.#random = new CounterRandom(seed);
    this.#nodes = 2 ** (Math.ceil(Math.log2(sample)) + 1) - 1;
    this.#columns = new Int16Array(trees * this.#nodes);
    this.#cuts = new Float64Array(trees * this.#nodes);
    this.#box = new Float64Array(trees * 2 * width);
    this.#ring = new Float64Array(this.#window * width);
    this.#unit = new Float64Array(trees);
    this.#places = Uint32Array.from({ length: this.#window }, (_, i) => i);
    this.#from = new Uint16Array(this.#nodes);
    this.#to = new Uint16Array(this.#nodes);
    this.#ranges = new Float64Array(2 * width);
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const rows = this.#rows;
    if (!rows.read(values, at) || this.#counts[0] === 0) return NaN;
    const { row } = rows;
    const shares = out.contributions.fill(0);
    const columns = this.#columns;
    const cuts = this.#cuts;
    const nodes = this.#nodes;
    let sum = 0;
    for (let tree = 0, root = 0; tree < this.#trees; tree++, root += nodes) {
      let i = 0;
      let column = columns[root];
      while (column >= 0) {
        i = 2 * i + (row[column] < cuts[root + i] ? 1 : 2);
        column = columns[root + i];
      }
      const outside = this.#outside(tree, shares);
      const path = cuts[root + i] * (1 - outside) + outside * this.#unit[tree];
      // A path shorter than usual was ended by the column that its last cut looked at.
      if (i > 0 && path < 1) shares[-1 - column] += (1 - outside) * (1 - path) * (1 - path);
      sum += path;
    }
    shareOut(shares);
    return 2 ** (-sum / this.#trees);
  }

  /**
   * Probability that the first cut of a tree would have parted the row from all others, had it been in the sample: 0 inside of the box
   * of the sample. Without it no tree could tell a row far outside from the outermost one, or see that a flat series has changed.
   */
  #outside(tree: number, shares: Float64Array): number {
    const { row } = this.#rows;
    const width = this.#width;
    const box = this.#box;
    let parted = 0;
    let able = 0;
    for (let j = 0, k = tree * 2 * width; j < width; j++, k += 2) {
      const low = box[k];
      const high = box[k + 1];
      const x = row[j];
      if (x < low || x > high) {
        const beyond = x < low ? low - x : x - high;
        const part = beyond / (high - low + beyond);
        parted += part;
        shares[j] += part / width;
        able++;
      } else if (high > low) able++;
    }
    return parted === 0 ? 0 : parted / able;
  }

  learn(_time: number, values: Float64Array, at: number): void {
    const rows = this.#rows;
    if (!rows.read(values, at)) return;
    this.#ring.set(rows.row, (rows.count % this.#window) * this.#width);
    rows.learn();
    const { count } = rows;
    if (count < Math.min(FIRST_ROWS, this.#sample)) return;
    const known = Math.min(count, this.#window);
    if (this.#counts[0] === 0) for (let tree = 0; tree < this.#trees; tree++) this.#build(tree, known);
    else if (count - this.#counts[1] >= known / this.#trees) this.#build(this.#counts[0] % this.#trees, known);
  }

  /** Builds a tree of rows drawn from the `known` ones of the ring, without replacement. */
  #build(tree: number, known: number): void {
    const size = Math.min(known, this.#sample);
    const random = this.#random;
    const places = this.#places;
    this.#stream = this.#counts[0] % 2 ** 32;
    for (let k = 0; k < size; k++) {
      const other = k + random.at(this.#stream, k).below(known - k);
      const place = places[k];
      places[k] = places[other];
      places[other] = place;
    }
    this.#grow(tree, size);
    for (let k = 0; k < places.length; k++) places[k] = k;
    this.#unit[tree] = 1 / meanPath(size);
    this.#counts[0]++;
    this.#counts[1] = this.#rows.count;
  }

  /** Cuts the first `size` places, level after level: a node's rows lie side by side. */
  #grow(tree: number, size: number): void {
    const root = tree * this.#nodes;
    const columns = this.#columns;
    const from = this.#from;
    const to = this.#to;
    const height = Math.ceil(Math.log2(size));
    this.#measure(0, size);
    this.#box.set(this.#ranges, tree * 2 * this.#width);
    columns.fill(-1, root, root + this.#nodes);
    from[0] = 0;
    to[0] = size;
    for (let i = 0, level = 0; level <= height; level++) {
      for (const end = 2 ** (level + 1) - 1; i < end; i++) {
        const parent = i === 0 ? 0 : columns[root + ((i - 1) >> 1)];
        if (parent < 0) continue;
        const rows = to[i] - from[i];
        const column = level < height && rows > 1 ? this.#column(from[i], to[i], i) : -1;
        if (column >= 0) this.#cut(root, i, column);
        else this.#cuts[root + i] = (level + meanPath(rows)) / meanPath(size);
        columns[root + i] = column >= 0 ? column : -1 - parent;
      }
    }
  }

  /** A column at random among those that differ within the rows of node i; -1 for none. */
  #column(from: number, to: number, i: number): number {
    this.#measure(from, to);
    const ranges = this.#ranges;
    let able = 0;
    for (let j = 0; j < ranges.length; j += 2) if (ranges[j + 1] > ranges[j]) able++;
    if (able === 0) return -1;
    let left = this.#random.at(this.#stream, this.#sample + 2 * i).below(able);
    for (let j = 0; ; j += 2) if (ranges[j + 1] > ranges[j] && left-- === 0) return j / 2;
  }

  /** Cuts node i at random within its range and moves the rows below the cut to the front. */
  #cut(root: number, i: number, column: number): void {
    const ring = this.#ring;
    const places = this.#places;
    const width = this.#width;
    const low = this.#ranges[2 * column];
    const high = this.#ranges[2 * column + 1];
    const drawn = low + (high - low) * this.#random.at(this.#stream, this.#sample + 2 * i + 1).uniform();
    // At the least value the left side would be empty.
    const cut = drawn > low && drawn <= high ? drawn : high;
    let middle = this.#from[i];
    for (let k = middle; k < this.#to[i]; k++) {
      const place = places[k];
      if (ring[place * width + column] >= cut) continue;
      places[k] = places[middle];
      places[middle++] = place;
    }
    this.#cuts[root + i] = cut;
    this.#from[2 * i + 1] = this.#from[i];
    this.#to[2 * i + 1] = this.#from[2 * i + 2] = middle;
    this.#to[2 * i + 2] = this.#to[i];
  }

  /** Ranges of all columns over places from .. to - 1. */
  #measure(from: number, to: number): void {
    const ranges = this.#ranges;
    const width = this.#width;
    for (let j = 0; j < width; j++) {
      let low = Infinity;
      let high = -Infinity;
      for (let k = from; k < to; k++) {
        const x = this.#ring[this.#places[k] * width + j];
        if (x < low) low = x;
        if (x > high) high = x;
      }
      ranges[2 * j] = low;
      ranges[2 * j + 1] = high;
    }
  }

  snapshot(writer: SnapshotWriter): void {
    this.#rows.snapshot(writer);
    for (const block of this.#blocks()) writer.block(block);
  }

  restore(reader: SnapshotReader): this {
    this.#rows.restore(reader);
    for (const block of this.#blocks()) reader.block(block);
    return this;
  }

  #blocks(): ArrayBufferView[] {
    return [this.#counts, this.#unit, this.#box, this.#ring, this.#cuts, this.#columns];
  }
}

/** Score: 2^(-mean path / usual path), 0 to 1: about .5 for what is usual, towards 1 for what few cuts part from the rest. */
export const isolationForest = defineDetector({
  name: 'isolation-forest',
  summary: 'How few random cuts part a row from the last rows (isolation forest over a sliding window).',
  options,
  sample: { trees: 5, sample: 32, window: 128 },
  about: {
    finds: 'Rows that lie apart from the last ones, by one column or by an unusual combination of few.',
    use: 'Rows of several columns in any units. Columns without meaning cost it little. For a single column random-cut-forest with a shingle or discord sees more.',
    warmUp: '64 rows, with trees that grow until 256 rows are known.',
    memory: 'About 270 KB and 17 KB a column: 10 bytes a node and tree, 8 a row of the window and column.',
    gives: 'contributions',
    paper: 'Liu, Ting and Zhou (2008), Isolation Forest; over a window after Ding and Fei (2013).',
    example: 'columns',
  },
  scale: 'free',
  threshold: { name: 'static', options: { limit: 0.65 } },
  version: 1,
  columns: 'many',
  create: (chosen, width) => new IsolationForest(chosen, width),
  restore: (reader, chosen, width) => new IsolationForest(chosen, width).restore(reader),
});
