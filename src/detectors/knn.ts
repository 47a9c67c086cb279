/** Nearest neighbours: how far a row lies from the most similar rows of a sample of the past, as a conformal p-value. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import { CounterRandom } from '../core/random.ts';
import { Type, defineDetector, type Static } from '../core/schema.ts';
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { AveragedScore, ColumnSpreads, FilledRows, shareOut } from './rows.ts';

const options = Type.Object(
  {
    neighbours: Type.Integer({
      description: 'How many of the nearest rows count; their mean squared distance is what is ranked.',
      minimum: 1,
      maximum: 64,
      default: 5,
    }),
    size: Type.Integer({ description: 'Rows of the past that are kept; cost and memory grow with it.', minimum: 16, maximum: 16_384, default: 256 }),
    horizon: Type.Number({
      description: 'Mean number of rows for which a row is kept, at least `size`. Larger remembers longer and adapts later.',
      minimum: 16,
      default: 2560,
    }),
    shingle: Type.Integer({
      description: 'How many rows in a row are compared as one: 1 sees values, 4 and more see their order.',
      minimum: 1,
      maximum: 64,
      default: 1,
    }),
    ranked: Type.Integer({ description: 'How many past distances a new one is ranked among.', minimum: 20, maximum: 16_384, default: 512 }),
    average: Type.Number({
      description: 'How many rows a score is averaged over: the newest weighs one over them. 1 judges each row by itself, larger lets what lasts stand out.',
      minimum: 1,
      maximum: 1000,
      default: 3,
    }),
    seed: Type.Integer({ description: 'Seed of the choice of rows to keep.', minimum: 0, default: 1 }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof options>;

/** Distances ranked before there is a score, at most `ranked`. */
const FIRST_RANKED = 20;

/** A difference in a column counts as at most so many spreads. */
const FARTHEST = 1e6;

/** Largest part of a score that says how much farther than ever. */
const MOST_BEYOND = 16;

class NearestNeighbours implements Detector {
  readonly #options: Options;
  readonly #width: number;
  readonly #random: CounterRandom;
  readonly #rows: FilledRows;
  readonly #spreads: ColumnSpreads;
  readonly #score: AveragedScore;
  /** The rows kept; a new one replaces one at random (Aggarwal 2006), so that the age of those kept falls off exponentially. */
  readonly #kept: Float64Array;
  /** The last distances, a ring. */
  readonly #past: Float64Array;
  /** Rows offered to those kept, rows kept, distances ranked. */
  readonly #counts = new Float64Array(3);
  /** Scratch: distance of the row scored last (NaN: none); places and distances of its nearest, farthest first; weight of each value. */
  #distance = NaN;
  readonly #places: Uint32Array;
  readonly #distances: Float64Array;
  readonly #weights: Float64Array;

  constructor(chosen: Options, width: number) {
    const size = width * chosen.shingle;
    this.#options = chosen;
    this.#width = width;
    this.#random = new CounterRandom(chosen.seed);
    this.#rows = new FilledRows(width, chosen.shingle);
    this.#spreads = new ColumnSpreads(width);
    this.#score = new AveragedScore(chosen.average);
    this.#kept = new Float64Array(chosen.size * size);
    this.#past = new Float64Array(chosen.ranked);
    this.#places = new Uint32Array(chosen.neighbours);
    this.#distances = new Float64Array(chosen.neighbours);
    this.#weights = new Float64Array(size);
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    this.#distance = NaN;
    const { shingle, neighbours } = this.#options;
    if (!this.#rows.read(values, at) || this.#rows.count < shingle - 1 || this.#counts[1] < neighbours) return NaN;
    this.#search();
    let sum = 0;
    for (let i = 0; i < neighbours; i++) sum += this.#distances[i];
    this.#distance = sum / neighbours;
    const known = Math.min(this.#counts[2], this.#past.length);
    if (known < FIRST_RANKED) return NaN;
    this.#explain(out.contributions);
    return this.#score.of(this.#rank(known));
  }

  /** The nearest rows kept. */
  #search(): void {
    const { row } = this.#rows;
    const weights = this.#weights;
    const distances = this.#distances.fill(Infinity);
    for (let d = 0; d < weights.length; d++) weights[d] = this.#spreads.weights[d % this.#width];
    for (let place = 0, from = 0; place < this.#counts[1]; place++, from += row.length) {
      const limit = distances[0];
      let sum = 0;
      for (let d = 0; d < row.length && sum < limit; d++) {
        const away = Math.min(Math.abs(row[d] - this.#kept[from + d]) * weights[d], FARTHEST);
        sum += away * away;
      }
      if (sum < limit) this.#insert(place, sum);
    }
  }

  /** Puts a neighbour in its place among the nearest and drops the farthest of them. */
  #insert(place: number, distance: number): void {
    const distances = this.#distances;
    let i = 0;
    for (; i + 1 < distances.length && distances[i + 1] > distance; i++) {
      distances[i] = distances[i + 1];
      this.#places[i] = this.#places[i + 1];
    }
    distances[i] = distance;
    this.#places[i] = place;
  }

  #explain(shares: Float64Array): void {
    const { row } = this.#rows;
    shares.fill(0);
    for (let i = 0; i < this.#places.length; i++) {
      for (let d = 0, k = this.#places[i] * row.length; d < row.length; d++, k++) {
        shares[d % this.#width] += Math.min(Math.abs(row[d] - this.#kept[k]) * this.#weights[d], FARTHEST) ** 2;
      }
    }
    shareOut(shares);
  }

  /** -ln of the share of the past distances that are not smaller, this one counted among them. */
  #rank(known: number): number {
    let notSmaller = 0;
    let farthest = 0;
    for (let i = 0; i < known; i++) {
      const past = this.#past[i];
      if (past >= this.#distance) notSmaller++;
      if (past > farthest) farthest = past;
    }
    const score = -Math.log((notSmaller + 1) / (known + 1));
    if (notSmaller > 0 || this.#distance === 0) return score;
    return score + (farthest === 0 ? MOST_BEYOND : Math.min(MOST_BEYOND, Math.log(this.#distance / farthest) / 2));
  }

  learn(_time: number, values: Float64Array, at: number): void {
    const { size, horizon, shingle } = this.#options;
    const rows = this.#rows;
    if (!rows.read(values, at)) return;
    this.#score.learn();
    if (this.#distance === this.#distance) this.#past[this.#counts[2]++ % this.#past.length] = this.#distance;
    this.#distance = NaN;
    this.#spreads.learn(values, at);
    rows.learn();
    if (rows.count < shingle) return;
    const drawn = this.#random.at(0, this.#counts[0]++).uniform();
    const chance = Math.min(1, size / horizon);
    if (this.#counts[1] < size) this.#kept.set(rows.row, this.#counts[1]++ * rows.row.length);
    else if (drawn < chance) this.#kept.set(rows.row, Math.floor((drawn / chance) * size) * rows.row.length);
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
    return [this.#counts, this.#past, this.#kept];
  }
}

/**
 * Score: -ln p, p the share of the past distances that are at least as large: on rows that come in no particular order a score of s or more
 * has probability e^-s at most, up to ln(ranked + 1). Beyond the farthest ever: how many times as far, as a logarithm, on top.
 */
export const knn = defineDetector({
  name: 'knn',
  summary: 'How far a row lies from its nearest neighbours in a sample of the past, ranked among past distances (conformal).',
  options,
  sample: { neighbours: 3, size: 64, horizon: 320, shingle: 2, ranked: 128 },
  about: {
    finds: 'Rows unlike any of the past, whatever shapes the usual ones make; with a shingle unusual orders of values.',
    use: 'When usual rows lie in several clumps, or the score should be a probability. Its memory of the past is a sample: rare usual rows can be forgotten.',
    warmUp: 'The neighbours and 20 distances: 25 rows.',
    memory: 'About 8 KB, and 2 KB a column and row of the shingle: 8 bytes a value kept.',
    gives: 'contributions',
    paper: 'Burnaev and Ishimtsev (2016), Conformalized density- and distance-based anomaly detection in time-series data; sample after Aggarwal (2006).',
    example: 'columns',
  },
  scale: 'free',
  threshold: { name: 'static', options: { limit: 7 } },
  version: 2,
  columns: 'many',
  create: (chosen, width) => new NearestNeighbours(chosen, width),
  restore: (reader, chosen, width) => new NearestNeighbours(chosen, width).restore(reader),
});
