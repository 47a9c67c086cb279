/** A forest of random cut trees over a stream: each tree holds a sample of its own in which recent rows are likelier. */
import type { Detector, DetectorOutput } from '../../core/contracts.ts';
import { CounterRandom } from '../../core/random.ts';
import type { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { AveragedScore, ColumnSpreads, FilledRows, shareOut } from '../rows.ts';
import { isMissing } from '../zscore.ts';
import { FARTHEST, RandomCutTrees } from './trees.ts';

export interface ForestOptions {
  trees: number;
  sample: number;
  horizon: number;
  shingle: number;
  /** Rows that a score is averaged over. */
  average: number;
  seed: number;
}

/** One over the spread that a column at 0 is taken to have before its first change: that change is then far away, yet not out of reach. */
const FLAT = 2 ** 40;

function powerOfTwo(x: number): number {
  return 2 ** Math.round(Math.log2(x));
}

/**
 * Whether ln(-ln(1 - drawn)) is above y without logarithms, for most that are: -ln(1 - u) is at least u, and e^-y at least the first terms
 * of its series where y is negative.
 */
function surelyAbove(drawn: number, y: number): boolean {
  return y < 0 && drawn * (1 - y * (1 - (y / 2) * (1 - y / 3))) > 1;
}

/** A score up to 1 is usual: there is nothing to explain, and the shares of the columns are not worth their cost. */
const USUAL = 1;

/**
 * The sample of a tree is drawn by weights e^(t / horizon) (Efraimidis and Spirakis 2006): each row gets the key ln(-ln u) - t / horizon,
 * and a tree keeps the rows with the smallest keys, in a heap with the largest on top.
 */
export class RandomCutForest implements Detector {
  readonly #options: ForestOptions;
  readonly #width: number;
  readonly #rows: FilledRows;
  readonly #spreads: ColumnSpreads;
  readonly #score: AveragedScore;
  readonly #trees: RandomCutTrees;
  /** Values are kept as distances from the first of their column (NaN before there is one), times a power of two near one over the spread. */
  readonly #origin: Float64Array;
  readonly #scale: Float64Array;
  /** Heaps of keys and the leaves that they belong to, tree after tree. */
  readonly #keys: Float64Array;
  readonly #leaves: Uint16Array;
  /** Scratch: the row as a point (x and -x of each value), and what each dimension has in a score. */
  readonly #point: Float64Array;
  readonly #parts: Float64Array;

  constructor(options: ForestOptions, width: number) {
    const { trees, sample, shingle, seed } = options;
    const size = shingle * width;
    this.#options = options;
    this.#width = width;
    this.#rows = new FilledRows(width, shingle);
    this.#spreads = new ColumnSpreads(width);
    this.#score = new AveragedScore(options.average);
    this.#trees = new RandomCutTrees(trees, sample, size, new CounterRandom(seed));
    this.#origin = new Float64Array(width).fill(NaN);
    this.#scale = new Float64Array(width).fill(1);
    this.#keys = new Float64Array(trees * sample);
    this.#leaves = new Uint16Array(trees * sample);
    this.#point = new Float64Array(2 * size);
    this.#parts = new Float64Array(size);
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const { trees, sample } = this.#options;
    if (!this.#rows.read(values, at) || this.#trees.mass(0) < sample / 4) return NaN;
    this.#place();
    const score = this.#score.of((this.#trees.scores(this.#point) / trees) * Math.log2(this.#trees.mass(0) + 1));
    if (score > USUAL) this.#explain(out.contributions);
    return score;
  }

  #explain(shares: Float64Array): void {
    const parts = this.#parts.fill(0);
    for (let tree = 0; tree < this.#options.trees; tree++) this.#trees.score(tree, this.#point, parts);
    shares.fill(0);
    for (let d = 0; d < parts.length; d++) shares[d % this.#width] += parts[d];
    shareOut(shares);
  }

  /** The row read last as a point. */
  #place(): void {
    const { row } = this.#rows;
    const point = this.#point;
    for (let d = 0, j = 0; d < row.length; d++, j = j + 1 === this.#width ? 0 : j + 1) {
      const origin = this.#origin[j];
      const x = origin === origin ? Math.fround(Math.max(-FARTHEST, Math.min(FARTHEST, (row[d] - origin) * this.#scale[j]))) : 0;
      point[2 * d] = x;
      point[2 * d + 1] = -x;
    }
  }

  learn(_time: number, values: Float64Array, at: number): void {
    const rows = this.#rows;
    const { trees, sample, horizon, shingle } = this.#options;
    if (!rows.read(values, at)) return;
    this.#score.learn();
    this.#spreads.learn(values, at);
    this.#fitScales(values, at);
    rows.learn();
    if (rows.count < shingle) return;
    this.#place();
    const age = rows.count / horizon;
    const full = this.#trees.mass(0) === sample;
    for (let tree = 0; tree < trees; tree++) {
      const drawn = this.#trees.draw(tree);
      if (full && surelyAbove(drawn, this.#keys[tree * sample] + age)) continue;
      const key = Math.log(-Math.log(1 - drawn)) - age;
      if (!full) this.#push(tree, key);
      else if (key < this.#keys[tree * sample]) this.#replace(tree, key);
    }
  }

  /** A column is scaled anew once its spread is less than half or more than twice what it was scaled by. */
  #fitScales(values: Float64Array, at: number): void {
    for (let j = 0; j < this.#width; j++) {
      const weight = this.#spreads.weights[j];
      if (Number.isNaN(this.#origin[j])) {
        if (isMissing(values[at + j])) continue;
        this.#origin[j] = values[at + j];
        this.#scale[j] = powerOfTwo(FLAT / Math.max(1, Math.abs(values[at + j])));
      }
      const change = weight / this.#scale[j];
      if (this.#spreads.isFlat(j) || (change > 0.5 && change < 2)) continue;
      const scale = powerOfTwo(weight);
      for (let d = j; d < this.#parts.length; d += this.#width) this.#trees.rescale(d, scale / this.#scale[j]);
      this.#scale[j] = scale;
    }
  }

  /** Puts the point into a tree that is not full. */
  #push(tree: number, key: number): void {
    const keys = this.#keys;
    const from = tree * this.#options.sample;
    let i = this.#trees.mass(tree);
    const leaf = this.#trees.insert(tree, this.#point);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (keys[from + parent] >= key) break;
      keys[from + i] = keys[from + parent];
      this.#leaves[from + i] = this.#leaves[from + parent];
      i = parent;
    }
    keys[from + i] = key;
    this.#leaves[from + i] = leaf;
  }

  /** The point takes the place of the one with the largest key. */
  #replace(tree: number, key: number): void {
    const { sample } = this.#options;
    const keys = this.#keys;
    const from = tree * sample;
    this.#trees.remove(tree, this.#leaves[from]);
    const leaf = this.#trees.insert(tree, this.#point);
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= sample) break;
      if (child + 1 < sample && keys[from + child + 1] > keys[from + child]) child++;
      if (keys[from + child] <= key) break;
      keys[from + i] = keys[from + child];
      this.#leaves[from + i] = this.#leaves[from + child];
      i = child;
    }
    keys[from + i] = key;
    this.#leaves[from + i] = leaf;
  }

  snapshot(writer: SnapshotWriter): void {
    this.#rows.snapshot(writer);
    this.#spreads.snapshot(writer);
    this.#score.snapshot(writer);
    for (const block of this.#blocks()) writer.block(block);
  }

  restore(reader: SnapshotReader): this {
    this.#rows.restore(reader);
    this.#spreads.restore(reader);
    this.#score.restore(reader);
    for (const block of this.#blocks()) reader.block(block);
    return this;
  }

  #blocks(): ArrayBufferView[] {
    return [this.#origin, this.#scale, this.#keys, this.#leaves, ...this.#trees.blocks()];
  }
}
